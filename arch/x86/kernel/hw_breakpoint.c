// SPDX-License-Identifier: GPL-2.0
/*
 * x86 debug registers: what the breakpoint PMU needs of them.
 *
 * Arming and disarming.  Three things must agree on every CPU: DR7, the shadow
 * from which it is loaded anew after somebody borrowed it (a guest, text
 * poking, the debugger), and the word that tells others whether anything is
 * armed at all (cpu_dr7, for hw_breakpoint_active()).  An NMI can arrive
 * between any two instructions, look at cpu_dr7 to decide whether DR7 has to be
 * cleared while it runs, or load DR7 from the shadow.  So
 *
 *	cpu_dr7 includes, at any time, what DR7 and the shadow have of a register;
 *
 * it grows first and shrinks last.  And as a hit is an exception that looks
 * for its breakpoint,
 *
 *	a register is owned, and its address and mask are loaded, from before
 *	DR7 enables it until after DR7 no longer does.
 *
 * All of it belongs to one CPU, with interrupts disabled.  The kernel debugger
 * arms and disarms its own from NMI, in the middle of all this, and events of wide
 * breakpoints are re-aimed: registers are claimed, and the words changed, by
 * operations that an NMI cannot split, and what is loaded from memory is loaded
 * again if it has changed since it was read.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/kdebug.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <asm/debugreg.h>
#include <asm/processor.h>

#include "hw_breakpoint.h"

DEFINE_PER_CPU(struct debug_registers, debug_registers);

/* DR7 as it should be */
DEFINE_PER_CPU(unsigned long, cpu_dr7_shadow) = DR7_FIXED_1;

/*
 * Whether anything is armed; read by entry code, KVM and text poking.  Of what DR7
 * has, just what each register has in it.
 */
DEFINE_PER_CPU(unsigned long, cpu_dr7);
EXPORT_PER_CPU_SYMBOL(cpu_dr7);

static void load_dr7(void)
{
	unsigned long dr7;

	do {
		dr7 = this_cpu_read(cpu_dr7_shadow);
		set_debugreg(dr7, 7);
	} while (dr7 != this_cpu_read(cpu_dr7_shadow));
}

/*
 * set_debugreg() for an address register that is not known when it is compiled; who is
 * alone has the first.
 */
static __always_inline void set_address(unsigned int i, unsigned long address)
{
	if (likely(!i)) {
		set_debugreg(address, 0);
		return;
	}
	switch (i) {
	case 1:
		set_debugreg(address, 1);
		break;
	case 2:
		set_debugreg(address, 2);
		break;
	default:
		set_debugreg(address, 3);
	}
}

static void load_address(unsigned int i)
{
	unsigned long address;

	do {
		address = this_cpu_read(debug_registers.address[i]);
		set_address(i, address);
	} while (address != this_cpu_read(debug_registers.address[i]));
}

static void load_registers(void)
{
	for (unsigned int i = 0; i < HBP_NUM; i++)
		load_address(i);
	load_dr7();
}

/*
 * A context switch arms and disarms what the task has: the common case is in line,
 * a look at one register and no call; the others are not.
 */

static noinline unsigned int search_register_of(struct perf_event *bp)
{
	unsigned int i;

	for (i = 0; i < HBP_NUM; i++)
		if (this_cpu_read(debug_registers.owner[i]) == bp)
			break;
	return i;
}

/* Make @bp the owner of register @i, if that has none. */
static __always_inline bool own(unsigned int i, struct perf_event *bp)
{
	return !this_cpu_cmpxchg(debug_registers.owner[i], NULL, bp);
}

static noinline unsigned int own_any(struct perf_event *bp)
{
	unsigned int i;

	for (i = 0; i < HBP_NUM; i++)
		if (own(i, bp))
			break;
	return i;
}

/* dr7_bits() of each register: a load costs less than two shifts. */
static const u32 dr7_mask[HBP_NUM] = {
	0x000f0003, 0x00f0000c, 0x0f000030, 0xf00000c0,
};

