// SPDX-License-Identifier: GPL-2.0
/*
 * Two operations at once, in every state, in every order of their steps that
 * changes over from one to the other twice: A begins, B gets in, A goes on, and
 * B ends when A has ended or waits for B.  A step is what others can see: to
 * take or drop a lock, to read or write an atomic, to get or give memory.
 *
 * The answers must be those of one operation after the other, in either order,
 * and what is held at the end must be what was granted.
 *
 * The second kind of B is the debugger's, which interrupts A for good, holds
 * no lock and may not wait: it may answer -EBUSY if A has bp_slots::lock.
 */
#include <limits.h>
#include <stdio.h>
#include <ucontext.h>

#include "explore.h"
#include "test.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define __asan_unpoison_memory_region(start, size)		\
	((void)(start), (void)(size))
#define __sanitizer_start_switch_fiber(save, bottom, size)	\
	((void)(save), (void)(bottom), (void)(size))
#define __sanitizer_finish_switch_fiber(save, bottom, size)	\
	((void)(save), (void)(bottom), (void)(size))
#endif

#define STACK_SIZE	(64 << 10)

struct strand {
	ucontext_t		context;
	char			*stack;
	struct kernel_cpu	cpu;
	const struct op		*op;
	bool			is_debugger;
	unsigned int		budget;
	bool			waits;
	bool			ended;
	int			answer;
};

static struct world *world;
static struct strand strands[2], *running;
static ucontext_t scheduler;
static const void *scheduler_stack;
static size_t scheduler_stack_size;

static unsigned long nr_pairs, nr_schedules, nr_busy;

/*
 * Scheduling.
 */

/* swapcontext(), but for AddressSanitizer's doubts about that. */
static void switch_context(ucontext_t *from, const ucontext_t *to)
{
	static bool is_back;

	is_back = false;
	getcontext(from);
	if (is_back)
		return;
	is_back = true;
	setcontext(to);
}

static void back_to_scheduler(void)
{
	struct strand *strand = running;
	void *fake = NULL;

	__sanitizer_start_switch_fiber(strand->ended ? NULL : &fake,
				       scheduler_stack, scheduler_stack_size);
	switch_context(&strand->context, &scheduler);
	__sanitizer_finish_switch_fiber(fake, &scheduler_stack,
					&scheduler_stack_size);
}

static void strand_step(void)
{
	if (running && !running->budget--)
		back_to_scheduler();
}

static void strand_wait(void)
{
	running->waits = true;
	back_to_scheduler();
}

static int debugger_answer(const struct op *op)
{
	struct bp_claim claim = world_claim(world, op->claim);

	if (op->kind == OP_RESERVE)
		return bp_slots_try_reserve_cpu(world->slots, &claim);
	return bp_slots_try_release_cpu(world->slots, &claim);
}

static void strand_main(void)
{
	struct strand *strand = running;

	__sanitizer_finish_switch_fiber(NULL, &scheduler_stack,
					&scheduler_stack_size);
	strand->answer = strand->is_debugger ? debugger_answer(strand->op) :
			 world_do_core(world, strand->op);
	strand->ended = true;
	back_to_scheduler();
}

static void strand_start(struct strand *strand, const struct op *op)
{
	strand->cpu = (struct kernel_cpu){};
	strand->op = op;
	strand->ended = false;
	__asan_unpoison_memory_region(strand->stack, STACK_SIZE);
	getcontext(&strand->context);
	strand->context.uc_stack.ss_sp = strand->stack;
	strand->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&strand->context, strand_main, 0);
}

/* Returns false if it has stopped because its @budget of steps is spent. */
static bool strand_run(struct strand *strand, unsigned int budget)
{
	struct kernel_cpu *prev = kernel_switch_cpu(&strand->cpu);
	void *fake = NULL;

	strand->budget = budget;
	strand->waits = false;
	running = strand;
	__sanitizer_start_switch_fiber(&fake, strand->stack, STACK_SIZE);
	switch_context(&scheduler, &strand->context);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
	running = NULL;
	kernel_switch_cpu(prev);
	return strand->ended || strand->waits;
}

/*
 * Judging.
 */

static bool answers_are(const struct strand *first, const struct strand *second)
{
	struct oracle *o = &world->oracle;
	struct claim live[EXPLORE_CLAIMS];
	unsigned int nr_live = o->nr_live;
	bool right;

	if (nr_live)
		memcpy(live, o->live, nr_live * sizeof(*live));
	right = world_answer(world, first->op) == first->answer;
	if (right) {
		if (!first->answer)
			world_do_oracle(world, first->op);
		right = world_answer(world, second->op) == second->answer;
	}
	oracle_clear(o);
	for (unsigned int i = 0; i < nr_live; i++)
		oracle_add(o, live[i]);
	return right;
}

static void judge(const struct strand *a, const struct strand *b)
{
	if (b->is_debugger && b->answer == -EBUSY) {
		nr_busy++;
		REQUIRE(world_answer(world, a->op) == a->answer,
			"interrupted in vain, the answer is %d", a->answer);
	} else {
		REQUIRE(answers_are(a, b) || answers_are(b, a),
			"the answers, %d and %d, are not those of one after the other",
			a->answer, b->answer);
	}
	if (!a->answer)
		world_do_oracle(world, a->op);
	if (!b->answer)
		world_do_oracle(world, b->op);
	world_check(world);
	kernel_arena_check();
	nr_schedules++;
}

