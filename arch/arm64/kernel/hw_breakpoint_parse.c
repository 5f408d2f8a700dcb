// SPDX-License-Identifier: GPL-2.0
/*
 * arm64 breakpoint and watchpoint registers: from generic attributes to their
 * contents, and back.
 */
#include <linux/bitops.h>
#include <linux/compat.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/perf_event.h>

#include "hw_breakpoint.h"

static const u8 types[] = {
	[ARM_BREAKPOINT_EXECUTE]			= HW_BREAKPOINT_X,
	[ARM_BREAKPOINT_LOAD]				= HW_BREAKPOINT_R,
	[ARM_BREAKPOINT_STORE]				= HW_BREAKPOINT_W,
	[ARM_BREAKPOINT_LOAD | ARM_BREAKPOINT_STORE]	= HW_BREAKPOINT_RW,
};

/**
 * arch_bp_generic_fields() - what perf calls the fields of a control register
 * @ctrl:     the fields, as a tracer gives them
 * @gen_len:  set to the length in bytes
 * @gen_type: set to HW_BREAKPOINT_*
 * @offset:   set to where the first byte lies in the word
 *
 * Return: 0; -EINVAL if the bytes have gaps or there are none, or for a mask
 * that is reserved, or does not go with the rest.
 */
int arch_bp_generic_fields(struct arch_hw_breakpoint_ctrl ctrl, int *gen_len,
			   int *gen_type, int *offset)
{
	unsigned int first, len = hweight8(ctrl.len);

	if (!len)
		return -EINVAL;
	first = __ffs(ctrl.len);
	if (ctrl.len != hw_breakpoint_bas(first, len))
		return -EINVAL;

	*gen_type = types[ctrl.type];
	*gen_len = len;
	*offset = first;
	if (!ctrl.mask)
		return 0;
	/* 31 does not fit into an int. */
	if (ctrl.mask < 3 || ctrl.mask > 30 || len != 8 ||
	    ctrl.type == ARM_BREAKPOINT_EXECUTE)
		return -EINVAL;
	*gen_len = BIT(ctrl.mask);
	return 0;
}

/**
 * arch_check_bp_in_kernelspace() - would it watch a kernel address?
 * @hw: a parsed breakpoint
 *
 * Return: nonzero if any byte of it is the kernel's.
 */
int arch_check_bp_in_kernelspace(struct arch_hw_breakpoint *hw)
{
	return hw_breakpoint_last(hw) >= TASK_SIZE_MAX;
}

/* Breakpoints of AArch32 tasks may be on Thumb instructions. */
static bool is_compat_bp(struct perf_event *bp)
{
	struct task_struct *task = bp->hw.target;

	return task && is_compat_thread(task_thread_info(task));
}

static enum hw_breakpoint_refusal
parse_instruction(struct perf_event *bp, const struct perf_event_attr *attr,
		  struct arch_hw_breakpoint *hw)
{
	u64 addr = hw->address;

	/* A long is what perf's tools ask for everywhere. */
	if (attr->bp_len == HW_BREAKPOINT_LEN_2 && is_compat_bp(bp)) {
		if (addr & 1)
			return BP_REFUSED_ALIGNMENT;
	} else if (attr->bp_len == HW_BREAKPOINT_LEN_4 ||
		   attr->bp_len == sizeof(long)) {
		if (addr & 3)
			return BP_REFUSED_ALIGNMENT;
	} else {
		return BP_REFUSED_LENGTH;
	}
	/* Where a kprobe would recurse, so would this: entry, noinstr, ... */
	if (IS_ENABLED(CONFIG_KPROBES) && addr >= TASK_SIZE_MAX &&
	    within_kprobe_blacklist(addr))
		return BP_REFUSED_NOPROBE;

	hw->ctrl.len = hw_breakpoint_bas(addr & 3, min_t(u64, attr->bp_len, 4));
	hw->address = addr & ~3ULL;
	return BP_NOT_REFUSED;
}

static enum hw_breakpoint_refusal
parse_data(struct perf_event *bp, const struct perf_event_attr *attr,
	   struct arch_hw_breakpoint *hw)
{
	u64 addr = hw->address, len = attr->bp_len;
	unsigned int offset = addr & 7;

	if (addr + len > TASK_SIZE_MAX &&
	    hw_breakpoint_is_own_state(addr, addr + len - 1))
		return BP_REFUSED_ZONE;

	/*
	 * A tracer sets the address before it says what counts from there on, and
	 * what does not fit then is ignored.  MASK: 8 bytes to 2 GiB.
	 */
	if (len > 8) {
		if (!is_power_of_2(len) || len > BIT(31))
			return BP_REFUSED_LENGTH;
		if (addr & (len - 1) && !ptrace_hbp_owns(bp))
			return BP_REFUSED_ALIGNMENT;
		hw->ctrl.mask = ilog2(len);
		hw->ctrl.len = ARM_BREAKPOINT_LEN_8;
		hw->address = addr & ~(len - 1);
		return BP_NOT_REFUSED;
	}
	/* BAS: any bytes of an aligned doubleword */
	if (offset + len > 8 && !ptrace_hbp_owns(bp))
		return BP_REFUSED_BOUNDARY;
	hw->ctrl.len = hw_breakpoint_bas(offset, len);
	hw->address = addr - offset;
	return BP_NOT_REFUSED;
}

/*
 * PMC or PAC.  The kernel accesses a task's memory by instructions that match as
 * the task's (LDTR, STTR) as well as by those that match as its own.  So whoever
 * wants the kernel's accesses alone needs both, and perf passes over the task's.
 */
static u32 privilege(const struct perf_event_attr *attr,
		     struct arch_hw_breakpoint *hw)
{
	if (arch_check_bp_in_kernelspace(hw))
		return AARCH64_BREAKPOINT_EL1;
	if (attr->exclude_kernel || attr->bp_type == HW_BREAKPOINT_X)
		return AARCH64_BREAKPOINT_EL0;
	return AARCH64_BREAKPOINT_EL0 | AARCH64_BREAKPOINT_EL1;
}

/**
 * hw_breakpoint_arch_parse() - from attributes to register contents
 * @bp:   the event
 * @attr: its attributes, or those that it might get
 * @hw:   filled in, from zero
 *
 * Return: 0; -EINVAL if no register can express it, or one must not be used
 * there.
 */
int hw_breakpoint_arch_parse(struct perf_event *bp,
			     const struct perf_event_attr *attr,
			     struct arch_hw_breakpoint *hw)
{
	enum hw_breakpoint_refusal why;
	int type;

	/* Value registers have no tag. */
	hw->address = sign_extend64(attr->bp_addr, 55);
	if (!attr->bp_len)
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	if (hw->address + attr->bp_len - 1 < hw->address)
		return hw_breakpoint_refuse(bp, BP_REFUSED_WRAP);

	for (type = 0; type < ARRAY_SIZE(types); type++)
		if (types[type] == attr->bp_type)
			break;
	if (type == ARRAY_SIZE(types))
		return hw_breakpoint_refuse(bp, BP_REFUSED_TYPE);
	hw->ctrl.type = type;
	if (type == ARM_BREAKPOINT_EXECUTE)
		why = parse_instruction(bp, attr, hw);
	else
		why = parse_data(bp, attr, hw);
	if (why)
		return hw_breakpoint_refuse(bp, why);

	hw->ctrl.privilege = privilege(attr, hw);
	hw->ctrl.enabled = !attr->disabled;
	return 0;
}
