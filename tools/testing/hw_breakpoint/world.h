/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance of the core with the oracle beside it: do the same to both, and
 * hold one against the other.
 */
#ifndef _HW_BREAKPOINT_WORLD_H
#define _HW_BREAKPOINT_WORLD_H

#include "oracle.h"

/* Where the core's hash puts the tasks. */
enum key_layout {
	LAYOUT_SPREAD,		/* into one shard after the other */
	LAYOUT_ONE_SHARD,	/* into one shard, different chains of it */
	LAYOUT_ONE_CHAIN,	/* into one chain of one shard */
};

struct geometry {
	unsigned int	nr_cpus;
	unsigned int	nr_tasks;
	unsigned int	nr_classes;
	u8		limit[BP_SLOTS_CLASSES];
	enum key_layout	layout;
};

struct world {
	struct bp_slots	*slots;
	struct oracle	oracle;
	/* of each task: its key, and the shard in which that puts it */
	const void	**keys;
	u8		*shard;
	/*
	 * Who holds a claim that is not wide: world_held().  A wide one may be given
	 * back by the debugger, which has no list.
	 */
	struct bp_held	*held;
	/* Claims come from world_claim(), and so the lists are to be right. */
	bool		has_lists;
	/* blocks allocated before the instance */
	long		blocks;
};

enum op_kind { OP_RESERVE, OP_RELEASE, OP_CHANGE };

struct op {
	enum op_kind	kind;
	struct claim	claim;
	struct claim	to;		/* of OP_CHANGE */
	/* by bp_slots_*_wide_nmi(): the claim is wide, and it is no OP_CHANGE */
	bool		is_debugger;
};

void world_init(struct world *w, const struct geometry *g);
/* Require that nobody holds anything, and free the instance; or just free it. */
void world_destroy(struct world *w);
void world_forget(struct world *w);

struct bp_held *world_held(const struct world *w, int task, int cpu);
struct bp_claim world_claim(const struct world *w, struct claim claim);
struct bp_bounds world_bounds(const struct world *w, unsigned int class);
unsigned int world_ceiling(const struct world *w, unsigned int shard,
			   unsigned int class);
/* Has the task a record?  With memory for what it holds on single CPUs? */
bool world_has_record(const struct world *w, unsigned int task);
bool world_has_on_cpu(const struct world *w, unsigned int task);

/* What @op must answer, going through the whole list. */
int world_answer(struct world *w, const struct op *op);
/* Do it to the core; to the oracle; to the core, and if granted to the oracle. */
int world_do_core(struct world *w, const struct op *op);
void world_do_oracle(struct world *w, const struct op *op);
int world_do(struct world *w, const struct op *op);
/* Do it, and require the right answer, at the right cost, and world_check(). */
int world_step(struct world *w, const struct op *op);
/* Require that everything in the core agrees with the oracle's sums. */
void world_check(struct world *w);

void claim_print(struct claim claim);
void op_print(const struct op *op);

/*
 * What one step may cost: which ceilings it may move, the shards' and the one in
 * the bounds, how often it may take bp_slots::lock, and how often allocate.  See
 * cost.c.
 */
struct cost {
	unsigned long	taken;
	unsigned long	allocations;
	u8		ceiling[BP_SLOTS_CLASSES][BP_SLOTS_SHARDS];
	u8		highest[BP_SLOTS_CLASSES];
};

void cost_now(const struct world *w, struct cost *cost);
void cost_add(const struct world *w, struct cost *cost, const struct op *op,
	      int answer);
void cost_check(const struct world *w, const struct cost *right,
		const struct cost *is);

#endif /* _HW_BREAKPOINT_WORLD_H */
