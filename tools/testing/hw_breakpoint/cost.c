// SPDX-License-Identifier: GPL-2.0
/*
 * What a step may cost.
 *
 * That the answers are right says nothing about the promise that independent
 * tasks do not meet in a lock.  So the core's ceilings, and the number of times
 * that bp_slots::lock is taken, are foretold here, from the rules that stand at
 * the head of hw_breakpoint_slots.c:
 *
 *	- a task's claim for every CPU that stays within its shard's ceiling,
 *	  and its release, take no lock but the shard's, unless the task also
 *	  holds something on a single CPU;
 *	- a wide claim, and its release, take the lock once if they are not the
 *	  debugger's;
 *	- a ceiling rises just as far as a claim needs it to, and the one in the
 *	  bounds is that of the highest shard;
 *	- ceilings are lowered only when one stands in the way of a CPU's or a
 *	  wide claim that would fit without it;
 *	- memory is allocated when a task has no record of the kind it needs.
 */
#include "world.h"

void cost_now(const struct world *w, struct cost *cost)
{
	cost->taken = w->slots->lock.taken;
	cost->allocations = kernel_allocations;
	for (unsigned int k = 0; k < w->oracle.nr_classes; k++) {
		for (unsigned int s = 0; s < w->slots->nr_shards; s++)
			cost->ceiling[k][s] = world_ceiling(w, s, k);
		cost->highest[k] = world_bounds(w, k).ceiling;
	}
}

static bool holds_on_some_cpu(const struct oracle *o, struct claim claim)
{
	const u16 *on_cpu = oracle_on_cpu(o, claim.class, claim.task);

	for (unsigned int c = 0; c < o->nr_cpus; c++)
		if (on_cpu[c])
			return true;
	return false;
}

static void cost_reserve_everywhere(const struct world *w, struct cost *cost,
				    struct claim claim, int answer)
{
	const struct oracle *o = &w->oracle;
	u8 *ceiling = &cost->ceiling[claim.class][w->shard[claim.task]];
	u8 *highest = &cost->highest[claim.class];
	unsigned int level = o->everywhere[claim.class][claim.task] +
			     claim.weight;

	cost->taken += level > *ceiling || holds_on_some_cpu(o, claim);
	if (answer || level <= *ceiling)
		return;
	*ceiling = level;
	*highest = max(level, *highest + 0U);
}

/*
 * With the claim granted, W + max(C + A, @beside) would have to be within the
 * limit, where @wide and @cpus are the largest W and C: are ceilings, in the
 * place of the largest A, all that is in the way?
 */
static void cost_lower(const struct world *w, struct cost *cost, unsigned int k,
		       unsigned int wide, unsigned int cpus,
		       unsigned int beside)
{
	const struct oracle *o = &w->oracle;
	u8 *ceiling = cost->ceiling[k], *highest = &cost->highest[k];

	if (wide + max(cpus, beside) > o->limit[k] ||
	    wide + max(cpus + *highest, beside) <= o->limit[k])
		return;

	*highest = 0;
	memset(ceiling, 0, w->slots->nr_shards);
	for (unsigned int t = 0; t < o->nr_tasks; t++) {
		u8 *top = &ceiling[w->shard[t]];

		*top = max(*top + 0U, o->everywhere[k][t] + 0U);
		*highest = max(*highest, *top);
	}
}

/* The largest A + S of those tasks that have some S on the CPU. */
static unsigned int most_on_cpu(const struct oracle *o, unsigned int k,
				unsigned int cpu)
{
	unsigned int most = 0;

	for (unsigned int t = 0; t < o->nr_tasks; t++) {
		unsigned int on_cpu = oracle_on_cpu(o, k, t)[cpu];

		if (on_cpu)
			most = max(most, on_cpu + o->everywhere[k][t]);
	}
	return most;
}

