/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between arming registers and telling where none may be armed.
 */
#ifndef _X86_KERNEL_HW_BREAKPOINT_H
#define _X86_KERNEL_HW_BREAKPOINT_H

#include <linux/percpu.h>

#include <asm/hw_breakpoint.h>

struct perf_event;

/**
 * struct debug_registers - one CPU's address registers as they should be
 * @owner:   the event that each belongs to, or NULL
 * @address: DR0 to DR3
 */
struct debug_registers {
	struct perf_event	*owner[HBP_NUM];
	unsigned long		address[HBP_NUM];
};

DECLARE_PER_CPU(struct debug_registers, debug_registers);

#endif /* _X86_KERNEL_HW_BREAKPOINT_H */
