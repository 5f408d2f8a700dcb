// SPDX-License-Identifier: GPL-2.0
/*
 * What a caller may do wrong: it is told once, and nothing has changed.
 * And the edges of the interface that no sequence of good calls gets to.
 */
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "world.h"

static const struct geometry geometry = {
	3, 3, 2, { 4, 2 }, LAYOUT_ONE_SHARD
};

/* What is held meanwhile. */
static const struct claim held[] = {
	{ 0, -1, 0, 1 },	/* task 0 everywhere */
	{ 0, 1, 0, 1 },		/* and on CPU 1 */
	{ 1, -1, 1, 2 },	/* task 1, which has no memory for single CPUs */
	{ -1, 0, 0, 1 },	/* CPU 0 */
	{ -1, -1, 0, 1 },	/* every CPU */
};

/* A key that is no task's of struct world */
#define STRANGER	((const void *)0x10)

static struct world world;

static void begin(void)
{
	world_init(&world, &geometry);
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++)
		REQUIRE(!world_step(&world, &(struct op){ OP_RESERVE, held[i] }),
			"claim %u does not fit", i);
}

static void end(void)
{
	while (world.oracle.nr_live) {
		struct op op = { OP_RELEASE, world.oracle.live[0] };

		world_step(&world, &op);
	}
	world_destroy(&world);
}

struct ceilings {
	u8	of[BP_SLOTS_CLASSES][BP_SLOTS_SHARDS];
	u8	highest[BP_SLOTS_CLASSES];
};

static struct ceilings ceilings_now(void)
{
	struct ceilings now = {};

	for (unsigned int k = 0; k < geometry.nr_classes; k++) {
		for (unsigned int s = 0; s < world.slots->nr_shards; s++)
			now.of[k][s] = world_ceiling(&world, s, k);
		now.highest[k] = world_bounds(&world, k).ceiling;
	}
	return now;
}

static struct ceilings ceilings_before;

static void expect_warning(void)
{
	ceilings_before = ceilings_now();
	kernel_warnings_expected = true;
}

static void check_warning(const char *what, unsigned int warnings)
{
	struct ceilings now = ceilings_now();

	REQUIRE(kernel_warnings == warnings, "%s: %u warnings, right is %u",
		what, kernel_warnings, warnings);
	kernel_warnings = 0;
	kernel_warnings_expected = false;
	REQUIRE(!memcmp(&now, &ceilings_before, sizeof(now)),
		"%s: a ceiling has moved", what);
	world_check(&world);
}

/*
 * Claims that make no sense, in each call.
 */

struct bad_claim {
	const char	*what;
	struct bp_claim	claim;
};

static const struct bad_claim senseless[] = {
	{ "the class after the last",	{ STRANGER, -1, 2, 1 } },
	{ "a class far off",		{ STRANGER, 0, 255, 1 } },
	{ "no weight",			{ STRANGER, -1, 0, 0 } },
	{ "the CPU after the last",	{ STRANGER, 3, 0, 1 } },
	{ "a CPU far off",		{ STRANGER, 1 << 30, 0, 1 } },
	{ "a task on CPU -2",		{ STRANGER, -2, 0, 1 } },
	{ "CPU -2",			{ NULL, -2, 0, 1 } },
	{ "CPU 3 of 3",			{ NULL, 3, 0, 1 } },
	{ "a class that CPUs lack",	{ NULL, 0, 2, 1 } },
	{ "nothing of a CPU",		{ NULL, 0, 0, 0 } },
	{ "a wide class too many",	{ NULL, -1, 2, 1 } },
	{ "a wide class far off",	{ NULL, -1, 255, 1 } },
	{ "nothing wide",		{ NULL, -1, 0, 0 } },
	{ }
};

static void misuse_senseless(const void *arg)
{
	unsigned int nr = 0;

	(void)arg;
	begin();
	for (const struct bad_claim *bad = senseless; bad->what; bad++) {
		expect_warning();
		REQUIRE(bp_slots_reserve(world.slots, &bad->claim) == -EINVAL,
			"%s can be reserved", bad->what);
		check_warning(bad->what, 1);

		expect_warning();
		bp_slots_release(world.slots, &bad->claim);
		check_warning(bad->what, 1);

		expect_warning();
		REQUIRE(bp_slots_change(world.slots, &bad->claim, 1, 2) ==
			-EINVAL, "%s can be changed", bad->what);
		check_warning(bad->what, 1);
		nr++;
	}
	end();
	test_figures("%u claims, 3 calls", nr);
}

