// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware breakpoints on perf events: the breakpoint PMU and registration.
 *
 * A breakpoint is a perf event of type PERF_TYPE_BREAKPOINT.  Who may have one
 * is decided once, when the event is created: its attributes are translated
 * into what the architecture loads into a register (parse), and a slot is taken
 * for it (reserve; hw_breakpoint_slots.c).  From then on a register is certain
 * to be free whenever perf core schedules the event in, so that ->add() never
 * looks for one.  The architecture's exception handler tells of a hit with
 * perf_bp_event().
 *
 * What an event holds stands in bp->hw.slot, which changes only by the one who
 * creates, modifies or frees it; perf core (the context's mutex) or the owner of
 * an in-kernel breakpoint sees to it that there is just one.  What is loaded for
 * it, bp->hw.info, changes only where the event is or would be in a register,
 * together with that (hw_breakpoint_modify.c).  The kernel debugger, which has
 * stopped everybody else, may change its own.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/hw_breakpoint.h>
#include <linux/init.h>
#include <linux/kdebug.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

#include <asm/sections.h>

#include <trace/events/hw_breakpoint.h>

#include "hw_breakpoint_internal.h"
#include "hw_breakpoint_slots.h"

static_assert(TYPE_MAX <= BP_SLOTS_CLASSES);

struct bp_slots bp_slots;

/*
 * Slots.
 */

/* The claim for an event with the given attributes; false if they ask for none. */
static bool bp_claim_for(struct perf_event *bp,
			 const struct perf_event_attr *attr,
			 struct bp_claim *claim)
{
	switch (attr->bp_type) {
	case HW_BREAKPOINT_R:
	case HW_BREAKPOINT_W:
	case HW_BREAKPOINT_RW:
	case HW_BREAKPOINT_X:
		break;
	default:
		return false;
	}
	claim->class = bp_class(attr->bp_type);
	claim->weight = arch_hw_breakpoint_weight(attr);
	claim->task = bp->hw.target;
	claim->cpu = bp->cpu;
	claim->held = &bp_holder(bp)->hw.slot.held;
	return true;
}

/* The claim that a holder holds; it holds none if the weight is 0. */
static struct bp_claim bp_claim_held(struct perf_event *bp)
{
	return (struct bp_claim) {
		.task	= bp->hw.target,
		.cpu	= bp->cpu,
		.class	= bp->hw.slot.class,
		.weight	= bp->hw.slot.weight,
		.held	= &bp->hw.slot.held,
	};
}

static void bp_claim_store(struct perf_event *bp, u8 class, u8 weight)
{
	bp->hw.slot.class = class;
	bp->hw.slot.weight = weight;
}

/**
 * reserve_bp_slot() - take a slot for an event
 * @bp: a breakpoint event; left alone if it holds one
 *
 * An event of no task and for every CPU takes a slot on every possible one.
 *
 * Context: May sleep.
 *
 * Return: 0; -ENOSPC if an accepted breakpoint could then find all registers
 * in use; -EINVAL if the type is no type; -ENOMEM.
 */
int reserve_bp_slot(struct perf_event *bp)
{
	struct bp_claim claim;
	int ret;

	bp = bp_holder(bp);
	if (bp->hw.slot.weight)
		return 0;
	if (!bp_claim_for(bp, &bp->attr, &claim))
		return bp_refuse(bp, &bp->attr, BP_REFUSED_NO_TYPE);
	ret = bp_slots_reserve(&bp_slots, &claim);
	if (ret)
		return bp_refuse_slot(bp, &bp->attr, ret);
	bp_claim_store(bp, claim.class, claim.weight);
	trace_hw_breakpoint_reserve(bp);
	return 0;
}

/**
 * release_bp_slot() - give an event's slot back
 * @bp: a breakpoint event that is in no register; one that holds no slot is
 *      left alone
 *
 * Context: Process context; does not sleep.
 */
void release_bp_slot(struct perf_event *bp)
{
	struct bp_claim claim;

	bp = bp_holder(bp);
	claim = bp_claim_held(bp);
	if (unlikely(!claim.weight)) {
		/* The debugger may have given it back. */
		if (!hlist_unhashed(&claim.held->node))
			bp_slots_forget(&bp_slots, claim.held);
		return;
	}
	trace_hw_breakpoint_release(bp);
	bp_claim_store(bp, 0, 0);
	bp_slots_release(&bp_slots, &claim);
}

/*
 * A slot of another class is taken before the event leaves its register, and the
 * old one given back after that: what is armed has a slot all the time.  Of the
 * same class, just the difference changes hands, before or after.
 */

/**
 * bp_exchange_begin() - take what other attributes need beyond what is held
 * @bp:   an event that holds a slot
 * @attr: the attributes, which may still be refused
 *
 * Context: May sleep.
 *
 * Return: 0, to be followed by bp_exchange_end() or bp_exchange_undo(); an error
 * as of reserve_bp_slot(), which leaves all as it was.
 */
int bp_exchange_begin(struct perf_event *bp, const struct perf_event_attr *attr)
{
	struct bp_claim held = bp_claim_held(bp_holder(bp)), claim;
	int ret = 0;

	if (!bp_claim_for(bp, attr, &claim))
		return bp_refuse(bp, attr, BP_REFUSED_NO_TYPE);
	if (WARN_ON_ONCE(!held.weight))
		return -EINVAL;
	if (claim.class != held.class)
		ret = bp_slots_reserve(&bp_slots, &claim);
	else if (claim.weight > held.weight)
		ret = bp_slots_change(&bp_slots, &held, claim.class, claim.weight);
	return ret ? bp_refuse_slot(bp, attr, ret) : 0;
}

/**
 * bp_exchange_end() - give back what is not needed any more
 * @bp:   an event that is not in a register as it was before any more
 * @attr: as for bp_exchange_begin()
 *
 * Context: Process context.
 */
void bp_exchange_end(struct perf_event *bp, const struct perf_event_attr *attr)
{
	struct bp_claim held = bp_claim_held(bp_holder(bp)), claim;

	if (!bp_claim_for(bp, attr, &claim))
		return;
	if (claim.class != held.class)
		bp_slots_release(&bp_slots, &held);
	else if (claim.weight < held.weight)
		bp_slots_change(&bp_slots, &held, claim.class, claim.weight);
	bp_claim_store(bp_holder(bp), claim.class, claim.weight);
}

/**
 * bp_exchange_undo() - give back what bp_exchange_begin() has taken
 * @bp:   the event, which has not changed
 * @attr: as for bp_exchange_begin()
 *
 * Context: Process context.
 */
void bp_exchange_undo(struct perf_event *bp, const struct perf_event_attr *attr)
{
	struct bp_claim held = bp_claim_held(bp_holder(bp)), claim;

	if (!bp_claim_for(bp, attr, &claim))
		return;
	if (claim.class != held.class)
		bp_slots_release(&bp_slots, &claim);
	else if (claim.weight > held.weight)
		bp_slots_change(&bp_slots, &claim, held.class, held.weight);
}

/*
 * What the debugger had taken on every CPU when there were no accounts yet; by
 * the boot CPU, which was alone then.
 */
static u8 bp_early_weight[TYPE_MAX];
static bool bp_slots_are_up;

static int bp_reserve_early(u8 class, u8 weight)
{
	if (bp_early_weight[class] + weight > hw_breakpoint_slots(class))
		return -ENOSPC;
	bp_early_weight[class] += weight;
	return 0;
}

/**
 * dbg_reserve_bp_slot() - reserve on every possible CPU, for the kernel debugger
 * @bp: a breakpoint event of no task, or any of those that a wide breakpoint
 *      has on the CPUs; left alone if it holds a slot
 *
 * Context: Any, NMI included.  Takes no lock and waits for nobody, whatever was
 * interrupted or stopped.  One debugger at a time.
 *
 * Return: 0; -ENOSPC if some CPU might then lack a register for what was
 * granted before; -EINVAL if the type is no type or @bp is a task's.
 */
int dbg_reserve_bp_slot(struct perf_event *bp)
{
	struct bp_claim claim;
	int ret;

	bp = bp_holder(bp);
	if (bp->hw.slot.weight)
		return 0;
	if (!bp_claim_for(bp, &bp->attr, &claim) || claim.task || claim.cpu >= 0)
		return -EINVAL;
	if (bp_slots_are_up)
		ret = bp_slots_reserve_wide_nmi(&bp_slots, claim.class,
						claim.weight);
	else
		ret = bp_reserve_early(claim.class, claim.weight);
	if (ret)
		return ret;
	bp_claim_store(bp, claim.class, claim.weight);
	claim.held->weight[claim.class] += claim.weight;
	return 0;
}

/**
 * dbg_release_bp_slot() - give back what dbg_reserve_bp_slot() took
 * @bp: the event; left alone if it holds no slot
 *
 * Context: Any, NMI included.  Takes no lock and waits for nobody.
 *
 * Return: 0; -EINVAL if @bp is a task's or a CPU's.
 */
int dbg_release_bp_slot(struct perf_event *bp)
{
	struct bp_claim claim;

	bp = bp_holder(bp);
	claim = bp_claim_held(bp);
	if (!claim.weight)
		return 0;
	if (claim.task || claim.cpu >= 0)
		return -EINVAL;
	bp_claim_store(bp, 0, 0);
	claim.held->weight[claim.class] -= claim.weight;
	if (bp_slots_are_up)
		bp_slots_release_wide_nmi(&bp_slots, claim.class, claim.weight);
	else
		bp_early_weight[claim.class] -= claim.weight;
	return 0;
}

/**
 * hw_breakpoint_is_used() - does anybody hold a slot?
 *
 * Context: Process context; does not sleep.
 *
 * Return: true if so.
 */
bool hw_breakpoint_is_used(void)
{
	return bp_slots_in_use(&bp_slots);
}

/*
 * Registration.
 */

/**
 * bp_parse() - translate attributes, and see that the caller may watch there
 * @bp:   an event
 * @attr: attributes for it
 * @hw:   filled in, from zero, with what is to be loaded into its register
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP or -EPERM as register_perf_hw_breakpoint().
 */
int bp_parse(struct perf_event *bp, const struct perf_event_attr *attr,
	     struct arch_hw_breakpoint *hw)
{
	int ret = bp_arch_parse(bp, attr, hw);

	if (ret || !arch_check_bp_in_kernelspace(hw))
		return ret;

	/* Only the kernel touches such an address: it could never hit. */
	if (attr->exclude_kernel)
		return bp_refuse(bp, attr, BP_REFUSED_EXCLUDED);
	/* An unprivileged user must not trap the kernel, nor learn from it. */
	if (!capable(CAP_SYS_ADMIN))
		return bp_refuse(bp, attr, BP_REFUSED_PRIVILEGE);
	return 0;
}

/**
 * register_perf_hw_breakpoint() - make a new event a breakpoint
 * @bp: an event of type PERF_TYPE_BREAKPOINT whose attributes, CPU and target
 *      task are set
 *
 * Context: May sleep.
 *
 * Return: 0, and @bp holds a slot, by itself or with others.  Otherwise it holds none: -EINVAL or
 * -EOPNOTSUPP if no register can express the attributes, or one must not be
 * used there; -EPERM for an address that takes CAP_SYS_ADMIN; -ENOSPC; -ENOMEM.
 */
int register_perf_hw_breakpoint(struct perf_event *bp)
{
	struct arch_hw_breakpoint hw = { };
	int ret;

	ret = bp_parse(bp, &bp->attr, &hw);
	if (ret)
		return ret;
	/* Before it is on the list of those that hold a slot. */
	bp->hw.info = hw;
	return reserve_bp_slot(bp);
}

/**
 * register_user_hw_breakpoint() - register a breakpoint for a task
 * @attr:      what to watch; see hw_breakpoint_init()
 * @triggered: called at each hit, in the context of the exception; NULL for
 *             perf's own
 * @context:   passed to @triggered in the event
 * @tsk:       the task whose accesses count, on any CPU
 *
 * Context: May sleep.
 *
 * Return: the event, or an ERR_PTR() as of register_perf_hw_breakpoint().
 */
struct perf_event *
register_user_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered,
			    void *context, struct task_struct *tsk)
{
	return perf_event_create_kernel_counter(attr, -1, tsk, triggered,
						context);
}
EXPORT_SYMBOL_GPL(register_user_hw_breakpoint);

