/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who holds what: between hw_breakpoint_who.c and hw_breakpoint_debugfs.c.
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_WHO_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_WHO_H

#include <linux/hw_breakpoint.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "hw_breakpoint_slots.h"

/**
 * struct bp_owner - who has registered a breakpoint
 * @handler: what its hits call, if it is the kernel's; ERR_PTR() for its debugger
 * @pid:     of the task that has it open otherwise; 0 if that has exited
 * @comm:    of the same
 */
struct bp_owner {
	const void	*handler;
	pid_t		pid;
	char		comm[TASK_COMM_LEN];
};

enum bp_kind {
	BP_KIND_WIDE,
	BP_KIND_DEBUGGER,
	BP_KIND_CPU,
	BP_KIND_TASK,
};

/**
 * struct bp_line - what one breakpoint holds of one class
 * @id:        of PERF_EVENT_IOC_ID, or 0
 * @addr:      what it is aimed at
 * @len:       how many bytes
 * @type:      at which access
 * @is_kernel: the address is the kernel's
 * @class:     register class
 * @weight:    how many registers of it are held
 * @kind:      as whose
 * @cpu:       the only CPU, or -1
 * @state:     enum perf_event_state of what is not armed
 * @armed:     on how many CPUs it is in a register
 * @hits:      how many
 * @owner:     who has registered it
 * @task:      its task, or pid is 0
 */
struct bp_line {
	u64			id;
	u64			addr;
	u64			len;
	u32			type;
	bool			is_kernel;
	u8			class;
	u8			weight;
	enum bp_kind		kind;
	int			cpu;
	int			state;
	unsigned int		armed;
	u64			hits;
	struct bp_owner		owner;
	struct bp_owner		task;
};

/**
 * struct bp_snapshot - what was held at one instant
 * @totals:   the accounts of each class
 * @debugger: how much of the wide ones is the kernel debugger's
 * @nr:       how many @lines there are
 * @max:      how many there is room for
 * @lines:    who held it
 */
struct bp_snapshot {
	struct bp_totals	totals[TYPE_MAX];
	unsigned int		debugger[TYPE_MAX];
	unsigned int		nr;
	unsigned int		max;
	struct bp_line		*lines;
};

struct bp_snapshot *bp_snapshot_take(void);
void bp_snapshot_free(struct bp_snapshot *snapshot);

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_WHO_H */
