// SPDX-License-Identifier: GPL-2.0
/*
 * Stepping over hits.
 *
 * A breakpoint is reported before its instruction, or the instruction that makes
 * the access, is executed.  To get past it, its register is disarmed, and the
 * instruction single-stepped; the exception after that arms the register again.
 * A step remembers which events have been reported for its instruction:
 *
 *	a register is armed unless the step under way has reported its event.
 *
 * All others stay armed, so what else hits at the same instruction is reported
 * when the instruction is tried again, and is one of the step's from then on.
 * A step ends where it should not have got to if it ends elsewhere: all is armed
 * then, and nobody steps any longer.
 *
 * In user mode the step belongs to the task, and between the hit and the step
 * anything can happen:
 *
 * - The task is preempted, and may go to another CPU.  Its own events come in
 *   as the rule says; those that belong to a CPU are looked at in the switch.
 * - A tracer, or uprobes, step the task anyhow.  The exception is theirs, too.
 * - It gets a signal.  A tracer may see it then, and decide anew whether to
 *   step it.  Or a handler is called, which does whatever it does with all
 *   breakpoints armed.  So before signals are looked at, the step is taken back
 *   and is owed.  If the task goes on where it was, the step is started again.
 *   If it goes to a handler, what is owed waits for the return from its frame,
 *   as a debt: nothing of it is in the frame.  A frame that is left otherwise
 *   leaves a debt that is forgotten when there is another frame in its place,
 *   or too many others.
 *
 * In the kernel the step belongs to the CPU.  Interrupts are masked for it, as
 * kprobes do, so that nothing comes in between; instructions that deal with just
 * these masks are not stepped but simulated.  If the instruction takes an
 * exception instead, that ends the step; should it be executed again, it is
 * reported again.
 *
 * A step over a load-exclusive is followed by others, to its store-exclusive, which
 * then is made up for (hw_breakpoint_exclusive.c).  They are one step here, whose
 * instruction is the one that is next, with no event to begin with.  Steps of the
 * kernel debugger and of uprobes are not continued like that, nor is one in the
 * kernel through what changes interrupt masks.
 */
#include <linux/errno.h>
#include <linux/extable.h>
#include <linux/hash.h>
#include <linux/hw_breakpoint.h>
#include <linux/irqflags.h>
#include <linux/kgdb.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/thread_info.h>
#include <linux/uprobes.h>

#include <asm/debug-monitors.h>
#include <asm/extable.h>
#include <asm/insn.h>
#include <asm/ptrace.h>

#include "hw_breakpoint.h"

/* By the CPU, in debug exceptions. */
DEFINE_PER_CPU(struct kernel_step, kernel_step);

static struct hw_breakpoint_step *__kprobes user_step(void)
{
	return &current->thread.debug.step.now;
}

static struct hw_breakpoint_step *__kprobes step_of(struct pt_regs *regs)
{
	return user_mode(regs) ? user_step() : this_cpu_ptr(&kernel_step.step);
}

/* Is there a step, owed or under way? */
static bool __kprobes is_active(const struct hw_breakpoint_step *step)
{
	return step->nr | step->exclusive.steps;
}

static void __kprobes clear_step(struct hw_breakpoint_step *step)
{
	step->nr = 0;
	step->exclusive.steps = 0;
	step->exclusive.size = 0;
	step->exclusive.faulted = false;
}

/*
 * What tells events apart.  Those that tasks have inherited count as one: perf
 * exchanges the events of two such tasks when it switches from one to the other,
 * rather than the registers.  So do those of a wide breakpoint on each CPU, and
 * those of single CPUs that watch the same: of an access that was told on one CPU
 * nobody is told on another that the task goes to before it makes the access.
 * Those of one CPU that are alike hit in one exception.  The debugger's are
 * unknown to perf.
 */
static u64 __kprobes identity(const struct perf_event *bp)
{
	const struct arch_hw_breakpoint *hw = &bp->hw.info;

	if (bp->hw.slot.holder)
		return (unsigned long)bp->hw.slot.holder;
	if (bp->cpu >= 0 && !bp->hw.target)
		return hash_64(hw->address, 64) + hw_breakpoint_control(hw);
	if (bp->parent)
		bp = bp->parent;
	return bp->id ?: (unsigned long)bp;
}

static bool __kprobes has_reported(const struct hw_breakpoint_step *step,
				   const struct perf_event *bp)
{
	u64 id;

	if (likely(!step->nr) || step->owed)
		return false;
	id = identity(bp);
	for (int i = 0; i < step->nr; i++)
		if (step->reported[i] == id)
			return true;
	return false;
}