/* The debugger is told, as it passes on what somebody typed; not so to release. */
static void misuse_debugger(const void *arg)
{
	static const struct {
		const char	*what;
		u8		class;
		u8		weight;
	} senseless[] = {
		{ "the class after the last",	2, 1 },
		{ "a class far off",		255, 1 },
		{ "no weight",			0, 0 },
		{ "no weight of the other",	1, 0 },
		{ "more than there are",	0, 5 },
		{ "more than the other has",	1, 3 },
		{ "far more than there are",	0, 255 },
	};
	struct bp_slots *slots;

	(void)arg;
	begin();
	slots = world.slots;
	for (unsigned int i = 0; i < ARRAY_SIZE(senseless); i++) {
		u8 class = senseless[i].class, weight = senseless[i].weight;

		expect_warning();
		REQUIRE(bp_slots_reserve_wide_nmi(slots, class, weight) ==
			(class < 2 && weight ? -ENOSPC : -EINVAL),
			"the debugger can reserve %s", senseless[i].what);
		check_warning(senseless[i].what, 0);

		expect_warning();
		bp_slots_release_wide_nmi(slots, class, weight);
		check_warning(senseless[i].what, 1);
	}

	/* Makes sense, but is not held. */
	expect_warning();
	bp_slots_release_wide_nmi(slots, 0, 2);
	bp_slots_release_wide_nmi(slots, 0, 4);
	bp_slots_release_wide_nmi(slots, 1, 1);
	check_warning("released by the debugger, not held", 3);
	end();
	test_figures("%zu claims, 2 calls", ARRAY_SIZE(senseless));
}

/* What is wanted makes no sense; what is held does. */
static void misuse_change(const void *arg)
{
	static const struct {
		const char	*what;
		u8		class;
		u8		weight;
		int		answer;
		unsigned int	warnings;
	} wanted[] = {
		{ "no weight, same class",	0, 0,	-EINVAL, 1 },
		{ "no weight, other class",	1, 0,	-EINVAL, 1 },
		{ "no such class",		2, 1,	-EINVAL, 1 },
		{ "a class far off",		255, 1,	-EINVAL, 1 },
		{ "more than there are",	0, 5,	-ENOSPC, 0 },
		{ "far more than there are",	0, 255,	-ENOSPC, 0 },
		{ "more than the other has",	1, 3,	-ENOSPC, 0 },
	};
	struct bp_claim claim;
	unsigned int nr = 0;

	(void)arg;
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(held); i++) {
		if (held[i].class)
			continue;
		claim = world_claim(&world, held[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(wanted); j++) {
			int ret;

			expect_warning();
			ret = bp_slots_change(world.slots, &claim,
					      wanted[j].class,
					      wanted[j].weight);
			REQUIRE(ret == wanted[j].answer,
				"%s: the answer is %d, right is %d",
				wanted[j].what, ret, wanted[j].answer);
			check_warning(wanted[j].what, wanted[j].warnings);
			nr++;
		}
	}
	end();
	test_figures("%u changes", nr);
}

/*
 * Claims that nobody has.
 */

static const struct bad_claim unheld[] = {
	{ "a task that has nothing",	{ STRANGER, -1, 0, 1 } },
	{ "the same on a CPU",		{ STRANGER, 0, 0, 1 } },
	{ "a CPU that has nothing",	{ NULL, 1, 0, 1 } },
	{ "another class of a CPU",	{ NULL, 0, 1, 1 } },
	{ "more than the CPU has",	{ NULL, 0, 0, 2 } },
	{ "far more than the CPU has",	{ NULL, 0, 0, 255 } },
	{ "another class, wide",	{ NULL, -1, 1, 1 } },
	{ "more than is wide",		{ NULL, -1, 0, 2 } },
	{ "far more than is wide",	{ NULL, -1, 0, 255 } },
	{ }
};

/* The same for tasks, by their numbers */
static const struct claim unheld_by_task[] = {
	{ 0, -1, 1, 1 },	/* another class */
	{ 0, -1, 0, 2 },	/* more than it has */
	{ 0, -1, 0, 255 },
	{ 0, 0, 0, 1 },		/* another CPU */
	{ 0, 1, 1, 1 },		/* another class on that CPU */
	{ 0, 1, 0, 2 },		/* more than it has there */
	{ 0, 1, 0, 255 },
	{ 1, 0, 1, 1 },		/* on a CPU, but it has nothing on any */
	{ 2, -1, 0, 1 },	/* a task that has nothing, in the same shard */
	{ 2, 0, 0, 1 },
};

