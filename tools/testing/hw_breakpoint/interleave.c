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
 * The debugger's operations, each of which may be A, or B, or both, never wait.
 * So where B is the debugger's, and ends within its steps, it has interrupted A,
 * and might have stopped it there for good; where it does not, or A is the
 * debugger's, they run on two CPUs at the same time.
 *
 * Last, the debugger interrupts A, is granted a wide claim, gives it back, and
 * asks for it again: what it undoes must not pass for what never happened.
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

static unsigned long nr_pairs, nr_schedules, nr_interrupts;

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
	REQUIRE(running && !running->op->is_debugger, "the debugger waits");
	running->waits = true;
	back_to_scheduler();
}

static void strand_main(void)
{
	struct strand *strand = running;

	__sanitizer_finish_switch_fiber(NULL, &scheduler_stack,
					&scheduler_stack_size);
	strand->answer = world_do_core(world, strand->op);
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
	REQUIRE(answers_are(a, b) || answers_are(b, a),
		"the answers, %d and %d, are not those of one after the other",
		a->answer, b->answer);
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
	bool b_done;

	explorer_back(e);
	strand_start(a, a_op);
	strand_start(b, b_op);

	*done = strand_run(a, first);
	b_done = strand_run(b, second);
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

/* The debugger does @op while another operation is stopped. */
static int interrupt(const struct op *op)
{
	static struct kernel_cpu debugger;
	struct kernel_cpu *prev = kernel_switch_cpu(&debugger);
	int answer = world_do_core(world, op);

	kernel_switch_cpu(prev);
	return answer;
}

/*
 * @b is a reservation of the debugger.  Granted, given back and asked for again
 * at once, it is granted again; A is answered as with or without it.
 */
static void all_interrupts(struct explorer *e, const struct op *a_op,
			   const struct op *b)
{
	struct op undo = { OP_RELEASE, b->claim, .is_debugger = true };
	struct strand *a = &strands[0];
	bool a_done = false;

	explorer_say(a_op, b);
	for (unsigned int first = 0; !a_done; first++) {
		explorer_back(e);
		strand_start(a, a_op);
		a_done = strand_run(a, first);
		strands[1].op = b;
		strands[1].answer = interrupt(b);
		if (!strands[1].answer) {
			interrupt(&undo);
			REQUIRE(!interrupt(b),
				"what the debugger gave back is gone");
		}
		if (!a->ended)
			strand_run(a, UINT_MAX);
		REQUIRE(a->ended, "the debugger keeps a lock");
		judge(a, &strands[1]);
		nr_interrupts++;
	}
}

/* So many times may the debugger ask for one register, after what is listed. */
static unsigned int free_registers(u8 class)
{
	struct claim claim = { -1, -1, class, 1 };

	while (oracle_fits(&world->oracle, claim))
		claim.weight++;
	return claim.weight - 1;
}

/* Are @a's answer, and @taken by the debugger, those of @a first, or second? */
static bool taken_is(const struct strand *a, unsigned int taken, u8 class,
		     bool a_first)
{
	struct claim claim = { -1, -1, class, taken };
	struct op take = { OP_RESERVE, claim, .is_debugger = true };
	unsigned int right;
	bool same;

	if (a_first && !a->answer)
		world_do_oracle(world, a->op);
	right = free_registers(class);
	if (!a_first && taken)
		world_do_oracle(world, &take);
	same = taken == right &&
	       (a_first || world_answer(world, a->op) == a->answer);

	/* As it was. */
	if (!a_first && taken)
		oracle_del(&world->oracle, oracle_find(&world->oracle, claim));
	if (a_first && !a->answer) {
		struct op undo = *a->op;

		if (undo.kind == OP_CHANGE)
			swap(undo.claim, undo.to);
		else
			undo.kind = undo.kind == OP_RESERVE ? OP_RELEASE :
							      OP_RESERVE;
		world_do_oracle(world, &undo);
	}
	return same;
}

/*
 * The debugger takes all that there is, one by one, while A is stopped: that A
 * is done, or is not, must be the same for each of its requests.  A change of
 * class is not one moment: it holds both for a while.
 */
static void all_taken(struct explorer *e, const struct op *a_op, u8 class)
{
	struct claim one = { -1, -1, class, 1 };
	struct op b = { OP_RESERVE, one, .is_debugger = true };
	struct strand *a = &strands[0];
	bool a_done = false;

	if (a_op->kind == OP_CHANGE && a_op->to.class != a_op->claim.class)
		return;
	explorer_say(a_op, &b);
	for (unsigned int first = 0; !a_done; first++) {
		unsigned int taken = 0;

		explorer_back(e);
		strand_start(a, a_op);
		a_done = strand_run(a, first);
		while (!interrupt(&b))
			taken++;
		if (!a->ended)
			strand_run(a, UINT_MAX);
		REQUIRE(a->ended, "the debugger keeps a lock");
		REQUIRE(taken_is(a, taken, class, false) ||
			(world_answer(world, a_op) == a->answer &&
			 taken_is(a, taken, class, true)),
			"the debugger gets %u, the answer is %d", taken,
			a->answer);
		nr_interrupts++;
	}
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

static void each_taken(struct explorer *e)
{
	for (unsigned int i = 0; i < e->nr_ops; i++)
		for (u8 k = 0; k < e->ex->geometry.nr_classes; k++)
			if (explorer_may(e, &e->op[i])) {
				all_taken(e, &e->op[i], k);
				explorer_back(e);
			}
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
			if (b->is_debugger && b->kind == OP_RESERVE)
				all_interrupts(e, a, b);
			explorer_back(e);
		}
	}
}

