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

/**
 * struct bp_claim - what is asked for, or held
 * @task:   key of the task whose context the breakpoint lives in, NULL if it
 *          belongs to a CPU.  Compared, never dereferenced.
 * @cpu:    the only CPU on which it may be armed; -1 for a task's breakpoint
 *          that follows the task to every CPU
 * @class:  register class, below the instance's number of classes
 * @weight: number of registers it needs, at least 1
 *
 * A claim without a task names a CPU.
 */
struct bp_claim {
	const void	*task;
	int		cpu;
	u8		class;
	u8		weight;
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
	 * @lock held, the ceiling with bp_slots::lock held (and @lock, if it is
	 * raised).
	 */
	atomic_t		headroom[BP_SLOTS_CLASSES];
	/* @everywhere of each task of this shard, per class; by @lock */
	struct bp_levels	tasks[BP_SLOTS_CLASSES];
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

/**
 * struct bp_slots - one instance of the accounting
 * @nr_cpus:	CPUs are numbered from 0 to @nr_cpus - 1
 * @nr_classes:	register classes
 * @nr_shards:	how many @shards there are, a power of two
 * @limit:	registers per CPU, of each class
 * @lock:	inside bp_shard::lock
 * @held:	C of each CPU, per class; by @lock
 * @ceilings:	ceiling of each shard, per class; by @lock
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
	raw_spinlock_t		lock;
	struct bp_levels	held[BP_SLOTS_CLASSES];
	struct bp_levels	ceilings[BP_SLOTS_CLASSES];
	struct bp_cpu		*cpus;
	struct bp_shard		*shards;
};

int bp_slots_init(struct bp_slots *slots, unsigned int nr_cpus,
		  unsigned int nr_classes, const u8 *limit);
void bp_slots_destroy(struct bp_slots *slots);

int bp_slots_reserve(struct bp_slots *slots, const struct bp_claim *claim);
void bp_slots_release(struct bp_slots *slots, const struct bp_claim *claim);
int bp_slots_change(struct bp_slots *slots, const struct bp_claim *claim,
		    u8 class, u8 weight);

int bp_slots_try_reserve_cpu(struct bp_slots *slots,
			     const struct bp_claim *claim);
int bp_slots_try_release_cpu(struct bp_slots *slots,
			     const struct bp_claim *claim);

bool bp_slots_in_use(struct bp_slots *slots);

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_H */
