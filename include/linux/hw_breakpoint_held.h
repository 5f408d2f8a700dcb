/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a breakpoint holds of the slots: its part in struct perf_event.
 */
#ifndef _LINUX_HW_BREAKPOINT_HELD_H
#define _LINUX_HW_BREAKPOINT_HELD_H

#include <linux/types.h>

/**
 * struct bp_held - what one holder holds
 * @node:   in the list of its task's shard, or of the instance if it has no task
 * @weight: registers of each class; of two classes while it changes from one to
 *          the other
 *
 * By the lock of the list: bp_shard::lock or bp_slots::lock.  The kernel debugger,
 * which has stopped everybody, changes @weight of its own.
 */
struct bp_held {
	struct hlist_node	node;
	u8			weight[2];
};

#endif /* _LINUX_HW_BREAKPOINT_HELD_H */
