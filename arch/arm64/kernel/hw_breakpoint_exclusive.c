// SPDX-License-Identifier: GPL-2.0
/*
 * Load-exclusive and store-exclusive, when what they access is watched.
 *
 * Every exception clears the exclusive monitor, and to step over a hit takes two
 * of them.  So once a load-exclusive is stepped over its store-exclusive fails,
 * and so does one that hits itself; the program tries again, and hits again.
 *
 * A step over a load-exclusive therefore makes a reservation of its own: the
 * address, and the value that the program has got.  The program is stepped on, for
 * as long as the architecture lets such a sequence be, to its store-exclusive.
 * That one is stepped as well, and fails for want of the monitor's reservation;
 * then it is made up for: the kernel stores in its place, by a load- and
 * store-exclusive of its own, if the value is still the same, and the program
 * gets to know the result.
 *
 * What compares the value cannot see that it went away and came back.  Programs
 * that rely on the monitor for that, with no version in what they compare, are
 * not to be watched there.
 *
 * A store-exclusive that hits without such a reservation - only stores are
 * watched, so its load-exclusive has not hit - stores nothing and nobody is told:
 * it fails, and the program is stepped on to the load-exclusive that it tries
 * again with.
 *
 * So is it if what hits is something between the two, and they are not watched:
 * there is no hit then that would tell.  What precedes a hit is looked at now and
 * then, not each time: most are in no such sequence, and one that is comes again.
 *
 * Where the sequence goes elsewhere, or is too long, the reservation is forgotten:
 * that is what a monitor may do at any time.  But it outlives signal handlers and
 * other tasks, being the step's.  Not seen to are AArch32's, and a load to the zero
 * register.
 */
#include <linux/kprobes.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>

#include <asm/asm-extable.h>
#include <asm/patching.h>
#include <asm/ptrace.h>
#include <asm/traps.h>

#include "hw_breakpoint.h"

/*
 * "Load-Exclusive and Store-Exclusive instruction usage restrictions" in the ARM
 * ARM (B2.17): they are not more than 128 bytes apart.
 */
#define MAX_STEPS	(128 / AARCH64_INSN_SIZE)

/*
 * Of so many hits one is looked at for what precedes it.  A prime: of several hits in
 * a loop each has its turn.
 */
#define HITS_A_LOOK	13

/* What the instruction at @pc is, where @regs executes; 0 if that cannot be read. */
static u32 __kprobes read_insn(const struct pt_regs *regs, unsigned long pc)
{
	__le32 insn = 0;
	u32 kernel_insn;
	int ret;

	if (!user_mode(regs))
		return aarch64_insn_read((void *)pc, &kernel_insn) ?
		       0 : kernel_insn;
	/* AArch32's have encodings of their own. */
	if (compat_user_mode(regs))
		return 0;
	pagefault_disable();
	ret = get_user(insn, (__le32 __user *)pc);
	pagefault_enable();
	return ret ? 0 : le32_to_cpu(insn);
}

/* Is there a load-exclusive before it, and the store-exclusive behind? */
static bool __kprobes is_between(const struct pt_regs *regs)
{
	for (int i = 1; i < MAX_STEPS; i++) {
		u32 insn = read_insn(regs, regs->pc - i * AARCH64_INSN_SIZE);

		if (!insn)
			return false;
		if (hw_breakpoint_is_exclusive(insn))
			return hw_breakpoint_is_load_exclusive(insn);
	}
	return false;
}

static u64 __kprobes address_of(u32 insn, const struct pt_regs *regs)
{
	unsigned int rn = hw_breakpoint_exclusive_rn(insn);

	return rn == 31 ? regs->sp : regs->regs[rn];
}

/**
 * hw_breakpoint_exclusive_look() - an instruction is to be stepped
 * @step: the step
 * @regs: before the instruction
 *
 * Context: Debug exception, or a task on its way to user mode.
 */
void __kprobes hw_breakpoint_exclusive_look(struct hw_breakpoint_step *step,
					    struct pt_regs *regs)
{
	struct hw_breakpoint_exclusive *x = &step->exclusive;
	u32 insn = read_insn(regs, regs->pc);

	step->insn = insn;
	if (hw_breakpoint_is_clrex(insn))
		x->size = 0;
	if (!hw_breakpoint_is_exclusive(insn)) {
		if (!x->steps && ++x->others == HITS_A_LOOK) {
			x->others = 0;
			x->steps = is_between(regs) ? MAX_STEPS : 0;
		}
		return;
	}
	x->steps = MAX_STEPS;
	if (hw_breakpoint_is_load_exclusive(insn)) {
		/* The register with the address may be one that is loaded. */
		x->address = address_of(insn, regs);
		x->size = 0;
	} else if (x->size != hw_breakpoint_exclusive_size(insn) ||
		   x->address != address_of(insn, regs)) {
		x->size = 0;
	}
}

/*
 * What has been loaded, from the registers that have got it.  The zero register
 * has not: no reservation.
 */
static void __kprobes reserve(struct hw_breakpoint_exclusive *x, u32 insn,
			      const struct pt_regs *regs)
{
	unsigned int rt = hw_breakpoint_exclusive_rt(insn);
	unsigned int rt2 = hw_breakpoint_exclusive_rt2(insn);
	bool pair = hw_breakpoint_is_exclusive_pair(insn);

	if (rt == 31 || (pair && rt2 == 31))
		return;
	x->value[0] = pt_regs_read_reg(regs, rt);
	x->value[1] = pair ? pt_regs_read_reg(regs, rt2) : 0;
	x->size = hw_breakpoint_exclusive_size(insn);
}

