// SPDX-License-Identifier: GPL-2.0
/*
 * arm64 breakpoint and watchpoint registers: what the breakpoint PMU needs of
 * them.
 *
 * Arming and disarming.  There are two classes of register pairs, for
 * instructions and for data, each pair a value and a control register.  A hit is
 * an exception that looks for its breakpoint, so
 *
 *	a register is owned, and its value is loaded, from before the control
 *	register enables it until after that no longer does.
 *
 * While a hit is stepped over (hw_breakpoint_step.c) its register is owned but
 * not armed; so is that of an event which comes in while its task owes a step.
 *
 * All of it belongs to one CPU, with interrupts disabled.  The kernel debugger
 * arms and disarms its own from NMI, in the middle of all this: registers are
 * claimed, and the word of what is armed is changed, by operations that an NMI
 * cannot split.
 *
 * Exceptions are taken with debug exceptions masked, and breakpoint handlers run
 * like that: neither the entry code's stack nor what a handler touches can hit.
 */
#include <linux/bitops.h>
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/init.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <asm/exception.h>

#include "hw_breakpoint.h"

static_assert(ARM_MAX_BRP == ARM_MAX_WRP);
#define MAX_REGISTERS	ARM_MAX_BRP

/**
 * struct debug_registers - one CPU's registers of one class
 * @owner: the event that each belongs to, or NULL
 * @owned: those that have one, but for a moment when they get or lose it
 * @armed: those whose control register enables them
 */
struct debug_registers {
	struct perf_event	*owner[MAX_REGISTERS];
	unsigned long		owned;
	unsigned long		armed;
};

static DEFINE_PER_CPU(struct debug_registers, debug_registers[TYPE_MAX]);

/**
 * hw_breakpoint_slots() - how many registers there are of a class
 * @type: %TYPE_INST or %TYPE_DATA
 *
 * Return: what the boot CPU has.  One that has fewer is unsupported.
 */
int hw_breakpoint_slots(int type)
{
	static int nr[TYPE_MAX];

	/* Perf asks first, when there is just the boot CPU. */
	if (!nr[type])
		nr[type] = type == TYPE_INST ? get_num_brps() : get_num_wrps();
	return nr[type];
}

/* The number of a register is part of the instruction that accesses it. */
#define ACCESS_ONE()							\
do {									\
	switch (i) {							\
	ACCESS(0); ACCESS(1); ACCESS(2); ACCESS(3);				\
	ACCESS(4); ACCESS(5); ACCESS(6); ACCESS(7);				\
	ACCESS(8); ACCESS(9); ACCESS(10); ACCESS(11);			\
	ACCESS(12); ACCESS(13); ACCESS(14); ACCESS(15);			\
	}								\
} while (0)