/**
 * hw_breakpoint_is_passed() - is it to be disarmed because of a step?
 * @user: the step of the task whose registers are to be loaded
 * @bp:   an event
 *
 * Context: Interrupts disabled.
 *
 * Return: true if so.
 */
bool __kprobes hw_breakpoint_is_passed(const struct hw_breakpoint_step *user,
				       const struct perf_event *bp)
{
	return has_reported(user, bp) ||
	       has_reported(this_cpu_ptr(&kernel_step.step), bp);
}

/*
 * Single-stepping the task.
 */

static void __kprobes user_run(struct hw_breakpoint_step *step)
{
	step->owed = false;
	if (!test_thread_flag(TIF_SINGLESTEP))
		step->tif_is_ours = true;
	user_enable_single_step(current);
	user_rewind_single_step(current);
}

static void __kprobes user_halt(struct hw_breakpoint_step *step)
{
	if (!step->tif_is_ours)
		return;
	step->tif_is_ours = false;
	user_disable_single_step(current);
	current_pt_regs()->pstate &= ~DBG_SPSR_SS;
}

static void __kprobes user_end(struct hw_breakpoint_step *step)
{
	user_halt(step);
	clear_step(step);
	hw_breakpoint_refresh(step);
}

/*
 * Single-stepping the kernel.
 */

/* Does the kernel debugger step this CPU itself? */
static bool __kprobes kgdb_steps(void)
{
#ifdef CONFIG_KGDB
	return kgdb_single_step &&
	       atomic_read(&kgdb_cpu_doing_single_step) == smp_processor_id();
#else
	return false;
#endif
}

static void __kprobes kernel_end(struct kernel_step *kernel, struct pt_regs *regs)
{
	if (kernel->running) {
		regs->pstate &= ~DAIF_MASK;
		regs->pstate |= kernel->daif;
		kernel->running = false;
	}
	if (kernel_active_single_step() && !kgdb_steps()) {
		kernel_disable_single_step();
		regs->pstate &= ~DBG_SPSR_SS;
	}
	clear_step(&kernel->step);
	hw_breakpoint_refresh(user_step());
}

/* Is there an instruction that has to be simulated, and was? */
static bool __kprobes kernel_simulate(u32 insn, struct pt_regs *regs)
{
	if (!hw_breakpoint_simulate_daif(insn, regs))
		return false;
	regs->pc += AARCH64_INSN_SIZE;
	/* If the debugger steps, this was the step. */
	regs->pstate &= ~(PSR_BTYPE_MASK | DBG_SPSR_SS);
	return true;
}

static void __kprobes kernel_run(struct kernel_step *kernel, struct pt_regs *regs)
{
	if (!kernel->running) {
		kernel->daif = regs->pstate & DAIF_MASK;
		regs->pstate |= PSR_A_BIT | PSR_I_BIT | PSR_F_BIT;
		kernel->running = true;
	}
	/* It may be active because of a first hit, or of the debugger. */
	if (kernel_active_single_step())
		kernel_rewind_single_step(regs);
	else
		kernel_enable_single_step(regs);
}

/*
 * Hits and steps.
 */

static void __kprobes step_run(struct hw_breakpoint_step *step,
			       struct pt_regs *regs)
{
	if (user_mode(regs))
		user_run(step);
	else
		kernel_run(this_cpu_ptr(&kernel_step), regs);
}

static void __kprobes step_end(struct hw_breakpoint_step *step,
			       struct pt_regs *regs)
{
	if (user_mode(regs))
		user_end(step);
	else
		kernel_end(this_cpu_ptr(&kernel_step), regs);
}

/* The instruction is behind: all is armed for the next one. */
static void __kprobes step_forget_events(struct hw_breakpoint_step *step)
{
	if (!step->nr)
		return;
	step->nr = 0;
	hw_breakpoint_refresh(user_step());
}

/* Has a store-exclusive been failed?  The exception after it comes at once. */
static bool __kprobes step_fail(struct hw_breakpoint_step *step,
				struct pt_regs *regs)
{
	if (!hw_breakpoint_exclusive_fail(step, regs))
		return false;
	step_forget_events(step);
	step_run(step, regs);
	regs->pstate &= ~DBG_SPSR_SS;
	return true;
}

/**
 * hw_breakpoint_step_look() - something has hit
 * @class: %TYPE_INST or %TYPE_DATA
 * @regs:  where
 *
 * Context: Debug exception.
 *
 * Return: true if it is an access that will not be made, so nobody is told.
 */
bool __kprobes hw_breakpoint_step_look(int class, struct pt_regs *regs)
{
	struct hw_breakpoint_step *step = step_of(regs);

	/* Did the last step go astray? */
	if (is_active(step) && step->pc != regs->pc)
		step_end(step, regs);
	step->pc = regs->pc;
	step->owed = false;
	hw_breakpoint_exclusive_look(step, regs);
	return class == TYPE_DATA && step_fail(step, regs);
}

