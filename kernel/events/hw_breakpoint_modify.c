// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints that change while they are armed.
 *
 * What can fail comes first: the new attributes are parsed, and what they need of
 * slots beyond what is held is taken, for all events that change together.  Then
 * nothing can fail any more, and each event is given its new setting where it is
 * in a register, or where nobody can put it into one meanwhile:
 *
 *	attributes, encoding and register change together, on the event's CPU, with
 *	interrupts disabled.
 *
 * Neither is the event disabled for that nor its context scheduled anew.  A hit
 * finds one setting or the other: arch_reinstall_hw_breakpoint() sees to that.
 * Last, what is not needed any more of slots is given back.
 *
 * The events of a wide breakpoint may also be re-aimed by whatever runs on their
 * CPU, NMIs included.  There nobody can wait for who was interrupted.  So who
 * changes such an event, or its register, says so before (wide_cpu::changing);
 * whoever interrupts that, and wants to change it, leaves what he wants and goes
 * his way; and who was interrupted does it before he is done.
 */
#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hw_breakpoint.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/seqlock.h>
#include <linux/string.h>

#include <trace/events/hw_breakpoint.h>

#include "hw_breakpoint_internal.h"
#include "internal.h"

static __always_inline struct bp_aim bp_aim_of(const struct perf_event_attr *attr)
{
	return (struct bp_aim) {
		.addr	= attr->bp_addr,
		.len	= attr->bp_len,
		.type	= attr->bp_type,
	};
}

static __always_inline void bp_set_quietly(struct perf_event *bp, struct bp_aim aim,
					   const struct arch_hw_breakpoint *hw, bool in)
{
	lockdep_assert_preemption_disabled();
	/* Pairs with copy_setting(). */
	raw_write_seqcount_begin(&bp->hw.slot.changing);
	bp->attr.bp_addr = aim.addr;
	bp->attr.bp_len = aim.len;
	bp->attr.bp_type = aim.type;
	raw_write_seqcount_end(&bp->hw.slot.changing);
	if (in)
		arch_reinstall_hw_breakpoint(bp, hw);
	else
		bp->hw.info = *hw;
}

/* By itself: where nobody traces, nothing need be kept for later. */
static noinline void bp_set_traced(struct perf_event *bp, struct bp_aim aim,
				   const struct arch_hw_breakpoint *hw, bool in)
{
	trace_hw_breakpoint_modify(bp, aim.addr, aim.len, aim.type, in);
	bp_set_quietly(bp, aim, hw, in);
}

/* On the CPU in whose register @bp is, if it is @in any; @hw is what @aim means for it. */
static __always_inline void bp_set(struct perf_event *bp, struct bp_aim aim,
				   const struct arch_hw_breakpoint *hw, bool in)
{
	if (trace_hw_breakpoint_modify_enabled())
		bp_set_traced(bp, aim, hw, in);
	else
		bp_set_quietly(bp, aim, hw, in);
}

/*
 * The events of wide breakpoints, on their CPU.
 */

/* False if that has interrupted somebody who is at it. */
static __always_inline bool wide_begin(struct wide_cpu *cpu)
{
	lockdep_assert_irqs_disabled();
	if (READ_ONCE(cpu->changing))
		return false;
	/* What an NMI left for somebody who is just about to look is superseded. */
	WRITE_ONCE(cpu->asked, false);
	barrier();
	WRITE_ONCE(cpu->changing, true);
	/* Before anything is changed, for an NMI; pairs with nobody elsewhere. */
	barrier();
	return true;
}

/* A debug exception may be at it, and be interrupted by an NMI that wants another. */
static noinline void wide_ask(struct wide_cpu *cpu, const struct perf_event_attr *attr,
			      const struct arch_hw_breakpoint *hw)
{
	do {
		WRITE_ONCE(cpu->asked, false);
		barrier();
		cpu->wanted = bp_aim_of(attr);
		cpu->hw = *hw;
		barrier();
	} while (READ_ONCE(cpu->asked));
	WRITE_ONCE(cpu->asked, true);
}

static noinline void wide_do_wanted(struct wide_cpu *cpu, struct perf_event *bp)
{
	struct arch_hw_breakpoint hw;
	struct bp_aim aim;

	while (READ_ONCE(cpu->asked)) {
		/* Another NMI may come while it is read. */
		do {
			WRITE_ONCE(cpu->asked, false);
			barrier();
			aim = cpu->wanted;
			hw = cpu->hw;
			barrier();
		} while (READ_ONCE(cpu->asked));
		bp_set(bp, aim, &hw, cpu->in);
	}
}