/**
 * unregister_hw_breakpoint() - disarm and free a breakpoint
 * @bp: from a register function of this file or of hw_breakpoint_wide.c, or
 *      NULL
 *
 * Context: May sleep.
 */
void unregister_hw_breakpoint(struct perf_event *bp)
{
	if (bp)
		perf_event_release_kernel(bp);
}
EXPORT_SYMBOL_GPL(unregister_hw_breakpoint);

/*
 * The PMU.
 */

/*
 * What the holder has parsed is not looked at again for each CPU: that no CPU
 * needs the address for its exceptions costs O(CPUs) to find out.
 */
static int bp_join(struct perf_event *bp)
{
	const struct perf_event *holder = bp_holder(bp);

	if (bp->attr.bp_addr != holder->attr.bp_addr ||
	    bp->attr.bp_len != holder->attr.bp_len ||
	    bp->attr.bp_type != holder->attr.bp_type)
		return register_perf_hw_breakpoint(bp);
	bp->hw.info = holder->hw.info;
	return 0;
}

/*
 * The holder gives the slot back.  Not NULL: kgdb takes that, where it makes wide
 * breakpoints of its own (loongarch), for a slot that was given back already.
 */
static void bp_leave_wide(struct perf_event *bp)
{
}

static int bp_pmu_event_init(struct perf_event *bp)
{
	int ret;

	if (bp->attr.type != PERF_TYPE_BREAKPOINT)
		return -ENOENT;
	/* First of all: that there are none is not for what was asked otherwise. */
	if (!hw_breakpoint_slots(bp_class(bp->attr.bp_type)))
		return bp_refuse(bp, &bp->attr, BP_REFUSED_NO_CLASS);
	/* No register says which branches led to a hit. */
	if (has_branch_stack(bp))
		return bp_refuse(bp, &bp->attr, BP_REFUSED_BRANCHES);

	/* On a CPU's behalf of a wide breakpoint, which gives the slot back itself? */
	if (hw_breakpoint_join_wide(bp)) {
		bp->destroy = bp_leave_wide;
		return bp_join(bp);
	}

	ret = register_perf_hw_breakpoint(bp);
	if (!ret)
		bp->destroy = release_bp_slot;
	return ret;
}

