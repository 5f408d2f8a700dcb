// SPDX-License-Identifier: GPL-2.0
/*
 * Real threads, on few CPUs and tasks, so that they meet all the time.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "test.h"
#include "world.h"

#define NR_THREADS	4
#define MAX_MINE	4	/* claims of one thread */

#define SECONDS		3

static struct world world;

/* Set when the time is over. */
static bool over;

/* The last thread is the debugger's wherever there is one. */
#define DEBUGGER	(NR_THREADS - 1)

struct thread {
	pthread_t	id;
	unsigned int	index;
	u64		random;
	struct claim	mine[MAX_MINE];
	unsigned int	nr_mine;
	unsigned long	nr_granted;
	unsigned long	nr_refused;
};

/* Now and then let another thread in between two steps, as a third CPU would. */
static void maybe_yield(void)
{
	static __thread unsigned int steps;

	steps = steps * 1664525 + 1013904223;
	if (steps >> 27 == 0)
		sched_yield();
}

static unsigned int below(struct thread *thread, unsigned int n)
{
	return test_random_below(&thread->random, n);
}

static bool is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static int reserve_as(struct claim claim, bool is_debugger)
{
	return world_do_core(&world, &(struct op){
		OP_RESERVE, claim, .is_debugger = is_debugger });
}

static int reserve(struct claim claim)
{
	return reserve_as(claim, false);
}

static void release_as(struct claim claim, bool is_debugger)
{
	world_do_core(&world, &(struct op){
		OP_RELEASE, claim, .is_debugger = is_debugger });
}

static void release(struct claim claim)
{
	release_as(claim, false);
}

/* @held, if not NULL, is taken before the threads run. */
static void run_threads(const struct geometry *g, const struct claim *held,
			void *(*run)(void *))
{
	struct thread thread[NR_THREADS] = {};
	unsigned long nr_granted = 0, nr_refused = 0;

	world_init(&world, g);
	if (held)
		world_step(&world, &(struct op){ OP_RESERVE, *held });
	kernel_step_hook = maybe_yield;
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread[i].index = i;
		thread[i].random = test_seed + (i + 1) * 0x9e3779b97f4a7c15ULL;
		REQUIRE(!pthread_create(&thread[i].id, NULL, run, &thread[i]),
			"no thread");
	}
	sleep(SECONDS);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		pthread_join(thread[i].id, NULL);
		nr_granted += thread[i].nr_granted;
		nr_refused += thread[i].nr_refused;
	}
	kernel_step_hook = NULL;
	REQUIRE(nr_granted && nr_refused, "the threads have not run");
	test_figures("%u threads, %u seconds, %lu granted, %lu refused, seed %llu",
		     NR_THREADS, SECONDS, nr_granted, nr_refused, test_seed);
}

/*
 * Never overcommitted: what was granted, and is not about to be given back, is
 * counted in one word per class, with four bits for each W, C[c], A[t], S[t][c].
 * So every thread that adds its own sees, at one moment and without any
 * ordering that would hide a race from ThreadSanitizer, a part of what the core
 * has granted by then; I1 must hold for that.
 */
#define SHADOW_CPUS	2
#define SHADOW_TASKS	3

static u64 shadow[BP_SLOTS_CLASSES];

static unsigned int shadow_shift(int task, int cpu)
{
	return 4 * ((task + 1) * (SHADOW_CPUS + 1) + cpu + 1);
}

static void shadow_add(struct claim claim)
{
	u64 unit = (u64)claim.weight << shadow_shift(claim.task, claim.cpu);
	u64 now = __atomic_add_fetch(&shadow[claim.class], unit,
				     __ATOMIC_RELAXED);

	for (int c = 0; c < SHADOW_CPUS; c++)
		for (int t = 0; t < SHADOW_TASKS; t++) {
			unsigned int sum = (now >> shadow_shift(-1, -1) & 15) +
					   (now >> shadow_shift(-1, c) & 15) +
					   (now >> shadow_shift(t, -1) & 15) +
					   (now >> shadow_shift(t, c) & 15);

			REQUIRE(sum <= world.oracle.limit[claim.class],
				"CPU %d, task %d, class %u: %u granted at once",
				c, t, claim.class, sum);
		}
}

static void shadow_sub(struct claim claim)
{
	u64 unit = (u64)claim.weight << shadow_shift(claim.task, claim.cpu);

	__atomic_sub_fetch(&shadow[claim.class], unit, __ATOMIC_RELAXED);
}

