/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Breakpoint and watchpoint registers: what an armed breakpoint consists of, and
 * how a control register encodes it (ARM ARM DDI 0487, DBGBCR<n>_EL1 and
 * DBGWCR<n>_EL1).
 */
#ifndef _ASM_ARM64_HW_BREAKPOINT_H
#define _ASM_ARM64_HW_BREAKPOINT_H

#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/types.h>

#include <asm/cpufeature.h>
#include <asm/sysreg.h>

/* The architecture allows for so many register pairs of either class. */
#define ARM_MAX_BRP	16
#define ARM_MAX_WRP	16

/* PMC and PAC: the exception levels whose accesses match */
#define AARCH64_BREAKPOINT_EL1	1
#define AARCH64_BREAKPOINT_EL0	2

/* LSC, which instruction breakpoints do not have */
#define ARM_BREAKPOINT_EXECUTE	0
#define ARM_BREAKPOINT_LOAD	1
#define ARM_BREAKPOINT_STORE	2

/* BAS: one bit for each byte that counts, from the first one of the word */
#define ARM_BREAKPOINT_LEN_1	0x01
#define ARM_BREAKPOINT_LEN_2	0x03
#define ARM_BREAKPOINT_LEN_3	0x07
#define ARM_BREAKPOINT_LEN_4	0x0f
#define ARM_BREAKPOINT_LEN_5	0x1f
#define ARM_BREAKPOINT_LEN_6	0x3f
#define ARM_BREAKPOINT_LEN_7	0x7f
#define ARM_BREAKPOINT_LEN_8	0xff

/**
 * struct arch_hw_breakpoint_ctrl - the fields of a control register
 * @mask:      MASK: low address bits that do not matter; 0, or 3 to 31
 * @len:       BAS: bytes that count; all of them if there is a mask
 * @type:      LSC: %ARM_BREAKPOINT_EXECUTE, or _LOAD and _STORE
 * @privilege: PMC or PAC: %AARCH64_BREAKPOINT_EL0 and _EL1
 * @enabled:   E; for a tracer, whether it has enabled the breakpoint
 */
struct arch_hw_breakpoint_ctrl {
	u32	mask		: 5,
		len		: 8,
		type		: 2,
		privilege	: 2,
		enabled		: 1;
};

/**
 * struct arch_hw_breakpoint - what is loaded into a pair of registers
 * @address: value register: the first address of the word, or of the range
 * @trigger: the address of the last access that was a hit
 * @ctrl:    control register
 */
struct arch_hw_breakpoint {
	u64				address;
	u64				trigger;
	struct arch_hw_breakpoint_ctrl	ctrl;
};

/**
 * encode_ctrl_reg() - a control register's value
 * @ctrl: its fields
 *
 * Return: E in bit 0, PAC from bit 1, LSC from bit 3, BAS from bit 5, MASK from
 * bit 24; HMC, SSC, LBN, WT and BT are 0.  For tracers this is ABI.
 */
static inline u32 encode_ctrl_reg(struct arch_hw_breakpoint_ctrl ctrl)
{
	return (u32)ctrl.mask << 24 | ctrl.len << 5 | ctrl.type << 3 |
	       ctrl.privilege << 1 | ctrl.enabled;
}

/**
 * decode_ctrl_reg() - the fields of a control register
 * @reg:  its value
 * @ctrl: filled in
 */
static inline void decode_ctrl_reg(u32 reg,
				   struct arch_hw_breakpoint_ctrl *ctrl)
{
	*ctrl = (struct arch_hw_breakpoint_ctrl) {
		.enabled	= reg & 1,
		.privilege	= reg >> 1 & 3,
		.type		= reg >> 3 & 3,
		.len		= reg >> 5 & 0xff,
		.mask		= reg >> 24 & 0x1f,
	};
}

/* BAS for @len bytes from the @offset-th on; what is beyond the word is lost. */
static inline u8 hw_breakpoint_bas(unsigned int offset, unsigned int len)
{
	return GENMASK(len - 1, 0) << offset;
}

/* The first byte that @hw, which is not empty, looks at. */
static inline u64 hw_breakpoint_first(const struct arch_hw_breakpoint *hw)
{
	return hw->address + (hw->ctrl.mask ? 0 : __ffs(hw->ctrl.len));
}

/* The last one. */
static inline u64 hw_breakpoint_last(const struct arch_hw_breakpoint *hw)
{
	return hw->address + (hw->ctrl.mask ? GENMASK_ULL(hw->ctrl.mask - 1, 0) :
					      __fls(hw->ctrl.len));
}

/* How far @addr is from what @hw looks at; 0 if it is part of it. */
static inline u64 hw_breakpoint_distance(const struct arch_hw_breakpoint *hw,
					 u64 addr)
{
	if (addr < hw_breakpoint_first(hw))
		return hw_breakpoint_first(hw) - addr;
	if (addr > hw_breakpoint_last(hw))
		return addr - hw_breakpoint_last(hw);
	return 0;
}

/*
 * Registers that each CPU has: ID_AA64DFR0_EL1, BRPs in bits 15:12, WRPs in bits
 * 23:20, both less one.
 */
static inline int get_num_brps(void)
{
	u64 dfr0 = read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1);

	return 1 + cpuid_feature_extract_unsigned_field(dfr0, 12);
}

static inline int get_num_wrps(void)
{
	u64 dfr0 = read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1);

	return 1 + cpuid_feature_extract_unsigned_field(dfr0, 20);
}

