// SPDX-License-Identifier: GPL-2.0
/*
 * From generic attributes to register contents, and back.
 */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>

#include <asm/cputable.h>
#include <asm/debug.h>
#include <asm/paca.h>
#include <asm/page.h>

#include "hw_breakpoint.h"

static_assert(HW_BRK_TYPE_READ == HW_BREAKPOINT_R);
static_assert(HW_BRK_TYPE_WRITE == HW_BREAKPOINT_W);

/**
 * arch_bp_generic_fields() - what perf calls a type
 * @type:        HW_BRK_TYPE_*
 * @gen_bp_type: set to HW_BREAKPOINT_*
 *
 * Return: 0; -EINVAL if it is neither for reads nor for writes.
 */
int arch_bp_generic_fields(int type, int *gen_bp_type)
{
	*gen_bp_type = type & HW_BRK_TYPE_RDWR;
	return *gen_bp_type ? 0 : -EINVAL;
}

static unsigned long brk_last(const struct arch_hw_breakpoint *hw)
{
	return hw->address + hw->len - 1;
}

/**
 * arch_check_bp_in_kernelspace() - would it watch a kernel address?
 * @hw: a parsed breakpoint
 *
 * Return: nonzero if any byte of it is the kernel's.
 */
int arch_check_bp_in_kernelspace(struct arch_hw_breakpoint *hw)
{
	return is_kernel_addr(hw->address) || is_kernel_addr(brk_last(hw));
}

/* What within_hit() looks for, of one CPU: all of it is static, but for the paca. */
static bool within_cpu_hit(unsigned long first, unsigned long last, int cpu)
{
#ifdef CONFIG_PPC64
	if (wp_overlaps(first, last, paca_ptrs[cpu], sizeof(struct paca_struct)))
		return true;
#endif
	return wp_overlaps(first, last, per_cpu_ptr(&wp_registers, cpu),
			   sizeof(wp_registers)) ||
	       wp_overlaps(first, last, per_cpu_ptr(&current_brk, cpu),
			   sizeof(current_brk)) ||
	       wp_passing_overlaps(first, last, cpu);
}

#ifdef CONFIG_PPC64
/* The least that has the pacas of all CPUs.  All memory until that is known. */
static unsigned long paca_first __ro_after_init;
static unsigned long paca_last __ro_after_init = ULONG_MAX;

static int __init find_pacas(void)
{
	unsigned long first = ULONG_MAX, last = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		unsigned long paca = (unsigned long)paca_ptrs[cpu];

		first = min(first, paca);
		last = max(last, paca + sizeof(struct paca_struct) - 1);
	}
	paca_first = first;
	paca_last = last;
	return 0;
}
early_initcall(find_pacas);

static bool may_be_paca(unsigned long first, unsigned long last)
{
	return last >= paca_first && first <= paca_last;
}
#else
static bool may_be_paca(unsigned long first, unsigned long last)
{
	return false;
}
#endif

/*
 * Is an access to [@first, @last] part of taking an exception, or of passing a
 * watchpoint?  One there would hit on the way to each of its hits, for ever.
 */
static bool within_hit(unsigned long first, unsigned long last)
{
	int cpu;

	if (!hw_breakpoint_may_be_percpu(first, last) && !may_be_paca(first, last))
		return false;
	for_each_possible_cpu(cpu)
		if (within_cpu_hit(first, last, cpu))
			return true;
	return false;
}

/* Can this processor's registers express the range? */
static bool hardware_holds(unsigned long first, unsigned long last)
{
	if (dawr_enabled())
		return dawr_holds(first, last, cpu_has_feature(CPU_FTR_ARCH_31));
	if (IS_ENABLED(CONFIG_PPC_8xx))
		return (last | 3) - (first & ~3UL) < U16_MAX;
	return first / DABR_MAX_LEN == last / DABR_MAX_LEN;
}

/*
 * In which states an access counts.  Where the kernel is the hypervisor, it is
 * excluded only if both are.
 */
static u16 privilege(const struct perf_event_attr *attr)
{
	bool hv_is_kernel = cpu_has_feature(CPU_FTR_HVMODE);
	u16 type = 0;

	if (!attr->exclude_user)
		type |= HW_BRK_TYPE_USER;
	if (!attr->exclude_kernel)
		type |= HW_BRK_TYPE_KERNEL;
	if (!attr->exclude_hv && !(hv_is_kernel && attr->exclude_kernel))
		type |= HW_BRK_TYPE_HYP;
	return type;
}

/**
 * hw_breakpoint_arch_parse() - from attributes to register contents
 * @bp:   the event
 * @attr: its attributes, or those that it might get
 * @hw:   filled in, from zero
 *
 * Return: 0; -EINVAL if no register can express it, or if a hit there would lead
 * to the next; -ENODEV if the processor has no registers that can be used.
 */
int hw_breakpoint_arch_parse(struct perf_event *bp,
			     const struct perf_event_attr *attr,
			     struct arch_hw_breakpoint *hw)
{
	unsigned long first = attr->bp_addr, last = first + attr->bp_len - 1;
	u16 access = attr->bp_type & HW_BRK_TYPE_RDWR;

	if (!access || attr->bp_type != access)
		return hw_breakpoint_refuse(bp, BP_REFUSED_TYPE);
	if (!ppc_breakpoint_available())
		return hw_breakpoint_refuse(bp, BP_REFUSED_NO_REGISTER);
	if (!attr->bp_len || attr->bp_len > U16_MAX)
		return hw_breakpoint_refuse(bp, BP_REFUSED_LENGTH);
	if (first != attr->bp_addr || last < first)
		return hw_breakpoint_refuse(bp, BP_REFUSED_WRAP);
	if (!hardware_holds(first, last))
		return hw_breakpoint_refuse(bp, BP_REFUSED_BOUNDARY);
	if (is_kernel_addr(last) && within_hit(first, last))
		return hw_breakpoint_refuse(bp, BP_REFUSED_ZONE);

	hw->address = first;
	hw->len = attr->bp_len;
	hw->hw_len = ALIGN(last + 1, HW_BREAKPOINT_SIZE) - hw_brk_start(hw);
	hw->type = HW_BRK_TYPE_TRANSLATE | access | privilege(attr);
	return 0;
}
