// SPDX-License-Identifier: GPL-2.0
/*
 * Watchpoint registers: what the breakpoint PMU needs of them, and hits.
 *
 * All of it belongs to one CPU, with interrupts disabled.  What is loaded into a
 * register follows from its owner and from whether it is suspended or widened
 * (struct wp_register): load() is the only one that arms.  A register is owned
 * from before it is armed until after it no longer is.
 *
 * The hardware stops an instruction before its access.  What is told of that,
 * and when, is an ABI:
 *
 *  - A tracer is told at once, by a SIGTRAP to its tracee at the instruction, and
 *    the breakpoint is disabled until the tracer sets it again.  The tracer steps
 *    or continues, over an access that the kernel knows nothing of any more.
 *  - Everybody else is told when the access has been made: the instruction is
 *    emulated, or stepped, with what stopped it suspended; hw_breakpoint_pass.c.
 *    If something comes between, nothing has been told; the instruction is
 *    started again, and stopped again.  So each access is told of exactly once.
 *
 * Where both watch, the tracer is told first, and the others when the tracee has
 * gone on.  The 8xx stops after the access, so that there is nothing to pass.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/init.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include <asm/bug.h>
#include <asm/debug.h>
#include <asm/sstep.h>

#include "hw_breakpoint.h"

DEFINE_PER_CPU(struct wp_register, wp_registers[HBP_NUM_MAX]);

/**
 * hw_breakpoint_slots() - how many registers a CPU has
 * @type: %TYPE_INST or %TYPE_DATA; CIABR, for instructions, is xmon's
 */
int hw_breakpoint_slots(int type)
{
	return type == TYPE_DATA ? nr_wp_slots() : 0;
}

/* Of this CPU, with interrupts disabled. */
static struct wp_register *wp_register(int i)
{
	return this_cpu_ptr(&wp_registers[i]);
}

/* Load register @i with what it should have. */
static void load(int i)
{
	const struct wp_register *wp = wp_register(i);
	struct arch_hw_breakpoint other = { }, *brk = &other;

	/* POWER9 has none unless the administrator insists; he may do so late. */
	if (!ppc_breakpoint_available())
		return;
	if (wp->owner && !wp->suspended) {
		brk = counter_arch_bp(wp->owner);
		if (unlikely(wp->widened)) {
			other = *brk;
			other.type |= HW_BRK_TYPE_RDWR;
			brk = &other;
		}
	}
	__set_breakpoint(i, brk);
}

static void suspend(int i)
{
	wp_register(i)->suspended = true;
	load(i);
}

/* Disarm registers until they are resumed. */
static void wp_suspend(unsigned long slots)
{
	int i;

	for_each_set_bit(i, &slots, HBP_NUM_MAX)
		suspend(i);
}

/**
 * wp_resume() - arm registers again
 * @slots: a bit for each register; one that is not suspended is left alone
 *
 * Context: Interrupts disabled.
 */
void wp_resume(unsigned long slots)
{
	int i;

	for_each_set_bit(i, &slots, HBP_NUM_MAX) {
		if (!wp_register(i)->suspended)
			continue;
		wp_register(i)->suspended = false;
		load(i);
	}
}

/**
 * wp_widen() - let registers that are suspended match reads and writes from then on
 * @slots: a bit for each register
 *
 * Context: Interrupts disabled.
 */
void wp_widen(unsigned long slots)
{
	int i;

	for_each_set_bit(i, &slots, HBP_NUM_MAX)
		wp_register(i)->widened = true;
}

/**
 * wp_any_widened() - does any register match more than its owner wants?
 *
 * Context: Interrupts disabled.
 */
bool wp_any_widened(void)
{
	for (int i = 0; i < nr_wp_slots(); i++)
		if (wp_register(i)->widened)
			return true;
	return false;
}

/**
 * wp_narrow() - let all registers match just what their owners want
 *
 * Context: Interrupts disabled.
 */
void wp_narrow(void)
{
	for (int i = 0; i < nr_wp_slots(); i++) {
		if (!wp_register(i)->widened)
			continue;
		wp_register(i)->widened = false;
		load(i);
	}
}

/* The number of @bp's register, or of one that is free if that is NULL; or -1. */
static int find_register(const struct perf_event *bp)
{
	for (int i = 0; i < nr_wp_slots(); i++)
		if (wp_register(i)->owner == bp)
			return i;
	return -1;
}

