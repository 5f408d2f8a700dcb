/* SPDX-License-Identifier: GPL-2.0 */
/* Between the breakpoint PMU and wide breakpoints. */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_WIDE_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_WIDE_H

struct perf_event;

bool hw_breakpoint_join_wide(struct perf_event *bp);

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_WIDE_H */
