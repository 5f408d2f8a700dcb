// SPDX-License-Identifier: GPL-2.0
/*
 * Long random runs: many small instances, checked after each operation, and a
 * few large ones, where the oracle's sums follow its list and everything is
 * checked now and then.  Allocations fail at random throughout.
 */
#include <stdio.h>

#include "test.h"
#include "world.h"

static u64 random_state;
static struct op op;
static unsigned long nr_ops, nr_refused, nr_failed, nr_wide;

static unsigned int below(unsigned int n)
{
	return test_random_below(&random_state, n);
}

static void print_where(void)
{
	fprintf(stderr, "# seed %llu, operation %lu:\n", test_seed,
		nr_ops);
	op_print(&op);
}

static void random_begin(void)
{
	random_state = test_seed;
	kernel_bug_context = print_where;
}

static void count(int ret)
{
	nr_refused += ret == -ENOSPC;
	nr_failed += ret == -ENOMEM;
	nr_wide += !ret && op.kind == OP_RESERVE && claim_is_wide(op.claim);
}

static void random_end(void)
{
	kernel_bug_context = NULL;
	test_figures("%lu operations, %lu refused, %lu out of memory, ",
		     nr_ops, nr_refused, nr_failed);
	test_figures("%lu wide claims granted, seed %llu", nr_wide, test_seed);
}

/*
 * What is likely for a while: how many of ten operations reserve, and how many
 * of ten claims are a CPU's, or a task's on one CPU, and how many of a thousand
 * are wide; which tasks and CPUs take part; and how heavy it gets.
 */
struct weather {
	unsigned int	reserves;
	unsigned int	of_cpu;
	unsigned int	on_cpu;
	unsigned int	wide;
	unsigned int	nr_cpus;
	unsigned int	nr_tasks;
	unsigned int	weight;
};

static struct weather random_weather(const struct geometry *g)
{
	static const unsigned int weight[] = { 1, 1, 2, 3, BP_SLOTS_LIMIT };
	static const unsigned int reserves[] = { 4, 5, 6, 6, 8 };
	static const unsigned int wide[] = { 0, 10, 50, 300 };
	/* The oracle looks at every task on every CPU, for each of them. */
	unsigned int fewer = g->nr_cpus * g->nr_tasks > 1000 ? 4 : 1;

	return (struct weather){
		.reserves	= reserves[below(5)],
		.of_cpu		= below(6),
		.on_cpu		= below(6),
		.wide		= wide[below(4)] / fewer,
		.nr_cpus	= below(3) ? g->nr_cpus : 1 + below(g->nr_cpus),
		.nr_tasks	= below(3) ? g->nr_tasks :
				  1 + below(g->nr_tasks),
		.weight		= weight[below(5)],
	};
}

static struct claim random_claim(const struct geometry *g,
				 const struct weather *now)
{
	unsigned int kind = below(10);
	struct claim claim = {
		.task	= below(now->nr_tasks),
		.cpu	= below(now->nr_cpus),
		.class	= below(g->nr_classes),
		.weight	= 1 + below(now->weight),
	};

	if (below(1000) < now->wide) {
		claim.task = -1;
		claim.cpu = -1;
	} else if (kind < now->of_cpu) {
		claim.task = -1;
	} else if (kind >= now->of_cpu + now->on_cpu) {
		claim.cpu = -1;
	}
	return claim;
}

/* Sets @op; returns the index of its claim, if that is a live one. */
static unsigned int random_op(const struct oracle *o, const struct geometry *g,
			      const struct weather *now)
{
	unsigned int index;

	op = (struct op){ OP_RESERVE, random_claim(g, now) };
	op.is_debugger = claim_is_wide(op.claim) && below(2);
	if (!o->nr_live || below(10) < now->reserves)
		return o->nr_live;
	index = below(o->nr_live);
	/* Among many, wide ones would hardly ever be given back. */
	if (!below(200))
		while (index && !claim_is_wide(o->live[index]))
			index--;
	op.kind = below(4) ? OP_RELEASE : OP_CHANGE;
	op.to = o->live[index];
	op.to.class = op.claim.class;
	op.to.weight = op.claim.weight;
	op.claim = o->live[index];
	op.is_debugger = claim_is_wide(op.claim) && op.kind == OP_RELEASE &&
			 below(2);
	return index;
}

/*
 * Small ones.
 */

static struct geometry random_geometry(void)
{
	static const u8 limits[] = { 0, 1, 2, 3, 4, 4, 6, 8, BP_SLOTS_LIMIT };

	return (struct geometry){
		.nr_cpus	= 1 + below(9),
		.nr_tasks	= 1 + below(8),
		.nr_classes	= 1 + below(BP_SLOTS_CLASSES),
		.limit		= { limits[below(9)], limits[below(9)] },
		.layout		= below(3),
	};
}

