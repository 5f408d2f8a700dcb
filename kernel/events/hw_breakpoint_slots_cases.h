/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the slot accounting promises, case by case, as tables that both the
 * KUnit test and the userspace checker run.
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_CASES_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_CASES_H

#include "hw_breakpoint_slots.h"

enum bp_slots_op {
	BP_SLOTS_END,
	BP_SLOTS_RESERVE,
	BP_SLOTS_RELEASE,
	BP_SLOTS_CHANGE,
	/* bp_slots_reserve_wide_nmi(), bp_slots_release_wide_nmi() */
	BP_SLOTS_RESERVE_NMI,
	BP_SLOTS_RELEASE_NMI,
};

/* One call; tasks are numbered from 1, 0 is "no task", with CPU -1 "wide". */
struct bp_slots_step {
	enum bp_slots_op	op;
	unsigned int		task;
	int			cpu;
	u8			class;
	u8			weight;
	int			ret;
	/* for BP_SLOTS_CHANGE */
	u8			new_class;
	u8			new_weight;
};

/* What is left when the steps are done is released in the end. */
struct bp_slots_case {
	const char		*name;
	unsigned int		nr_classes;
	u8			limit[BP_SLOTS_CLASSES];
	struct bp_slots_step	steps[16];
};

#define BP_SLOTS_CASES_CPUS	3
#define BP_SLOTS_CASES_TASKS	2

#define TAKE(task, cpu, class, weight, ret)	\
	{ BP_SLOTS_RESERVE, task, cpu, class, weight, ret }
#define GIVE(task, cpu, class, weight)	\
	{ BP_SLOTS_RELEASE, task, cpu, class, weight, 0 }
#define SWAP(task, cpu, class, weight, ret, new_class, new_weight)	\
	{ BP_SLOTS_CHANGE, task, cpu, class, weight, ret,		\
	  new_class, new_weight }
#define WIDE(class, weight, ret)	TAKE(0, -1, class, weight, ret)
#define UNWIDE(class, weight)		GIVE(0, -1, class, weight)
#define DBG_TAKE(class, weight, ret)	\
	{ BP_SLOTS_RESERVE_NMI, 0, -1, class, weight, ret }
#define DBG_GIVE(class, weight)	\
	{ BP_SLOTS_RELEASE_NMI, 0, -1, class, weight, 0 }