static void just_do(struct explorer *e, const struct op *op)
{
	world_do(&e->world, op);
}

/* Get into every state, and do there what is to be done in each. */
static void in_every_state(const void *arg,
			   void (*run)(struct explorer *e))
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
		run(&e);
		test_progress("state %u of %u, %lu schedules", n, e.nr_nodes,
			      nr_schedules);
	}
	kernel_step_hook = NULL;
	kernel_wait_hook = NULL;
	explorer_destroy(&e);
	for (unsigned int i = 0; i < 2; i++)
		free(strands[i].stack);
	test_figures("%u states", e.nr_nodes);
	if (nr_pairs)
		test_figures(", %lu pairs of operations, %lu schedules",
			     nr_pairs, nr_schedules);
	test_figures(", the debugger came back %lu times", nr_interrupts);
}

static void interleave(const void *arg)
{
	in_every_state(arg, all_pairs);
}

static void taken(const void *arg)
{
	in_every_state(arg, each_taken);
}

#define TAKEN(...)	.run = taken, .arg = &(const struct exploration){ __VA_ARGS__ }
#define EXPLORE(...)	.run = interleave, .arg = &(const struct exploration){ __VA_ARGS__ }

const struct test interleave_tests[] = {
	/* The least where others are granted something beside the debugger. */
	{ "interleave_one_cpu",
	  EXPLORE({ 1, 1, 1, { 2 }, LAYOUT_SPREAD }, 1), .quick = true },
	{ "interleave_one_shard",
	  EXPLORE({ 1, 2, 1, { 3 }, LAYOUT_SPREAD }, 1) },
	{ "interleave_two_shards",
	  EXPLORE({ 2, 2, 1, { 1 }, LAYOUT_SPREAD }, 1), .quick = true },
	{ "interleave_weights",
	  EXPLORE({ 1, 1, 1, { 3 }, LAYOUT_SPREAD }, 2) },
	{ "interleave_two_classes",
	  EXPLORE({ 1, 1, 2, { 1, 1 }, LAYOUT_SPREAD }, 1) },
	{ "taken_weights",
	  TAKEN({ 2, 1, 1, { 4 }, LAYOUT_SPREAD }, 2, 3), .quick = true },
	{ "taken_two_classes",
	  TAKEN({ 2, 2, 2, { 2, 1 }, LAYOUT_SPREAD }, 1, 4) },
	{ }
};
