// SPDX-License-Identifier: GPL-2.0
/*
 * Past a watchpoint: how an instruction that was stopped gets on.
 *
 * What has stopped it is suspended by the caller.  Then it is emulated, in the
 * exception.  If that cannot be done and it is a user's, the user gets on with it,
 * and a trace interrupt comes behind it (MSR[SE]; Power ISA v3.1 Book III, 7.5.15
 * "Trace Interrupt").  Such a step belongs to a task on a CPU, and to one
 * instruction.  As nothing has been told of the access yet, it can be dropped at
 * any time, which is done whenever something else comes first: another task
 * (hw_breakpoint_switch()), a signal handler (thread_change_pc()).  Whoever drops
 * it arms what was suspended, so that the instruction is stopped again when it
 * is started again.
 *
 * Load and reserve, store conditional: any exception between the two loses the
 * reservation, so a pair of which one is stopped would never succeed.  From a
 * load and reserve that is stopped, all is emulated until the store conditional
 * is done, by the kernel's own reservation.  If the store conditional alone is
 * stopped, it fails, and what has stopped it is widened to reads and writes, so
 * that its load is stopped when it is tried again; until the store has succeeded
 * or another task runs.
 */
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/sstep.h>

#include "hw_breakpoint.h"

/**
 * struct wp_step - a user's instruction that is being stepped
 * @task:  the current task, or NULL if there is none
 * @nip:   its address
 * @slots: what is suspended for it
 * @hits:  which of them are to be told
 * @msr:   MSR_SE and MSR_BE as they were, somebody else's
 */
struct wp_step {
	struct task_struct	*task;
	unsigned long		nip;
	unsigned long		slots;
	unsigned long		hits;
	unsigned long		msr;
};

/* By the CPU, with interrupts disabled. */
static DEFINE_PER_CPU(struct wp_step, wp_step);
DEFINE_PER_CPU(bool, wp_passing);

static void note_passing(void)
{
	__this_cpu_write(wp_passing, __this_cpu_read(wp_step.task) || wp_any_widened());
}

/**
 * wp_passing_overlaps() - is an address part of what this file keeps of a CPU?
 * @first: first byte of a range
 * @last:  last byte of the range
 * @cpu:   a possible CPU
 *
 * Context: Any.
 *
 * Return: true if a watchpoint there would be hit by its own handling.
 */
bool wp_passing_overlaps(unsigned long first, unsigned long last, int cpu)
{
	return wp_overlaps(first, last, per_cpu_ptr(&wp_step, cpu), sizeof(wp_step)) ||
	       wp_overlaps(first, last, per_cpu_ptr(&wp_passing, cpu),
			   sizeof(wp_passing));
}

/*
 * Emulation.
 */

/* An access that is done: it is told with the address behind it. */
static void note_access(struct wp_accesses *done, const struct pt_regs *regs,
			unsigned long hits)
{
	done->access[done->nr].nip = regs->nip;
	done->access[done->nr].hits = hits;
	done->nr++;
}

/* Loads, stores and cache operations */
static int emulate_access(struct pt_regs *regs, ppc_inst_t instr,
			  struct instruction_op *op)
{
	unsigned long nip = regs->nip + ppc_inst_len(instr);
	int ret;

	if (GETTYPE(op->type) == CACHEOP)
		return emulate_step(regs, instr) == 1 ? 0 : -EFAULT;
	if (!OP_IS_LOAD_STORE(GETTYPE(op->type)) || !GETSIZE(op->type))
		return -EINVAL;
	ret = emulate_loadstore(regs, op);
	if (ret)
		return ret;
	if (!(regs->msr & MSR_64BIT))
		nip &= 0xffffffffUL;
	regs_set_return_ip(regs, nip);
	return 0;
}

/* CR0 is 0b00, whether it was stored, and XER[SO]. */
#define CR0_EQ	0x20000000UL

static bool was_stored(const struct pt_regs *regs)
{
	return regs->ccr & CR0_EQ;
}

/* As many instructions may lie between the two; the ISA's examples have 4. */
#define MAX_RESERVED	32

/*
 * Behind a load and reserve that was emulated: go on, with all registers
 * suspended, until its store conditional is done.  Nothing here may take a
 * reservation of its own.  What cannot be emulated ends it, and so does, in the
 * kernel, any other access: it might be to what belongs to this very exception.
 */
static void emulate_reserved(struct pt_regs *regs, struct wp_accesses *done)
{
	struct instruction_op op;
	struct wp_access access;
	ppc_inst_t instr;
	unsigned long hits;

	for (int i = 0; i < MAX_RESERVED && done->nr < ARRAY_SIZE(done->access); i++) {
		int type, ret;

		if (!wp_read_instr(regs, &instr))
			return;
		ret = analyse_instr(&op, regs, instr);
		if (ret > 0) {
			emulate_update_regs(regs, &op);
			continue;
		}
		type = GETTYPE(op.type);
		if (ret < 0 || type == LARX || (type != STCX && !user_mode(regs)))
			return;

		wp_analyse(regs, instr, &op, &access);
		hits = wp_hits(&access);
		if (emulate_access(regs, instr, &op))
			return;
		if (type != STCX) {
			note_access(done, regs, hits);
			continue;
		}
		if (was_stored(regs)) {
			note_access(done, regs, hits);
			wp_narrow();
		}
		return;
	}
}

static void fail_store_conditional(struct pt_regs *regs, ppc_inst_t instr,
				   unsigned long slots)
{
	regs->ccr = (regs->ccr & 0x0fffffff) | (regs->xer >> 3 & 0x10000000);
	regs_add_return_ip(regs, ppc_inst_len(instr));
	wp_widen(slots);
}