static __always_inline void wide_end(struct wide_cpu *cpu, struct perf_event *bp)
{
	for (;;) {
		barrier();
		WRITE_ONCE(cpu->changing, false);
		barrier();
		/* From here on an NMI finds nobody at it, and does it itself. */
		if (likely(!READ_ONCE(cpu->asked)))
			return;
		WRITE_ONCE(cpu->changing, true);
		barrier();
		wide_do_wanted(cpu, bp);
	}
}

static __always_inline void wide_set(struct wide_cpu *cpu, struct perf_event *bp,
				     const struct perf_event_attr *attr,
				     const struct arch_hw_breakpoint *hw)
{
	if (unlikely(!wide_begin(cpu))) {
		wide_ask(cpu, attr, hw);
		return;
	}
	bp_set(bp, bp_aim_of(attr), hw, cpu->in);
	wide_end(cpu, bp);
}

/**
 * wide_install() - put a wide breakpoint's event into a register of this CPU
 * @bp: the event
 *
 * Context: Interrupts disabled.
 *
 * Return: 0; -EBUSY if there is none, which the slot accounting excludes.
 */
int wide_install(struct perf_event *bp)
{
	struct wide_cpu *cpu = this_cpu_ptr(bp_wide(bp)->cpus);
	int ret;

	WARN_ON_ONCE(!wide_begin(cpu));
	ret = arch_install_hw_breakpoint(bp);
	cpu->in = !ret;
	wide_end(cpu, bp);
	return ret;
}

/**
 * wide_uninstall() - take a wide breakpoint's event out of its register
 * @bp: the event
 *
 * Context: Interrupts disabled.
 */
void wide_uninstall(struct perf_event *bp)
{
	struct wide_cpu *cpu = this_cpu_ptr(bp_wide(bp)->cpus);

	WARN_ON_ONCE(!wide_begin(cpu));
	cpu->in = false;
	arch_uninstall_hw_breakpoint(bp);
	wide_end(cpu, bp);
}

/**
 * modify_wide_hw_breakpoint_local() - re-aim this CPU's part of a wide breakpoint
 * @bp:   this CPU's event of those that register_wide_hw_breakpoint() returned
 * @attr: new address, length and type; the rest is ignored.  The type must be of
 *        the same register class.
 *
 * Takes no lock and allocates nothing.  Other CPUs watch what they did; to re-aim
 * all of them from atomic context, have each call this, by irq_work_queue_on()
 * or smp_call_function_single_async().  What the whole breakpoint was registered
 * with, or changed to by modify_wide_hw_breakpoint(), is what CPUs are given that
 * come online for the first time.
 *
 * Context: Any, NMI included; on the CPU, not preemptible.
 *
 * Return: 0, and the register has the new setting; or, if that was called from
 * an NMI which interrupted a change of the same event, will have it before that
 * change is over.  -EINVAL or -EOPNOTSUPP if no register can express it, or one
 * must not be used there, or @bp is not this CPU's: then nothing has changed.
 */
int modify_wide_hw_breakpoint_local(struct perf_event *bp,
				    struct perf_event_attr *attr)
{
	struct perf_event *holder = bp->hw.slot.holder;
	struct arch_hw_breakpoint hw = { };
	struct wide_breakpoint *wide;
	unsigned long flags;
	int ret;

	if (!holder || bp->cpu != raw_smp_processor_id())
		return bp_refuse(bp, attr, BP_REFUSED_OTHER_CPU);
	ret = bp_arch_parse(bp, attr, &hw);
	if (ret)
		return ret;
	if (!bp_fits(holder, attr))
		return bp_refuse(bp, attr, BP_REFUSED_CLASS);

	local_irq_save(flags);
	wide = container_of(holder, struct wide_breakpoint, holder);
	wide_set(this_cpu_ptr(wide->cpus), bp, attr, &hw);
	local_irq_restore(flags);
	return 0;
}
EXPORT_SYMBOL_GPL(modify_wide_hw_breakpoint_local);

struct wide_change {
	struct wide_breakpoint	*wide;
	struct bp_setting	to;
};

static void wide_set_here(void *data)
{
	struct wide_change *change = data;
	struct wide_cpu *cpu = this_cpu_ptr(change->wide->cpus);

	/* What is online is covered; it may be about to leave. */
	if (cpu->event)
		wide_set(cpu, cpu->event, change->to.attr, &change->to.hw);
}

