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

/* What its control register contains while it is armed. */
static inline u32 hw_breakpoint_control(const struct arch_hw_breakpoint *hw)
{
	struct arch_hw_breakpoint_ctrl ctrl = hw->ctrl;

	/* The attribute may say otherwise of an event that was enabled later. */
	ctrl.enabled = 1;
	return encode_ctrl_reg(ctrl);
}

/* hw_breakpoint.c */
bool hw_breakpoint_is_own_state(u64 first, u64 last);
void hw_breakpoint_refresh(const struct hw_breakpoint_step *user);
void hw_breakpoint_store(u64 addr, unsigned int size, struct pt_regs *regs);

/* hw_breakpoint_step.c */
bool hw_breakpoint_is_passed(const struct hw_breakpoint_step *user,
			     const struct perf_event *bp);
bool hw_breakpoint_step_look(int class, struct pt_regs *regs);
void hw_breakpoint_step_add(struct perf_event *bp, struct pt_regs *regs);
void hw_breakpoint_step_start(struct pt_regs *regs);

/* hw_breakpoint_exclusive.c */
void hw_breakpoint_exclusive_look(struct hw_breakpoint_step *step,
				  struct pt_regs *regs);
int hw_breakpoint_exclusive_complete(struct hw_breakpoint_step *step,
				     struct pt_regs *regs);
bool hw_breakpoint_exclusive_fail(struct hw_breakpoint_step *step,
				  struct pt_regs *regs);
void hw_breakpoint_exclusive_fault(struct hw_breakpoint_exclusive *x);

/*
 * Load- and store-exclusive (ARM ARM C4.1 "Load/store exclusive register" and
 * "Load/store exclusive pair"): size in bits 31:30, L in 22, pair in 21, Rs in
 * 20:16, Rt2 in 14:10, Rn in 9:5, Rt in 4:0.  With bit 23 they are load-acquire
 * and the like; pairs of bytes and halfwords are compare-and-swap.
 */
static inline bool hw_breakpoint_is_exclusive_pair(u32 insn)
{
	return insn & BIT(21);
}

static inline bool hw_breakpoint_is_exclusive(u32 insn)
{
	return (insn & 0x3f800000) == 0x08000000 &&
	       !(hw_breakpoint_is_exclusive_pair(insn) && !(insn & BIT(31)));
}

static inline bool hw_breakpoint_is_load_exclusive(u32 insn)
{
	return hw_breakpoint_is_exclusive(insn) && insn & BIT(22);
}

static inline bool hw_breakpoint_is_store_exclusive(u32 insn)
{
	return hw_breakpoint_is_exclusive(insn) && !(insn & BIT(22));
}

static inline unsigned int hw_breakpoint_exclusive_size(u32 insn)
{
	return hw_breakpoint_is_exclusive_pair(insn) ? 2 << (insn >> 30) :
						       1 << (insn >> 30);
}

static inline unsigned int hw_breakpoint_exclusive_rs(u32 insn)
{
	return insn >> 16 & 0x1f;
}

static inline unsigned int hw_breakpoint_exclusive_rt2(u32 insn)
{
	return insn >> 10 & 0x1f;
}

static inline unsigned int hw_breakpoint_exclusive_rn(u32 insn)
{
	return insn >> 5 & 0x1f;
}

static inline unsigned int hw_breakpoint_exclusive_rt(u32 insn)
{
	return insn & 0x1f;
}

/* CLREX, with any CRm */
static inline bool hw_breakpoint_is_clrex(u32 insn)
{
	return (insn & 0xfffff0ff) == 0xd503305f;
}

/*
 * Exception generation, system, and branches to a register, which the kernel is
 * not stepped on through: masks may change there, or everything.
 */
static inline bool hw_breakpoint_is_system(u32 insn)
{
	return insn >> 26 == 0x35;
}

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
