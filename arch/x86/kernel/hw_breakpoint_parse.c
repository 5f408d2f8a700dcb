// SPDX-License-Identifier: GPL-2.0
/*
 * x86 debug registers: from generic attributes to register contents, and back.
 *
 * What no register can express is refused here, and so is an address that taking a
 * debug exception needs itself: the hit there would lead to the next.
 */
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>

#include <asm/cpu_entry_area.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>

#include "hw_breakpoint.h"

/* LEN of DR7 (SDM 18.2.4): bytes that are watched, from an aligned address */
static const u8 lengths[] = {
	[HW_BREAKPOINT_LEN_1]	= X86_BREAKPOINT_LEN_1,
	[HW_BREAKPOINT_LEN_2]	= X86_BREAKPOINT_LEN_2,
	[HW_BREAKPOINT_LEN_4]	= X86_BREAKPOINT_LEN_4,
#ifdef CONFIG_X86_64
	[HW_BREAKPOINT_LEN_8]	= X86_BREAKPOINT_LEN_8,
#endif
};

/* R/W of DR7 (SDM 18.2.4); there is none for reads alone */
static const u8 types[] = {
	[HW_BREAKPOINT_X]	= X86_BREAKPOINT_EXECUTE,
	[HW_BREAKPOINT_W]	= X86_BREAKPOINT_WRITE,
	[HW_BREAKPOINT_RW]	= X86_BREAKPOINT_RW,
};

/* Both find 0 where there is nothing to be found. */
static u8 encode(const u8 *table, size_t size, u64 generic)
{
	return generic < size ? table[generic] : 0;
}

static u8 decode(const u8 *table, size_t size, unsigned int x86)
{
	for (size_t i = 0; i < size; i++)
		if (x86 && table[i] == x86)
			return i;
	return 0;
}

/**
 * arch_bp_generic_fields() - what perf calls a length and a type of DR7
 * @x86_len:  X86_BREAKPOINT_LEN_*
 * @x86_type: X86_BREAKPOINT_*
 * @gen_len:  set to the length in bytes, or sizeof(long) for an instruction
 * @gen_type: set to HW_BREAKPOINT_*
 *
 * Return: 0; -EINVAL for an I/O breakpoint, for an instruction that is not of
 * length 1, or for no encoding at all.
 */
int arch_bp_generic_fields(int x86_len, int x86_type, int *gen_len,
			   int *gen_type)
{
	u8 type = decode(types, ARRAY_SIZE(types), x86_type);
	u8 len = decode(lengths, ARRAY_SIZE(lengths), x86_len);

	if (!type || !len)
		return -EINVAL;
	if (type == HW_BREAKPOINT_X) {
		if (x86_len != X86_BREAKPOINT_LEN_X)
			return -EINVAL;
		len = sizeof(long);
	}
	*gen_type = type;
	*gen_len = len;
	return 0;
}

/* The last byte that @hw watches. */
static unsigned long bp_last(const struct arch_hw_breakpoint *hw)
{
	return hw->address + (hw->mask ?: dr7_len_bytes(hw->len) - 1);
}

/**
 * arch_check_bp_in_kernelspace() - would it watch a kernel address?
 * @hw: a parsed breakpoint
 *
 * Return: nonzero if any byte of it is the kernel's.
 */
int arch_check_bp_in_kernelspace(struct arch_hw_breakpoint *hw)
{
	return bp_last(hw) >= TASK_SIZE_MAX;
}

static bool overlaps(unsigned long first, unsigned long last,
		     const void *area, size_t size)
{
	unsigned long start = (unsigned long)area;

	return first < start + size && last >= start;
}

#define overlaps_object(first, last, object) ({				\
	typeof(object) __object = (object);				\
	overlaps(first, last, __object, sizeof(*__object));		\
})

/* What within_debug_entry() looks for, of one CPU: all of it is static. */
static bool within_cpu_debug_entry(unsigned long first, unsigned long last,
				   int cpu)
{
	return overlaps(first, last, get_cpu_gdt_rw(cpu),
			sizeof(struct gdt_page)) ||
	       overlaps_object(first, last, &per_cpu(cpu_tss_rw, cpu)) ||
	       overlaps_object(first, last, &per_cpu(cpu_tlbstate, cpu)) ||
	       overlaps_object(first, last,
			       &per_cpu(x86_spec_ctrl_current, cpu)) ||
#ifdef CONFIG_MITIGATION_CALL_DEPTH_TRACKING
	       overlaps_object(first, last, &per_cpu(pcpu_hot.call_depth, cpu)) ||
#endif
	       overlaps_object(first, last, &per_cpu(cpu_dr7, cpu)) ||
	       overlaps_object(first, last, &per_cpu(cpu_dr7_shadow, cpu)) ||
	       overlaps_object(first, last, &per_cpu(debug_registers, cpu));
}

/*
 * Is an access to [@first, @last] part of taking a debug exception, or of
 * returning from one?  A breakpoint there would hit on the way to or from each
 * of its hits, for ever: the entry stacks and the tables behind them, what the
 * entry code of exc_debug() reads and writes while DR7 is not cleared, and what
 * the back-end keeps.
 */