static void cost_reserve_cpu(const struct world *w, struct cost *cost,
			     struct claim claim)
{
	const struct oracle *o = &w->oracle;
	unsigned int k = claim.class;
	unsigned int want = o->held[k][claim.cpu] + claim.weight;

	cost->taken++;
	cost_lower(w, cost, k, o->wide[k], want,
		   want + most_on_cpu(o, k, claim.cpu));
}

static void cost_reserve_wide(const struct world *w, struct cost *cost,
			      struct claim claim, bool is_debugger)
{
	const struct oracle *o = &w->oracle;
	unsigned int k = claim.class, cpus = 0, beside = 0;

	cost->taken += !is_debugger;
	for (unsigned int c = 0; c < o->nr_cpus; c++) {
		unsigned int most = most_on_cpu(o, k, c);

		cpus = max(cpus, o->held[k][c] + 0U);
		if (most)
			beside = max(beside, o->held[k][c] + most);
	}
	cost_lower(w, cost, k, o->wide[k] + claim.weight, cpus, beside);
}

/* A record, if there is none yet with memory for single CPUs, if it takes that. */
static void cost_memory(const struct world *w, struct cost *cost,
			struct claim claim)
{
	cost->allocations += claim.cpu < 0 ? !world_has_record(w, claim.task) :
					     !world_has_on_cpu(w, claim.task);
}

static void cost_reserve(const struct world *w, struct cost *cost,
			 struct claim claim, bool is_debugger, int answer)
{
	if (claim.weight > w->oracle.limit[claim.class])
		return;
	if (claim.task >= 0)
		cost_memory(w, cost, claim);
	if (claim_is_wide(claim))
		cost_reserve_wide(w, cost, claim, is_debugger);
	else if (claim.task < 0)
		cost_reserve_cpu(w, cost, claim);
	else if (claim.cpu < 0)
		cost_reserve_everywhere(w, cost, claim, answer);
	else
		cost->taken++;
}

static void cost_release(const struct world *w, struct cost *cost,
			 struct claim claim, bool is_debugger)
{
	if (is_debugger)
		return;
	if (claim.task < 0 || claim.cpu >= 0 ||
	    holds_on_some_cpu(&w->oracle, claim))
		cost->taken++;
}

void cost_add(const struct world *w, struct cost *cost, const struct op *op,
	      int answer)
{
	struct claim more = op->to;

	switch (op->kind) {
	case OP_RESERVE:
		cost_reserve(w, cost, op->claim, op->is_debugger, answer);
		break;
	case OP_RELEASE:
		cost_release(w, cost, op->claim, op->is_debugger);
		break;
	case OP_CHANGE:
		if (op->to.class != op->claim.class) {
			cost_reserve(w, cost, op->to, false, answer);
			if (!answer)
				cost_release(w, cost, op->claim, false);
		} else if (op->to.weight > op->claim.weight) {
			more.weight -= op->claim.weight;
			cost_reserve(w, cost, more, false, answer);
		} else if (op->to.weight < op->claim.weight) {
			cost_release(w, cost, op->claim, false);
		}
		break;
	}
}

void cost_check(const struct world *w, const struct cost *right,
		const struct cost *is)
{
	REQUIRE(is->taken == right->taken,
		"bp_slots::lock was taken %ld times more than needed",
		(long)(is->taken - right->taken));
	REQUIRE(is->allocations == right->allocations,
		"memory was allocated %ld times more than needed",
		(long)(is->allocations - right->allocations));
	for (unsigned int k = 0; k < w->oracle.nr_classes; k++) {
		for (unsigned int s = 0; s < w->slots->nr_shards; s++)
			REQUIRE(is->ceiling[k][s] == right->ceiling[k][s],
				"shard %u, class %u: the ceiling is at %u, right is %u",
				s, k, is->ceiling[k][s], right->ceiling[k][s]);
		REQUIRE(is->highest[k] == right->highest[k],
			"class %u: the ceiling of all is at %u, right is %u", k,
			is->highest[k], right->highest[k]);
	}
}