#define ACCESS(n)							\
	case n:								\
		if (class == TYPE_INST)					\
			write_sysreg(value, dbgbvr##n##_el1);		\
		else							\
			write_sysreg(value, dbgwvr##n##_el1);		\
		break

static void __kprobes write_value(int class, int i, u64 value)
{
	ACCESS_ONE();
}

#undef ACCESS
#define ACCESS(n)							\
	case n:								\
		if (class == TYPE_INST)					\
			write_sysreg(value, dbgbcr##n##_el1);		\
		else							\
			write_sysreg(value, dbgwcr##n##_el1);		\
		break

static void __kprobes write_control(int class, int i, u64 value)
{
	ACCESS_ONE();
}

/* Of a register that is owned: whether it is armed, and make it so. */
static bool __kprobes is_armed(int class, int i)
{
	return this_cpu_read(debug_registers[class].armed) & BIT(i);
}

static void __kprobes arm(int class, int i)
{
	struct perf_event *bp = this_cpu_read(debug_registers[class].owner[i]);

	this_cpu_or(debug_registers[class].armed, BIT(i));
	write_control(class, i, hw_breakpoint_control(counter_arch_bp(bp)));
}

static void __kprobes disarm(int class, int i)
{
	write_control(class, i, 0);
	this_cpu_and(debug_registers[class].armed, ~BIT(i));
}

/* Whose debug exceptions have to be enabled for @bp. */
static enum dbg_active_el active_el(struct perf_event *bp)
{
	return counter_arch_bp(bp)->ctrl.privilege & AARCH64_BREAKPOINT_EL1 ?
	       DBG_ACTIVE_EL1 : DBG_ACTIVE_EL0;
}

static int class_of(struct perf_event *bp)
{
	return counter_arch_bp(bp)->ctrl.type == ARM_BREAKPOINT_EXECUTE ?
	       TYPE_INST : TYPE_DATA;
}

/**
 * arch_install_hw_breakpoint() - arm an event on this CPU
 * @bp: an event that is not armed on this CPU
 *
 * If it has told of an access already that is still to be stepped over, it is
 * armed after that.
 *
 * Context: Interrupts disabled; the kernel debugger calls it from NMI.
 *
 * Return: 0; -EBUSY if no register is free, which the slot accounting excludes.
 */
int arch_install_hw_breakpoint(struct perf_event *bp)
{
	int class = class_of(bp), nr = hw_breakpoint_slots(class), i;

	lockdep_assert_irqs_disabled();
	/* An NMI takes the first as well, so there is one from there on. */
	for (i = ffz(this_cpu_read(debug_registers[class].owned)); i < nr; i++)
		if (!this_cpu_cmpxchg(debug_registers[class].owner[i], NULL, bp))
			break;
	if (WARN_ONCE(i >= nr, "breakpoint with a slot finds no register"))
		return -EBUSY;

	this_cpu_or(debug_registers[class].owned, BIT(i));
	write_value(class, i, counter_arch_bp(bp)->address);
	enable_debug_monitors(active_el(bp));
	if (!hw_breakpoint_is_passed(&current->thread.debug.step.now, bp))
		arm(class, i);
	isb();
	return 0;
}

/* The register that @bp owns; -1 if it has none. */
static int find_register(int class, const struct perf_event *bp)
{
	for (int i = 0, nr = hw_breakpoint_slots(class); i < nr; i++)
		if (this_cpu_read(debug_registers[class].owner[i]) == bp)
			return i;
	return -1;
}

/**
 * arch_uninstall_hw_breakpoint() - disarm an event that is armed on this CPU
 * @bp: the event
 *
 * Context: Interrupts disabled; the kernel debugger calls it from NMI.
 */
void arch_uninstall_hw_breakpoint(struct perf_event *bp)
{
	int class = class_of(bp), i = find_register(class, bp);

	lockdep_assert_irqs_disabled();
	if (WARN_ONCE(i < 0, "breakpoint to disarm is in no register"))
		return;

	disarm(class, i);
	isb();
	disable_debug_monitors(active_el(bp));
	write_value(class, i, 0);
	this_cpu_and(debug_registers[class].owned, ~BIT(i));
	this_cpu_write(debug_registers[class].owner[i], NULL);
}

/* Can one take the place of the other in its register? */
static bool are_of_a_kind(const struct arch_hw_breakpoint *a,
			  const struct arch_hw_breakpoint *b)
{
	return a->ctrl.privilege == b->ctrl.privilege &&
	       (a->ctrl.type == ARM_BREAKPOINT_EXECUTE) ==
	       (b->ctrl.type == ARM_BREAKPOINT_EXECUTE);
}

/**
 * arch_reinstall_hw_breakpoint() - re-aim an event that is armed on this CPU
 * @bp: the event
 * @hw: what it is to have in its register
 *
 * If just the value differs, that is all that is written, and the register has the
 * old one or the new one; if more does, it is disarmed in between.  If @bp is being
 * stepped over, and so not armed, it stays like that.
 *
 * Context: Interrupts disabled; NMI if that interrupted no operation on @bp.
 *
 * Return: 0; -EINVAL if it is in no register, -EBUSY if none is free of another
 * class.
 */
int arch_reinstall_hw_breakpoint(struct perf_event *bp,
				 const struct arch_hw_breakpoint *hw)
{
	struct arch_hw_breakpoint *info = counter_arch_bp(bp);
	int class = class_of(bp), i = find_register(class, bp);
	bool rearm;

	lockdep_assert_irqs_disabled();
	if (WARN_ONCE(i < 0, "breakpoint to re-aim is in no register"))
		return -EINVAL;

	if (!are_of_a_kind(info, hw)) {
		arch_uninstall_hw_breakpoint(bp);
		*info = *hw;
		return arch_install_hw_breakpoint(bp);
	}

	rearm = hw_breakpoint_control(info) != hw_breakpoint_control(hw) &&
		is_armed(class, i);
	if (rearm) {
		disarm(class, i);
		isb();
	}
	*info = *hw;
	write_value(class, i, info->address);
	if (rearm)
		arm(class, i);
	isb();
	return 0;
}

/**
 * hw_breakpoint_refresh() - arm what is to be armed on this CPU, and no more
 * @user: the step of the task that is, or will be, the current one
 *
 * Context: Interrupts disabled.
 */
void __kprobes hw_breakpoint_refresh(const struct hw_breakpoint_step *user)
{
	bool passing = user->nr || this_cpu_read(kernel_step.step.nr);
	struct debug_registers *set = this_cpu_ptr(debug_registers);

	for (int class = 0; class < TYPE_MAX; class++, set++) {
		unsigned long owned = READ_ONCE(set->owned), passed = 0, i;

		if (unlikely(passing)) {
			for_each_set_bit(i, &owned, MAX_REGISTERS)
				if (hw_breakpoint_is_passed(user, set->owner[i]))
					passed |= BIT(i);
		}
		for_each_andnot_bit(i, &owned, &set->armed, MAX_REGISTERS)
			if (!(passed & BIT(i)))
				arm(class, i);
		for_each_set_bit(i, &passed, MAX_REGISTERS)
			if (is_armed(class, i))
				disarm(class, i);
	}
	isb();
}

/*
 * Load this CPU's registers, which contain anything, as it comes up or back.
 * Nobody owns any when it comes up.
 */
static int load_registers(unsigned int cpu)
{
	struct perf_event *bp;

	for (int class = 0; class < TYPE_MAX; class++)
		for (int i = 0; i < hw_breakpoint_slots(class); i++)
			write_control(class, i, 0);
	isb();
	for (int class = 0; class < TYPE_MAX; class++) {
		for (int i = 0; i < hw_breakpoint_slots(class); i++) {
			bp = this_cpu_read(debug_registers[class].owner[i]);
			write_value(class, i, bp ? counter_arch_bp(bp)->address : 0);
			if (bp && is_armed(class, i))
				arm(class, i);
		}
	}
	isb();
	return 0;
}

static int __init hw_breakpoint_arch_init(void)
{
	int ret;

	/* Early in a CPU's life, behind the one that clears the OS lock. */
	ret = cpuhp_setup_state(CPUHP_AP_PERF_ARM_HW_BREAKPOINT_STARTING,
				"perf/hw_breakpoint:arm64",
				load_registers, NULL);
	if (WARN_ON(ret < 0))
		return ret;
	cpu_suspend_set_dbg_restorer(load_registers);
	return 0;
}
arch_initcall(hw_breakpoint_arch_init);

static bool overlaps(u64 first, u64 last, const void *area, size_t size)
{
	u64 start = (unsigned long)area;

	return first < start + size && last >= start;
}

/**
 * hw_breakpoint_is_own_state() - is any of a range what this back-end keeps?
 * @first: first byte
 * @last:  last byte
 *
 * Such would change while a hit there is looked at.
 *
 * Context: Any.
 *
 * Return: true if a watchpoint there would be hit by its own handling.
 */
bool hw_breakpoint_is_own_state(u64 first, u64 last)
{
	int cpu;

	if (!hw_breakpoint_may_be_percpu(first, last))
		return false;
	for_each_possible_cpu(cpu)
		if (overlaps(first, last, per_cpu(debug_registers, cpu),
			     sizeof(debug_registers)) ||
		    overlaps(first, last, &per_cpu(kernel_step, cpu),
			     sizeof(kernel_step)))
			return true;
	return false;
}

/*
 * Hits.
 */

/* Do two watch the same? */
static bool __kprobes are_alike(const struct arch_hw_breakpoint *a,
				const struct arch_hw_breakpoint *b)
{
	return a->address == b->address &&
	       hw_breakpoint_control(a) == hw_breakpoint_control(b);
}

/*
 * Which of the armed registers have hit at @addr, of those whose type has a bit
 * of @access?  The address is that of the access, which may begin before what is
 * watched, so if it is within none the nearest has hit, and those that are like
 * it; and of any others the hardware tells when the access is tried again.
 */
static unsigned long __kprobes find_hits(int class, u64 addr, u32 access)
{
	unsigned long armed = this_cpu_read(debug_registers[class].armed);
	const struct arch_hw_breakpoint *first = NULL;
	unsigned long hits = 0;
	u64 distance, nearest = U64_MAX;
	int i;

	for_each_set_bit(i, &armed, MAX_REGISTERS) {
		const struct arch_hw_breakpoint *hw;

		hw = counter_arch_bp(this_cpu_read(debug_registers[class].owner[i]));
		if (class == TYPE_DATA && !(hw->ctrl.type & access))
			continue;
		distance = hw_breakpoint_distance(hw, addr);
		if (distance < nearest) {
			nearest = distance;
			first = hw;
			hits = BIT(i);
		} else if (!distance || (first && are_alike(first, hw))) {
			hits |= BIT(i);
		}
	}
	return hits;
}

/* Returns false if the registers may be others' now. */
static bool __kprobes handle_hit(int class, int i, u64 addr,
				 struct pt_regs *regs)
{
	struct perf_event *bp = this_cpu_read(debug_registers[class].owner[i]);

	/* The handler of another one may have removed it. */
	if (!bp || !is_armed(class, i))
		return true;
	counter_arch_bp(bp)->trigger = addr;

	/* A tracer removes it and steps; such is its ABI. */
	if (user_mode(regs) && ptrace_hbp_owns(bp)) {
		perf_bp_event(bp, regs);
		return true;
	}

	/* Before the handler, which may change the event. */
	hw_breakpoint_step_add(bp, regs);
	disarm(class, i);
	isb();

	if (!hw_breakpoint_kgdb_hit(bp)) {
		perf_bp_event(bp, regs);
		return true;
	}
#ifdef CONFIG_KGDB
	if (!user_mode(regs))
		kgdb_handle_exception(1, SIGTRAP, 0, regs);
#endif
	return false;
}

static void __kprobes handle_hits(int class, unsigned long hits, u64 addr,
				  struct pt_regs *regs)
{
	int i;

	/* The event is freed by RCU. */
	rcu_read_lock();
	for_each_set_bit(i, &hits, MAX_REGISTERS)
		if (!handle_hit(class, i, addr, regs))
			break;
	rcu_read_unlock();
	hw_breakpoint_step_start(regs);
}

/**
 * hw_breakpoint_store() - a store is about to be made that hits nothing
 * @addr: to what
 * @size: of how many bytes
 * @regs: the instruction has not been executed
 *
 * Context: Debug exception.
 */
void __kprobes hw_breakpoint_store(u64 addr, unsigned int size,
				   struct pt_regs *regs)
{
	unsigned long armed = this_cpu_read(debug_registers[TYPE_DATA].armed);
	u32 el = user_mode(regs) ? AARCH64_BREAKPOINT_EL0 : AARCH64_BREAKPOINT_EL1;
	u64 first = sign_extend64(addr, 55), last = first + size - 1;
	unsigned long hits = 0;
	int i;

	for_each_set_bit(i, &armed, MAX_REGISTERS) {
		const struct arch_hw_breakpoint *hw;

		hw = counter_arch_bp(this_cpu_read(debug_registers[TYPE_DATA].owner[i]));
		if (hw->ctrl.type & ARM_BREAKPOINT_STORE && hw->ctrl.privilege & el &&
		    hw_breakpoint_first(hw) <= last && hw_breakpoint_last(hw) >= first)
			hits |= BIT(i);
	}
	handle_hits(TYPE_DATA, hits, addr, regs);
}

/**
 * do_breakpoint() - an instruction breakpoint has hit
 * @esr:  syndrome
 * @regs: the instruction has not been executed
 *
 * Context: Exception, debug exceptions masked.
 */
void __kprobes do_breakpoint(unsigned long esr, struct pt_regs *regs)
{
	u64 pc = regs->pc;

	hw_breakpoint_step_look(TYPE_INST, regs);
	handle_hits(TYPE_INST, find_hits(TYPE_INST, pc, 0), pc, regs);
}

/**
 * do_watchpoint() - a watchpoint has hit
 * @addr: address of the access, or where the access was when it hit
 * @esr:  syndrome
 * @regs: the instruction has not been executed
 *
 * Context: Exception, debug exceptions masked.
 */
void __kprobes do_watchpoint(unsigned long addr, unsigned long esr,
			     struct pt_regs *regs)
{
	u32 access = esr & ESR_ELx_WNR ? ARM_BREAKPOINT_STORE :
					 ARM_BREAKPOINT_LOAD;
	unsigned long hits;
	u64 untagged = sign_extend64(addr, 55);

	/* A store-exclusive that will not store? */
	if (hw_breakpoint_step_look(TYPE_DATA, regs))
		return;
	/* Cache maintenance counts as whatever it likes (ISS.CM). */
	if (esr & ESR_ELx_CM)
		access = ARM_BREAKPOINT_LOAD | ARM_BREAKPOINT_STORE;
	hits = find_hits(TYPE_DATA, untagged, access);
	/* One that nobody stepped over would hit for ever. */
	if (!hits)
		hits = find_hits(TYPE_DATA, untagged,
				 ARM_BREAKPOINT_LOAD | ARM_BREAKPOINT_STORE);
	handle_hits(TYPE_DATA, hits, addr, regs);
}

/**
 * hw_breakpoint_exceptions_notify() - nothing to do: hits have exceptions of
 *                                     their own here
 * @unused: the notifier block
 * @val:    what happened, an enum die_val
 * @data:   &struct die_args
 *
 * Context: Any.
 *
 * Return: NOTIFY_DONE.
 */
int hw_breakpoint_exceptions_notify(struct notifier_block *unused,
				    unsigned long val, void *data)
{
	return NOTIFY_DONE;
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
