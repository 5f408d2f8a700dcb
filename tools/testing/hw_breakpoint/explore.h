/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every state that an instance can get into.
 *
 * A breadth-first search over sequences of operations, in which each state is
 * gone on from once, however many sequences lead to it.  Nothing is lost by
 * that: what the core does next is a function of the state that it is in, and
 * which operations are legal next a function of the claims that are live; both
 * are in struct state, completely:
 *
 *	- W, C, A and S, and the claims that they are made of;
 *	- the ceilings, the shards' and the one in the bounds;
 *	- whether a task's record has memory for S;
 *	- the order of two records in one chain.
 *
 * Everything else in the core, tops, levels, counts and the other bounds, is
 * required to be what follows from these by world_check(), after each step.  The
 * bounds' version is left out, as the core only ever asks whether it has changed
 * since it last looked, which takes two operations at once: interleave.c.
 * Addresses are left out too: the core compares none but the keys, which are
 * fixed.  States that are
 * alike but for the numbers of CPUs or tasks are different ones.
 */
#ifndef _HW_BREAKPOINT_EXPLORE_H
#define _HW_BREAKPOINT_EXPLORE_H

#include "world.h"

#define EXPLORE_CLAIMS	64
#define EXPLORE_WORDS	3

struct exploration {
	struct geometry	geometry;
	/* 1 or 2 */
	unsigned int	max_weight;
	/* how many steps; 0: until there are no new states */
	unsigned int	depth;
};

struct state {
	u64	word[EXPLORE_WORDS];
};

struct node {
	struct state	state;
	u32		parent;
	u16		op;
	u16		depth;
	unsigned long	first_target;
};

struct snapshot {
	size_t		size;
	long		blocks;
	unsigned int	nr_live;
	struct claim	live[EXPLORE_CLAIMS];
	char		bytes[] __aligned(64);
};

struct explorer {
	const struct exploration *ex;
	struct world	world;

	/* each claim that may be made, and each operation on them */
	struct claim	claim[EXPLORE_CLAIMS];
	unsigned int	nr_claims;
	struct op	*op;
	unsigned int	nr_ops;

	/* the states, in order of discovery, and a hash table of them */
	struct node	*node;
	u32		nr_nodes;
	u32		max_nodes;
	u32		*table;
	u32		table_mask;

	/* where each legal operation led, for each node in turn */
	u32		*target;
	unsigned long	nr_targets;
	unsigned long	max_targets;
	/* the nodes that were gone on from are those below */
	u32		nr_expanded;
	unsigned int	depth;

	/* what explorer_back() goes back to, and the first node */
	u32		here;
	struct snapshot	*snapshot;
	struct snapshot	*root;
};

void explorer_init(struct explorer *e, const struct exploration *ex);
void explorer_destroy(struct explorer *e);
/* @step does one operation on the current state, with whatever checks. */
void explorer_search(struct explorer *e,
		     void (*step)(struct explorer *e, const struct op *op));

/* Get the world into a state; get it back there. */
void explorer_enter(struct explorer *e, u32 node);
void explorer_back(struct explorer *e);
bool explorer_may(const struct explorer *e, const struct op *op);
struct state explorer_state(const struct explorer *e);
/* What is under way, for the message if it goes wrong. */
void explorer_say(const struct op *op, const struct op *other);

struct snapshot *snapshot_alloc(void);
void snapshot_take(struct explorer *e, struct snapshot *s);
void snapshot_load(struct explorer *e, const struct snapshot *s);

/* How many sequences of just @length operations the search stands for. */
u64 explorer_sequences(const struct explorer *e, unsigned int length);

#endif /* _HW_BREAKPOINT_EXPLORE_H */