/* LEN, R/W and G of a breakpoint in the place of every register, for the same reason */
static __always_inline u32 dr7_anywhere(const struct arch_hw_breakpoint *hw)
{
	return ((hw->len | hw->type) & DR7_CONTROL_MASK) * 0x11110000u |
	       DR_GLOBAL_ENABLE * 0x55u;
}

/* Load register @i, which is owned and not armed, and arm it; its mask is loaded. */
static __always_inline void load_and_arm(unsigned int i,
					 const struct arch_hw_breakpoint *hw)
{
	unsigned long bits = dr7_anywhere(hw) & dr7_mask[i];

	BUILD_BUG_ON(dr7_mask[0] != dr7_bits(0) || dr7_mask[1] != dr7_bits(1) ||
		     dr7_mask[2] != dr7_bits(2) || dr7_mask[3] != dr7_bits(3));

	this_cpu_write(debug_registers.address[i], hw->address);
	set_address(i, hw->address);

	this_cpu_or(cpu_dr7, bits);
	/* cpu_dr7 grows first: see the top of this file. */
	barrier();
	this_cpu_or(cpu_dr7_shadow, bits | DR_GLOBAL_SLOWDOWN);
	load_dr7();
}

static noinline void arm_range(unsigned int i, const struct arch_hw_breakpoint *hw)
{
	amd_set_dr_addr_mask(hw->mask, i);
	load_and_arm(i, hw);
}

static __always_inline void arm(unsigned int i, const struct arch_hw_breakpoint *hw)
{
	if (unlikely(hw->mask))
		arm_range(i, hw);
	else
		load_and_arm(i, hw);
}

static __always_inline void disarm(unsigned int i)
{
	unsigned long others = ~(unsigned long)dr7_mask[i];

	this_cpu_and(cpu_dr7_shadow, others);
	/* That was the last one, unless an NMI has armed another one just now. */
	if (this_cpu_read(cpu_dr7_shadow) == (DR7_FIXED_1 | DR_GLOBAL_SLOWDOWN))
		this_cpu_cmpxchg(cpu_dr7_shadow, DR7_FIXED_1 | DR_GLOBAL_SLOWDOWN,
				 DR7_FIXED_1);
	load_dr7();
	/* cpu_dr7 shrinks last. */
	barrier();
	this_cpu_and(cpu_dr7, others);
}

/* Give up register @i; the owner is forgotten after it is disarmed. */
static __always_inline void disown(unsigned int i)
{
	this_cpu_write(debug_registers.owner[i], NULL);
}

static noinline void disarm_range(unsigned int i)
{
	disarm(i);
	amd_set_dr_addr_mask(0, i);
	disown(i);
}

/**
 * arch_install_hw_breakpoint() - arm an event on this CPU
 * @bp: an event that is not armed on this CPU
 *
 * In the register that it was in last, if that is free.
 *
 * Context: Interrupts disabled; the kernel debugger calls it from NMI.
 *
 * Return: 0; -EBUSY if no register is free, which the slot accounting excludes.
 */
int arch_install_hw_breakpoint(struct perf_event *bp)
{
	struct arch_hw_breakpoint *hw = counter_arch_bp(bp);
	unsigned int i = hw->last;

	lockdep_assert_irqs_disabled();
	if (unlikely(!own(i, bp))) {
		i = own_any(bp);
		if (WARN_ONCE(i == HBP_NUM, "breakpoint with a slot finds no register"))
			return -EBUSY;
		hw->last = i;
	}
	arm(i, hw);
	return 0;
}

/**
 * arch_uninstall_hw_breakpoint() - disarm an event that is armed on this CPU
 * @bp: the event
 *
 * Context: Interrupts disabled; the kernel debugger calls it from NMI.
 */
void arch_uninstall_hw_breakpoint(struct perf_event *bp)
{
	const struct arch_hw_breakpoint *hw = counter_arch_bp(bp);
	unsigned int i = hw->last;

	lockdep_assert_irqs_disabled();
	/* The debugger's may be in another one on each CPU. */
	if (unlikely(this_cpu_read(debug_registers.owner[i]) != bp)) {
		i = search_register_of(bp);
		if (WARN_ONCE(i == HBP_NUM, "breakpoint to disarm is in no register"))
			return;
	}
	if (unlikely(hw->mask)) {
		disarm_range(i);
	} else {
		disarm(i);
		disown(i);
	}
}