/**
 * arch_install_hw_breakpoint() - arm an event on this CPU
 * @bp: an event that is not armed on this CPU
 *
 * Context: Interrupts disabled.
 *
 * Return: 0; -EBUSY if no register is free, which the slot accounting excludes.
 */
int arch_install_hw_breakpoint(struct perf_event *bp)
{
	int i = find_register(NULL);

	lockdep_assert_irqs_disabled();
	if (WARN_ONCE(i < 0, "breakpoint with a slot finds no register"))
		return -EBUSY;
	wp_register(i)->owner = bp;
	load(i);
	return 0;
}

/**
 * arch_uninstall_hw_breakpoint() - disarm an event that is armed on this CPU
 * @bp: the event
 *
 * Context: Interrupts disabled.
 */
void arch_uninstall_hw_breakpoint(struct perf_event *bp)
{
	int i = find_register(bp);

	lockdep_assert_irqs_disabled();
	if (WARN_ONCE(i < 0, "breakpoint to disarm is in no register"))
		return;

	suspend(i);
	*wp_register(i) = (struct wp_register) { };
	wp_forget(i);
}

/* Would one in place of the other change an address, and nothing besides? */
static bool address_differs_alone(const struct arch_hw_breakpoint *a,
				  const struct arch_hw_breakpoint *b)
{
	return dawr_enabled() && encode_dawrx(a) == encode_dawrx(b);
}

/**
 * arch_reinstall_hw_breakpoint() - re-aim an event that is armed on this CPU
 * @bp: the event
 * @hw: what it is to have in its register
 *
 * It keeps its register: one that an NMI re-aims takes none that an operation on
 * another event, which that interrupted, has found free.  What is on its way for
 * the old setting is not told.
 *
 * Context: Interrupts disabled; NMI if that interrupted no operation on @bp.
 *
 * Return: 0; -EINVAL if it is in no register.
 */
int arch_reinstall_hw_breakpoint(struct perf_event *bp,
				 const struct arch_hw_breakpoint *hw)
{
	struct arch_hw_breakpoint *info = counter_arch_bp(bp);
	int i = find_register(bp);

	lockdep_assert_irqs_disabled();
	if (WARN_ONCE(i < 0, "breakpoint to re-aim is in no register"))
		return -EINVAL;

	/* No instant at which the new address has the old range, or type. */
	if (!address_differs_alone(info, hw))
		suspend(i);
	*info = *hw;
	*wp_register(i) = (struct wp_register) { .owner = bp };
	wp_forget(i);
	load(i);
	return 0;
}

/**
 * hw_breakpoint_disable() - disarm this CPU's registers, whoever owns them
 *
 * Context: Any, with interrupts disabled.
 */
void hw_breakpoint_disable(void)
{
	struct arch_hw_breakpoint none = { };

	if (!ppc_breakpoint_available())
		return;
	for (int i = 0; i < nr_wp_slots(); i++)
		__set_breakpoint(i, &none);
}

/**
 * hw_breakpoint_restore() - load this CPU's registers with what they should have
 *
 * For those who borrowed them.
 *
 * Context: Any, with interrupts disabled.
 */
void hw_breakpoint_restore(void)
{
	for (int i = 0; i < nr_wp_slots(); i++)
		load(i);
}

static void restore_cpu(void *unused)
{
	hw_breakpoint_restore();
}

/* A kernel that crashed may have left something; behind dawr_force_setup(). */
static int __init hw_breakpoint_reset(void)
{
	on_each_cpu(restore_cpu, NULL, 1);
	return 0;
}
arch_initcall_sync(hw_breakpoint_reset);

/*
 * Hits.
 */

/**
 * ptrace_triggered() - a tracer's breakpoint was hit: disable it
 * @bp:   the event
 * @data: unused
 * @regs: unused
 *
 * Once is what the tracer has asked for.
 *
 * Context: Exception; interrupts disabled.
 */
void ptrace_triggered(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs)
{
	struct perf_event_attr attr = bp->attr;

	attr.disabled = true;
	modify_user_hw_breakpoint(bp, &attr);
}

static struct perf_event *owner(int i)
{
	return wp_register(i)->owner;
}

