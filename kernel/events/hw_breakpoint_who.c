// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds what.
 *
 * The slot accounting has a list of all who hold a slot, and nothing on it comes
 * or goes while the accounts are frozen (hw_breakpoint_slots_look.c): an event is
 * there, with its task, as long as it is listed.  So what is copied then is what
 * was held at one instant, and the accounts of the same instant agree with it.
 *
 * Three things go on meanwhile.  The settings of events change, under a sequence
 * count.  The owner of an event exits; it is freed by RCU.  And the kernel debugger
 * stops the machine in the middle and takes or gives back slots; that is noticed,
 * and all is copied again.
 */
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "hw_breakpoint_internal.h"
#include "hw_breakpoint_who.h"

static struct perf_event *bp_of_held(struct bp_held *held)
{
	return container_of(held, struct perf_event, hw.slot.held);
}

static enum bp_kind bp_kind(const struct perf_event *bp)
{
	if (bp->hw.target)
		return BP_KIND_TASK;
	return bp->cpu < 0 ? BP_KIND_WIDE : BP_KIND_CPU;
}

static void copy_task(struct bp_owner *to, const struct task_struct *task)
{
	to->pid = task_pid_nr((struct task_struct *)task);
	/* A name that is just being changed is shown as it then happens to be. */
	data_race(memcpy(to->comm, task->comm, sizeof(to->comm)));
	to->comm[sizeof(to->comm) - 1] = '\0';
}

/* Under RCU: perf core forgets an owner that exits, which is freed later. */
static void copy_owner(struct bp_owner *to, const struct perf_event *bp)
{
	const struct task_struct *owner;

	/* Those that are inherited are the parent's, which outlives them. */
	bp = bp->parent ?: bp;
	owner = READ_ONCE(bp->owner);
	/* perf core has an error there for the kernel's, and a holder has nothing. */
	if (IS_ERR(owner) || bp_kind(bp) == BP_KIND_WIDE)
		to->handler = bp->overflow_handler;
	else if (owner)
		copy_task(to, owner);
}

/* Pairs with bp_set(). */
static void copy_setting(struct bp_line *line, struct perf_event *bp)
{
	unsigned int seq;

	do {
		seq = raw_read_seqcount_begin(&bp->hw.slot.changing);
		line->addr = bp->attr.bp_addr;
		line->len = bp->attr.bp_len;
		line->type = bp->attr.bp_type;
	} while (read_seqcount_retry(&bp->hw.slot.changing, seq));
	/* By the address that is shown; what is armed may be about to follow it. */
	line->is_kernel = line->addr + line->len - 1 >= TASK_SIZE_MAX;
}

static void copy_event(struct bp_line *line, struct perf_event *bp)
{
	*line = (struct bp_line) {
		.id	= bp->id,
		.kind	= bp_kind(bp),
		.cpu	= bp->cpu,
		.state	= READ_ONCE(bp->state),
	};
	copy_setting(line, bp);
	copy_owner(&line->owner, bp);
	if (bp->hw.target)
		copy_task(&line->task, bp->hw.target);
	if (line->kind == BP_KIND_WIDE) {
		line->armed = wide_look(bp, &line->hits);
		return;
	}
	line->armed = line->state == PERF_EVENT_STATE_ACTIVE;
	line->hits = local64_read(&bp->count) + atomic64_read(&bp->child_count);
}

/* The next line, NULL if there is no room for it; counted in any case. */
static struct bp_line *next_line(struct bp_snapshot *snapshot)
{
	unsigned int nr = snapshot->nr++;

	return nr < snapshot->max ? &snapshot->lines[nr] : NULL;
}

static void add_held(struct bp_held *held, void *data)
{
	for (u8 class = 0; class < TYPE_MAX; class++) {
		struct bp_line *line;

		if (!held->weight[class])
			continue;
		line = next_line(data);
		if (!line)
			continue;
		copy_event(line, bp_of_held(held));
		line->class = class;
		line->weight = held->weight[class];
	}
}

static void add_debugger(struct bp_snapshot *snapshot)
{
	struct perf_event *bp;
	unsigned int armed;

	for (int i = 0; (bp = hw_breakpoint_kgdb_look(i, &armed)); i++) {
		u8 weight = bp->hw.slot.weight, class = bp->hw.slot.class;
		struct bp_line *line;

		if (!weight)
			continue;
		snapshot->debugger[class] += weight;
		line = next_line(snapshot);
		if (!line)
			continue;
		*line = (struct bp_line) {
			.kind	= BP_KIND_DEBUGGER,
			.cpu	= -1,
			.class	= class,
			.weight	= weight,
			.armed	= armed,
			.owner	= { .handler = ERR_PTR(-EBUSY) },
		};
		copy_setting(line, bp);
	}
}

static bool is_same_instant(const struct bp_totals *totals)
{
	for (u8 class = 0; class < TYPE_MAX; class++)
		if (totals[class].word != atomic_long_read(&bp_slots.bounds[class]))
			return false;
	return true;
}

/* With wide_lock() */
static void copy_all(struct bp_snapshot *snapshot)
{
	bp_slots_freeze(&bp_slots);
	rcu_read_lock();
	do {
		snapshot->nr = 0;
		memset(snapshot->debugger, 0, sizeof(snapshot->debugger));
		for (u8 class = 0; class < TYPE_MAX; class++)
			bp_slots_totals(&bp_slots, class, &snapshot->totals[class]);
		bp_slots_visit(&bp_slots, add_held, snapshot);
		add_debugger(snapshot);
	} while (!is_same_instant(snapshot->totals));
	rcu_read_unlock();
	bp_slots_thaw(&bp_slots);
}

