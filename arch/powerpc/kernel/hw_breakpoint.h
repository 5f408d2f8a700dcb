/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Watchpoints: what the files of this directory share.
 */
#ifndef _POWERPC_KERNEL_HW_BREAKPOINT_H
#define _POWERPC_KERNEL_HW_BREAKPOINT_H

#include <linux/percpu.h>
#include <linux/types.h>

#include <asm/hw_breakpoint.h>
#include <asm/inst.h>

struct instruction_op;
struct pt_regs;

/**
 * struct wp_access - what an instruction that was stopped is about to access
 * @start: its first byte
 * @size:  bytes; 0 if the instruction cannot be told from others, and @start is
 *         what the hardware reported
 * @rw:    HW_BRK_TYPE_READ, _WRITE, or both if it cannot be told
 * @dar:   the address that the hardware reported
 */
struct wp_access {
	unsigned long	start;
	unsigned int	size;
	u8		rw;
	unsigned long	dar;
};

enum wp_match {
	WP_MISS,	/* it cannot have been this one */
	WP_COARSE,	/* the hardware matches more than what is watched */
	WP_EXACT,	/* it accesses what is watched */
};

bool wp_read_instr(const struct pt_regs *regs, ppc_inst_t *instr);
void wp_analyse(const struct pt_regs *regs, ppc_inst_t instr,
		struct instruction_op *op, struct wp_access *access);
enum wp_match wp_match(const struct wp_access *access,
		       const struct arch_hw_breakpoint *brk);

/* What is loaded into this CPU's registers; by __set_breakpoint(). */
DECLARE_PER_CPU(struct arch_hw_breakpoint, current_brk[HBP_NUM_MAX]);

#ifdef CONFIG_HAVE_HW_BREAKPOINT

/**
 * struct wp_register - what one of this CPU's registers is to have
 * @owner:     the event that it belongs to, or NULL
 * @suspended: it is not armed for a moment, as something goes past
 * @widened:   it is armed for reads and writes, whatever the owner wants: see
 *             hw_breakpoint_pass.c
 *
 * By the CPU, with interrupts disabled.  An NMI re-aims an event in the register
 * that it has, and writes nothing of another's: so ordinary accesses suffice.
 */
struct wp_register {
	struct perf_event	*owner;
	bool			suspended;
	bool			widened;
};

DECLARE_PER_CPU(struct wp_register, wp_registers[HBP_NUM_MAX]);

void wp_resume(unsigned long slots);
void wp_widen(unsigned long slots);
bool wp_any_widened(void);
void wp_narrow(void);

/* Is any of @object in [@first, @last]? */
static inline bool wp_overlaps(unsigned long first, unsigned long last,
			       const void *object, size_t size)
{
	unsigned long start = (unsigned long)object;

	return first < start + size && last >= start;
}

/**
 * struct wp_accesses - what has been done and is to be told
 * @nr:     accesses
 * @access: the address behind each instruction, and the registers that it hit
 */
struct wp_accesses {
	unsigned int nr;
	struct {
		unsigned long nip;
		unsigned long hits;
	} access[8];
};

enum wp_passed {
	WP_DONE,	/* the instruction is done */
	WP_FAULTED,	/* its access faults */
	WP_UNABLE,	/* it cannot be emulated */
};

unsigned long wp_hits(const struct wp_access *access);
enum wp_passed wp_emulate(struct pt_regs *regs, ppc_inst_t instr,
			  struct instruction_op *op, unsigned long slots,
			  unsigned long hits, struct wp_accesses *done);
void wp_step_start(struct pt_regs *regs, unsigned long slots, unsigned long hits);
bool wp_step_cancel(unsigned long nip, unsigned long *slots, unsigned long *hits);
bool wp_step_end(struct pt_regs *regs, unsigned long *slots, unsigned long *hits,
		 bool *traced);
bool wp_passing_overlaps(unsigned long first, unsigned long last, int cpu);

/* Whether this CPU has something that another task must not find. */
DECLARE_PER_CPU(bool, wp_passing);

void __hw_breakpoint_switch(void);
void __wp_forget(int slot);

/**
 * wp_forget() - a register no longer has what it had
 * @slot: its number; what is under way for that is not told to anybody
 *
 * Context: Interrupts disabled.
 */
static inline void wp_forget(int slot)
{
	if (unlikely(__this_cpu_read(wp_passing)))
		__wp_forget(slot);
}

/* Another task is about to run on this CPU; interrupts are disabled. */
static inline void hw_breakpoint_switch(void)
{
	if (unlikely(__this_cpu_read(wp_passing)))
		__hw_breakpoint_switch();
}

#else

static inline void hw_breakpoint_switch(void) { }

#endif
#endif /* _POWERPC_KERNEL_HW_BREAKPOINT_H */
