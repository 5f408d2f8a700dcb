// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints that belong to a CPU, or to every CPU, and to no task: whatever
 * runs there hits them.  On every CPU it is one perf event each.
 */
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hw_breakpoint.h>
#include <linux/percpu.h>

/**
 * register_wide_hw_breakpoint_cpu() - register a breakpoint on one CPU
 * @attr:      what to watch; see hw_breakpoint_init()
 * @triggered: called at each hit, in the context of the exception; NULL for
 *             perf's own
 * @context:   passed to @triggered in the event
 * @cpu:       an online CPU
 *
 * Context: May sleep.
 *
 * Return: the event, to be given to unregister_hw_breakpoint(); or an ERR_PTR()
 * as of register_perf_hw_breakpoint(), or -ENODEV if @cpu is offline.
 */
struct perf_event *
register_wide_hw_breakpoint_cpu(struct perf_event_attr *attr,
				perf_overflow_handler_t triggered,
				void *context, int cpu)
{
	return perf_event_create_kernel_counter(attr, cpu, NULL, triggered,
						context);
}
EXPORT_SYMBOL_GPL(register_wide_hw_breakpoint_cpu);

/**
 * register_wide_hw_breakpoint() - register a breakpoint on every online CPU
 * @attr:      what to watch; see hw_breakpoint_init()
 * @triggered: called at each hit, in the context of the exception; NULL for
 *             perf's own
 * @context:   passed to @triggered in the event
 *
 * Context: May sleep.
 *
 * Return: the events, one for each CPU that is online, to be given to
 * unregister_wide_hw_breakpoint(); or an ERR_PTR() as of
 * register_perf_hw_breakpoint(), and no CPU has one.
 */
struct perf_event * __percpu *
register_wide_hw_breakpoint(struct perf_event_attr *attr,
			    perf_overflow_handler_t triggered, void *context)
{
	struct perf_event * __percpu *events = alloc_percpu(struct perf_event *);
	long err = 0;
	int cpu;

	if (!events)
		return (void __percpu __force *)ERR_PTR(-ENOMEM);

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct perf_event *bp;

		bp = register_wide_hw_breakpoint_cpu(attr, triggered, context,
						     cpu);
		if (IS_ERR(bp)) {
			err = PTR_ERR(bp);
			break;
		}
		*per_cpu_ptr(events, cpu) = bp;
	}
	cpus_read_unlock();

	if (!err)
		return events;
	unregister_wide_hw_breakpoint(events);
	return (void __percpu __force *)ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(register_wide_hw_breakpoint);

/**
 * unregister_wide_hw_breakpoint() - disarm and free the breakpoints of all CPUs
 * @cpu_events: from register_wide_hw_breakpoint()
 *
 * Context: May sleep.
 */
void unregister_wide_hw_breakpoint(struct perf_event * __percpu *cpu_events)
{
	int cpu;

	for_each_possible_cpu(cpu)
		unregister_hw_breakpoint(*per_cpu_ptr(cpu_events, cpu));
	free_percpu(cpu_events);
}
EXPORT_SYMBOL_GPL(unregister_wide_hw_breakpoint);
