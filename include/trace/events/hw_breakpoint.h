/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of hardware breakpoints: who is given a register and who is
 * refused one, and what comes of it.
 *
 * id is that of PERF_EVENT_IOC_ID; 0 for a breakpoint of all CPUs as a whole, of
 * which each CPU has an event with an id.  task is -1 if it belongs to none, cpu
 * is -1 if it is for every CPU.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hw_breakpoint

#if !defined(_TRACE_HW_BREAKPOINT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_HW_BREAKPOINT_H

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

/* So that the formats say their values, for those who evaluate them elsewhere. */
TRACE_DEFINE_ENUM(HW_BREAKPOINT_R);
TRACE_DEFINE_ENUM(HW_BREAKPOINT_W);
TRACE_DEFINE_ENUM(HW_BREAKPOINT_RW);
TRACE_DEFINE_ENUM(HW_BREAKPOINT_X);

#define hw_breakpoint_show_type(type)					\
	__print_symbolic(type,						\
			 { HW_BREAKPOINT_R,	"r" },			\
			 { HW_BREAKPOINT_W,	"w" },			\
			 { HW_BREAKPOINT_RW,	"rw" },			\
			 { HW_BREAKPOINT_X,	"x" })

DECLARE_EVENT_CLASS(hw_breakpoint,
	TP_PROTO(const struct perf_event *bp),
	TP_ARGS(bp),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, addr)
		__field(u64, len)
		__field(u32, type)
		__field(pid_t, task)
		__field(int, cpu)
	),
	TP_fast_assign(
		__entry->id = bp->id;
		__entry->addr = bp->attr.bp_addr;
		__entry->len = bp->attr.bp_len;
		__entry->type = bp->attr.bp_type;
		__entry->task = bp->hw.target ? task_pid_nr(bp->hw.target) : -1;
		__entry->cpu = bp->cpu;
	),
	TP_printk("id=%llu task=%d cpu=%d addr=0x%llx len=%llu type=%s",
		  __entry->id, __entry->task, __entry->cpu, __entry->addr,
		  __entry->len, hw_breakpoint_show_type(__entry->type))
);

/* A slot was granted. */
DEFINE_EVENT(hw_breakpoint, hw_breakpoint_reserve,
	TP_PROTO(const struct perf_event *bp),
	TP_ARGS(bp)
);

/* A slot is given back. */
DEFINE_EVENT(hw_breakpoint, hw_breakpoint_release,
	TP_PROTO(const struct perf_event *bp),
	TP_ARGS(bp)
);

/* On this CPU, it is about to be put into a register, */
DEFINE_EVENT(hw_breakpoint, hw_breakpoint_install,
	TP_PROTO(const struct perf_event *bp),
	TP_ARGS(bp)
);

/* or has been taken out. */
DEFINE_EVENT(hw_breakpoint, hw_breakpoint_uninstall,
	TP_PROTO(const struct perf_event *bp),
	TP_ARGS(bp)
);

/* It has hit, where it counts: what its attributes exclude is no hit. */
TRACE_EVENT(hw_breakpoint_hit,
	TP_PROTO(const struct perf_event *bp, struct pt_regs *regs),
	TP_ARGS(bp, regs),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, addr)
		__field(unsigned long, ip)
		__field(bool, user)
	),
	TP_fast_assign(
		__entry->id = bp->id;
		__entry->addr = bp->attr.bp_addr;
		__entry->ip = instruction_pointer(regs);
		__entry->user = user_mode(regs);
	),
	TP_printk("id=%llu addr=0x%llx %s ip=%pS", __entry->id, __entry->addr,
		  __entry->user ? "user" : "kernel", (void *)__entry->ip)
);

/* It is aimed elsewhere: in its register, on this CPU, if it is armed. */
TRACE_EVENT(hw_breakpoint_modify,
	TP_PROTO(const struct perf_event *bp, u64 addr, u64 len, u32 type,
		 bool armed),
	TP_ARGS(bp, addr, len, type, armed),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, old_addr)
		__field(u64, old_len)
		__field(u64, addr)
		__field(u64, len)
		__field(u32, old_type)
		__field(u32, type)
		__field(bool, armed)
	),
	TP_fast_assign(
		__entry->id = bp->id;
		__entry->old_addr = bp->attr.bp_addr;
		__entry->old_len = bp->attr.bp_len;
		__entry->old_type = bp->attr.bp_type;
		__entry->addr = addr;
		__entry->len = len;
		__entry->type = type;
		__entry->armed = armed;
	),
	TP_printk("id=%llu old_addr=0x%llx old_len=%llu old_type=%s addr=0x%llx len=%llu type=%s armed=%d",
		  __entry->id, __entry->old_addr, __entry->old_len,
		  hw_breakpoint_show_type(__entry->old_type), __entry->addr,
		  __entry->len, hw_breakpoint_show_type(__entry->type),
		  __entry->armed)
);

/*
 * It was refused, or what it should be changed to was.  libtraceevent can evaluate
 * the format: it knows neither the first character of a string nor negative numbers.
 */
TRACE_EVENT(hw_breakpoint_refuse,
	TP_PROTO(const struct perf_event *bp, const struct perf_event_attr *attr,
		 int err, const char *reason, const char *holders),
	TP_ARGS(bp, attr, err, reason, holders),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, addr)
		__field(u64, len)
		__field(u32, type)
		__field(pid_t, task)
		__field(int, cpu)
		__field(int, err)
		__field(bool, no_slot)
		__string(reason, reason)
		__string(holders, holders)
	),
	TP_fast_assign(
		__entry->id = bp->id;
		__entry->addr = attr->bp_addr;
		__entry->len = attr->bp_len;
		__entry->type = attr->bp_type;
		__entry->task = bp->hw.target ? task_pid_nr(bp->hw.target) : -1;
		__entry->cpu = bp->cpu;
		__entry->err = err;
		__entry->no_slot = err == -ENOSPC;
		__assign_str(reason);
		__assign_str(holders);
	),
	TP_printk("id=%llu task=%d cpu=%d addr=0x%llx len=%llu type=%s err=%d: %s%s%s",
		  __entry->id, __entry->task, __entry->cpu, __entry->addr,
		  __entry->len, hw_breakpoint_show_type(__entry->type),
		  __entry->err, __get_str(reason),
		  __entry->no_slot ? ": " : "", __get_str(holders))
);

#endif /* _TRACE_HW_BREAKPOINT_H */

#include <trace/define_trace.h>