static const struct bp_slots_case bp_slots_cases[] = {
	{
		"a task gets all registers and no more", 1, { 4 }, {
			TAKE(1, -1, 0, 1, 0), TAKE(1, -1, 0, 1, 0),
			TAKE(1, -1, 0, 1, 0), TAKE(1, -1, 0, 1, 0),
			TAKE(1, -1, 0, 1, -ENOSPC),
			GIVE(1, -1, 0, 1), TAKE(1, -1, 0, 1, 0),
		},
	}, {
		"tasks do not take from each other", 1, { 2 }, {
			TAKE(1, -1, 0, 2, 0), TAKE(2, -1, 0, 2, 0),
			TAKE(1, -1, 0, 1, -ENOSPC), TAKE(2, 0, 0, 1, -ENOSPC),
		},
	}, {
		"CPUs do not take from each other", 1, { 1 }, {
			TAKE(0, 0, 0, 1, 0), TAKE(0, 1, 0, 1, 0),
			TAKE(0, 2, 0, 1, 0), TAKE(0, 1, 0, 1, -ENOSPC),
		},
	}, {
		"a CPU takes from every task, the fullest CPU counts", 1, { 4 }, {
			TAKE(0, 0, 0, 1, 0), TAKE(0, 2, 0, 3, 0),
			TAKE(1, -1, 0, 1, 0), TAKE(1, -1, 0, 1, -ENOSPC),
			GIVE(0, 2, 0, 2), TAKE(1, -1, 0, 2, 0),
			TAKE(2, -1, 0, 3, 0), TAKE(2, -1, 0, 1, -ENOSPC),
		},
	}, {
		"a task takes from every CPU, the fullest task counts", 1, { 4 }, {
			TAKE(1, -1, 0, 3, 0), TAKE(2, -1, 0, 2, 0),
			TAKE(0, 1, 0, 2, -ENOSPC), TAKE(0, 1, 0, 1, 0),
			GIVE(1, -1, 0, 3),
			TAKE(0, 1, 0, 1, 0), TAKE(0, 1, 0, 1, -ENOSPC),
			TAKE(0, 0, 0, 2, 0),
		},
	}, {
		"a task that left keeps nobody out", 1, { 2 }, {
			TAKE(1, -1, 0, 2, 0), GIVE(1, -1, 0, 2),
			TAKE(0, 0, 0, 2, 0), TAKE(2, -1, 0, 1, -ENOSPC),
			GIVE(0, 0, 0, 2), TAKE(2, -1, 0, 2, 0),
		},
	}, {
		"a task on one CPU takes there alone", 1, { 2 }, {
			TAKE(1, 1, 0, 2, 0), TAKE(1, 0, 0, 1, 0),
			TAKE(0, 1, 0, 1, -ENOSPC), TAKE(0, 0, 0, 1, 0),
			TAKE(1, 0, 0, 1, -ENOSPC), TAKE(2, 1, 0, 2, 0),
			TAKE(0, 2, 0, 2, 0),
		},
	}, {
		"what a task holds on one CPU and on all adds up", 1, { 4 }, {
			TAKE(1, 2, 0, 1, 0), TAKE(1, -1, 0, 2, 0),
			TAKE(1, -1, 0, 2, -ENOSPC), TAKE(0, 2, 0, 1, 0),
			TAKE(1, 2, 0, 1, -ENOSPC), TAKE(1, -1, 0, 1, -ENOSPC),
			TAKE(0, 0, 0, 2, 0), GIVE(1, -1, 0, 1),
			TAKE(0, 2, 0, 1, 0), TAKE(0, 2, 0, 1, -ENOSPC),
		},
	}, {
		"two tasks on one CPU do not add up", 1, { 3 }, {
			TAKE(1, 0, 0, 2, 0), TAKE(2, 0, 0, 1, 0),
			TAKE(0, 0, 0, 1, 0), TAKE(0, 0, 0, 1, -ENOSPC),
			GIVE(1, 0, 0, 2), TAKE(0, 0, 0, 1, 0),
			TAKE(2, -1, 0, 1, -ENOSPC),
		},
	}, {
		"classes are separate, with registers of their own", 2, { 1, 2 }, {
			TAKE(1, -1, 0, 1, 0), TAKE(1, -1, 0, 1, -ENOSPC),
			TAKE(1, -1, 1, 2, 0), TAKE(0, 0, 1, 1, -ENOSPC),
			TAKE(0, 0, 0, 1, -ENOSPC), GIVE(1, -1, 0, 1),
			TAKE(0, 0, 0, 1, 0),
		},
	}, {
		"a change of class moves the slot or leaves it", 2, { 1, 1 }, {
			TAKE(1, -1, 0, 1, 0), SWAP(1, -1, 0, 1, 0, 1, 1),
			TAKE(1, -1, 0, 1, 0), SWAP(1, -1, 0, 1, -ENOSPC, 1, 1),
			GIVE(1, -1, 1, 1), TAKE(0, 0, 0, 1, -ENOSPC),
			SWAP(1, -1, 0, 1, 0, 1, 1), TAKE(0, 0, 0, 1, 0),
		},
	}, {
		"a change of weight takes or gives the difference", 1, { 3 }, {
			TAKE(0, 0, 0, 1, 0), SWAP(0, 0, 0, 1, 0, 0, 3),
			SWAP(0, 0, 0, 3, 0, 0, 2), TAKE(0, 0, 0, 1, 0),
			SWAP(0, 0, 0, 2, -ENOSPC, 0, 3),
		},
	}, {
		"no registers, no slots", 2, { 0, 1 }, {
			TAKE(1, -1, 0, 1, -ENOSPC), TAKE(0, 0, 0, 1, -ENOSPC),
			TAKE(1, 0, 0, 1, -ENOSPC), WIDE(0, 1, -ENOSPC),
			TAKE(1, 0, 1, 1, 0),
		},
	}, {
		"a wide claim takes from everybody", 1, { 2 }, {
			WIDE(0, 1, 0), TAKE(0, 0, 0, 2, -ENOSPC),
			TAKE(0, 0, 0, 1, 0), TAKE(0, 2, 0, 1, 0),
			TAKE(1, 1, 0, 2, -ENOSPC), TAKE(1, 1, 0, 1, 0),
			TAKE(2, -1, 0, 1, -ENOSPC), WIDE(0, 1, -ENOSPC),
			UNWIDE(0, 1), TAKE(2, -1, 0, 1, 0),
		},
	}, {
		"a wide claim gets all registers and no more", 1, { 4 }, {
			WIDE(0, 3, 0), WIDE(0, 2, -ENOSPC), WIDE(0, 1, 0),
			WIDE(0, 1, -ENOSPC), TAKE(1, -1, 0, 1, -ENOSPC),
			TAKE(0, 1, 0, 1, -ENOSPC), TAKE(2, 2, 0, 1, -ENOSPC),
			UNWIDE(0, 1), TAKE(1, -1, 0, 1, 0),
		},
	}, {
		"a wide claim gets all CPUs or none, and refuses nobody", 1, { 1 }, {
			TAKE(0, 1, 0, 1, 0), WIDE(0, 1, -ENOSPC),
			TAKE(0, 0, 0, 1, 0), WIDE(0, 1, -ENOSPC),
			TAKE(0, 2, 0, 1, 0), GIVE(0, 1, 0, 1),
			WIDE(0, 1, -ENOSPC), TAKE(1, 1, 0, 1, 0),
			GIVE(0, 0, 0, 1), GIVE(0, 2, 0, 1),
			WIDE(0, 1, -ENOSPC), GIVE(1, 1, 0, 1), WIDE(0, 1, 0),
		},
	}, {
		"the fullest CPU beside its task counts for a wide claim", 1, { 4 }, {
			TAKE(0, 0, 0, 1, 0), TAKE(1, 1, 0, 2, 0),
			WIDE(0, 3, -ENOSPC), TAKE(1, -1, 0, 1, 0),
			WIDE(0, 2, -ENOSPC), WIDE(0, 1, 0),
			TAKE(0, 1, 0, 1, -ENOSPC), TAKE(0, 0, 0, 1, 0),
			GIVE(1, 1, 0, 2), WIDE(0, 1, -ENOSPC),
			GIVE(0, 0, 0, 1), WIDE(0, 1, 0),
		},
	}, {
		"a task that left keeps nobody out of a wide claim", 1, { 2 }, {
			TAKE(1, -1, 0, 2, 0), TAKE(2, -1, 0, 1, 0),
			GIVE(1, -1, 0, 2), WIDE(0, 2, -ENOSPC), WIDE(0, 1, 0),
			GIVE(2, -1, 0, 1), WIDE(0, 1, 0),
			TAKE(2, -1, 0, 1, -ENOSPC), UNWIDE(0, 2),
			TAKE(2, -1, 0, 2, 0),
		},
	}, {
		"classes are separate for wide claims too", 2, { 1, 2 }, {
			TAKE(1, -1, 0, 1, 0), WIDE(0, 1, -ENOSPC),
			WIDE(1, 2, 0), TAKE(1, -1, 1, 1, -ENOSPC),
			GIVE(1, -1, 0, 1), WIDE(0, 1, 0), UNWIDE(1, 2),
			TAKE(0, 2, 1, 2, 0), TAKE(0, 2, 0, 1, -ENOSPC),
		},
	}, {
		"a wide claim changes class and weight, or stays", 2, { 2, 1 }, {
			WIDE(0, 1, 0), SWAP(0, -1, 0, 1, -ENOSPC, 0, 3),
			SWAP(0, -1, 0, 1, 0, 0, 2), TAKE(1, -1, 0, 1, -ENOSPC),
			SWAP(0, -1, 0, 2, -ENOSPC, 1, 2),
			SWAP(0, -1, 0, 2, 0, 0, 1), TAKE(0, 1, 0, 1, 0),
			SWAP(0, -1, 0, 1, -ENOSPC, 0, 2),
			SWAP(0, -1, 0, 1, 0, 1, 1), TAKE(1, 2, 1, 1, -ENOSPC),
			TAKE(0, 1, 0, 1, 0), SWAP(0, -1, 1, 1, -ENOSPC, 0, 1),
		},
	}, {
		"the debugger's claims are wide ones, with errors of its own", 1, { 2 }, {
			DBG_TAKE(0, 0, -EINVAL), DBG_TAKE(1, 1, -EINVAL),
			DBG_TAKE(0, 3, -ENOSPC), DBG_TAKE(0, 1, 0),
			TAKE(1, -1, 0, 2, -ENOSPC), TAKE(1, -1, 0, 1, 0),
			DBG_TAKE(0, 1, -ENOSPC), TAKE(0, 0, 0, 1, -ENOSPC),
			DBG_GIVE(0, 1), GIVE(1, -1, 0, 1), DBG_TAKE(0, 2, 0),
			WIDE(0, 1, -ENOSPC), UNWIDE(0, 1), WIDE(0, 1, 0),
		},
	},
};