/*
 * Stepping over hits; hw_breakpoint_step.c says how.
 */

/* Events that one instruction can hit; more may be reported again. */
#define HW_BREAKPOINT_STEP_EVENTS	8
/* Nested signal handlers that interrupt a step; the outer ones likewise. */
#define HW_BREAKPOINT_STEP_DEBTS	4

/**
 * struct hw_breakpoint_exclusive - a load-exclusive that has been stepped over
 * @address: what it accesses
 * @value:   what it has got, in one register or two
 * @size:    in bytes; 0 if there is no reservation
 * @steps:   so many instructions, at most, are to be stepped
 * @others:  so many other instructions have been begun with
 * @faulted: the store-exclusive has to fault before it is tried again
 */
struct hw_breakpoint_exclusive {
	u64	address;
	u64	value[2];
	u8	size;
	u8	steps;
	u8	others;
	bool	faulted;
};

/**
 * struct hw_breakpoint_step - a step over one instruction
 * @reported:   the events that have been told, @nr of them
 * @exclusive:  what lets it be one of several
 * @pc:         the instruction
 * @frame:      the signal frame that will return to it, for a debt
 * @insn:       what is at @pc, 0 if it cannot be read
 * @nr:         0, with no more of @exclusive to be stepped, if there is no step
 * @owed:       it is not under way, but to be started (again)
 * @tif_is_ours: nobody else wants to step the task
 */
struct hw_breakpoint_step {
	u64		reported[HW_BREAKPOINT_STEP_EVENTS];
	struct hw_breakpoint_exclusive exclusive;
	unsigned long	pc;
	unsigned long	frame;
	u32		insn;
	u8		nr;
	bool		owed;
	bool		tif_is_ours;
};

/**
 * struct hw_breakpoint_steps - those of a task in user mode
 * @now:      the step of what it executes
 * @debts:    those of what its signal handlers have interrupted, innermost last
 * @nr_debts: how many
 *
 * Only the task itself looks at it, or whoever forks or reaps it.
 */
struct hw_breakpoint_steps {
	struct hw_breakpoint_step	now;
	struct hw_breakpoint_step	debts[HW_BREAKPOINT_STEP_DEBTS];
	u8				nr_debts;
};

struct notifier_block;
struct perf_event;
struct perf_event_attr;
struct pt_regs;
struct task_struct;

/* Of CPU PM, which calls @restore when a CPU has lost its registers. */
#ifdef CONFIG_CPU_PM
void cpu_suspend_set_dbg_restorer(int (*restore)(unsigned int cpu));
#else
static inline void
cpu_suspend_set_dbg_restorer(int (*restore)(unsigned int cpu)) { }
#endif

#ifdef CONFIG_HAVE_HW_BREAKPOINT

/* What the generic code asks of an architecture. */
int hw_breakpoint_slots(int type);
int hw_breakpoint_arch_parse(struct perf_event *bp,
			     const struct perf_event_attr *attr,
			     struct arch_hw_breakpoint *hw);
int arch_check_bp_in_kernelspace(struct arch_hw_breakpoint *hw);
int arch_install_hw_breakpoint(struct perf_event *bp);
void arch_uninstall_hw_breakpoint(struct perf_event *bp);
int arch_reinstall_hw_breakpoint(struct perf_event *bp,
				 const struct arch_hw_breakpoint *hw);
#define arch_reinstall_hw_breakpoint arch_reinstall_hw_breakpoint
void hw_breakpoint_pmu_read(struct perf_event *bp);
int hw_breakpoint_exceptions_notify(struct notifier_block *unused,
				    unsigned long val, void *data);

/* For ptrace, and of it. */
int arch_bp_generic_fields(struct arch_hw_breakpoint_ctrl ctrl, int *gen_len,
			   int *gen_type, int *offset);
void ptrace_hw_copy_thread(struct task_struct *task);
bool ptrace_hbp_owns(const struct perf_event *bp);

/* For the scheduler, signals, and exceptions that end a step. */
void hw_breakpoint_thread_switch(struct task_struct *next);
void hw_breakpoint_signal_enter(void);
void hw_breakpoint_signal_frame(unsigned long pc, unsigned long frame);
void hw_breakpoint_signal_exit(struct pt_regs *regs);
void hw_breakpoint_sigreturn(struct pt_regs *regs, unsigned long frame);
void hw_breakpoint_step_flush(struct task_struct *task);
void hw_breakpoint_step_syscall(void);
void hw_breakpoint_step_cancel(struct pt_regs *regs);

#else

static inline void ptrace_hw_copy_thread(struct task_struct *task) { }
static inline void hw_breakpoint_thread_switch(struct task_struct *next) { }
static inline void hw_breakpoint_signal_enter(void) { }
static inline void hw_breakpoint_signal_frame(unsigned long pc,
					      unsigned long frame) { }
static inline void hw_breakpoint_signal_exit(struct pt_regs *regs) { }
static inline void hw_breakpoint_sigreturn(struct pt_regs *regs,
					   unsigned long frame) { }
static inline void hw_breakpoint_step_syscall(void) { }
static inline void hw_breakpoint_step_cancel(struct pt_regs *regs) { }

#endif /* CONFIG_HAVE_HW_BREAKPOINT */
#endif /* _ASM_ARM64_HW_BREAKPOINT_H */