/*
 * @store if what is there is the old value; to fail for no reason is allowed.  All
 * that @load does not set in seen and seen2 is 0, as it is in the old value.  Leaves
 * a store-exclusive's status in status, or -EFAULT.
 */
#define TRY_STORE(load, store)						\
do {									\
	status = -EFAULT;						\
	asm volatile("1:	" load ", [%[address]]\n"		\
		     "	eor	%[seen], %[seen], %[old]\n"		\
		     "	eor	%[seen2], %[seen2], %[old2]\n"		\
		     "	orr	%[seen], %[seen], %[seen2]\n"		\
		     "	cbnz	%[seen], 3f\n"				\
		     "2:	" store ", [%[address]]\n"		\
		     "	b	4f\n"					\
		     "3:	mov	%w[status], #1\n"		\
		     "4:\n"						\
			_ASM_EXTABLE_UACCESS(1b, 4b)			\
			_ASM_EXTABLE_UACCESS(2b, 4b)			\
		     : [status] "+&r" (status),				\
		       [seen] "=&r" (seen), [seen2] "+&r" (seen2)	\
		     : [address] "r" (x->address),			\
		       [old] "r" (x->value[0]), [old2] "r" (x->value[1]), \
		       [new] "r" (new), [new2] "r" (new2)		\
		     : "memory");					\
} while (0)

/*
 * Returns the status that the store-exclusive should have had, or -EFAULT.  Debug
 * exceptions are masked, so that this hits nothing.
 */
static int __kprobes try_store(const struct hw_breakpoint_exclusive *x, u32 insn,
			       const struct pt_regs *regs)
{
	u64 new = pt_regs_read_reg(regs, hw_breakpoint_exclusive_rt(insn));
	u64 new2 = pt_regs_read_reg(regs, hw_breakpoint_exclusive_rt2(insn));
	bool user = is_ttbr0_addr(x->address);
	u64 seen, seen2 = 0;
	int status = 1;

	if (user_mode(regs) && !access_ok((void __user *)x->address, x->size))
		return -EFAULT;
	pagefault_disable();
	if (user)
		uaccess_enable_privileged();
	switch (x->size) {
	case 1:
		TRY_STORE("ldxrb %w[seen]", "stlxrb %w[status], %w[new]");
		break;
	case 2:
		TRY_STORE("ldxrh %w[seen]", "stlxrh %w[status], %w[new]");
		break;
	case 4:
		TRY_STORE("ldxr %w[seen]", "stlxr %w[status], %w[new]");
		break;
	case 8:
		if (hw_breakpoint_is_exclusive_pair(insn))
			TRY_STORE("ldxp %w[seen], %w[seen2]",
				  "stlxp %w[status], %w[new], %w[new2]");
		else
			TRY_STORE("ldxr %[seen]", "stlxr %w[status], %[new]");
		break;
	case 16:
		TRY_STORE("ldxp %[seen], %[seen2]",
			  "stlxp %w[status], %[new], %[new2]");
		break;
	}
	if (user)
		uaccess_disable_privileged();
	pagefault_enable();
	return status;
}

/**
 * hw_breakpoint_exclusive_complete() - an instruction has been stepped
 * @step: the step
 * @regs: behind the instruction
 *
 * Context: Debug exception.
 *
 * Return: 1 if the program is to be stepped on, 0 if not; -EFAULT if a
 * store-exclusive faults.
 */
int __kprobes hw_breakpoint_exclusive_complete(struct hw_breakpoint_step *step,
					       struct pt_regs *regs)
{
	struct hw_breakpoint_exclusive *x = &step->exclusive;
	u32 insn = step->insn;
	unsigned int rs = hw_breakpoint_exclusive_rs(insn);
	int status;

	if (!x->steps)
		return 0;
	x->steps--;
	if (!hw_breakpoint_is_exclusive(insn))
		return x->steps > 0;
	if (regs->pc != step->pc + AARCH64_INSN_SIZE)
		return 0;
	if (hw_breakpoint_is_load_exclusive(insn)) {
		reserve(x, insn, regs);
		return 1;
	}
	if (!x->size)
		return 1;

	status = try_store(x, insn, regs);
	if (status == -EFAULT)
		return status;
	pt_regs_write_reg(regs, rs, status);
	x->size = 0;
	return status;
}

/**
 * hw_breakpoint_exclusive_fail() - let a store-exclusive fail
 * @step: the step that has looked at it; for what follows, then
 * @regs: before it, and behind it if it was one that has to
 *
 * Context: Debug exception.
 *
 * Return: true if it was.
 */
bool __kprobes hw_breakpoint_exclusive_fail(struct hw_breakpoint_step *step,
					    struct pt_regs *regs)
{
	u32 insn = step->insn;

	if (!hw_breakpoint_is_store_exclusive(insn) || step->exclusive.size)
		return false;
	pt_regs_write_reg(regs, hw_breakpoint_exclusive_rs(insn), 1);
	regs->pc += AARCH64_INSN_SIZE;
	regs->pstate &= ~PSR_BTYPE_MASK;
	step->pc = regs->pc;
	step->insn = 0;
	return true;
}

/**
 * hw_breakpoint_exclusive_fault() - let a store-exclusive fault
 * @x: that of the current task
 *
 * Nobody may have noticed, as it was about to fail anyhow.  It is tried again,
 * or the task gets its signal.
 *
 * Context: Task, on its way to user mode, before signals are looked at.
 */
void hw_breakpoint_exclusive_fault(struct hw_breakpoint_exclusive *x)
{
	x->faulted = false;
	if (fault_in_safe_writeable((char __user *)x->address, x->size))
		arm64_notify_segfault(x->address);
}
