// SPDX-License-Identifier: GPL-2.0
/*
 * Every sequence of reserve, release and change, against the oracle.
 */

#include "explore.h"
#include "test.h"

/*
 * One operation, checked; and before that, if it takes memory, once for each
 * allocation failing: -ENOMEM, and nothing has changed.
 */
static void exhaustive_step(struct explorer *e, const struct op *op)
{
	struct world *w = &e->world;
	unsigned long before = kernel_allocations;
	unsigned int nr;

	world_step(w, op);
	kernel_arena_check();
	nr = kernel_allocations - before;
	if (!nr)
		return;

	for (unsigned int i = 1; i <= nr; i++) {
		struct state state;
		int ret;

		explorer_back(e);
		kernel_fail_allocation = i;
		ret = world_do(w, op);
		REQUIRE(ret == -ENOMEM && !kernel_fail_allocation,
			"allocation %u of %u fails, and the answer is %d", i,
			nr, ret);
		world_check(w);
		state = explorer_state(e);
		REQUIRE(!memcmp(&state, &e->node[e->here].state, sizeof(state)),
			"allocation %u of %u fails, and the state changes", i,
			nr);
	}
	explorer_back(e);
	world_step(w, op);
}

/*
 * The search is trusted to stand for all sequences.  To trust it less, go
 * through short ones without any memory of states, and count them.
 */
static u64 exhaustive_walk(struct explorer *e, unsigned int length)
{
	struct snapshot *here;
	u64 nr = 0;

	if (!length)
		return 1;
	here = snapshot_alloc();
	snapshot_take(e, here);
	for (unsigned int i = 0; i < e->nr_ops; i++) {
		if (!explorer_may(e, &e->op[i]))
			continue;
		world_step(&e->world, &e->op[i]);
		nr += exhaustive_walk(e, length - 1);
		snapshot_load(e, here);
	}
	free(here);
	return nr;
}

/* Count short sequences twice, in an exploration of 2 classes and 3 CPUs. */
#define WALK	4

static void exhaustive(const void *arg)
{
	const struct exploration *ex = arg;
	struct explorer e;
	u64 nr;

	explorer_init(&e, ex);
	explorer_search(&e, exhaustive_step);
	if (!ex->depth) {
		test_figures("sequences of any length, longest needed %u steps, ",
			     e.depth - 1);
	} else {
		nr = explorer_sequences(&e, ex->depth);
		test_figures("%llu sequences of %u steps, ", nr, ex->depth);
	}
	test_figures("%u states, %lu operations", e.nr_nodes, e.nr_targets);

	if (ex->depth > WALK && ex->max_weight == 1) {
		explorer_enter(&e, 0);
		nr = exhaustive_walk(&e, WALK);
		REQUIRE(nr == explorer_sequences(&e, WALK),
			"%llu sequences of %u steps, but the search stands for %llu",
			nr, WALK, explorer_sequences(&e, WALK));
		test_figures(", %llu sequences of %u steps one by one",
			     nr, WALK);
	}
	explorer_destroy(&e);
}

/* CPUs, tasks, classes, limits, layout, weight, steps */
#define EXPLORE(...)	.run = exhaustive, .arg = &(const struct exploration){ __VA_ARGS__ }

const struct test exhaustive_tests[] = {
	/* Two classes, where each sequence is one of many. */
	{ "exhaustive_two_shards",
	  EXPLORE({ 3, 2, 2, { 3, 3 }, LAYOUT_SPREAD }, 1, 6) },
	{ "exhaustive_one_shard",
	  EXPLORE({ 3, 2, 2, { 3, 3 }, LAYOUT_ONE_SHARD }, 1, 6) },
	{ "exhaustive_weights",
	  EXPLORE({ 3, 2, 2, { 3, 2 }, LAYOUT_SPREAD }, 2, 4) },
	{ "exhaustive_weights_one_chain",
	  EXPLORE({ 3, 2, 2, { 2, 3 }, LAYOUT_ONE_CHAIN }, 2, 3) },
	{ "exhaustive_no_registers",
	  EXPLORE({ 3, 2, 2, { 2, 0 }, LAYOUT_ONE_SHARD }, 2, 5) },
	/* One class of four, as on x86. */
	{ "exhaustive_one_class",
	  EXPLORE({ 3, 2, 1, { 4 }, LAYOUT_SPREAD }, 1, 7) },
	{ "exhaustive_one_class_weights",
	  EXPLORE({ 3, 2, 1, { 4 }, LAYOUT_ONE_SHARD }, 2, 5) },
	{ "exhaustive_three_tasks",
	  EXPLORE({ 3, 3, 1, { 3 }, LAYOUT_SPREAD }, 1, 6) },
	{ "exhaustive_two_cpus_weights",
	  EXPLORE({ 2, 2, 1, { 3 }, LAYOUT_SPREAD }, 2, 9) },
	/* Small enough to be closed under all operations. */
	{ "closure_one_cpu",
	  EXPLORE({ 1, 3, 1, { 3 }, LAYOUT_SPREAD }, 2) },
	{ "closure_two_classes",
	  EXPLORE({ 2, 2, 2, { 1, 1 }, LAYOUT_SPREAD }, 1) },
	{ "closure_one_class",
	  EXPLORE({ 3, 2, 1, { 2 }, LAYOUT_SPREAD }, 1) },
	{ "closure_one_shard",
	  EXPLORE({ 2, 2, 1, { 3 }, LAYOUT_ONE_SHARD }, 1) },
	{ "closure_one_chain",
	  EXPLORE({ 2, 2, 1, { 2 }, LAYOUT_ONE_CHAIN }, 2), .quick = true },
	{ }
};
