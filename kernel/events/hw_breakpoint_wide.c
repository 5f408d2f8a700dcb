// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints that belong to a CPU, or to every CPU, and to no task: whatever
 * runs there hits them.
 *
 * A wide breakpoint is one slot on every possible CPU, taken in one transaction
 * (struct wide_breakpoint::holder), and one perf event on every CPU that is or
 * was online since.  perf core takes the events of a CPU that goes offline out
 * of its context, for good.  The slot stays; when the CPU comes back, or comes
 * for the first time, it gets an event before anything but its hotplug and
 * stopper threads has run there.  If there is no memory for that, the CPU does
 * not come online: what was promised is kept.
 *
 * wide_mutex, inside cpu_hotplug_lock, protects the list and what hangs on it.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/stddef.h>

#include "hw_breakpoint_internal.h"

/* Whoever registers one is given its events, and not what lies behind each. */
static_assert(offsetof(struct wide_cpu, event) == 0);

static struct perf_event * __percpu *wide_events(struct wide_breakpoint *wide)
{
	return (struct perf_event * __percpu *)wide->cpus;
}

static DEFINE_MUTEX(wide_mutex);
/* By wide_mutex, as are its members. */
static LIST_HEAD(wide_breakpoints);

/* The handler with which an event is created that is to join a holder. */
static void join_wide(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs)
{
}

/**
 * hw_breakpoint_join_wide() - let a new event share a wide breakpoint's slot
 * @bp: a new event
 *
 * Context: By the one who creates @bp.
 *
 * Return: true if @bp is an event of a wide breakpoint.
 */
bool hw_breakpoint_join_wide(struct perf_event *bp)
{
	struct perf_event *holder = bp->overflow_handler_context;

	if (bp->overflow_handler != join_wide)
		return false;
	bp->hw.slot.holder = holder;
	bp->overflow_handler = holder->overflow_handler;
	bp->overflow_handler_context = holder->overflow_handler_context;
	return true;
}

/* Cover @cpu, which is online; with what its last event was changed to. */
static int wide_cover(struct wide_breakpoint *wide, int cpu)
{
	struct perf_event **slot = per_cpu_ptr(wide_events(wide), cpu);
	struct perf_event *bp, *old = *slot;

	lockdep_assert_held(&wide_mutex);
	bp = perf_event_create_kernel_counter(old ? &old->attr :
					      &wide->holder.attr, cpu, NULL,
					      join_wide, &wide->holder);
	if (IS_ERR(bp))
		return PTR_ERR(bp);
	*slot = bp;
	if (old)
		local64_add(local64_read(&old->count), &wide->holder.count);
	unregister_hw_breakpoint(old);
	return 0;
}

static int wide_cover_all(struct wide_breakpoint *wide)
{
	int cpu, ret = 0;

	lockdep_assert_cpus_held();
	for_each_online_cpu(cpu) {
		ret = wide_cover(wide, cpu);
		if (ret)
			break;
	}
	return ret;
}

static void wide_free(struct wide_breakpoint *wide)
{
	int cpu;

	/* wide_look() does not look at it any more. */
	if (wide->cpus)
		for_each_possible_cpu(cpu)
			unregister_hw_breakpoint(*per_cpu_ptr(wide_events(wide), cpu));
	/* Now that no CPU has it armed. */
	release_bp_slot(&wide->holder);
	free_percpu(wide->cpus);
	kfree(wide);
}

/**
 * wide_lock() - find a wide breakpoint, and see that it stays as it is
 * @cpu_events: from register_wide_hw_breakpoint()
 *
 * Context: May sleep.  wide_unlock() is to be called in any case.
 *
 * Return: the breakpoint; NULL if there is no such one.
 */
struct wide_breakpoint *wide_lock(struct perf_event * __percpu *cpu_events)
{
	struct wide_breakpoint *wide;

	mutex_lock(&wide_mutex);
	list_for_each_entry(wide, &wide_breakpoints, node)
		if (wide_events(wide) == cpu_events)
			return wide;
	return NULL;
}

/**
 * wide_unlock() - the other end of wide_lock()
 *
 * Context: Who has called that.
 */
void wide_unlock(void)
{
	mutex_unlock(&wide_mutex);
}

/**
 * wide_look() - how often a wide breakpoint has hit, and where it is armed
 * @holder: its holder
 * @hits:   filled in
 *
 * One that is just being registered, or unregistered, is armed nowhere.
 *
 * Context: Between wide_lock() and wide_unlock().
 *
 * Return: on how many CPUs it is in a register.
 */
unsigned int wide_look(const struct perf_event *holder, u64 *hits)
{
	const struct wide_breakpoint *wide;
	unsigned int armed = 0;
	int cpu;

	lockdep_assert_held(&wide_mutex);
	wide = container_of(holder, struct wide_breakpoint, holder);
	*hits = local64_read(&holder->count);
	if (list_empty(&wide->node))
		return 0;
	for_each_possible_cpu(cpu) {
		const struct wide_cpu *this = per_cpu_ptr(wide->cpus, cpu);

		if (!this->event)
			continue;
		*hits += local64_read(&this->event->count);
		armed += READ_ONCE(this->in);
	}
	return armed;
}

