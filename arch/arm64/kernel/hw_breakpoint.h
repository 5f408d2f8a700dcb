/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between arming registers and stepping over their hits.
 */
#ifndef _ARM64_KERNEL_HW_BREAKPOINT_H
#define _ARM64_KERNEL_HW_BREAKPOINT_H

#include <linux/percpu.h>
#include <linux/types.h>

#include <asm/daifflags.h>
#include <asm/hw_breakpoint.h>
#include <asm/ptrace.h>

struct perf_event;

/**
 * struct kernel_step - a CPU's step over an instruction of the kernel
 * @step:    what it is
 * @running: the hardware steps: @daif is valid
 * @daif:    what was masked before
 */
struct kernel_step {
	struct hw_breakpoint_step	step;
	bool				running;
	unsigned long			daif;
};

DECLARE_PER_CPU(struct kernel_step, kernel_step);

/* hw_breakpoint.c */
bool hw_breakpoint_is_own_state(u64 first, u64 last);
void hw_breakpoint_refresh(const struct hw_breakpoint_step *user);

/* hw_breakpoint_step.c */
bool hw_breakpoint_is_passed(const struct hw_breakpoint_step *user,
			     const struct perf_event *bp);
void hw_breakpoint_step_add(struct perf_event *bp, struct pt_regs *regs);
void hw_breakpoint_step_start(struct pt_regs *regs);

/**
 * hw_breakpoint_simulate_daif() - execute an instruction on the interrupt masks
 * @insn: an instruction of the kernel
 * @regs: changed as it would change them, but for the program counter
 *
 * The masks differ while an instruction is stepped over, so these cannot be:
 * "MRS Xt, DAIF", "MSR DAIF, Xt", "MSR DAIFSet, #imm" and "MSR DAIFClr, #imm"
 * (ARM ARM C5.2.3 "DAIF, Interrupt Mask Bits", C6.2 "MSR (immediate)").
 *
 * Return: true if it was one of them.
 */
static inline bool hw_breakpoint_simulate_daif(u32 insn, struct pt_regs *regs)
{
	unsigned int rt = insn & 0x1f;
	unsigned long imm = insn >> 8 & 0xf;	/* D, A, I, F */

	switch (insn & ~0x1fU) {
	case 0xd53b4220:
		pt_regs_write_reg(regs, rt, regs->pstate & DAIF_MASK);
		return true;
	case 0xd51b4220:
		regs->pstate &= ~DAIF_MASK;
		regs->pstate |= pt_regs_read_reg(regs, rt) & DAIF_MASK;
		return true;
	}
	switch (insn & ~0xf00U) {
	case 0xd50340df:
		regs->pstate |= imm << 6;
		return true;
	case 0xd50340ff:
		regs->pstate &= ~(imm << 6);
		return true;
	}
	return false;
}

#endif /* _ARM64_KERNEL_HW_BREAKPOINT_H */