/* Is somebody else's in a register: xmon's, or a task's of its own? */
static bool is_foreign(void)
{
	for (int i = 0; i < nr_wp_slots(); i++)
		if (!owner(i) && this_cpu_read(current_brk[i].type) & HW_BRK_TYPE_RDWR)
			return true;
	return false;
}

/**
 * wp_hits() - who watches what is accessed, armed or not?
 * @access: the access
 *
 * Context: Interrupts disabled.
 *
 * Return: a bit for each register whose owner is to be told.
 */
unsigned long wp_hits(const struct wp_access *access)
{
	unsigned long hits = 0;

	for (int i = 0; i < nr_wp_slots(); i++)
		if (owner(i) && wp_match(access, counter_arch_bp(owner(i))) == WP_EXACT)
			hits |= BIT(i);
	return hits;
}

/* What may have stopped it?  If it can have been none, it was one all the same. */
static unsigned long find_slots(const struct wp_access *access)
{
	unsigned long armed = 0, matching = 0;

	for (int i = 0; i < nr_wp_slots(); i++) {
		if (!owner(i) || wp_register(i)->suspended)
			continue;
		armed |= BIT(i);
		if (wp_match(access, this_cpu_ptr(&current_brk[i])) != WP_MISS)
			matching |= BIT(i);
	}
	return matching || is_foreign() ? matching : armed;
}

/* Tell a tracer, if the event is one's. */
static bool signal_tracer(struct perf_event *bp, struct pt_regs *regs,
			  unsigned long addr)
{
	if (!bp || bp->overflow_handler != ptrace_triggered || bp->hw.state)
		return false;
	perf_bp_event(bp, regs);
	force_sig_fault(SIGTRAP, TRAP_HWBKPT, (void __user *)addr);
	return true;
}

/* Tell all tracers that have asked for one of @hits. */
static bool signal_tracers(unsigned long hits, struct pt_regs *regs)
{
	bool told = false;
	int i;

	for_each_set_bit(i, &hits, HBP_NUM_MAX)
		told |= signal_tracer(owner(i), regs, regs->dar);
	return told;
}

/*
 * Tell the others.  The kernel debugger is called further down the chain.  A
 * tracer is here for a store conditional that was done with its load.
 */
static int report(unsigned long hits, struct pt_regs *regs)
{
	int ret = NOTIFY_STOP;
	int i;

	for_each_set_bit(i, &hits, HBP_NUM_MAX) {
		struct perf_event *bp = owner(i);

		if (!bp || signal_tracer(bp, regs, hw_breakpoint_addr(bp)))
			continue;
		if (!hw_breakpoint_kgdb_hit(bp))
			perf_bp_event(bp, regs);
		else if (!user_mode(regs))
			ret = NOTIFY_DONE;
	}
	return ret;
}

static int report_each(const struct wp_accesses *done, struct pt_regs *regs)
{
	unsigned long nip = regs->nip;
	int ret = NOTIFY_STOP;

	for (int i = 0; i < done->nr; i++) {
		regs->nip = done->access[i].nip;
		if (report(done->access[i].hits, regs) == NOTIFY_DONE)
			ret = NOTIFY_DONE;
	}
	regs->nip = nip;
	return ret;
}

/* The kernel's instruction can neither be emulated nor stepped. */
static void give_up(unsigned long slots, unsigned long hits, struct pt_regs *regs)
{
	int i;

	pr_warn_ratelimited("hw-breakpoint: disabled for an instruction at %pS that cannot be emulated\n",
			    (void *)regs->nip);
	report(hits, regs);
	for_each_set_bit(i, &slots, HBP_NUM_MAX) {
		struct perf_event *bp = owner(i);

		/* It stays suspended until then. */
		if (bp && bp->ctx)
			perf_event_disable_inatomic(bp);
	}
}

/*
 * Have the access fault when the exception is over, as it would have without a
 * watchpoint, and be tried again: see do_break().
 */
static bool let_fault(struct pt_regs *regs, const struct wp_access *access)
{
	if (!IS_ENABLED(CONFIG_PPC_BOOK3S_64) || user_mode(regs))
		return false;
	regs->dsisr = DSISR_NOHPTE |
		      (access->rw == HW_BRK_TYPE_WRITE ? DSISR_ISSTORE : 0);
	return true;
}