/**
 * wp_emulate() - do what an instruction would have done
 * @regs:  registers before it, and after it if it is done
 * @instr: the instruction
 * @op:    as wp_analyse() has it
 * @slots: what has stopped it, suspended; all for a load and reserve
 * @hits:  which of them are to be told
 * @done:  filled in: what is to be told, when it is done
 *
 * Context: Exception, interrupts disabled.
 *
 * Return: what became of it.  regs->dar is where it faults, if it does.
 */
enum wp_passed wp_emulate(struct pt_regs *regs, ppc_inst_t instr,
			  struct instruction_op *op, unsigned long slots,
			  unsigned long hits, struct wp_accesses *done)
{
	int ret;

	done->nr = 0;
#ifdef CONFIG_PPC_TRANSACTIONAL_MEM
	/* The kernel's own access would not be part of the transaction. */
	if (MSR_TM_TRANSACTIONAL(regs->msr))
		return WP_UNABLE;
#endif
	if (GETTYPE(op->type) == STCX) {
		fail_store_conditional(regs, instr, slots);
		note_passing();
		return WP_DONE;
	}

	pagefault_disable();
	ret = emulate_access(regs, instr, op);
	if (!ret) {
		note_access(done, regs, hits);
		/* Who steps instructions loses reservations anyway. */
		if (GETTYPE(op->type) == LARX && !(regs->msr & MSR_SE))
			emulate_reserved(regs, done);
	}
	pagefault_enable();
	note_passing();

	if (ret)
		return ret == -EFAULT ? WP_FAULTED : WP_UNABLE;
	return WP_DONE;
}

NOKPROBE_SYMBOL(wp_emulate);

/*
 * Steps.
 */

#define MSR_STEP	(MSR_SE | MSR_BE)

/**
 * wp_step_start() - have a user's instruction stepped
 * @regs:  the user's, at the instruction
 * @slots: what has stopped it, suspended
 * @hits:  which of them are to be told when it is done
 *
 * Context: Exception, interrupts disabled.
 */
void wp_step_start(struct pt_regs *regs, unsigned long slots, unsigned long hits)
{
	*this_cpu_ptr(&wp_step) = (struct wp_step) {
		.task	= current,
		.nip	= regs->nip,
		.slots	= slots,
		.hits	= hits,
		.msr	= regs->msr & MSR_STEP,
	};
	regs_set_return_msr(regs, regs->msr | MSR_SE);
	note_passing();
}

NOKPROBE_SYMBOL(wp_step_start);

/**
 * wp_step_end() - a trace interrupt came: was it for the step?
 * @regs:   the user's
 * @slots:  set to what is suspended; the caller resumes them
 * @hits:   set to those to be told
 * @traced: set to whether it was for somebody else, too
 *
 * Return: false if there is no step.
 */
bool wp_step_end(struct pt_regs *regs, unsigned long *slots, unsigned long *hits,
		 bool *traced)
{
	struct wp_step *step = this_cpu_ptr(&wp_step);

	if (!step->task)
		return false;
	*slots = step->slots;
	*hits = step->hits;
	*traced = step->msr & MSR_SE;
	/* Both have been cleared; the branch is still to come. */
	if (!*traced)
		regs_set_return_msr(regs, regs->msr | step->msr);
	*step = (struct wp_step) { };
	note_passing();
	return true;
}

NOKPROBE_SYMBOL(wp_step_end);

/**
 * wp_step_cancel() - drop the step, arm what was suspended for it
 * @nip:   an instruction that is to be stopped once more
 * @slots: what was suspended for that, is added
 * @hits:  which of them were to be told, likewise
 *
 * Context: Interrupts disabled.
 *
 * Return: false if there is no step.
 */
bool wp_step_cancel(unsigned long nip, unsigned long *slots, unsigned long *hits)
{
	struct wp_step *step = this_cpu_ptr(&wp_step);
	struct wp_step was = *step;
	struct pt_regs *regs;

	if (!was.task)
		return false;
	*step = (struct wp_step) { };
	regs = was.task->thread.regs;
	regs_set_return_msr(regs, (regs->msr & ~MSR_STEP) | was.msr);
	wp_resume(was.slots);
	note_passing();
	if (was.nip == nip) {
		*slots |= was.slots;
		*hits |= was.hits;
	}
	return true;
}

NOKPROBE_SYMBOL(wp_step_cancel);

/**
 * __wp_forget() - what wp_forget() does where something is under way
 * @slot: the register's number
 *
 * Context: Interrupts disabled.
 */
void __wp_forget(int slot)
{
	__this_cpu_and(wp_step.slots, ~BIT(slot));
	__this_cpu_and(wp_step.hits, ~BIT(slot));
	note_passing();
}

/**
 * __hw_breakpoint_switch() - another task is about to run on this CPU
 *
 * What the one before has on its way stays behind: registers that are left to
 * this CPU's own breakpoints are armed, and as their owners want.
 *
 * Context: Interrupts disabled.
 */
void __hw_breakpoint_switch(void)
{
	unsigned long slots = 0, hits = 0;

	wp_step_cancel(0, &slots, &hits);
	wp_narrow();
	note_passing();
}

/**
 * thread_change_pc() - the current task is about to run a signal handler
 * @tsk:  the current task
 * @regs: the user's
 *
 * Context: Process context.
 */
void thread_change_pc(struct task_struct *tsk, struct pt_regs *regs)
{
	unsigned long slots = 0, hits = 0, flags;

	if (!raw_cpu_read(wp_step.task))
		return;
	local_irq_save(flags);
	if (__this_cpu_read(wp_step.task) == tsk)
		wp_step_cancel(0, &slots, &hits);
	local_irq_restore(flags);
}
