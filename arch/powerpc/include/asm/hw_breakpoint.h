/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data watchpoints: what an armed one consists of, how the registers encode it,
 * and whether an access is one that it is meant for.
 *
 * The registers are DAWR0/DAWRX0 and DAWR1/DAWRX1 (Power ISA v3.1 Book III,
 * 10.4 "Data Address Watchpoint"; v2.07 and v3.0 have the first pair), DABR and
 * DABRX before that (Power ISA v2.06 Book III-S, 8.1.2 "Data Address
 * Breakpoint"), and LCTRL on the 8xx.
 */
#ifndef _ASM_POWERPC_HW_BREAKPOINT_H
#define _ASM_POWERPC_HW_BREAKPOINT_H

#include <asm/cpu_has_feature.h>
#include <asm/reg.h>

#ifdef __KERNEL__

struct notifier_block;
struct perf_event;
struct perf_event_attr;
struct perf_sample_data;
struct pt_regs;
struct task_struct;

/*
 * Types: accesses, DABR's "address is translated", and the states in which they
 * count.  The lowest three are the DABR's own bits, and ptrace's.
 */
#define HW_BRK_TYPE_READ	0x01
#define HW_BRK_TYPE_WRITE	0x02
#define HW_BRK_TYPE_TRANSLATE	0x04
#define HW_BRK_TYPE_USER	0x08
#define HW_BRK_TYPE_KERNEL	0x10
#define HW_BRK_TYPE_HYP		0x20

#define HW_BRK_TYPE_RDWR	(HW_BRK_TYPE_READ | HW_BRK_TYPE_WRITE)
#define HW_BRK_TYPE_DABR	(HW_BRK_TYPE_RDWR | HW_BRK_TYPE_TRANSLATE)
#define HW_BRK_TYPE_PRIV_ALL	(HW_BRK_TYPE_USER | HW_BRK_TYPE_KERNEL | \
				 HW_BRK_TYPE_HYP)

/* Flags: it has hit, and is none any more; only without CONFIG_PERF_EVENTS */
#define HW_BRK_FLAG_DISABLED	0x1

/* Bytes that the hardware does not tell from each other, and the most of a range. */
#ifdef CONFIG_PPC_8xx
#define HW_BREAKPOINT_SIZE	4
#else
#define HW_BREAKPOINT_SIZE	8
#endif
#define DABR_MAX_LEN		8
#define DAWR_MAX_LEN		512

/**
 * struct arch_hw_breakpoint - what is loaded into a register
 * @address: first byte that is watched
 * @type:    HW_BRK_TYPE_*
 * @len:     bytes that are watched
 * @hw_len:  bytes that the hardware watches for that, from @address rounded down
 *           to HW_BREAKPOINT_SIZE and in multiples of it
 * @flags:   HW_BRK_FLAG_*
 */
struct arch_hw_breakpoint {
	unsigned long	address;
	u16		type;
	u16		len;
	u16		hw_len;
	u8		flags;
};

/* The processor has that many registers, if ppc_breakpoint_available(). */
static inline int nr_wp_slots(void)
{
	return cpu_has_feature(CPU_FTR_DAWR1) ? 2 : 1;
}

/* The first byte that the hardware watches. */
static inline unsigned long hw_brk_start(const struct arch_hw_breakpoint *brk)
{
	return brk->address & ~(HW_BREAKPOINT_SIZE - 1UL);
}

/**
 * encode_dawrx() - DAWRXn for a watchpoint
 * @brk: the watchpoint
 *
 * MRD, the doublewords of the range less one, is in bits 48:53; DW 57, DR 58,
 * WT 59, WTI 60; and HYP 61, PNH 62 (the kernel), PRO 63 (the user).
 *
 * Return: the register's value; it matches nothing if @brk asks for no access.
 */
static inline unsigned long encode_dawrx(const struct arch_hw_breakpoint *brk)
{
	unsigned long doublewords = (brk->hw_len + 7) / 8;
	unsigned long mrd = (doublewords - 1) & 0x3f;

	return mrd << 10 |
	       (brk->type & HW_BRK_TYPE_RDWR) << 5 |
	       (brk->type & HW_BRK_TYPE_TRANSLATE) << 2 |
	       (brk->type & HW_BRK_TYPE_PRIV_ALL) >> 3;
}

/* DABR: a doubleword's address, BT 61, DW 62, DR 63 */
static inline unsigned long encode_dabr(const struct arch_hw_breakpoint *brk)
{
	return hw_brk_start(brk) | (brk->type & HW_BRK_TYPE_DABR);
}

/* DABRX: BTI 60, and the states in 61:63 as in DAWRX */
static inline unsigned long encode_dabrx(const struct arch_hw_breakpoint *brk)
{
	return (brk->type & HW_BRK_TYPE_PRIV_ALL) >> 3;
}

/**
 * dawr_holds() - can a DAWR watch that range?
 * @start:  first byte
 * @last:   last byte, not before the first
 * @arch31: the processor is of Power ISA v3.1
 *
 * Before v3.1 a range does not extend beyond a block of 512 bytes, aligned.
 */
static inline bool dawr_holds(unsigned long start, unsigned long last, bool arch31)
{
	if ((last | 7) - (start & ~7UL) >= DAWR_MAX_LEN)
		return false;
	return arch31 || start / DAWR_MAX_LEN == last / DAWR_MAX_LEN;
}

/* Which one is an access meant for?  For do_break() without breakpoint events. */
void wp_get_instr_detail(struct pt_regs *regs, ppc_inst_t *instr, int *type,
			 int *size, unsigned long *ea);
bool wp_check_constraints(struct pt_regs *regs, ppc_inst_t instr, unsigned long ea,
			  int type, int size, struct arch_hw_breakpoint *info);

#ifdef CONFIG_PPC_DAWR
extern bool dawr_force_enable;
int set_dawr(int nr, struct arch_hw_breakpoint *brk);

static inline bool dawr_enabled(void)
{
	return dawr_force_enable;
}
#else
static inline bool dawr_enabled(void)
{
	return false;
}

static inline int set_dawr(int nr, struct arch_hw_breakpoint *brk)
{
	return -1;
}
#endif

#ifdef CONFIG_HAVE_HW_BREAKPOINT

/* What the generic code asks of an architecture. */
int hw_breakpoint_slots(int type);
/* By perf; a tracer is told before the access. */
#define arch_hw_breakpoint_reports_after(type)	((type) != HW_BREAKPOINT_X)

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

/* For ptrace. */
int arch_bp_generic_fields(int type, int *gen_bp_type);
void ptrace_triggered(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs);
void flush_ptrace_hw_breakpoint(struct task_struct *tsk);

/* For kexec, a CPU that comes up, and xmon. */
void hw_breakpoint_disable(void);
void hw_breakpoint_restore(void);

/* For a signal: what runs next is not the instruction that would have. */
void thread_change_pc(struct task_struct *tsk, struct pt_regs *regs);

#else /* !CONFIG_HAVE_HW_BREAKPOINT */

static inline void hw_breakpoint_disable(void) { }
static inline void hw_breakpoint_restore(void) { }
static inline void thread_change_pc(struct task_struct *tsk,
				    struct pt_regs *regs) { }

#endif /* CONFIG_HAVE_HW_BREAKPOINT */
#endif /* __KERNEL__ */
#endif /* _ASM_POWERPC_HW_BREAKPOINT_H */