static bool within_debug_entry(unsigned long first, unsigned long last)
{
	int cpu;

	if (overlaps(first, last, (void *)CPU_ENTRY_AREA_BASE,
		     CPU_ENTRY_AREA_MAP_SIZE))
		return true;
#ifdef CONFIG_SMP
	/* GS is found through it. */
	if (overlaps_object(first, last, &__per_cpu_offset))
		return true;
#endif
	for_each_possible_cpu(cpu)
		if (within_cpu_debug_entry(first, last, cpu))
			return true;
	return false;
}

/* False if it cannot be; that takes no look at each CPU. */
static bool may_be_within_debug_entry(unsigned long first, unsigned long last)
{
	if (last < TASK_SIZE_MAX)
		return false;
#ifdef CONFIG_SMP
	if (overlaps_object(first, last, &__per_cpu_offset))
		return true;
#endif
	return overlaps(first, last, (void *)CPU_ENTRY_AREA_BASE,
			CPU_ENTRY_AREA_MAP_SIZE) ||
	       hw_breakpoint_may_be_percpu(first, last);
}

/*
 * The most bits that an address mask can have: 12 with BPEXT, 32 with the
 * extension of its masks (AMD APM volume 3, Fn8000_0001_ECX[30] AddrMaskExt).
 */
static unsigned long bpext_max_mask(void)
{
	if (boot_cpu_data.x86_capability[CPUID_8000_0001_ECX] & BIT(30))
		return GENMASK(31, 0);
	return GENMASK(11, 0);
}

/*
 * What a watchpoint that moves does not need is out of line.
 */

static noinline int parse_range(struct perf_event *bp, u64 address, u64 len,
				struct arch_hw_breakpoint *hw)
{
	if (!is_power_of_2(len))
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	if (address & (len - 1))
		return hw_breakpoint_refuse(bp, BP_REFUSED_ALIGNMENT);
	if (!boot_cpu_has(X86_FEATURE_BPEXT))
		return hw_breakpoint_refuse(bp, BP_REFUSED_RANGE);
	if (len - 1 > bpext_max_mask())
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	hw->len = X86_BREAKPOINT_LEN_1;
	hw->mask = len - 1;
	return 0;
}

static __always_inline int parse_data(struct perf_event *bp, u64 address, u64 len,
				      struct arch_hw_breakpoint *hw)
{
	hw->len = encode(lengths, ARRAY_SIZE(lengths), len);
	if (unlikely(!hw->len))
		return parse_range(bp, address, len, hw);
	/* LEN of DR7 and BPEXT ignore low address bits; the user shall know. */
	if (address & (len - 1))
		return hw_breakpoint_refuse(bp, BP_REFUSED_ALIGNMENT);
	return 0;
}

static noinline int parse_instruction(struct perf_event *bp, u64 address, u64 len,
				      struct arch_hw_breakpoint *hw)
{
	if (len != sizeof(long))
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	/* Where a kprobe would recurse, so would this: entry, noinstr, ... */
	if (address >= TASK_SIZE_MAX && within_kprobe_blacklist(address))
		return hw_breakpoint_refuse(bp, BP_REFUSED_NOPROBE);
	hw->len = X86_BREAKPOINT_LEN_X;
	return 0;
}

static __always_inline int parse_type(struct perf_event *bp, u64 address, u64 len,
				      u32 type, struct arch_hw_breakpoint *hw)
{
	hw->address = address;
	hw->type = encode(types, ARRAY_SIZE(types), type);
	if (!hw->type)
		return hw_breakpoint_refuse(bp, BP_REFUSED_TYPE);
	return type == HW_BREAKPOINT_X ? parse_instruction(bp, address, len, hw) :
					 parse_data(bp, address, len, hw);
}

static noinline int parse_kernel(struct perf_event *bp, u64 address, u64 len, u32 type,
				 struct arch_hw_breakpoint *hw)
{
	if (!len)
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	if (within_debug_entry(address, address + len - 1))
		return hw_breakpoint_refuse(bp, BP_REFUSED_ZONE);
	return parse_type(bp, address, len, type, hw);
}

/**
 * hw_breakpoint_arch_parse() - from attributes to register contents
 * @bp:   the event
 * @attr: its attributes, or those that it might get
 * @hw:   filled in, from zero
 *
 * Context: Any.
 *
 * Return: 0; -EINVAL if no debug register can express it, or if a hit there
 * would lead to the next; -EOPNOTSUPP if another processor could.
 */
int hw_breakpoint_arch_parse(struct perf_event *bp,
			     const struct perf_event_attr *attr,
			     struct arch_hw_breakpoint *hw)
{
	u64 len = attr->bp_len;
	unsigned long first = attr->bp_addr, last = first + len - 1;

	if (last < first)
		return hw_breakpoint_refuse(bp, len ? BP_REFUSED_WRAP : BP_REFUSED_LENGTH);
	if (unlikely(may_be_within_debug_entry(first, last)))
		return parse_kernel(bp, first, len, attr->bp_type, hw);
	return parse_type(bp, first, len, attr->bp_type, hw);
}
