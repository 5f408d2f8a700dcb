/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hardware breakpoints and watchpoints on perf events: the interface for code
 * in the kernel.  Documentation/trace/hw-breakpoint.rst says what they promise.
 */
#ifndef _LINUX_HW_BREAKPOINT_H
#define _LINUX_HW_BREAKPOINT_H

#include <linux/perf_event.h>
#include <uapi/linux/hw_breakpoint.h>

#ifdef CONFIG_HAVE_HW_BREAKPOINT

/* The register classes of a CPU; one where any register can do either job. */
enum bp_type_idx {
	TYPE_INST	= 0,
#ifdef CONFIG_HAVE_MIXED_BREAKPOINTS_REGS
	TYPE_DATA	= TYPE_INST,
#else
	TYPE_DATA	= 1,
#endif
	TYPE_MAX
};

/* Why there may be a refusal; hw_breakpoint_refuse.c has errno and sentence. */
enum hw_breakpoint_refusal {
	BP_NOT_REFUSED,
	/* What architectures say, with hw_breakpoint_refuse() */
	BP_REFUSED_BY_ARCH,
	BP_REFUSED_NO_REGISTER,
	BP_REFUSED_TYPE,
	BP_REFUSED_LENGTH,
	BP_REFUSED_RANGE,
	BP_REFUSED_ALIGNMENT,
	BP_REFUSED_BOUNDARY,
	BP_REFUSED_WRAP,
	BP_REFUSED_ZONE,
	BP_REFUSED_NOPROBE,
	/* What is the same for all of them */
	BP_REFUSED_NO_CLASS,
	BP_REFUSED_BRANCHES,
	BP_REFUSED_EXCLUDED,
	BP_REFUSED_PRIVILEGE,
	BP_REFUSED_NO_TYPE,
	BP_REFUSED_NO_SLOT,
	BP_REFUSED_NO_MEMORY,
	BP_REFUSED_FIXED,
	BP_REFUSED_CLASS,
	BP_REFUSED_OTHER_CPU,
	BP_NR_REFUSALS
};

/**
 * hw_breakpoint_init() - attributes of a breakpoint that must not be missed
 * @attr: filled in: pinned, and each hit calls the handler.  The caller adds
 *        bp_addr, bp_len and bp_type.
 */
static inline void hw_breakpoint_init(struct perf_event_attr *attr)
{
	*attr = (struct perf_event_attr) {
		.type		= PERF_TYPE_BREAKPOINT,
		.size		= sizeof(*attr),
		.sample_period	= 1,
		.pinned		= 1,
	};
}

/**
 * ptrace_breakpoint_init() - the same for a tracer: accesses by the kernel on
 *                            the tracee's behalf are no hits
 * @attr: filled in
 */
static inline void ptrace_breakpoint_init(struct perf_event_attr *attr)
{
	hw_breakpoint_init(attr);
	attr->exclude_kernel = 1;
}

/**
 * hw_breakpoint_addr() - where a breakpoint is
 * @bp: the event
 *
 * Return: its first byte.
 */
static inline unsigned long hw_breakpoint_addr(struct perf_event *bp)
{
	return bp->attr.bp_addr;
}

/**
 * hw_breakpoint_type() - which accesses hit a breakpoint
 * @bp: the event
 *
 * Return: HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_RW or HW_BREAKPOINT_X.
 */
static inline int hw_breakpoint_type(struct perf_event *bp)
{
	return bp->attr.bp_type;
}

/**
 * hw_breakpoint_len() - how much a breakpoint watches
 * @bp: the event
 *
 * Return: bytes.
 */
static inline unsigned long hw_breakpoint_len(struct perf_event *bp)
{
	return bp->attr.bp_len;
}

/**
 * counter_arch_bp() - what the architecture loads for a breakpoint
 * @bp: the event
 *
 * Return: its &struct arch_hw_breakpoint.
 */
static inline struct arch_hw_breakpoint *counter_arch_bp(struct perf_event *bp)
{
	return &bp->hw.info;
}

/* Breakpoints of one task. */
struct perf_event *
register_user_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered,
			    void *context, struct task_struct *tsk);
int modify_user_hw_breakpoint(struct perf_event *bp,
			      struct perf_event_attr *attr);