/* Never an address with the other's length or type. */
static noinline void rearm(unsigned int i, struct arch_hw_breakpoint *info,
			   const struct arch_hw_breakpoint *hw)
{
	disarm(i);
	if (info->mask)
		amd_set_dr_addr_mask(0, i);
	*info = *hw;
	info->last = i;
	arm(i, info);
}

/**
 * arch_reinstall_hw_breakpoint() - re-aim an event that is armed on this CPU
 * @bp: the event
 * @hw: what it is to have in its register
 *
 * If just the address differs, that is all that is written.
 *
 * Context: Interrupts disabled; NMI if that interrupted no operation on @bp.
 *
 * Return: 0; -EINVAL if it is in no register.
 */
int arch_reinstall_hw_breakpoint(struct perf_event *bp,
				 const struct arch_hw_breakpoint *hw)
{
	struct arch_hw_breakpoint *info = counter_arch_bp(bp);
	unsigned long address = hw->address;
	unsigned int i = info->last;

	lockdep_assert_irqs_disabled();
	if (unlikely(this_cpu_read(debug_registers.owner[i]) != bp)) {
		i = search_register_of(bp);
		if (WARN_ONCE(i == HBP_NUM, "breakpoint to re-aim is in no register"))
			return -EINVAL;
	}

	if (likely(hw->len == info->len && hw->type == info->type &&
		   hw->mask == info->mask)) {
		info->address = address;
		this_cpu_write(debug_registers.address[i], address);
		set_address(i, address);
	} else {
		rearm(i, info, hw);
	}
	return 0;
}

/**
 * hw_breakpoint_restore() - load this CPU's debug registers anew
 *
 * For those who borrowed them.
 *
 * Context: Interrupts disabled; any up to NMI.
 */
void hw_breakpoint_restore(void)
{
	set_debugreg(DR6_RESERVED, 6);
	load_registers();
}
EXPORT_SYMBOL_GPL(hw_breakpoint_restore);

/**
 * hw_breakpoint_resume() - load this CPU's debug registers after it lost them
 *
 * The boot CPU comes back from suspend with nothing in its registers.  The
 * others were taken offline for that, and come back with nothing to be armed.
 *
 * Context: Interrupts disabled.
 */
void hw_breakpoint_resume(void)
{
	struct perf_event *bp;

	if (!hw_breakpoint_active())
		return;
	for (int i = 0; i < HBP_NUM; i++) {
		bp = this_cpu_read(debug_registers.owner[i]);
		if (!bp || !counter_arch_bp(bp)->mask)
			continue;
		/* Not written if it is what was written last; that it is not. */
		amd_set_dr_addr_mask(0, i);
		amd_set_dr_addr_mask(counter_arch_bp(bp)->mask, i);
	}
	hw_breakpoint_restore();
}

#ifdef CONFIG_KGDB
/**
 * arch_kgdb_hw_breakpoints_off() - the debugger has stopped this CPU
 *
 * Nothing is armed until it goes on: the debugger looks at and writes what is
 * watched.  DR6 is left alone: the NMI that stopped this CPU may
 * have come right behind a debug exception, before that has read it.
 *
 * Context: Interrupts disabled; NMI.
 */
void arch_kgdb_hw_breakpoints_off(void)
{
	hw_breakpoint_disable();
}

/**
 * arch_kgdb_hw_breakpoints_on() - this CPU goes on
 *
 * Context: Interrupts disabled; NMI.
 */
void arch_kgdb_hw_breakpoints_on(void)
{
	load_registers();
}
#endif

/*
 * Hits.
 */

/* Of an event that perf core does not know: the debugger's. */
static noinline bool handle_hit_without_pmu(struct perf_event *bp, struct pt_regs *regs)
{
	/* The debugger is called further down the chain, in the kernel only. */
	if (hw_breakpoint_kgdb_hit(bp))
		return user_mode(regs);
	perf_bp_event(bp, regs);
	return true;
}