static struct claim any_claim(struct thread *thread)
{
	struct claim claim = {
		.task	= (int)below(thread, SHADOW_TASKS + 1) - 1,
		.cpu	= (int)below(thread, SHADOW_CPUS + 1) - 1,
		.class	= below(thread, 2),
		.weight	= 1 + !below(thread, 4),
	};

	if (thread->index == DEBUGGER) {
		claim.task = -1;
		claim.cpu = -1;
	}
	return claim;
}

static void one_reserve(struct thread *thread)
{
	struct claim claim = any_claim(thread);
	int ret = reserve_as(claim, thread->index == DEBUGGER);

	REQUIRE(!ret || ret == -ENOSPC, "the answer is %d", ret);
	thread->nr_granted += !ret;
	thread->nr_refused += !!ret;
	if (ret)
		return;
	shadow_add(claim);
	thread->mine[thread->nr_mine++] = claim;
}

static void one_release(struct thread *thread)
{
	struct claim *claim = &thread->mine[below(thread, thread->nr_mine)];

	shadow_sub(*claim);
	release_as(*claim, thread->index == DEBUGGER);
	*claim = thread->mine[--thread->nr_mine];
}

static void one_change(struct thread *thread)
{
	struct claim *claim = &thread->mine[below(thread, thread->nr_mine)];
	struct op op = { OP_CHANGE, *claim, any_claim(thread) };
	int ret;

	/* Neither is counted while it changes. */
	op.to.task = claim->task;
	op.to.cpu = claim->cpu;
	shadow_sub(*claim);
	ret = world_do_core(&world, &op);
	REQUIRE(!ret || ret == -ENOSPC, "the answer is %d", ret);
	thread->nr_granted += !ret;
	thread->nr_refused += !!ret;
	if (!ret)
		*claim = op.to;
	shadow_add(*claim);
}

static void see_held(struct bp_held *held, void *data)
{
	*(unsigned int *)data += held->weight[0] + held->weight[1];
}

/* While the others go on: are counts and lists of one instant? */
static void look(void)
{
	unsigned int listed = 0, counted = 0;

	bp_slots_freeze(world.slots);
	for (unsigned int k = 0; k < world.oracle.nr_classes; k++) {
		struct bp_totals totals;

		bp_slots_totals(world.slots, k, &totals);
		REQUIRE(totals.fullest <= world.oracle.limit[k],
			"class %u: %u are seen in use at once", k,
			totals.fullest);
		counted += totals.cpus + totals.tasks;
	}
	bp_slots_visit(world.slots, see_held, &listed);
	bp_slots_thaw(world.slots);
	REQUIRE(listed == counted, "%u are held, but holders have %u", counted,
		listed);
}

static void *never_overcommit(void *arg)
{
	struct thread *thread = arg;

	while (!is_over()) {
		if (!thread->nr_mine ||
		    (thread->nr_mine < MAX_MINE && below(thread, 2)))
			one_reserve(thread);
		else if (!below(thread, 8))
			look();
		else if (thread->index == DEBUGGER || below(thread, 3))
			one_release(thread);
		else
			one_change(thread);
	}
	while (thread->nr_mine)
		one_release(thread);
	REQUIRE(!kernel_warnings, "warnings");
	return NULL;
}

static void threads_overcommit(const void *arg)
{
	run_threads(arg, NULL, never_overcommit);
	REQUIRE(!shadow[0] && !shadow[1], "the test has not released all");
	world_destroy(&world);
}

/*
 * Never refused for nothing: tasks hold at most 2 and CPUs at most 2, of 4, so
 * whoever asks within that must be granted it, whatever ceilings are like.  And
 * they move all the time: a third thread, the only one that CPUs' claims are
 * granted to, has a task of its own take all 4 while no CPU holds anything, and
 * a fourth asks for all 4 of some CPU, or of all, is refused, as task 0 always
 * holds 1, and lowers the ceilings each time.
 */
#define FIT_CPUS	2
#define FIT_TASKS	6

static void fit_tasks(struct thread *thread)
{
	/* Tasks 1 and 2 are thread 0's, tasks 3 and 4 thread 1's. */
	int task = 1 + thread->index * 2 + below(thread, 2);
	struct claim claim[2];
	unsigned int nr = 1 + below(thread, 2);

	for (unsigned int i = 0; i < nr; i++) {
		claim[i] = (struct claim){
			task, (int)below(thread, FIT_CPUS + 1) - 1, 0, 1
		};
		REQUIRE(!reserve(claim[i]), "a task is refused for nothing");
		thread->nr_granted++;
	}
	while (nr)
		release(claim[--nr]);
}