static void bp_pmu_start(struct perf_event *bp, int flags)
{
	bp->hw.state = 0;
}

static void bp_pmu_stop(struct perf_event *bp, int flags)
{
	bp->hw.state = PERF_HES_STOPPED;
}

static int bp_pmu_add(struct perf_event *bp, int flags)
{
	/* The state first: it is armed when the architecture returns. */
	bp->hw.state = flags & PERF_EF_START ? 0 : PERF_HES_STOPPED;
	if (is_sampling_event(bp)) {
		bp->hw.last_period = bp->hw.sample_period;
		perf_swevent_set_period(bp);
	}
	trace_hw_breakpoint_install(bp);
	return bp_install(bp);
}

/* By itself: where nobody traces, @bp need not be kept for later. */
static noinline void bp_uninstall_traced(struct perf_event *bp)
{
	bp_uninstall(bp);
	trace_hw_breakpoint_uninstall(bp);
}

static void bp_pmu_del(struct perf_event *bp, int flags)
{
	if (trace_hw_breakpoint_uninstall_enabled())
		bp_uninstall_traced(bp);
	else
		bp_uninstall(bp);
}

static struct pmu bp_pmu = {
	.task_ctx_nr	= perf_sw_context,
	.event_init	= bp_pmu_event_init,
	.add		= bp_pmu_add,
	.del		= bp_pmu_del,
	.start		= bp_pmu_start,
	.stop		= bp_pmu_stop,
	.read		= hw_breakpoint_pmu_read,
};