/* Take the instruction past @slots, and tell of @hits. */
static int pass(struct pt_regs *regs, ppc_inst_t instr, struct instruction_op *op,
		const struct wp_access *access, unsigned long slots,
		unsigned long hits)
{
	struct wp_accesses done;
	int ret;

	wp_suspend(slots);
	switch (wp_emulate(regs, instr, op, slots, hits, &done)) {
	case WP_DONE:
		ret = report_each(&done, regs);
		wp_resume(slots);
		/* Somebody else may be stepping it. */
		emulate_single_step(regs);
		return ret;
	case WP_FAULTED:
		if (let_fault(regs, access)) {
			wp_resume(slots);
			return NOTIFY_STOP;
		}
		break;
	case WP_UNABLE:
		break;
	}
	if (user_mode(regs))
		wp_step_start(regs, slots, hits);
	else
		give_up(slots, hits, regs);
	return NOTIFY_STOP;
}

static int handle_match(struct pt_regs *regs)
{
	unsigned long slots = 0, hits = 0;
	struct instruction_op op;
	struct wp_access access;
	ppc_inst_t instr;

	/* One more for an instruction that is being stepped past others? */
	if (user_mode(regs))
		wp_step_cancel(regs->nip, &slots, &hits);

	if (IS_ENABLED(CONFIG_PPC_8xx) || !wp_read_instr(regs, &instr))
		instr = ppc_inst(0);
	wp_analyse(regs, instr, &op, &access);
	slots |= find_slots(&access);
	hits |= wp_hits(&access) & slots;
	if (!slots && is_foreign())
		return NOTIFY_DONE;
	if (!slots)
		hw_breakpoint_disable();

	if (signal_tracers(hits, regs))
		return NOTIFY_STOP;
	if (IS_ENABLED(CONFIG_PPC_8xx))
		return report(hits, regs);
	if (!slots)
		return NOTIFY_STOP;
	/* What comes with it has to pass whatever there is. */
	if (GETTYPE(op.type) == LARX)
		slots = GENMASK(nr_wp_slots() - 1, 0);
	return pass(regs, instr, &op, &access, slots, hits);
}

NOKPROBE_SYMBOL(handle_match);

static int handle_step(struct pt_regs *regs)
{
	unsigned long slots, hits;
	bool traced;

	if (!user_mode(regs) || !wp_step_end(regs, &slots, &hits, &traced))
		return NOTIFY_DONE;
	report(hits, regs);
	wp_resume(slots);
	return traced ? NOTIFY_DONE : NOTIFY_STOP;
}

NOKPROBE_SYMBOL(handle_step);

/**
 * hw_breakpoint_exceptions_notify() - called for every exception
 * @unused: the notifier block
 * @val:    which
 * @data:   struct die_args
 *
 * Context: Exception, interrupts disabled.
 *
 * Return: %NOTIFY_STOP if that was the whole reason for the exception.
 */
int hw_breakpoint_exceptions_notify(struct notifier_block *unused,
				    unsigned long val, void *data)
{
	struct die_args *args = data;
	int ret;

	/* Events are freed by RCU. */
	rcu_read_lock();
	switch (val) {
	case DIE_DABR_MATCH:
		ret = handle_match(args->regs);
		break;
	case DIE_SSTEP:
		ret = handle_step(args->regs);
		break;
	default:
		ret = NOTIFY_DONE;
	}
	rcu_read_unlock();
	return ret;
}

NOKPROBE_SYMBOL(hw_breakpoint_exceptions_notify);

/**
 * hw_breakpoint_pmu_read() - bring an event's count up to date
 * @bp: the event; its count is right all the time, as registers have none
 *
 * Context: Any.
 */
void hw_breakpoint_pmu_read(struct perf_event *bp)
{
}

/**
 * flush_ptrace_hw_breakpoint() - forget what a tracer set
 * @tsk: the current task in exec or exit
 *
 * Context: May sleep.
 */
void flush_ptrace_hw_breakpoint(struct task_struct *tsk)
{
	struct thread_struct *thread = &tsk->thread;

	for (int i = 0; i < nr_wp_slots(); i++) {
		unregister_hw_breakpoint(thread->ptrace_bps[i]);
		thread->ptrace_bps[i] = NULL;
	}
	memset(thread->hw_brk, 0, sizeof(thread->hw_brk));
}