/**
 * hw_breakpoint_step_add() - an event is going to be reported
 * @bp:   the event, which the caller disarms
 * @regs: where it has hit, which has been looked at
 *
 * Context: Debug exception.
 */
void __kprobes hw_breakpoint_step_add(struct perf_event *bp, struct pt_regs *regs)
{
	struct hw_breakpoint_step *step = step_of(regs);

	if (step->nr < ARRAY_SIZE(step->reported))
		step->reported[step->nr++] = identity(bp);
}

/**
 * hw_breakpoint_step_start() - step over what has been reported
 * @regs: where it has hit
 *
 * Context: Debug exception.
 */
void __kprobes hw_breakpoint_step_start(struct pt_regs *regs)
{
	struct hw_breakpoint_step *step = step_of(regs);

	if (!is_active(step))
		return;
	/* A handler, or the debugger, may have gone elsewhere already. */
	if (step->pc != regs->pc ||
	    (!user_mode(regs) && kernel_simulate(step->insn, regs)))
		step_end(step, regs);
	else
		step_run(step, regs);
}

/* Does uprobes step the task, too? */
static bool __kprobes uprobes_step(void)
{
#ifdef CONFIG_UPROBES
	return current->utask && current->utask->active_uprobe;
#else
	return false;
#endif
}

/* May a step be continued at the next instruction? */
static bool __kprobes may_go_on(u32 insn, struct pt_regs *regs)
{
	if (user_mode(regs))
		return !uprobes_step();
	return insn && !hw_breakpoint_is_system(insn) && !kgdb_steps();
}

/*
 * A step has been made.  Is it done, or is there more to be stepped?  Of the store
 * that is going to be made up for the hardware does not tell.
 */
static void __kprobes step_done(struct hw_breakpoint_step *step,
				struct pt_regs *regs)
{
	int more = hw_breakpoint_exclusive_complete(step, regs);

	if (more == -EFAULT) {
		regs->pc = step->pc;
		if (user_mode(regs)) {
			/* Have hw_breakpoint_signal_enter() called. */
			step->exclusive.faulted = true;
			set_thread_flag(TIF_SIGPENDING);
			step_run(step, regs);
			return;
		}
		if (!fixup_exception(regs))
			regs->pc += AARCH64_INSN_SIZE;
		more = 0;
	}
	if (more) {
		step->pc = regs->pc;
		hw_breakpoint_exclusive_look(step, regs);
	}
	if (!more || !may_go_on(step->insn, regs)) {
		step_end(step, regs);
		return;
	}
	if (step_fail(step, regs))
		return;
	step_forget_events(step);
	step_run(step, regs);
	if (hw_breakpoint_is_store_exclusive(step->insn))
		hw_breakpoint_store(step->exclusive.address,
				    step->exclusive.size, regs);
}

/**
 * try_step_suspended_breakpoints() - a step has been made
 * @regs: after it
 *
 * Context: Debug exception, debug exceptions masked.
 *
 * Return: true if only hits have been stepped over, and nobody else wants to
 * know.
 */
bool __kprobes try_step_suspended_breakpoints(struct pt_regs *regs)
{
	struct hw_breakpoint_step *step = step_of(regs);
	bool was_ours;

	if (!is_active(step))
		return false;
	was_ours = user_mode(regs) ? step->tif_is_ours && !uprobes_step() :
				     !kgdb_steps();
	step_done(step, regs);
	return was_ours;
}

/**
 * hw_breakpoint_step_cancel() - the kernel takes a synchronous exception
 * @regs: where
 *
 * If that is the instruction which is being stepped over, it is not executed,
 * and the exception is handled as if nobody had stepped.
 *
 * Context: Exception, interrupts disabled, before those masks are looked at.
 */
void __kprobes hw_breakpoint_step_cancel(struct pt_regs *regs)
{
	struct kernel_step *kernel = this_cpu_ptr(&kernel_step);

	if (unlikely(kernel->running) && kernel->step.pc == regs->pc)
		kernel_end(kernel, regs);
}

/**
 * hw_breakpoint_step_syscall() - the instruction was a system call
 *
 * Otherwise the return from it would be reported as a tracer's step, and what
 * the task does meanwhile would not hit.
 *
 * Context: Exception, interrupts disabled.
 */
void hw_breakpoint_step_syscall(void)
{
	if (is_active(user_step()))
		user_end(user_step());
}

/**
 * hw_breakpoint_thread_switch() - another task runs on this CPU
 * @next: the task
 *
 * Context: Scheduler, interrupts disabled.  The events of the old task are
 * disarmed, those of the new one are not armed yet.
 */