static void fit_cpus(struct thread *thread)
{
	static const struct claim all = { 5, -1, 0, 4 };
	struct claim claim = {
		-1, below(thread, FIT_CPUS), 0, 1 + below(thread, 2)
	};

	REQUIRE(!reserve(all), "a task is refused for nothing");
	release(all);
	REQUIRE(!reserve(claim), "a CPU is refused for nothing");
	release(claim);
	thread->nr_granted += 2;
}

static void never_fit(struct thread *thread)
{
	struct claim claim = { -1, (int)below(thread, FIT_CPUS + 1) - 1, 0, 4 };
	bool is_debugger = claim_is_wide(claim) && below(thread, 2);

	REQUIRE(reserve_as(claim, is_debugger) == -ENOSPC,
		"a CPU gets all, task 0 has one");
	thread->nr_refused++;
}

static void *never_refuse(void *arg)
{
	static void (* const role[NR_THREADS])(struct thread *thread) = {
		fit_tasks, fit_tasks, fit_cpus, never_fit
	};
	static const struct claim task_0 = { 0, -1, 0, 1 };
	struct thread *thread = arg;

	if (role[thread->index] == never_fit)
		REQUIRE(!reserve(task_0), "task 0 is refused for nothing");
	while (!is_over())
		role[thread->index](thread);
	if (role[thread->index] == never_fit)
		release(task_0);
	REQUIRE(!kernel_warnings, "warnings");
	return NULL;
}

static void threads_refuse(const void *arg)
{
	run_threads(arg, NULL, never_refuse);
	world_destroy(&world);
}

/*
 * Nobody is refused because of one that is about to fail: CPU 0 is full, so wide
 * claims are refused; CPU 1 and a task on it fit beside each other, always.
 */
#define ROOM_CPUS	2
#define ROOM_TASKS	1
#define ROOM_LIMIT	4

static void room_take(struct thread *thread, struct claim claim)
{
	REQUIRE(!reserve(claim), "refused, because of one that fails");
	release(claim);
	thread->nr_granted++;
}

static void *never_hinder(void *arg)
{
	struct thread *thread = arg;
	const struct claim wide = { -1, -1, 0, 1 };

	while (!is_over()) {
		switch (thread->index) {
		case 0:
			room_take(thread, (struct claim){ -1, 1, 0, 2 });
			break;
		case 1:
			room_take(thread, (struct claim){ 0, 1, 0, 2 });
			break;
		default:
			REQUIRE(reserve_as(wide, thread->index == DEBUGGER) ==
				-ENOSPC, "a wide claim fits on a full CPU");
			thread->nr_refused++;
		}
	}
	REQUIRE(!kernel_warnings, "warnings");
	return NULL;
}

static void threads_hinder(const void *arg)
{
	static const struct claim full = { -1, 0, 0, ROOM_LIMIT };

	run_threads(arg, &full, never_hinder);
	release(full);
	world_do_oracle(&world, &(struct op){ OP_RELEASE, full });
	world_destroy(&world);
}

#define GEOMETRY(...)	.arg = &(const struct geometry){ __VA_ARGS__ }

const struct test thread_tests[] = {
	{ "threads_never_overcommit_two_shards", threads_overcommit,
	  GEOMETRY(SHADOW_CPUS, SHADOW_TASKS, 2, { 4, 3 }, LAYOUT_SPREAD) },
	{ "threads_never_overcommit_one_shard", threads_overcommit,
	  GEOMETRY(SHADOW_CPUS, SHADOW_TASKS, 2, { 3, 2 }, LAYOUT_ONE_SHARD) },
	{ "threads_never_refuse_two_shards", threads_refuse,
	  GEOMETRY(FIT_CPUS, FIT_TASKS, 1, { 4 }, LAYOUT_SPREAD) },
	{ "threads_never_refuse_one_shard", threads_refuse,
	  GEOMETRY(FIT_CPUS, FIT_TASKS, 1, { 4 }, LAYOUT_ONE_SHARD) },
	{ "threads_never_hinder_two_shards", threads_hinder,
	  GEOMETRY(ROOM_CPUS, ROOM_TASKS, 1, { ROOM_LIMIT }, LAYOUT_SPREAD) },
	{ }
};