/* Before kgdb and kprobes: they take every debug exception for their own. */
static struct notifier_block bp_exceptions_notifier = {
	.notifier_call	= hw_breakpoint_exceptions_notify,
	.priority	= INT_MAX,
};

/*
 * The least that has the static data of all CPUs.  All memory until that is known,
 * and with one CPU, whose data is among all other.
 */
unsigned long hw_breakpoint_percpu_first __ro_after_init;
unsigned long hw_breakpoint_percpu_last __ro_after_init = ULONG_MAX;

static void __init find_percpu(void)
{
#ifdef CONFIG_SMP
	unsigned long size = __per_cpu_end - __per_cpu_start, first = ULONG_MAX, last = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		void __percpu *all = (void __percpu *)__per_cpu_start;
		unsigned long area = (unsigned long)per_cpu_ptr(all, cpu);

		first = min(first, area);
		last = max(last, area + size - 1);
	}
	hw_breakpoint_percpu_first = first;
	hw_breakpoint_percpu_last = last;
#endif
}

/**
 * init_hw_breakpoint() - set up the slots and the PMU
 *
 * Context: Boot, by perf core.
 *
 * Return: 0 or an error, after which there are no breakpoints.
 */
int __init init_hw_breakpoint(void)
{
	u8 limit[TYPE_MAX];
	int ret;

	find_percpu();
	for (int class = 0; class < TYPE_MAX; class++)
		limit[class] = hw_breakpoint_slots(class);
	ret = bp_slots_init(&bp_slots, nr_cpu_ids, TYPE_MAX, limit);
	if (ret)
		return ret;
	for (int class = 0; class < TYPE_MAX; class++)
		if (bp_early_weight[class])
			bp_slots_reserve_wide_nmi(&bp_slots, class,
						  bp_early_weight[class]);
	bp_slots_are_up = true;

	ret = perf_pmu_register(&bp_pmu, "breakpoint", PERF_TYPE_BREAKPOINT);
	if (!ret)
		ret = register_die_notifier(&bp_exceptions_notifier);
	return ret;
}