void unregister_hw_breakpoint(struct perf_event *bp);
void flush_ptrace_hw_breakpoint(struct task_struct *tsk);

/* Breakpoints of one CPU, and of all of them. */
struct perf_event *
register_wide_hw_breakpoint_cpu(struct perf_event_attr *attr,
				perf_overflow_handler_t triggered,
				void *context, int cpu);
struct perf_event * __percpu *
register_wide_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered, void *context);
int modify_wide_hw_breakpoint(struct perf_event *__percpu *cpu_events,
			      struct perf_event_attr *attr);
int modify_wide_hw_breakpoint_local(struct perf_event *bp,
				    struct perf_event_attr *attr);
void unregister_wide_hw_breakpoint(struct perf_event *__percpu *cpu_events);

/* For architectures. */
int hw_breakpoint_refuse(struct perf_event *bp, enum hw_breakpoint_refusal why);

extern unsigned long hw_breakpoint_percpu_first, hw_breakpoint_percpu_last;

/**
 * hw_breakpoint_may_be_percpu() - may a range be some CPU's static data?
 * @first: first byte of the range
 * @last:  last byte of the range
 *
 * Where a back-end refuses what it keeps of each CPU, it looks at each CPU only if
 * this says so: who moves a watchpoint pays for no other CPU.
 *
 * Context: Any.
 *
 * Return: false if it cannot be.
 */
static inline bool hw_breakpoint_may_be_percpu(unsigned long first, unsigned long last)
{
	return last >= hw_breakpoint_percpu_first && first <= hw_breakpoint_percpu_last;
}

/* For perf core and the kernel debugger. */
int init_hw_breakpoint(void);
int hw_breakpoint_modify(struct perf_event *event, struct perf_event_attr *attr);
int register_perf_hw_breakpoint(struct perf_event *bp);
int reserve_bp_slot(struct perf_event *bp);
void release_bp_slot(struct perf_event *bp);
int dbg_reserve_bp_slot(struct perf_event *bp);
int dbg_release_bp_slot(struct perf_event *bp);
bool hw_breakpoint_is_used(void);

#else /* !CONFIG_HAVE_HW_BREAKPOINT */

static inline int init_hw_breakpoint(void)
{
	return 0;
}

static inline struct perf_event *
register_user_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered,
			    void *context, struct task_struct *tsk)
{
	return NULL;
}

static inline int modify_user_hw_breakpoint(struct perf_event *bp,
					    struct perf_event_attr *attr)
{
	return -EOPNOTSUPP;
}

static inline int hw_breakpoint_modify(struct perf_event *event,
				       struct perf_event_attr *attr)
{
	return -EOPNOTSUPP;
}

static inline struct perf_event *
register_wide_hw_breakpoint_cpu(struct perf_event_attr *attr,
				perf_overflow_handler_t triggered,
				void *context, int cpu)
{
	return NULL;
}

static inline struct perf_event * __percpu *
register_wide_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered, void *context)
{
	return NULL;
}

static inline int
modify_wide_hw_breakpoint(struct perf_event * __percpu *cpu_events,
			  struct perf_event_attr *attr)
{
	return -EOPNOTSUPP;
}

static inline int
modify_wide_hw_breakpoint_local(struct perf_event *bp,
				struct perf_event_attr *attr)
{
	return -EOPNOTSUPP;
}

static inline int register_perf_hw_breakpoint(struct perf_event *bp)
{
	return -EOPNOTSUPP;
}

static inline int reserve_bp_slot(struct perf_event *bp)
{
	return -EOPNOTSUPP;
}

static inline bool hw_breakpoint_is_used(void)
{
	return false;
}

static inline struct arch_hw_breakpoint *counter_arch_bp(struct perf_event *bp)
{
	return NULL;
}

static inline void unregister_hw_breakpoint(struct perf_event *bp) { }
static inline void
unregister_wide_hw_breakpoint(struct perf_event * __percpu *cpu_events) { }
static inline void release_bp_slot(struct perf_event *bp) { }
static inline void flush_ptrace_hw_breakpoint(struct task_struct *tsk) { }

#endif /* CONFIG_HAVE_HW_BREAKPOINT */
#endif /* _LINUX_HW_BREAKPOINT_H */
