/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slot accounting for hardware breakpoints: who may use how many debug
 * registers.  A pure data structure: it knows no perf event, no task_struct
 * and no register, and compiles in userspace as well, where
 * tools/testing/hw_breakpoint checks it exhaustively.
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_H

#include "hw_breakpoint_slots_internal.h"

/* Register classes that one instance arbitrates: instruction and data. */
#define BP_SLOTS_CLASSES	2
/* The most registers of one class that a CPU may have. */
#define BP_SLOTS_LIMIT		16
/* The most shards, and the hash chains of each; see struct bp_shard. */
#define BP_SLOTS_SHARDS		64U
#define BP_SLOTS_CHAIN_BITS	5
#define BP_SLOTS_CHAINS		BIT(BP_SLOTS_CHAIN_BITS)

/**
 * struct bp_levels - a multiset of small positive numbers that knows its maximum
 * @present: bit n is set while the multiset holds the number n
 * @nr:      how often it holds the number n; nr[0] is unused, zero is "absent"
 */
struct bp_levels {
	u32	present;
	u32	nr[BP_SLOTS_LIMIT + 1];
};

/* The largest number in @levels, 0 if there is none. */
static inline unsigned int bp_levels_max(const struct bp_levels *levels)
{
	return levels->present ? __fls(levels->present) : 0;
}

/* @n members of @levels change from @from to @to; 0 stands for "absent". */
static inline void bp_levels_move_many(struct bp_levels *levels,
				       unsigned int from, unsigned int to,
				       unsigned int n)
{
	if (from == to)
		return;
	if (from) {
		levels->nr[from] -= n;
		if (!levels->nr[from])
			levels->present &= ~BIT(from);
	}
	if (to) {
		levels->nr[to] += n;
		levels->present |= BIT(to);
	}
}

static inline void bp_levels_move(struct bp_levels *levels, unsigned int from,
				  unsigned int to)
{
	bp_levels_move_many(levels, from, to, 1);
}

/**
 * struct bp_claim - what is asked for, or held
 * @task:   key of the task whose context the breakpoint lives in, NULL if it
 *          belongs to no task.  Compared, never dereferenced.
 * @cpu:    the only CPU on which it may be armed; -1 for every CPU
 * @class:  register class, below the instance's number of classes
 * @weight: number of registers it needs, at least 1
 * @held:   the holder's list entry, which follows; or NULL
 *
 * Without a task and for every CPU it is wide: whatever runs, wherever.
 */
struct bp_claim {
	const void	*task;
	int		cpu;
	u8		class;
	u8		weight;
	struct bp_held	*held;
};

/*
 * One task that holds slots.  By the shard's lock; the elements of @on_cpu and
 * @nr_on_cpu change only with bp_slots::lock held as well.  A task that has such
 * stands in struct bp_cpu::tasks, which follows each change of them and of
 * @everywhere under that lock.
 */
struct bp_task {
	struct hlist_node	node;
	const void		*key;
	/* A: registers held on every CPU, per class */
	u8			everywhere[BP_SLOTS_CLASSES];
	/* how many elements of @on_cpu are not zero, per class */
	u16			nr_on_cpu[BP_SLOTS_CLASSES];
	/* S: registers held on one CPU; [class * nr_cpus + cpu], or NULL */
	u8			*on_cpu;
};

/* A part of the tasks, chosen by hash of the key. */
struct bp_shard {
	raw_spinlock_t		lock;
	/*
	 * Per class, a ceiling and a top in one word.  The top is changed with
	 * @lock held; the ceiling is raised with bp_slots::lock held as well, and
	 * lowered by anybody.
	 */
	atomic_t		headroom[BP_SLOTS_CLASSES];
	/* @everywhere of each task of this shard, per class; by @lock */
	struct bp_levels	tasks[BP_SLOTS_CLASSES];
	/* struct bp_held of these tasks' claims; by @lock */
	struct hlist_head	holders;
	/* struct bp_task; by @lock */
	struct hlist_head	chains[BP_SLOTS_CHAINS];
} ____cacheline_aligned_in_smp;

/* One CPU; by bp_slots::lock */
struct bp_cpu {
	/* C: registers held by breakpoints that belong to the CPU */
	u8			held[BP_SLOTS_CLASSES];
	/* A + S of each task that holds something on just this CPU */
	struct bp_levels	tasks[BP_SLOTS_CLASSES];
};

/* What a CPU contributes to bp_slots::beside. */
static inline unsigned int bp_cpu_beside(const struct bp_cpu *cpu,
					 unsigned int class)
{
	unsigned int most = bp_levels_max(&cpu->tasks[class]);

	return most ? cpu->held[class] + most : 0;
}

/**
 * struct bp_bounds - all that a grant has to respect; see bp_slots::bounds
 * @wide:    W: registers held on every CPU, whatever runs there
 * @cpus:    the largest C
 * @beside:  the largest C[c] + A[t] + S[t][c], of those t that have some S on c
 * @ceiling: no shard's ceiling is above
 * @rising:  an A that counts although no ceiling may be as high, while the
 *           holder of bp_slots::lock changes it; or 0
 */
