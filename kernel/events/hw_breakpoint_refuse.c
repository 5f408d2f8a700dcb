// SPDX-License-Identifier: GPL-2.0
/*
 * Why a breakpoint was refused.
 *
 * perf_event_open() and ptrace() have room for an errno and nothing else.  Each
 * place that decides against a breakpoint names its reason; the table has the errno
 * that goes with it, which is ABI, and the sentence that the tracepoint
 * hw_breakpoint_refuse says.
 */
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#include "hw_breakpoint_internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/hw_breakpoint.h>

static const struct {
	int		err;
	const char	*reason;
} refusals[BP_NR_REFUSALS] = {
	[BP_REFUSED_BY_ARCH] = {
		-EINVAL, "no register of this processor can do that"
	},
	[BP_REFUSED_NO_REGISTER] = {
		-ENODEV, "this processor has no such register"
	},
	[BP_REFUSED_TYPE] = {
		-EINVAL, "no register is hit by this type of access"
	},
	[BP_REFUSED_LENGTH] = {
		-EINVAL, "no register covers this length"
	},
	[BP_REFUSED_RANGE] = {
		-EOPNOTSUPP, "this processor has no registers for ranges"
	},
	[BP_REFUSED_ALIGNMENT] = {
		-EINVAL, "the address is not aligned as its length requires"
	},
	[BP_REFUSED_BOUNDARY] = {
		-EINVAL, "a register does not reach across a boundary in the range"
	},
	[BP_REFUSED_WRAP] = {
		-EINVAL, "the range goes beyond the end of the address space"
	},
	[BP_REFUSED_ZONE] = {
		-EINVAL, "taking the exception touches the address itself"
	},
	[BP_REFUSED_NOPROBE] = {
		-EINVAL, "taking the exception runs this code itself"
	},
	[BP_REFUSED_NO_CLASS] = {
		-EOPNOTSUPP, "this processor has no registers of that class"
	},
	[BP_REFUSED_BRANCHES] = {
		-EOPNOTSUPP, "no register knows which branches led to a hit"
	},
	[BP_REFUSED_EXCLUDED] = {
		-EINVAL, "exclude_kernel excludes every access to a kernel address"
	},
	[BP_REFUSED_PRIVILEGE] = {
		-EPERM, "a kernel address takes CAP_SYS_ADMIN"
	},
	[BP_REFUSED_NO_TYPE] = {
		-EINVAL, "bp_type is none of r, w, rw and x"
	},
	[BP_REFUSED_NO_SLOT] = {
		-ENOSPC, "all registers are promised to others"
	},
	[BP_REFUSED_NO_MEMORY] = {
		-ENOMEM, "there is no memory to keep account of it"
	},
	[BP_REFUSED_FIXED] = {
		-EINVAL, "only address, length, type, disabled and sig_data can change"
	},
	[BP_REFUSED_CLASS] = {
		-EINVAL, "a register of another class cannot be had in this context"
	},
	[BP_REFUSED_OTHER_CPU] = {
		-EINVAL, "it is not this CPU's part of a wide breakpoint"
	},
};

/**
 * hw_breakpoint_refuse() - name the reason why an architecture refuses attributes
 * @bp:  the event that was to have them
 * @why: the reason
 *
 * For hw_breakpoint_arch_parse(): whose caller tells those who want to know.
 *
 * Context: Any.
 *
 * Return: the errno that goes with the reason, to be returned.
 */
int hw_breakpoint_refuse(struct perf_event *bp, enum hw_breakpoint_refusal why)
{
	bp->hw.slot.refused = why;
	return refusals[why].err;
}

static void tell(const struct perf_event *bp, const struct perf_event_attr *attr,
		 enum hw_breakpoint_refusal why, int err)
{
	char holders[BP_HOLDERS_SIZE] = "";

	if (why == BP_REFUSED_NO_SLOT)
		bp_say_holders(bp, attr, holders);
	trace_hw_breakpoint_refuse(bp, attr, err, refusals[why].reason, holders);
}

/**
 * bp_refuse() - refuse a breakpoint, or a change of one
 * @bp:   the event
 * @attr: its attributes, or those that it might have got
 * @why:  the reason
 *
 * Context: Any, but for the reason that there is no slot: not from NMIs.
 *
 * Return: the errno that goes with the reason.
 */
int bp_refuse(const struct perf_event *bp, const struct perf_event_attr *attr,
	      enum hw_breakpoint_refusal why)
{
	if (trace_hw_breakpoint_refuse_enabled())
		tell(bp, attr, why, refusals[why].err);
	return refusals[why].err;
}

/**
 * bp_refuse_parsed() - tell of attributes that the architecture has refused
 * @bp:   the event
 * @attr: the attributes
 * @err:  what hw_breakpoint_arch_parse() has answered
 *
 * Context: Any.
 *
 * Return: @err.
 */
int bp_refuse_parsed(struct perf_event *bp, const struct perf_event_attr *attr,
		     int err)
{
	if (trace_hw_breakpoint_refuse_enabled())
		tell(bp, attr, bp->hw.slot.refused ?: BP_REFUSED_BY_ARCH, err);
	/* Not every back-end names a reason, and this one goes with this refusal. */
	bp->hw.slot.refused = BP_NOT_REFUSED;
	return err;
}

/**
 * bp_refuse_slot() - tell of a reservation that has failed
 * @bp:   the event
 * @attr: its attributes, or those that it might have got
 * @err:  what bp_slots_reserve() or bp_slots_change() has answered
 *
 * Context: May sleep.
 *
 * Return: @err.
 */
int bp_refuse_slot(const struct perf_event *bp, const struct perf_event_attr *attr,
		   int err)
{
	return bp_refuse(bp, attr, err == -ENOSPC ? BP_REFUSED_NO_SLOT :
						    BP_REFUSED_NO_MEMORY);
}