/**
 * register_wide_hw_breakpoint_cpu() - register a breakpoint on one CPU
 * @attr:      what to watch; see hw_breakpoint_init()
 * @triggered: called at each hit, in the context of the exception; NULL for
 *             perf's own
 * @context:   passed to @triggered in the event
 * @cpu:       an online CPU
 *
 * When the CPU goes offline the event is as dead as any event of perf on that
 * CPU, and has to be registered anew.
 *
 * Context: May sleep.
 *
 * Return: the event, to be given to unregister_hw_breakpoint(); or an ERR_PTR()
 * as of register_perf_hw_breakpoint(), or -ENODEV if @cpu is offline, -EINVAL
 * if it is no possible one.
 */
struct perf_event *
register_wide_hw_breakpoint_cpu(struct perf_event_attr *attr,
				perf_overflow_handler_t triggered,
				void *context, int cpu)
{
	/* As perf core: there is no event yet that could be refused. */
	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return ERR_PTR(-EINVAL);
	return perf_event_create_kernel_counter(attr, cpu, NULL, triggered,
						context);
}
EXPORT_SYMBOL_GPL(register_wide_hw_breakpoint_cpu);

/**
 * register_wide_hw_breakpoint() - register a breakpoint on every CPU
 * @attr:      what to watch; see hw_breakpoint_init()
 * @triggered: called at each hit, in the context of the exception; NULL for
 *             perf's own
 * @context:   passed to @triggered in the event
 *
 * CPUs that are offline are covered from when they come online.  The event of a
 * CPU that comes back is another one, with the attributes of the old one, which
 * is freed: who looks at the events holds cpus_read_lock().
 *
 * Context: May sleep.  Not from CPU hotplug callbacks.
 *
 * Return: the events, to be given to unregister_wide_hw_breakpoint(), of which
 * those of CPUs that have not been online yet are NULL; or an ERR_PTR() as of
 * register_perf_hw_breakpoint().  -ENOSPC if a register is missing on any
 * possible CPU; then no CPU has held one at any time.
 */
struct perf_event * __percpu *
register_wide_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered, void *context)
{
	struct wide_breakpoint *wide = kzalloc(sizeof(*wide), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!wide)
		goto out;
	INIT_LIST_HEAD(&wide->node);
	wide->cpus = alloc_percpu(struct wide_cpu);
	if (!wide->cpus)
		goto out_free;
	wide->holder.attr = *attr;
	wide->holder.cpu = -1;
	wide->holder.overflow_handler = triggered ?: perf_event_output_forward;
	wide->holder.overflow_handler_context = triggered ? context : NULL;
	ret = register_perf_hw_breakpoint(&wide->holder);
	if (ret)
		goto out_free;

	cpus_read_lock();
	mutex_lock(&wide_mutex);
	ret = wide_cover_all(wide);
	if (!ret)
		list_add_tail(&wide->node, &wide_breakpoints);
	mutex_unlock(&wide_mutex);
	cpus_read_unlock();
	if (!ret)
		return wide_events(wide);

out_free:
	wide_free(wide);
out:
	return (void __percpu __force *)ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(register_wide_hw_breakpoint);

/**
 * unregister_wide_hw_breakpoint() - disarm and free the breakpoints of all CPUs
 * @cpu_events: from register_wide_hw_breakpoint(); an error is left alone
 *
 * Context: May sleep.  Not from CPU hotplug callbacks.
 */
void unregister_wide_hw_breakpoint(struct perf_event * __percpu *cpu_events)
{
	struct wide_breakpoint *wide;

	if (IS_ERR_OR_NULL((void __force *)cpu_events))
		return;
	wide = wide_lock(cpu_events);
	if (wide)
		list_del_init(&wide->node);
	wide_unlock();
	if (!WARN_ONCE(!wide, "no such wide breakpoint"))
		wide_free(wide);
}
EXPORT_SYMBOL_GPL(unregister_wide_hw_breakpoint);

/*
 * A CPU has come online: in a thread of its own, before anything else runs.  This
 * state is the debugger's, too.
 */
static int wide_cpu_online(unsigned int cpu)
{
	struct wide_breakpoint *wide;
	int ret = 0;

	hw_breakpoint_kgdb_online();
	mutex_lock(&wide_mutex);
	list_for_each_entry(wide, &wide_breakpoints, node) {
		ret = wide_cover(wide, cpu);
		if (ret)
			break;
	}
	mutex_unlock(&wide_mutex);
	return ret;
}

static int wide_cpu_offline(unsigned int cpu)
{
	hw_breakpoint_kgdb_offline();
	return 0;
}

static int __init wide_init(void)
{
	int ret = cpuhp_setup_state_nocalls(CPUHP_AP_HW_BREAKPOINT_ONLINE,
					    "perf/hw_breakpoint:online",
					    wide_cpu_online, wide_cpu_offline);

	return WARN_ON(ret < 0) ? ret : 0;
}
early_initcall(wide_init);
