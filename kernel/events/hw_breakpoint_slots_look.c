// SPDX-License-Identifier: GPL-2.0
/*
 * Slot accounting for hardware breakpoints: looking at all of it at once.
 *
 * What is held changes with bp_shard::lock or bp_slots::lock held, lists and
 * counts together.  Who holds all of these locks sees one instant, at which the
 * two agree; nobody else pays for that, but who registers or releases meanwhile
 * waits.  The debugger does not: it changes bp_bounds::wide without a lock, and
 * bp_totals::word tells.
 */
#include "hw_breakpoint_slots.h"

/*
 * sparse cannot count what a loop takes: all but bp_slots::lock is hidden from it,
 * by __release() of what is held and __acquire() before that is given back.
 */

/**
 * bp_slots_freeze() - let nobody but the debugger take or give back anything
 * @slots: the instance
 *
 * For a short time, to look.
 *
 * Context: Process context; not preemptible until bp_slots_thaw().
 */
void bp_slots_freeze(struct bp_slots *slots)
	__acquires(&slots->lock)
{
	raw_spin_lock(&slots->freezing);
	__release(&slots->freezing);
	for (unsigned int i = 0; i < slots->nr_shards; i++) {
		raw_spin_lock_nest_lock(&slots->shards[i].lock, &slots->freezing);
		__release(&slots->shards[i].lock);
	}
	raw_spin_lock(&slots->lock);
}

/**
 * bp_slots_thaw() - the other end of bp_slots_freeze()
 * @slots: the instance
 *
 * Context: Who has called that.
 */
void bp_slots_thaw(struct bp_slots *slots)
	__releases(&slots->lock)
{
	raw_spin_unlock(&slots->lock);
	for (unsigned int i = slots->nr_shards; i--;) {
		__acquire(&slots->shards[i].lock);
		raw_spin_unlock(&slots->shards[i].lock);
	}
	__acquire(&slots->freezing);
	raw_spin_unlock(&slots->freezing);
}

/* S of a task on a CPU */
static unsigned int bp_task_on(const struct bp_slots *slots,
			       const struct bp_task *task, unsigned int class,
			       unsigned int cpu)
{
	return task->on_cpu ? task->on_cpu[class * slots->nr_cpus + cpu] : 0;
}

/* What the tasks of a shard hold */
static unsigned int bp_shard_total(const struct bp_slots *slots,
				   const struct bp_shard *shard,
				   unsigned int class)
{
	const struct bp_task *task;
	unsigned int total = 0;

	for (unsigned int i = 0; i < BP_SLOTS_CHAINS; i++)
		hlist_for_each_entry(task, &shard->chains[i], node) {
			total += task->everywhere[class];
			for (unsigned int c = 0; c < slots->nr_cpus; c++)
				total += bp_task_on(slots, task, class, c);
		}
	return total;
}

/**
 * bp_slots_totals() - sum up what is held of a class
 * @slots:  the instance
 * @class:  register class
 * @totals: filled in; if @word of it is the same afterwards, the debugger has
 *          changed nothing since
 *
 * Context: Between bp_slots_freeze() and bp_slots_thaw().
 */
void bp_slots_totals(struct bp_slots *slots, unsigned int class,
		     struct bp_totals *totals)
{
	struct bp_bounds bounds;
	unsigned int highest = 0;

	lockdep_assert_held(&slots->lock);
	*totals = (struct bp_totals) {
		.word	= atomic_long_read(&slots->bounds[class]),
	};
	bounds = bp_bounds_unpack(totals->word);
	totals->wide = bounds.wide;
	for (unsigned int c = 0; c < slots->nr_cpus; c++)
		totals->cpus += slots->cpus[c].held[class];
	for (unsigned int i = 0; i < slots->nr_shards; i++) {
		const struct bp_shard *shard = &slots->shards[i];

		highest = max(highest, bp_levels_max(&shard->tasks[class]));
		totals->tasks += bp_shard_total(slots, shard, class);
	}
	totals->fullest = bounds.wide + max(bounds.cpus + highest,
					    bounds.beside + 0U);
}

/**
 * bp_slots_visit() - visit every holder
 * @slots: the instance
 * @func:  called with what each of them holds, in no order
 * @data:  passed to @func
 *
 * Context: Between bp_slots_freeze() and bp_slots_thaw().
 */
void bp_slots_visit(struct bp_slots *slots,
		    void (*func)(struct bp_held *held, void *data), void *data)
{
	struct bp_held *held;

	lockdep_assert_held(&slots->lock);
	hlist_for_each_entry(held, &slots->holders, node)
		func(held, data);
	for (unsigned int i = 0; i < slots->nr_shards; i++)
		hlist_for_each_entry(held, &slots->shards[i].holders, node)
			func(held, data);
}

/* More than @fullest, where @task runs on one of the CPUs from @first to @last? */
static void bp_task_fullest(const struct bp_slots *slots,
			    const struct bp_task *task, unsigned int first,
			    unsigned int last, struct bp_claim *fullest)
{
	unsigned int class = fullest->class;

	for (unsigned int c = first; c <= last; c++) {
		unsigned int sum = slots->cpus[c].held[class] +
				   task->everywhere[class] +
				   bp_task_on(slots, task, class, c);

		if (sum > fullest->weight) {
			fullest->weight = sum;
			fullest->cpu = c;
			fullest->task = task->key;
		}
	}
}

/**
 * bp_slots_fullest() - where a claim meets the most registers in use
 * @slots: the instance
 * @claim: a claim, granted or refused
 *
 * Context: Between bp_slots_freeze() and bp_slots_thaw().
 *
 * Return: the CPU, of those that @claim covers, and the task, of those that it
 * may run beside, which hold the most together, and how much that is with what
 * wide ones hold, as the weight; no task if none holds anything.
 */
struct bp_claim bp_slots_fullest(struct bp_slots *slots,
				 const struct bp_claim *claim)
{
	unsigned int first = claim->cpu < 0 ? 0 : claim->cpu;
	unsigned int last = claim->cpu < 0 ? slots->nr_cpus - 1 : claim->cpu;
	unsigned int class = claim->class;
	long word = atomic_long_read(&slots->bounds[class]);
	struct bp_claim fullest = {
		.task = claim->task, .cpu = first, .class = class
	};
	const struct bp_task *task;

	lockdep_assert_held(&slots->lock);
	for (unsigned int c = first; c <= last; c++)
		if (slots->cpus[c].held[class] > fullest.weight) {
			fullest.weight = slots->cpus[c].held[class];
			fullest.cpu = c;
		}
	for (unsigned int i = 0; i < slots->nr_shards * BP_SLOTS_CHAINS; i++) {
		const struct bp_shard *shard = &slots->shards[i / BP_SLOTS_CHAINS];

		hlist_for_each_entry(task, &shard->chains[i % BP_SLOTS_CHAINS], node)
			if (!claim->task || task->key == claim->task)
				bp_task_fullest(slots, task, first, last, &fullest);
	}
	fullest.weight += bp_bounds_unpack(word).wide;
	return fullest;
}
