/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: a list of the claims that are live, and what follows from it.
 *
 * It has no bounds, no ceilings, no shards, no histograms: W, C, A and S are
 * summed up from the list, and a claim fits if W + C[c] + A[t] + S[t][c] <= limit
 * for every CPU c and every task t with the claim on the list.
 */
#ifndef _HW_BREAKPOINT_ORACLE_H
#define _HW_BREAKPOINT_ORACLE_H

#include "hw_breakpoint_slots.h"

/*
 * struct bp_claim with the task's number for its key; -1 if it has no task.  With
 * -1 for the CPU as well it is wide.
 */
struct claim {
	short	task;
	short	cpu;
	u8	class;
	u8	weight;
};

static inline bool claim_is_wide(struct claim claim)
{
	return claim.task < 0 && claim.cpu < 0;
}

static inline bool claim_equal(struct claim a, struct claim b)
{
	return a.task == b.task && a.cpu == b.cpu && a.class == b.class &&
	       a.weight == b.weight;
}

struct oracle {
	unsigned int	nr_cpus;
	unsigned int	nr_tasks;
	unsigned int	nr_classes;
	u8		limit[BP_SLOTS_CLASSES];

	struct claim	*live;
	unsigned int	nr_live;
	unsigned int	max_live;

	/* The sums: W, C[c], A[t] and S[t][c] */
	u16		wide[BP_SLOTS_CLASSES];
	u16		*held[BP_SLOTS_CLASSES];
	u16		*everywhere[BP_SLOTS_CLASSES];
	u16		*on_cpu[BP_SLOTS_CLASSES];
};

void oracle_init(struct oracle *o, unsigned int nr_cpus, unsigned int nr_tasks,
		 unsigned int nr_classes, const u8 *limit);
void oracle_destroy(struct oracle *o);

static inline u16 *oracle_on_cpu(const struct oracle *o, unsigned int class,
				 unsigned int task)
{
	return &o->on_cpu[class][task * o->nr_cpus];
}

/* Put a claim on the list, take the one at @index off; the sums follow. */
void oracle_add(struct oracle *o, struct claim claim);
void oracle_del(struct oracle *o, unsigned int index);
void oracle_clear(struct oracle *o);
/* Where the list has an equal claim; there must be one. */
unsigned int oracle_find(const struct oracle *o, struct claim claim);

/* Sum up the list, whatever the sums were. */
void oracle_resum(struct oracle *o);

/* Does I1 hold, for every CPU and task? */
bool oracle_holds(const struct oracle *o);
/* Would it with @claim as well?  Looks only at the sums that it touches. */
bool oracle_fits(const struct oracle *o, struct claim claim);

/*
 * What bp_slots_reserve(@claim), bp_slots_change(@from, @to) must answer, found
 * the long way: the list is altered, summed up, looked at and altered back.
 */
int oracle_reserve_answer(struct oracle *o, struct claim claim);
int oracle_change_answer(struct oracle *o, struct claim from, struct claim to);

#endif /* _HW_BREAKPOINT_ORACLE_H */