/* Like world_step(), but an allocation may fail. */
static int random_step(struct world *w)
{
	int ret, answer;

	if (below(8))
		return world_step(w, &op);
	answer = world_answer(w, &op);
	kernel_fail_allocation = 1 + below(2);
	ret = world_do(w, &op);
	if (!kernel_fail_allocation)
		answer = -ENOMEM;
	REQUIRE(ret == answer, "the answer is %d, right is %d", ret, answer);
	kernel_fail_allocation = 0;
	world_check(w);
	return ret;
}

static void random_small_world(unsigned long steps)
{
	const struct geometry g = random_geometry();
	struct weather now = {};
	struct world w;

	world_init(&w, &g);
	for (unsigned long i = 0; i < steps; i++) {
		if (i % 200 == 0)
			now = random_weather(&g);
		random_op(&w.oracle, &g, &now);
		count(random_step(&w));
		nr_ops++;
	}
	while (w.oracle.nr_live) {
		op = (struct op){ OP_RELEASE, w.oracle.live[0] };
		world_step(&w, &op);
		nr_ops++;
	}
	world_destroy(&w);
}

static void random_small(const void *arg)
{
	unsigned long total = test_quick ? 40000 : 600000;

	(void)arg;
	random_begin();
	while (nr_ops < total) {
		random_small_world(2000);
		test_progress("%lu of %lu operations", nr_ops, total);
	}
	random_end();
}

/*
 * Large ones.
 */

#define CHECK_EVERY	20000

/* What must be answered, from the sums alone. */
static int quick_answer(struct oracle *o, unsigned int index)
{
	int answer;

	switch (op.kind) {
	case OP_RESERVE:
		return oracle_fits(o, op.claim) ? 0 : -ENOSPC;
	case OP_CHANGE:
		oracle_del(o, index);
		answer = oracle_fits(o, op.to) ? 0 : -ENOSPC;
		oracle_add(o, op.claim);
		/* The list has it as before, but for the order. */
		swap(o->live[index], o->live[o->nr_live - 1]);
		return answer;
	default:
		return 0;
	}
}

static int large_step(struct world *w, unsigned int index)
{
	struct oracle *o = &w->oracle;
	int ret, answer = quick_answer(o, index);
	bool may_fail = !below(16);

	kernel_fail_allocation = may_fail ? 1 + below(2) : 0;
	ret = world_do_core(w, &op);
	if (may_fail && !kernel_fail_allocation)
		answer = -ENOMEM;
	REQUIRE(ret == answer, "the answer is %d, right is %d", ret, answer);
	kernel_fail_allocation = 0;
	if (ret)
		return ret;
	if (op.kind != OP_RESERVE)
		oracle_del(o, index);
	if (op.kind != OP_RELEASE)
		oracle_add(o, op.kind == OP_CHANGE ? op.to : op.claim);
	return 0;
}

static void check_all(struct world *w)
{
	struct world sums = *w;

	/* The sums that followed the list are those that the list makes. */
	oracle_init(&sums.oracle, w->oracle.nr_cpus, w->oracle.nr_tasks,
		    w->oracle.nr_classes, w->oracle.limit);
	for (unsigned int i = 0; i < w->oracle.nr_live; i++)
		oracle_add(&sums.oracle, w->oracle.live[i]);
	REQUIRE(oracle_holds(&sums.oracle), "I1 does not hold");
	world_check(&sums);
	oracle_destroy(&sums.oracle);
}

static void random_large(const void *arg)
{
	const struct geometry *g = arg;
	unsigned long total = 2000000, most = 0;
	struct weather now = {};
	struct world w;

	random_begin();
	world_init(&w, g);
	for (; nr_ops < total; nr_ops++) {
		unsigned int index;

		if (nr_ops % (CHECK_EVERY / 2) == 0)
			now = random_weather(g);
		index = random_op(&w.oracle, g, &now);
		count(large_step(&w, index));
		most = max(most, w.oracle.nr_live + 0UL);
		if (nr_ops % CHECK_EVERY == 0)
			check_all(&w);
		test_progress("%lu of %lu operations, %u claims", nr_ops, total,
			      w.oracle.nr_live);
	}
	while (w.oracle.nr_live) {
		unsigned int index = w.oracle.nr_live - 1;

		op = (struct op){ OP_RELEASE, w.oracle.live[index] };
		large_step(&w, index);
	}
	world_destroy(&w);
	test_figures("up to %lu claims, ", most);
	random_end();
}

#define LARGE(...)	.run = random_large, .arg = &(const struct geometry){ __VA_ARGS__ }

const struct test random_tests[] = {
	{ "random_small", .run = random_small, .quick = true },
	{ "random_256_cpus_1000_tasks",
	  LARGE(256, 1000, 2, { BP_SLOTS_LIMIT, BP_SLOTS_LIMIT }, LAYOUT_SPREAD) },
	{ "random_100_cpus_one_class",
	  LARGE(100, 1000, 1, { 4 }, LAYOUT_SPREAD) },
	{ }
};