/**
 * modify_wide_hw_breakpoint() - re-aim a breakpoint on all CPUs
 * @cpu_events: from register_wide_hw_breakpoint()
 * @attr:       new address, length and type; the rest is ignored
 *
 * One round of cross-calls.  When it returns all CPUs have the new setting, and
 * those that are offline will have it when they come back.
 *
 * Context: May sleep.  Not from CPU hotplug callbacks.
 *
 * Return: 0; an error as of register_wide_hw_breakpoint(), after which no CPU has
 * changed.
 */
int modify_wide_hw_breakpoint(struct perf_event * __percpu *cpu_events,
			      struct perf_event_attr *attr)
{
	struct wide_change change = { .to.attr = attr };
	struct perf_event *holder;
	int ret = -EINVAL, cpu;
	bool same;

	cpus_read_lock();
	change.wide = wide_lock(cpu_events);
	if (WARN_ONCE(!change.wide, "no such wide breakpoint"))
		goto out;
	holder = &change.wide->holder;
	ret = bp_parse(holder, attr, &change.to.hw);
	if (ret)
		goto out;
	same = bp_fits(holder, attr);
	ret = same ? 0 : bp_exchange_begin(holder, attr);
	if (ret)
		goto out;

	on_each_cpu(wide_set_here, &change, true);
	/*
	 * Those of CPUs that are offline are in no register.  A CPU that comes
	 * back is given an event like its last one.
	 */
	preempt_disable();
	for_each_possible_cpu(cpu) {
		struct perf_event *bp = per_cpu_ptr(change.wide->cpus, cpu)->event;

		if (bp && !cpu_online(cpu))
			bp_set(bp, bp_aim_of(attr), &change.to.hw, false);
	}
	bp_set(holder, bp_aim_of(attr), &change.to.hw, false);
	preempt_enable();
	if (!same)
		bp_exchange_end(holder, attr);
out:
	wide_unlock();
	cpus_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(modify_wide_hw_breakpoint);

/*
 * Events of one task or CPU.
 */

/* With interrupts disabled, where @bp is in its register if it is in any. */
static void bp_set_here(struct perf_event *bp, void *data)
{
	const struct bp_setting *to = data;
	struct wide_breakpoint *wide = bp_wide(bp);

	if (wide && bp->cpu == smp_processor_id())
		wide_set(this_cpu_ptr(wide->cpus), bp, to->attr, &to->hw);
	else
		bp_set(bp, bp_aim_of(to->attr), &to->hw,
		       bp->state == PERF_EVENT_STATE_ACTIVE);
}

/*
 * Is all that @attr asks for what @bp already is, but for what may change: address,
 * length and type, whether it is disabled, and what its signals carry?
 */
static bool bp_attr_is_modifiable(const struct perf_event *bp,
				  const struct perf_event_attr *attr)
{
	static const union {
		struct perf_event_attr	attr;
		u64			words[sizeof(struct perf_event_attr) / sizeof(u64)];
	} may_change = { .attr = {
		.bp_addr	= U64_MAX,
		.bp_type	= U32_MAX,
		.bp_len		= U64_MAX,
		.disabled	= 1,
		.sig_data	= U64_MAX,
	} };
	const u64 *have = (const u64 *)&bp->attr, *want = (const u64 *)attr;
	u64 differ = 0;

	static_assert(sizeof(may_change.words) == sizeof(may_change.attr));
	/* Unrolled, so that what is known of may_change is no instruction. */
#pragma GCC unroll 32
	for (size_t i = 0; i < ARRAY_SIZE(may_change.words); i++)
		differ |= (have[i] ^ want[i]) & ~may_change.words[i];
	return !differ;
}

/* What can fail, for @bp alone; bp_change() or bp_undo() follows. */
static int bp_begin(struct perf_event *bp, const struct perf_event_attr *attr)
{
	return bp_same_slot(bp, attr) ? 0 : bp_exchange_begin(bp, attr);
}

static void bp_undo(struct perf_event *bp, const struct perf_event_attr *attr)
{
	if (!bp_same_slot(bp, attr))
		bp_exchange_undo(bp, attr);
}

static void bp_change(struct perf_event *bp, struct bp_setting *to)
{
	const struct perf_event_attr *attr = to->attr;

	if (attr->disabled)
		perf_event_modify_state(bp, false);
	perf_event_modify_call(bp, bp_set_here, to);
	if (!bp_same_slot(bp, attr))
		bp_exchange_end(bp, attr);
	bp->attr.disabled = attr->disabled;
	if (!attr->disabled && bp->state < PERF_EVENT_STATE_INACTIVE)
		perf_event_modify_state(bp, true);
}

/* Parse @attr for the children of @event and take slots; for all or for none. */
static int children_begin(struct perf_event *event,
			  const struct perf_event_attr *attr)
{
	struct perf_event *child;
	int ret;

	list_for_each_entry(child, &event->child_list, child_list) {
		struct arch_hw_breakpoint hw = { };

		ret = bp_parse(child, attr, &hw);
		if (!ret)
			ret = bp_begin(child, attr);
		if (ret)
			goto undo;
	}
	return 0;

undo:
	list_for_each_entry_continue_reverse(child, &event->child_list, child_list)
		bp_undo(child, attr);
	return ret;
}

static void children_change(struct perf_event *event,
			    const struct perf_event_attr *attr)
{
	struct bp_setting to = { .attr = attr };
	struct perf_event *child;

	list_for_each_entry(child, &event->child_list, child_list) {
		child->attr.sig_data = attr->sig_data;
		memset(&to.hw, 0, sizeof(to.hw));
		hw_breakpoint_arch_parse(child, attr, &to.hw);
		bp_change(child, &to);
	}
}

/**
 * hw_breakpoint_modify() - change an event and those that were inherited from it
 * @event: a breakpoint event that was not inherited
 * @attr:  new address, length, type, disabled flag and sig_data; the rest must be
 *         what it is
 *
 * For PERF_EVENT_IOC_MODIFY_ATTRIBUTES.  It is enabled afterwards, or disabled,
 * as @attr says.
 *
 * Context: May sleep.  The event's context and its child_mutex are locked.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -EPERM, -ENOSPC, -ENOMEM as for a new event, and
 * nothing has changed.
 */
int hw_breakpoint_modify(struct perf_event *event, struct perf_event_attr *attr)
{
	struct bp_setting to = { .attr = attr };
	int ret = bp_parse(event, attr, &to.hw);

	lockdep_assert_held(&event->child_mutex);
	if (ret)
		return ret;
	if (!bp_attr_is_modifiable(event, attr))
		return bp_refuse(event, attr, BP_REFUSED_FIXED);
	ret = bp_begin(event, attr);
	if (ret)
		return ret;
	ret = children_begin(event, attr);
	if (ret) {
		bp_undo(event, attr);
		return ret;
	}

	event->attr.sig_data = attr->sig_data;
	bp_change(event, &to);
	children_change(event, attr);
	return 0;
}

/* By the breakpoint's own handler: it is in a register of this CPU. */
static int bp_change_in_handler(struct perf_event *bp, struct bp_setting *to)
{
	const struct perf_event_attr *attr = to->attr;

	/* A slot of another class cannot be waited for. */
	if (!bp_same_slot(bp, attr))
		return bp_refuse(bp, attr, BP_REFUSED_CLASS);
	bp_set_here(bp, to);
	bp->attr.disabled = attr->disabled;
	if (attr->disabled)
		perf_event_disable_local(bp);
	return 0;
}

/**
 * modify_user_hw_breakpoint() - re-aim a task's breakpoint
 * @bp:   from register_user_hw_breakpoint()
 * @attr: new address, length, type and disabled flag; the rest is ignored
 *
 * Context: May sleep; or, from the breakpoint's own handler, with interrupts
 * disabled, if it stays in its register class.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -EPERM, -ENOSPC, -ENOMEM as for a new event, and
 * the old setting has been in force all the time.
 */
int modify_user_hw_breakpoint(struct perf_event *bp,
			      struct perf_event_attr *attr)
{
	struct bp_setting to = { .attr = attr };
	struct perf_event_context *ctx;
	int ret = bp_parse(bp, attr, &to.hw);

	if (ret)
		return ret;
	if (irqs_disabled() && bp->ctx && bp->ctx->task == current)
		return bp_change_in_handler(bp, &to);

	ctx = perf_event_modify_lock(bp);
	ret = bp_begin(bp, attr);
	if (!ret)
		bp_change(bp, &to);
	perf_event_modify_unlock(bp, ctx);
	return ret;
}
EXPORT_SYMBOL_GPL(modify_user_hw_breakpoint);
