// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle; see oracle.h.
 */
#include <stdlib.h>

#include "oracle.h"

void oracle_init(struct oracle *o, unsigned int nr_cpus, unsigned int nr_tasks,
		 unsigned int nr_classes, const u8 *limit)
{
	*o = (struct oracle){
		.nr_cpus = nr_cpus,
		.nr_tasks = nr_tasks,
		.nr_classes = nr_classes,
	};
	for (unsigned int k = 0; k < nr_classes; k++) {
		o->limit[k] = limit[k];
		o->held[k] = calloc(nr_cpus, sizeof(u16));
		o->everywhere[k] = calloc(nr_tasks, sizeof(u16));
		o->on_cpu[k] = calloc(nr_tasks * nr_cpus, sizeof(u16));
		REQUIRE(o->held[k] && o->everywhere[k] && o->on_cpu[k],
			"out of memory");
	}
}

void oracle_destroy(struct oracle *o)
{
	for (unsigned int k = 0; k < o->nr_classes; k++) {
		free(o->held[k]);
		free(o->everywhere[k]);
		free(o->on_cpu[k]);
	}
	free(o->live);
	*o = (struct oracle){};
}

/* The sum that a claim counts in. */
static u16 *oracle_sum(struct oracle *o, struct claim claim)
{
	if (claim_is_wide(claim))
		return &o->wide[claim.class];
	if (claim.task < 0)
		return &o->held[claim.class][claim.cpu];
	if (claim.cpu < 0)
		return &o->everywhere[claim.class][claim.task];
	return &oracle_on_cpu(o, claim.class, claim.task)[claim.cpu];
}

void oracle_add(struct oracle *o, struct claim claim)
{
	if (o->nr_live == o->max_live) {
		o->max_live = 2 * o->max_live + 16;
		o->live = realloc(o->live, o->max_live * sizeof(*o->live));
		REQUIRE(o->live, "out of memory");
	}
	o->live[o->nr_live++] = claim;
	*oracle_sum(o, claim) += claim.weight;
}

void oracle_del(struct oracle *o, unsigned int index)
{
	*oracle_sum(o, o->live[index]) -= o->live[index].weight;
	o->live[index] = o->live[--o->nr_live];
}

unsigned int oracle_find(const struct oracle *o, struct claim claim)
{
	for (unsigned int i = 0; i < o->nr_live; i++)
		if (claim_equal(o->live[i], claim))
			return i;
	kernel_bug("the test gives back what it does not hold");
}

void oracle_clear(struct oracle *o)
{
	o->nr_live = 0;
	oracle_resum(o);
}

void oracle_resum(struct oracle *o)
{
	for (unsigned int k = 0; k < o->nr_classes; k++) {
		o->wide[k] = 0;
		memset(o->held[k], 0, o->nr_cpus * sizeof(u16));
		memset(o->everywhere[k], 0, o->nr_tasks * sizeof(u16));
		memset(o->on_cpu[k], 0,
		       o->nr_tasks * o->nr_cpus * sizeof(u16));
	}
	for (unsigned int i = 0; i < o->nr_live; i++)
		*oracle_sum(o, o->live[i]) += o->live[i].weight;
}

bool oracle_holds(const struct oracle *o)
{
	for (unsigned int k = 0; k < o->nr_classes; k++)
		for (unsigned int c = 0; c < o->nr_cpus; c++) {
			unsigned int held = o->wide[k] + o->held[k][c];

			if (held > o->limit[k])
				return false;
			for (unsigned int t = 0; t < o->nr_tasks; t++)
				if (held + o->everywhere[k][t] +
				    oracle_on_cpu(o, k, t)[c] > o->limit[k])
					return false;
		}
	return true;
}

/* The most that is held on a CPU while any one task runs there, or none. */
static unsigned int oracle_most_on(const struct oracle *o, unsigned int k,
				   unsigned int cpu)
{
	unsigned int most = 0;

	for (unsigned int t = 0; t < o->nr_tasks; t++)
		most = max(most, o->everywhere[k][t] + 0U +
				 oracle_on_cpu(o, k, t)[cpu]);
	return most + o->held[k][cpu];
}

bool oracle_fits(const struct oracle *o, struct claim claim)
{
	unsigned int k = claim.class, beside = 0;
	const u16 *held = o->held[k], *everywhere = o->everywhere[k];
	unsigned int more = o->wide[k] + claim.weight;

	if (claim_is_wide(claim)) {
		/* The first CPU that is too full will do. */
		for (unsigned int c = 0; c < o->nr_cpus; c++) {
			beside = max(beside, oracle_most_on(o, k, c));
			if (more + beside > o->limit[k])
				break;
		}
	} else if (claim.task < 0) {
		beside = oracle_most_on(o, k, claim.cpu);
	} else if (claim.cpu < 0) {
		const u16 *on_cpu = oracle_on_cpu(o, k, claim.task);

		for (unsigned int c = 0; c < o->nr_cpus; c++)
			beside = max(beside, held[c] + 0U + on_cpu[c]);
		beside += everywhere[claim.task];
	} else {
		beside = held[claim.cpu] + everywhere[claim.task] +
			 oracle_on_cpu(o, k, claim.task)[claim.cpu];
	}
	return more + beside <= o->limit[k];
}

int oracle_reserve_answer(struct oracle *o, struct claim claim)
{
	bool fits;

	oracle_add(o, claim);
	oracle_resum(o);
	fits = oracle_holds(o);
	oracle_del(o, o->nr_live - 1);
	return fits ? 0 : -ENOSPC;
}

int oracle_change_answer(struct oracle *o, struct claim from, struct claim to)
{
	int answer;

	oracle_del(o, oracle_find(o, from));
	answer = oracle_reserve_answer(o, to);
	oracle_add(o, from);
	return answer;
}