struct bp_bounds {
	u8	wide;
	u8	cpus;
	u8	beside;
	u8	ceiling;
	u8	rising;
};

/**
 * struct bp_slots - one instance of the accounting
 * @nr_cpus:	CPUs are numbered from 0 to @nr_cpus - 1
 * @nr_classes:	register classes
 * @nr_shards:	how many @shards there are, a power of two
 * @limit:	registers per CPU, of each class
 * @bounds:	struct bp_bounds of each class, and how often it has changed, in
 *		one word.  @wide and @ceiling are changed by anybody, the rest with
 *		@lock held.
 * @freezing:	outside all other locks; by it, all of them are taken at once
 * @lock:	inside bp_shard::lock
 * @holders:	struct bp_held of claims without a task; by @lock
 * @held:	C of each CPU, per class; by @lock
 * @beside:	bp_bounds::beside of each CPU, per class; by @lock
 * @cpus:	the CPUs
 * @shards:	the shards
 *
 * Users let nothing but bp_slots_init() write to it.
 */
struct bp_slots {
	unsigned int		nr_cpus;
	unsigned int		nr_classes;
	unsigned int		nr_shards;
	u8			limit[BP_SLOTS_CLASSES];
	atomic_long_t		bounds[BP_SLOTS_CLASSES];
	raw_spinlock_t		freezing;
	raw_spinlock_t		lock;
	struct hlist_head	holders;
	struct bp_levels	held[BP_SLOTS_CLASSES];
	struct bp_levels	beside[BP_SLOTS_CLASSES];
	struct bp_cpu		*cpus;
	struct bp_shard		*shards;
};

/**
 * struct bp_totals - what is held of one class
 * @word:    changes whenever the debugger reserves or releases
 * @wide:    W, the debugger's included
 * @cpus:    the sum of all C
 * @tasks:   the sum of all A and S
 * @fullest: the largest W + C[c] + A[t] + S[t][c]
 */
struct bp_totals {
	unsigned long	word;
	unsigned int	wide;
	unsigned int	cpus;
	unsigned int	tasks;
	unsigned int	fullest;
};

int bp_slots_init(struct bp_slots *slots, unsigned int nr_cpus,
		  unsigned int nr_classes, const u8 *limit);
void bp_slots_destroy(struct bp_slots *slots);

int bp_slots_reserve(struct bp_slots *slots, const struct bp_claim *claim);
void bp_slots_release(struct bp_slots *slots, const struct bp_claim *claim);
int bp_slots_change(struct bp_slots *slots, const struct bp_claim *claim,
		    u8 class, u8 weight);

int bp_slots_reserve_wide_nmi(struct bp_slots *slots, u8 class, u8 weight);
void bp_slots_release_wide_nmi(struct bp_slots *slots, u8 class, u8 weight);

void bp_slots_forget(struct bp_slots *slots, struct bp_held *held);
bool bp_slots_in_use(struct bp_slots *slots);

/* hw_breakpoint_slots_look.c */
void bp_slots_freeze(struct bp_slots *slots);
void bp_slots_thaw(struct bp_slots *slots);
void bp_slots_totals(struct bp_slots *slots, unsigned int class,
		     struct bp_totals *totals);
void bp_slots_visit(struct bp_slots *slots,
		    void (*func)(struct bp_held *held, void *data), void *data);
struct bp_claim bp_slots_fullest(struct bp_slots *slots,
				 const struct bp_claim *claim);

/* Between hw_breakpoint_slots*.c. */

/* A claim is granted, or given back: @holders' lock is held. */
static inline void bp_held_add(struct hlist_head *holders,
			       const struct bp_claim *claim)
{
	struct bp_held *held = claim->held;

	if (!held)
		return;
	held->weight[claim->class] += claim->weight;
	if (hlist_unhashed(&held->node))
		hlist_add_head(&held->node, holders);
}

static inline void bp_held_sub(const struct bp_claim *claim)
{
	struct bp_held *held = claim->held;

	if (!held)
		return;
	held->weight[claim->class] -= claim->weight;
	if (!held->weight[0] && !held->weight[1])
		hlist_del_init(&held->node);
}

struct bp_bounds bp_bounds_unpack(unsigned long word);
int bp_bounds_raise(struct bp_slots *slots, unsigned int class,
		    const struct bp_bounds *by);
void bp_bounds_settle(struct bp_slots *slots, unsigned int class);
unsigned int bp_shards_lower(struct bp_slots *slots, unsigned int class);
int bp_shards_init(struct bp_slots *slots);
void bp_shards_destroy(struct bp_slots *slots);
bool bp_shards_in_use(struct bp_slots *slots);
int bp_task_reserve(struct bp_slots *slots, const struct bp_claim *claim);
void bp_task_release(struct bp_slots *slots, const struct bp_claim *claim);

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_H */