static void release_unheld(const char *what, const struct bp_claim *claim)
{
	expect_warning();
	bp_slots_release(world.slots, claim);
	check_warning(what, 1);
}

static void misuse_unheld(const void *arg)
{
	unsigned int nr = 0;

	(void)arg;
	begin();
	for (const struct bad_claim *bad = unheld; bad->what; bad++, nr++)
		release_unheld(bad->what, &bad->claim);
	for (unsigned int i = 0; i < ARRAY_SIZE(unheld_by_task); i++, nr++) {
		struct bp_claim claim = world_claim(&world, unheld_by_task[i]);
		char what[40];

		snprintf(what, sizeof(what), "claim %u that a task lacks", i);
		release_unheld(what, &claim);
	}
	/* Twice: each claim is given back, and once more. */
	while (world.oracle.nr_live) {
		struct op op = { OP_RELEASE, world.oracle.live[0] };
		struct bp_claim claim = world_claim(&world, op.claim);

		world_step(&world, &op);
		release_unheld("given back already", &claim);
		nr++;
	}
	end();
	test_figures("%u claims", nr);
}

/*
 * The edges.
 */

/* A claim that can never fit is refused even if there is no memory. */
static void edge_too_heavy(const void *arg)
{
	struct op op = { OP_RESERVE, { 2, -1, 0, 5 } };
	unsigned long before;

	(void)arg;
	begin();
	for (op.claim.cpu = -1; op.claim.cpu < 2; op.claim.cpu++) {
		before = kernel_allocations;
		REQUIRE(world_step(&world, &op) == -ENOSPC &&
			kernel_allocations == before,
			"memory is allocated for a claim above the limit");
	}
	end();
}

static void wait_forever(void)
{
	kernel_bug("the debugger waits");
}

/* The debugger's calls: as the plain ones, whatever locks they find taken. */
static void edge_debugger(const void *arg)
{
	const struct op take = {
		OP_RESERVE, { -1, -1, 1, 2 }, .is_debugger = true
	};
	const struct op give = {
		OP_RELEASE, { -1, -1, 1, 2 }, .is_debugger = true
	};
	struct bp_slots *slots;
	int ret[2];

	(void)arg;
	begin();
	slots = world.slots;
	/* Task 1 has both registers of the class. */
	REQUIRE(world_step(&world, &take) == -ENOSPC,
		"the debugger overcommits");
	world_step(&world, &(struct op){ OP_RELEASE, held[2] });

	kernel_wait_hook = wait_forever;
	for (unsigned int s = 0; s < slots->nr_shards; s++) {
		raw_spin_lock(&slots->shards[s].lock);
		raw_spin_lock(&slots->lock);
		ret[0] = world_do(&world, &take);
		ret[1] = world_do_core(&world, &take);
		raw_spin_unlock(&slots->lock);
		raw_spin_unlock(&slots->shards[s].lock);
		REQUIRE(!ret[0] && ret[1] == -ENOSPC,
			"the debugger is told %d and %d", ret[0], ret[1]);
		world_check(&world);

		raw_spin_lock(&slots->shards[s].lock);
		raw_spin_lock(&slots->lock);
		world_do(&world, &give);
		raw_spin_unlock(&slots->lock);
		raw_spin_unlock(&slots->shards[s].lock);
		world_check(&world);
	}
	kernel_wait_hook = NULL;
	end();
}