/* Breakpoint @i of this CPU is reported by *@dr6; returns true if that is done. */
static __always_inline bool handle_hit(unsigned int i, const unsigned long *dr6,
				       struct pt_regs *regs)
{
	struct perf_event *bp = this_cpu_read(debug_registers.owner[i]);
	bool fault;

	/*
	 * DR6 may report a register that DR7 does not enable (SDM 18.2.3), which
	 * is no reason to signal a task.  In the kernel it may be another
	 * debugger's, further down the chain.
	 */
	if (!bp)
		return user_mode(regs);

	/*
	 * An instruction breakpoint is a fault, before its instruction.  If the
	 * trap of the step that led there comes with it, the step goes first;
	 * the breakpoint will fault by itself when the instruction is tried.
	 */
	fault = counter_arch_bp(bp)->type == X86_BREAKPOINT_EXECUTE;
	if (fault && *dr6 & DR_STEP)
		return false;

	/* Let the instruction pass when it is tried again. */
	if (fault)
		regs->flags |= X86_EFLAGS_RF;

	if (unlikely(!bp->pmu))
		return handle_hit_without_pmu(bp, regs);
	perf_bp_event(bp, regs);
	return true;
}

/*
 * Each hit is taken out of DR6, whose bits mean a SIGTRAP to the task for
 * exc_debug().  Where a handler wants that, it sets the bit in virtual_dr6, as
 * ptrace's does for the tracer; no earlier one's is there.  The kernel debugger's are
 * left in, and the next notifier in the chain is called.
 */
static __always_inline int handle_hits(unsigned long *dr6, struct pt_regs *regs)
{
	unsigned long hits = *dr6 & DR_TRAP_BITS;

	/* The event is freed by RCU. */
	rcu_read_lock();
	do {
		unsigned int i = __ffs(hits);

		hits &= hits - 1;
		__clear_bit(i, dr6);
		if (!handle_hit(i, dr6, regs))
			__set_bit(i, dr6);
	} while (hits);
	rcu_read_unlock();

	if (*dr6 || current->thread.virtual_dr6 & DR_TRAP_BITS)
		return NOTIFY_DONE;
	return NOTIFY_STOP;
}

/* What an earlier exception has left in virtual_dr6 is not of this one, and stays. */
static noinline int handle_hits_after_others(unsigned long *dr6, struct pt_regs *regs)
{
	unsigned long before = current->thread.virtual_dr6 & DR_TRAP_BITS;
	int ret;

	current->thread.virtual_dr6 ^= before;
	ret = handle_hits(dr6, regs);
	current->thread.virtual_dr6 |= before;
	return ret;
}

/**
 * hw_breakpoint_exceptions_notify() - called for every exception
 * @unused: the notifier block
 * @val:    which; debug exceptions are %DIE_DEBUG
 * @data:   struct die_args, with the address of the handler's DR6 for an error
 *
 * Context: Exception, interrupts disabled; NMI-like if it hit the kernel.
 *
 * Return: %NOTIFY_STOP if that was the whole reason for the exception.
 */
int hw_breakpoint_exceptions_notify(struct notifier_block *unused,
				    unsigned long val, void *data)
{
	struct die_args *args = data;
	unsigned long *dr6;

	if (val != DIE_DEBUG)
		return NOTIFY_DONE;
	dr6 = (unsigned long *)args->err;
	if (!(*dr6 & DR_TRAP_BITS))
		return NOTIFY_DONE;
	if (unlikely(current->thread.virtual_dr6 & DR_TRAP_BITS))
		return handle_hits_after_others(dr6, args->regs);
	return handle_hits(dr6, args->regs);
}

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
 * @tsk: the current task in exec or exit, or a new one that failed to start
 *
 * Context: May sleep.
 */
void flush_ptrace_hw_breakpoint(struct task_struct *tsk)
{
	struct thread_struct *thread = &tsk->thread;

	for (int i = 0; i < HBP_NUM; i++) {
		unregister_hw_breakpoint(thread->ptrace_bps[i]);
		thread->ptrace_bps[i] = NULL;
	}
	thread->virtual_dr6 = 0;
	thread->ptrace_dr7 = 0;
}