/**
 * bp_snapshot_take() - copy who holds what, as it was at one instant
 *
 * Who registers or releases meanwhile waits, for some hundred instructions for
 * each breakpoint that there is.
 *
 * Context: May sleep.
 *
 * Return: the copy, or NULL if there is no memory for it.
 */
struct bp_snapshot *bp_snapshot_take(void)
{
	struct bp_snapshot *snapshot = kzalloc(sizeof(*snapshot), GFP_KERNEL);

	if (!snapshot)
		return NULL;
	do {
		kvfree(snapshot->lines);
		snapshot->max = snapshot->nr + snapshot->nr / 4 + 16;
		snapshot->lines = kvmalloc_array(snapshot->max,
						 sizeof(*snapshot->lines),
						 GFP_KERNEL);
		if (!snapshot->lines) {
			kfree(snapshot);
			return NULL;
		}
		wide_lock(NULL);
		copy_all(snapshot);
		wide_unlock();
	} while (snapshot->nr > snapshot->max);
	return snapshot;
}

/**
 * bp_snapshot_free() - the end of a snapshot
 * @snapshot: the snapshot
 *
 * Context: May sleep.
 */
void bp_snapshot_free(struct bp_snapshot *snapshot)
{
	kvfree(snapshot->lines);
	kfree(snapshot);
}

/*
 * Whom a refusal is due to: those that have registers where the claim would meet
 * the most of them.
 */

#define NR_NAMED	4

struct conflict {
	struct bp_claim	at;
	struct bp_owner	named[NR_NAMED];
	enum bp_kind	kind[NR_NAMED];
	unsigned int	nr;
};

static void add_conflict(struct bp_held *held, void *data)
{
	const struct perf_event *bp = bp_of_held(held);
	struct conflict *conflict = data;

	if (!held->weight[conflict->at.class] ||
	    (bp->hw.target && bp->hw.target != conflict->at.task) ||
	    (bp->cpu >= 0 && bp->cpu != conflict->at.cpu))
		return;
	if (conflict->nr < NR_NAMED) {
		conflict->kind[conflict->nr] = bp_kind(bp);
		copy_owner(&conflict->named[conflict->nr], bp);
	}
	conflict->nr++;
}

static void add_debuggers_conflicts(struct conflict *conflict)
{
	struct perf_event *bp;
	unsigned int armed;

	for (int i = 0; (bp = hw_breakpoint_kgdb_look(i, &armed)); i++) {
		if (!bp->hw.slot.weight || bp->hw.slot.class != conflict->at.class)
			continue;
		if (conflict->nr < NR_NAMED)
			conflict->kind[conflict->nr] = BP_KIND_DEBUGGER;
		conflict->nr++;
	}
}

static int say_owner(char *to, size_t size, enum bp_kind kind,
		     const struct bp_owner *owner)
{
	static const char * const name[] = {
		[BP_KIND_WIDE]	= "wide",
		[BP_KIND_CPU]	= "cpu",
		[BP_KIND_TASK]	= "task",
	};

	if (kind == BP_KIND_DEBUGGER)
		return scnprintf(to, size, " kgdb");
	if (owner->handler)
		return scnprintf(to, size, " %s:%ps", name[kind], owner->handler);
	if (owner->pid)
		return scnprintf(to, size, " %s:%s/%d", name[kind], owner->comm,
				 owner->pid);
	return scnprintf(to, size, " %s:?", name[kind]);
}

/**
 * bp_say_holders() - whom the refusal of a slot is due to
 * @bp:      the event that was refused one
 * @attr:    its attributes, or those that it might have got
 * @holders: filled in: registers in use and where, and a few of those who hold them
 *
 * By the time it is found out, somebody may have given back his.
 *
 * Context: Process context; does not sleep.
 */
void bp_say_holders(const struct perf_event *bp,
		    const struct perf_event_attr *attr,
		    char holders[BP_HOLDERS_SIZE])
{
	const struct bp_claim claim = {
		.task	= bp->hw.target,
		.cpu	= bp->cpu,
		.class	= bp_class(attr->bp_type),
	};
	struct conflict conflict = { };
	int len;

	bp_slots_freeze(&bp_slots);
	rcu_read_lock();
	conflict.at = bp_slots_fullest(&bp_slots, &claim);
	bp_slots_visit(&bp_slots, add_conflict, &conflict);
	add_debuggers_conflicts(&conflict);
	rcu_read_unlock();
	bp_slots_thaw(&bp_slots);

	len = scnprintf(holders, BP_HOLDERS_SIZE, "%u on CPU %d are held by",
			conflict.at.weight, conflict.at.cpu);
	for (unsigned int i = 0; i < min(conflict.nr, NR_NAMED); i++)
		len += say_owner(holders + len, BP_HOLDERS_SIZE - len,
				 conflict.kind[i], &conflict.named[i]);
	if (conflict.nr > NR_NAMED)
		scnprintf(holders + len, BP_HOLDERS_SIZE - len, " and %u others",
			  conflict.nr - NR_NAMED);
}