#undef TAKE
#undef GIVE
#undef SWAP
#undef WIDE
#undef UNWIDE
#undef DBG_TAKE
#undef DBG_GIVE

/* The claim of a step; @keys has one address for each task. */
static inline struct bp_claim bp_slots_step_claim(const struct bp_slots_step *step,
						  const void *const *keys)
{
	return (struct bp_claim) {
		.task	= step->task ? keys[step->task - 1] : NULL,
		.cpu	= step->cpu,
		.class	= step->class,
		.weight	= step->weight,
	};
}

/* Take a step, and return what the core made of it. */
static inline int bp_slots_step_take(struct bp_slots *slots,
				     const struct bp_slots_step *step,
				     const void *const *keys)
{
	struct bp_claim claim = bp_slots_step_claim(step, keys);

	switch (step->op) {
	case BP_SLOTS_RESERVE:
		return bp_slots_reserve(slots, &claim);
	case BP_SLOTS_CHANGE:
		return bp_slots_change(slots, &claim, step->new_class,
				       step->new_weight);
	case BP_SLOTS_RELEASE:
		bp_slots_release(slots, &claim);
		return 0;
	case BP_SLOTS_RESERVE_NMI:
		return bp_slots_reserve_wide_nmi(slots, step->class,
						 step->weight);
	case BP_SLOTS_RELEASE_NMI:
		bp_slots_release_wide_nmi(slots, step->class, step->weight);
		return 0;
	default:
		return -EINVAL;
	}
}

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_CASES_H */