void hw_breakpoint_thread_switch(struct task_struct *next)
{
	const struct hw_breakpoint_step *step = &next->thread.debug.step.now;

	if (likely(!(user_step()->nr | step->nr)))
		return;
	hw_breakpoint_refresh(step);
}

/*
 * Signals.
 */

/**
 * hw_breakpoint_signal_enter() - signals are going to be looked at
 *
 * Context: Task, on its way to user mode.
 */
void hw_breakpoint_signal_enter(void)
{
	struct hw_breakpoint_step *step = user_step();
	unsigned long flags;

	if (likely(!is_active(step)) || step->owed)
		return;
	if (unlikely(step->exclusive.faulted))
		hw_breakpoint_exclusive_fault(&step->exclusive);
	local_irq_save(flags);
	user_halt(step);
	step->owed = true;
	hw_breakpoint_refresh(step);
	local_irq_restore(flags);
}

/**
 * hw_breakpoint_signal_exit() - there is no handler to be called
 * @regs: where the task goes on
 *
 * Context: Task, on its way to user mode.
 */
void hw_breakpoint_signal_exit(struct pt_regs *regs)
{
	struct hw_breakpoint_step *step = user_step();
	unsigned long flags;

	if (likely(!is_active(step)))
		return;
	local_irq_save(flags);
	/* The tracer may have moved it, or written to its registers. */
	if (step->pc == regs->pc) {
		hw_breakpoint_exclusive_look(step, regs);
		user_run(step);
	} else {
		clear_step(step);
	}
	hw_breakpoint_refresh(step);
	local_irq_restore(flags);
}

/* Forget debt @i, and those that are nested in it if @nested. */
static void forget_debt(struct hw_breakpoint_steps *steps, int i, bool nested)
{
	int rest = nested ? 0 : steps->nr_debts - i - 1;

	memmove(&steps->debts[i], &steps->debts[i + 1],
		rest * sizeof(steps->debts[0]));
	steps->nr_debts = i + rest;
}

/* Which of them waits for the return from @frame?  -1 if none. */
static int find_debt(const struct hw_breakpoint_steps *steps,
		     unsigned long frame)
{
	for (int i = steps->nr_debts - 1; i >= 0; i--)
		if (steps->debts[i].frame == frame)
			return i;
	return -1;
}

/**
 * hw_breakpoint_signal_frame() - a handler is going to be called
 * @pc:    where the frame says that it was called
 * @frame: address of the frame: the stack pointer for a sigreturn
 *
 * Context: Task, on its way to user mode.
 */
void hw_breakpoint_signal_frame(unsigned long pc, unsigned long frame)
{
	struct hw_breakpoint_steps *steps = &current->thread.debug.step;
	struct hw_breakpoint_step *step = user_step();
	int i;

	if (likely(!is_active(step) && !steps->nr_debts))
		return;
	/* What was in its place has been left for good. */
	i = find_debt(steps, frame);
	if (i >= 0)
		forget_debt(steps, i, false);
	if (is_active(step) && step->pc == pc) {
		if (steps->nr_debts == ARRAY_SIZE(steps->debts))
			forget_debt(steps, 0, false);
		step->frame = frame;
		steps->debts[steps->nr_debts++] = *step;
	}
	clear_step(step);
}

/**
 * hw_breakpoint_sigreturn() - a handler has returned
 * @regs:  where to
 * @frame: the frame that has been restored
 *
 * What it owes is started behind the system call, which would report a step.
 *
 * Context: Task, in sigreturn().
 */
void hw_breakpoint_sigreturn(struct pt_regs *regs, unsigned long frame)
{
	struct hw_breakpoint_steps *steps = &current->thread.debug.step;
	int i;

	if (likely(!steps->nr_debts))
		return;
	i = find_debt(steps, frame);
	if (i < 0)
		return;
	if (steps->debts[i].pc == regs->pc) {
		steps->now = steps->debts[i];
		/* Have hw_breakpoint_signal_exit() called, or another handler. */
		set_thread_flag(TIF_SIGPENDING);
	}
	forget_debt(steps, i, true);
}

/**
 * hw_breakpoint_step_flush() - forget all steps
 * @task: the current task in exec or exit, or a new one that failed to start
 *
 * Context: Task.
 */
void hw_breakpoint_step_flush(struct task_struct *task)
{
	struct hw_breakpoint_steps *steps = &task->thread.debug.step;
	unsigned long flags;

	steps->nr_debts = 0;
	if (likely(!is_active(&steps->now)))
		return;
	local_irq_save(flags);
	clear_step(&steps->now);
	if (task == current) {
		user_halt(&steps->now);
		hw_breakpoint_refresh(&steps->now);
	}
	local_irq_restore(flags);
}