static void edge_init(const void *arg)
{
	static const u8 limit[] = { BP_SLOTS_LIMIT, BP_SLOTS_LIMIT },
			too_high[] = { 1, BP_SLOTS_LIMIT + 1 };
	static const unsigned int shards[][2] = {
		{ 1, 1 }, { 2, 2 }, { 3, 4 }, { 63, 64 }, { 64, 64 },
		{ 65, 64 }, { 1000, 64 }
	};
	struct bp_slots slots;

	(void)arg;
	REQUIRE(bp_slots_init(&slots, 0, 1, limit) == -EINVAL &&
		bp_slots_init(&slots, 1, 0, limit) == -EINVAL &&
		bp_slots_init(&slots, 1, 3, limit) == -EINVAL &&
		bp_slots_init(&slots, 1, 2, too_high) == -EINVAL,
		"bp_slots_init() takes what it should not");
	REQUIRE(!kernel_blocks, "a refused instance has memory");

	for (unsigned int i = 1; i <= 2; i++) {
		kernel_fail_allocation = i;
		REQUIRE(bp_slots_init(&slots, 3, 2, limit) == -ENOMEM,
			"allocation %u fails, bp_slots_init() does not", i);
		REQUIRE(!kernel_blocks, "bp_slots_init() leaks");
		kernel_fail_allocation = 0;
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(shards); i++) {
		/* It is not for the caller to clear it. */
		memset(&slots, 0xa5, sizeof(slots));
		REQUIRE(!bp_slots_init(&slots, shards[i][0], 2, limit),
			"bp_slots_init() fails");
		REQUIRE(slots.nr_shards == shards[i][1],
			"%u shards for %u CPUs, right is %u", slots.nr_shards,
			shards[i][0], shards[i][1]);
		REQUIRE(!bp_slots_in_use(&slots), "a new instance is in use");
		bp_slots_destroy(&slots);
		REQUIRE(!kernel_blocks, "bp_slots_destroy() leaks");
		/* What cleans up after a failure may come twice. */
		bp_slots_destroy(&slots);
		REQUIRE(!kernel_blocks, "bp_slots_destroy() frees twice");
	}
}

/* What is still held goes with the instance, from whichever shard. */
static void edge_destroy(const void *arg)
{
	static const struct geometry spread = {
		3, 5, 2, { 3, 2 }, LAYOUT_SPREAD
	};
	struct op op = { OP_RESERVE, { 0, -1, 0, 1 } };

	(void)arg;
	world_init(&world, &spread);
	for (; op.claim.task < 5; op.claim.task++) {
		op.claim.cpu = op.claim.task % 2 - 1;
		REQUIRE(!world_step(&world, &op), "a claim does not fit");
	}
	world_forget(&world);
}

static void nr_listed(struct bp_held *held, void *data)
{
	(void)held;
	++*(unsigned int *)data;
}

static unsigned int count_listed(void)
{
	unsigned int nr = 0;

	bp_slots_freeze(world.slots);
	bp_slots_visit(world.slots, nr_listed, &nr);
	bp_slots_thaw(world.slots);
	return nr;
}

/* A wide holder is on the list, with what it holds of which class. */
static void edge_wide_holder(const void *arg)
{
	/* All of @held but the wide one are listed. */
	const unsigned int others = ARRAY_SIZE(held) - 1;
	struct bp_held mine = {}, unused = {};
	struct bp_claim claim = { .cpu = -1, .weight = 1, .held = &mine };
	struct bp_slots *slots;

	(void)arg;
	begin();
	slots = world.slots;
	REQUIRE(!bp_slots_reserve(slots, &claim), "a wide claim does not fit");
	REQUIRE(mine.weight[0] == 1 && !mine.weight[1] &&
		count_listed() == others + 1, "the wide holder is not listed");
	REQUIRE(bp_slots_reserve(slots, &claim) == -ENOSPC, "the core overcommits");
	REQUIRE(mine.weight[0] == 1, "what is refused is listed");
	bp_slots_release(slots, &claim);
	REQUIRE(!mine.weight[0] && hlist_unhashed(&mine.node) &&
		count_listed() == others, "the wide holder is still listed");

	/* The debugger gives back what another held, and the list is told later. */
	REQUIRE(!bp_slots_reserve(slots, &claim), "a wide claim does not fit");
	bp_slots_release_wide_nmi(slots, 0, 1);
	REQUIRE(count_listed() == others + 1, "the debugger changes the list");
	bp_slots_forget(slots, &mine);
	bp_slots_forget(slots, &unused);
	REQUIRE(hlist_unhashed(&mine.node) && count_listed() == others,
		"who is forgotten is still listed");
	end();
}

const struct test misuse_tests[] = {
	{ "misuse_senseless_claims", misuse_senseless, .quick = true },
	{ "misuse_senseless_changes", misuse_change, .quick = true },
	{ "misuse_by_the_debugger", misuse_debugger, .quick = true },
	{ "misuse_release_of_what_is_not_held", misuse_unheld, .quick = true },
	{ "edge_weight_above_limit", edge_too_heavy, .quick = true },
	{ "edge_debugger", edge_debugger, .quick = true },
	{ "edge_wide_holder", edge_wide_holder, .quick = true },
	{ "edge_init", edge_init, .quick = true },
	{ "edge_destroy_while_held", edge_destroy, .quick = true },
	{ }
};
