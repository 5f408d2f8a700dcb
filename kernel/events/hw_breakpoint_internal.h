/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of the breakpoint PMU: hw_breakpoint*.c, but for the slot
 * accounting.
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_INTERNAL_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_INTERNAL_H

#include <linux/hw_breakpoint.h>
#include <linux/list.h>
#include <linux/perf_event.h>

/*
 * What an architecture need not have: asm/hw_breakpoint.h defines a macro of the
 * same name for what it has.
 */

/* How many registers a breakpoint needs. */
#ifndef arch_hw_breakpoint_weight
#define arch_hw_breakpoint_weight(attr)	((void)(attr), 1)
#endif

/**
 * arch_reinstall_hw_breakpoint() - re-aim an event that is armed on this CPU
 * @bp: the event
 * @hw: its new &struct arch_hw_breakpoint, of any class
 *
 * At any time the register has the old setting, the new one, or none.
 *
 * Context: Interrupts disabled; up to NMI, which does not interrupt an operation
 * on the same event.
 *
 * Return: 0; -EBUSY if no register of another class is free, which the slot
 * accounting excludes.
 */
#ifndef arch_reinstall_hw_breakpoint
static inline int
arch_reinstall_hw_breakpoint(struct perf_event *bp,
			     const struct arch_hw_breakpoint *hw)
{
	arch_uninstall_hw_breakpoint(bp);
	bp->hw.info = *hw;
	return arch_install_hw_breakpoint(bp);
}
#endif

/**
 * struct bp_aim - what a breakpoint is aimed at
 * @addr: attr.bp_addr
 * @len:  attr.bp_len
 * @type: attr.bp_type
 */
struct bp_aim {
	u64	addr;
	u64	len;
	u32	type;
};

/**
 * struct bp_setting - attributes, and what they mean
 * @attr: which have been parsed
 * @hw:   what a register has for them
 */
struct bp_setting {
	const struct perf_event_attr	*attr;
	struct arch_hw_breakpoint	hw;
};

/**
 * struct wide_cpu - what a breakpoint of all CPUs has on one of them
 * @event:    its event; NULL if the CPU has not been online
 * @in:       the event is in a register
 * @changing: the event or its register is being changed
 * @asked:    somebody who interrupted that wants another setting
 * @wanted:   which; the last one that was wanted so
 * @hw:       what a register has for that
 *
 * @event by wide_mutex.  All else belongs to the CPU, with interrupts disabled;
 * hw_breakpoint_modify.c says how NMIs come to terms with that.
 */
struct wide_cpu {
	struct perf_event	*event;
	bool			in;
	bool			changing;
	bool			asked;
	struct bp_aim		wanted;
	struct arch_hw_breakpoint hw;
};

/**
 * struct wide_breakpoint - a breakpoint of all CPUs
 * @node:   in the list of all
 * @holder: holds the slot for all CPUs, and has the attributes and the handler
 *          that their events are made with.  perf core does not know of it.
 * @cpus:   what it has on each CPU
 *
 * What events of CPUs have counted that went offline is in @holder's count.
 */
struct wide_breakpoint {
	struct list_head		node;
	struct perf_event		holder;
	struct wide_cpu __percpu	*cpus;
};

struct bp_slots;

/* hw_breakpoint.c */
extern struct bp_slots bp_slots;
int bp_parse(struct perf_event *bp, const struct perf_event_attr *attr,
	     struct arch_hw_breakpoint *hw);
int bp_exchange_begin(struct perf_event *bp, const struct perf_event_attr *attr);
void bp_exchange_end(struct perf_event *bp, const struct perf_event_attr *attr);
void bp_exchange_undo(struct perf_event *bp, const struct perf_event_attr *attr);

/* hw_breakpoint_refuse.c */
int bp_refuse(const struct perf_event *bp, const struct perf_event_attr *attr,
	      enum hw_breakpoint_refusal why);
int bp_refuse_slot(const struct perf_event *bp, const struct perf_event_attr *attr,
		   int err);
int bp_refuse_parsed(struct perf_event *bp, const struct perf_event_attr *attr,
		     int err);

/**
 * bp_arch_parse() - hw_breakpoint_arch_parse(), and tell of a refusal
 * @bp:   the event
 * @attr: attributes for it
 * @hw:   filled in, from zero
 *
 * Context: Any.
 *
 * Return: as hw_breakpoint_arch_parse().
 */
static __always_inline int bp_arch_parse(struct perf_event *bp,
					 const struct perf_event_attr *attr,
					 struct arch_hw_breakpoint *hw)
{
	int err = hw_breakpoint_arch_parse(bp, attr, hw);

	return likely(!err) ? 0 : bp_refuse_parsed(bp, attr, err);
}

/* hw_breakpoint_who.c: room for a few holders, and for "and others" */
#define BP_HOLDERS_SIZE	200
void bp_say_holders(const struct perf_event *bp,
		    const struct perf_event_attr *attr,
		    char holders[BP_HOLDERS_SIZE]);

/* hw_breakpoint_wide.c */
bool hw_breakpoint_join_wide(struct perf_event *bp);
struct wide_breakpoint *wide_lock(struct perf_event *__percpu *cpu_events);
void wide_unlock(void);
unsigned int wide_look(const struct perf_event *holder, u64 *hits);

/* hw_breakpoint_modify.c */
int wide_install(struct perf_event *bp);
void wide_uninstall(struct perf_event *bp);

/*
 * Who holds the slot: an event by itself, but the events that a wide breakpoint
 * has on the CPUs hold theirs together.
 */
static inline struct perf_event *bp_holder(struct perf_event *bp)
{
	return bp->hw.slot.holder ?: bp;
}

/* The register class of a type, also of one that nobody has accepted yet */
static inline u8 bp_class(u32 type)
{
	return type & HW_BREAKPOINT_RW ? TYPE_DATA : TYPE_INST;
}

/* Would @attr, which has been parsed, do with the slot that @holder has? */
static inline bool bp_fits(const struct perf_event *holder,
			   const struct perf_event_attr *attr)
{
	/* Where all weigh the same there is nothing to compare. */
	return bp_class(attr->bp_type) == holder->hw.slot.class &&
	       (__builtin_constant_p(arch_hw_breakpoint_weight(attr)) ||
		arch_hw_breakpoint_weight(attr) == holder->hw.slot.weight);
}

/* Or with the one that is held for @bp? */
static inline bool bp_same_slot(struct perf_event *bp,
				const struct perf_event_attr *attr)
{
	return bp_fits(bp_holder(bp), attr);
}

/* The wide breakpoint that an event is a part of, or NULL */
static inline struct wide_breakpoint *bp_wide(const struct perf_event *bp)
{
	struct perf_event *holder = bp->hw.slot.holder;

	return holder ? container_of(holder, struct wide_breakpoint, holder) : NULL;
}

/* Put an event into a register of this CPU, with interrupts disabled. */
static inline int bp_install(struct perf_event *bp)
{
	return unlikely(bp->hw.slot.holder) ? wide_install(bp) :
					      arch_install_hw_breakpoint(bp);
}

static inline void bp_uninstall(struct perf_event *bp)
{
	if (unlikely(bp->hw.slot.holder))
		wide_uninstall(bp);
	else
		arch_uninstall_hw_breakpoint(bp);
}

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_INTERNAL_H */