/*
 * A for @first steps, B for @second, and so on to the end.  Returns whether B
 * has ended or waited before it had done @second steps; *done, whether A had
 * before @first.
 */
static bool schedule(struct explorer *e, const struct op *a_op,
		     const struct op *b_op, unsigned int first,
		     unsigned int second, bool *done)
{
	struct strand *a = &strands[0], *b = &strands[1];
	bool b_done, locked;

	explorer_back(e);
	strand_start(a, a_op);
	strand_start(b, b_op);

	*done = strand_run(a, first);
	locked = world->slots->lock.holder;
	b_done = strand_run(b, second);
	if (b->is_debugger)
		REQUIRE(b->ended && (b->answer == -EBUSY) == locked,
			"the debugger %s, with bp_slots::lock %s",
			b->ended ? "is answered" : "waits",
			locked ? "held" : "free");
	while (!a->ended || !b->ended) {
		bool stuck = true;

		if (!a->ended) {
			strand_run(a, UINT_MAX);
			stuck &= a->waits;
		}
		if (!b->ended) {
			strand_run(b, UINT_MAX);
			stuck &= b->waits;
		}
		REQUIRE(!stuck || a->ended || b->ended, "deadlock");
	}
	judge(a, b);
	return b_done;
}

static void all_schedules(struct explorer *e, const struct op *a,
			  const struct op *b)
{
	bool a_done = false;

	nr_pairs++;
	explorer_say(a, b);
	for (unsigned int first = 0; !a_done; first++)
		for (unsigned int second = 1;
		     !schedule(e, a, b, first, second, &a_done) && !a_done;
		     second++)
			;
}

static void all_interrupts(struct explorer *e, const struct op *a,
			   const struct op *b)
{
	bool a_done = false;

	if (b->claim.task >= 0 || b->kind == OP_CHANGE)
		return;
	nr_pairs++;
	explorer_say(a, b);
	strands[1].is_debugger = true;
	for (unsigned int first = 0; !a_done; first++)
		schedule(e, a, b, first, UINT_MAX, &a_done);
	strands[1].is_debugger = false;
}

/* Both give back, or change, the same thing, and there is just one of it? */
static bool in_conflict(const struct explorer *e, const struct op *a,
			const struct op *b)
{
	const struct oracle *o = &e->world.oracle;
	unsigned int nr = 0;

	if (a->kind == OP_RESERVE || b->kind == OP_RESERVE ||
	    !claim_equal(a->claim, b->claim))
		return false;
	for (unsigned int i = 0; i < o->nr_live; i++)
		nr += claim_equal(o->live[i], a->claim);
	return nr < 2;
}

static void all_pairs(struct explorer *e)
{
	for (unsigned int i = 0; i < e->nr_ops; i++) {
		const struct op *a = &e->op[i];

		if (!explorer_may(e, a))
			continue;
		for (unsigned int j = 0; j < e->nr_ops; j++) {
			const struct op *b = &e->op[j];

			if (!explorer_may(e, b) || in_conflict(e, a, b))
				continue;
			all_schedules(e, a, b);
			all_interrupts(e, a, b);
			explorer_back(e);
		}
	}
}

static void just_do(struct explorer *e, const struct op *op)
{
	world_do(&e->world, op);
}

static void interleave(const void *arg)
{
	struct explorer e;

	explorer_init(&e, arg);
	explorer_search(&e, just_do);
	world = &e.world;
	for (unsigned int i = 0; i < 2; i++) {
		strands[i].stack = malloc(STACK_SIZE);
		REQUIRE(strands[i].stack, "out of memory");
	}
	kernel_wait_hook = strand_wait;
	kernel_step_hook = strand_step;
	for (u32 n = 0; n < e.nr_nodes; n++) {
		explorer_enter(&e, n);
		all_pairs(&e);
		test_progress("state %u of %u, %lu schedules", n, e.nr_nodes,
			      nr_schedules);
	}
	kernel_step_hook = NULL;
	kernel_wait_hook = NULL;
	explorer_destroy(&e);
	for (unsigned int i = 0; i < 2; i++)
		free(strands[i].stack);
	test_figures("%u states, %lu pairs of operations, %lu schedules",
		     e.nr_nodes, nr_pairs, nr_schedules);
	test_figures(", debugger told %lu times to try again", nr_busy);
}

#define EXPLORE(...)	.run = interleave, .arg = &(const struct exploration){ __VA_ARGS__ }

const struct test interleave_tests[] = {
	{ "interleave_one_shard",
	  EXPLORE({ 1, 2, 1, { 3 }, LAYOUT_SPREAD }, 1) },
	{ "interleave_two_shards",
	  EXPLORE({ 2, 2, 1, { 1 }, LAYOUT_SPREAD }, 1), .quick = true },
	{ "interleave_weights",
	  EXPLORE({ 1, 1, 1, { 3 }, LAYOUT_SPREAD }, 2) },
	{ "interleave_two_classes",
	  EXPLORE({ 1, 1, 2, { 1, 1 }, LAYOUT_SPREAD }, 1) },
	{ }
};
