// SPDX-License-Identifier: GPL-2.0
/*
 * Slot accounting for hardware breakpoints.
 *
 * Every CPU has limit[class] registers of a class.  Four kinds of breakpoint
 * ask for them; for a class,
 *
 *	W	is what wide breakpoints hold, on every CPU and whatever runs
 *		there: those of the kernel, and those of its debugger,
 *	C[c]	what breakpoints of CPU c itself hold there,
 *	A[t]	what task t holds on every CPU, as it may run on any,
 *	S[t][c]	what task t holds on CPU c alone.
 *
 * A CPU runs one task at a time, so what is accepted always finds a register
 * exactly if, for every CPU c and every task t,
 *
 *	W + C[c] + A[t] + S[t][c] <= limit		(I1: never overcommit)
 *
 * and a request is refused only if granting it would break that (I2).
 *
 * Bounds.  What has to be known of all CPUs and tasks is how large C + A + S
 * gets.  A task without any S is beside the fullest CPU, sooner or later, and
 * the others are beside those CPUs on which they hold their S; so with
 *
 *	cpus	the largest C[c],
 *	tasks	the largest A[t],
 *	beside	the largest C[c] + A[t] + S[t][c] of those t that hold some S on c,
 *
 * I1 says just
 *
 *	W + max(cpus + tasks, beside) <= limit
 *
 * and these few small numbers are kept in one atomic word per class, struct
 * bp_bounds.  Whoever wants more computes how far the bounds would rise, and
 * has it granted by the one cmpxchg in bp_bounds_raise().  That is the moment
 * of the grant: before it nothing has happened, after it nobody can be granted
 * what no longer fits.  A wide breakpoint is a number in that word and nothing
 * else: there is no instant at which some CPUs have it and others do not (I3).
 *
 *	kind		raises				cost
 *	wide		W				O(1)
 *	CPU c		cpus, beside			O(1)
 *	t on CPU c	beside				O(1)
 *	task t		tasks, if above its ceiling	O(1), mostly local
 *	task t that	tasks, beside			O(CPUs)
 *	 holds some S
 *
 * The maxima come from struct bp_levels, histograms of at most BP_SLOTS_LIMIT
 * levels, which only the holder of bp_slots::lock reads and writes.  They follow
 * the word after a grant, and go before it when something is given back
 * (bp_bounds_settle()).
 *
 * Ceilings.  Tasks are many, open and close breakpoints all the time, and have
 * nothing to do with each other; they must not meet in one lock, nor in one
 * word.  So they are spread over shards (hw_breakpoint_slots_task.c), each of
 * which has a ceiling up to which its tasks may rise without asking anybody.
 * The word has the highest ceiling in the place of the largest A; that is more,
 * so whoever would be refused because of it first lowers every shard's ceiling
 * to what its tasks hold (bp_shards_lower()) and looks again: nobody is ever
 * refused because of headroom that no task uses.
 *
 * The debugger (I4) takes and gives back W, by that cmpxchg and without a lock,
 * whatever it has interrupted.  Lowering ceilings takes no lock either.  What
 * the others have to do for that:
 *  - A bound is raised in the word before anybody relies on it, and lowered
 *    after everybody has ceased to.
 *  - A shard's ceiling is raised in two steps, word and shard, and a debugger
 *    in between that looks at the shards sees nothing of it yet.  Meanwhile the
 *    level stands in the word as @rising, where it counts.  The same when the
 *    largest A and @beside fall together: the debugger must not see one of them
 *    without the other, or two of its requests would get answers that do not
 *    go together.
 *  - Each change of the word counts up its version.  Ceilings that were looked
 *    at since the word was read are still as they were when the word has not
 *    changed: a rise above them is two changes.  On 64 bits the version does
 *    not come round; on 32 bits it does after 128 changes, and the debugger
 *    relies on having stopped whoever makes them.
 *
 * Locking: bp_shard::lock, then bp_slots::lock inside it.  Neither is taken in
 * interrupt context; both are held for a few dozen instructions, or O(CPUs)
 * where the table above says so.  Memory is allocated before, and freed after.
 * Who wants to see all at one instant takes all of them
 * (hw_breakpoint_slots_look.c).
 */
#include "hw_breakpoint_slots.h"

static_assert(sizeof(((struct bp_held *)0)->weight) == BP_SLOTS_CLASSES);
static_assert(BP_SLOTS_LIMIT < 32, "struct bp_levels::present is 32 bits wide");

/*
 * Bounds.
 */

#define BP_BOUNDS_WIDTH		5
#define BP_BOUNDS_MASK		(BIT(BP_BOUNDS_WIDTH) - 1)
#define BP_BOUNDS_VERSION	BIT(5 * BP_BOUNDS_WIDTH)

static_assert(BP_SLOTS_LIMIT <= BP_BOUNDS_MASK);

/**
 * bp_bounds_unpack() - what a word of bp_slots::bounds says
 * @word: the word
 *
 * Context: Any.
 *
 * Return: the bounds.
 */
struct bp_bounds bp_bounds_unpack(unsigned long word)
{
	return (struct bp_bounds) {
		.wide		= word & BP_BOUNDS_MASK,
		.cpus		= word >> BP_BOUNDS_WIDTH & BP_BOUNDS_MASK,
		.beside		= word >> 2 * BP_BOUNDS_WIDTH & BP_BOUNDS_MASK,
		.ceiling	= word >> 3 * BP_BOUNDS_WIDTH & BP_BOUNDS_MASK,
		.rising		= word >> 4 * BP_BOUNDS_WIDTH & BP_BOUNDS_MASK,
	};
}

/* The word that comes after @old. */
static unsigned long bp_bounds_pack(unsigned long old,
				    const struct bp_bounds *bounds)
{
	return (old & ~(BP_BOUNDS_VERSION - 1)) + BP_BOUNDS_VERSION +
	       (bounds->wide |
		(unsigned long)bounds->cpus << BP_BOUNDS_WIDTH |
		(unsigned long)bounds->beside << 2 * BP_BOUNDS_WIDTH |
		(unsigned long)bounds->ceiling << 3 * BP_BOUNDS_WIDTH |
		(unsigned long)bounds->rising << 4 * BP_BOUNDS_WIDTH);
}

/* I1 */
static bool bp_bounds_hold(const struct bp_bounds *bounds, unsigned int limit)
{
	unsigned int tasks = max(bounds->ceiling, bounds->rising);

	return bounds->wide + max(bounds->cpus + tasks, bounds->beside + 0U) <=
	       limit;
}

/**
 * bp_bounds_raise() - have something granted
 * @slots: the instance
 * @class: register class
 * @by:    what is to be added to the wide bound, and how high the others have
 *         to be at least, which may be above the limit
 *
 * Context: Any, NMI included, if @by raises nothing but the wide bound;
 * otherwise with bp_slots::lock held.
 *
 * Return: 0; -ENOSPC, and nothing has happened, if I1 would be broken.
 */
int bp_bounds_raise(struct bp_slots *slots, unsigned int class,
		    const struct bp_bounds *by)
{
	unsigned int limit = slots->limit[class];
	long old = atomic_long_read(&slots->bounds[class]);
	struct bp_bounds now, then;
	int ret;

	do {
		now = bp_bounds_unpack(old);
		then = (struct bp_bounds) {
			.wide		= now.wide + by->wide,
			.cpus		= max(now.cpus, by->cpus),
			.beside		= max(now.beside, by->beside),
			.ceiling	= now.ceiling,
			.rising		= max(now.rising, by->rising),
		};
		ret = 0;
		if (bp_bounds_hold(&then, limit))
			continue;

		/* Are ceilings to blame at all? */
		then.ceiling = 0;
		if (!bp_bounds_hold(&then, limit))
			return -ENOSPC;
		now.ceiling = bp_shards_lower(slots, class);
		then.ceiling = now.ceiling;
		if (!bp_bounds_hold(&then, limit)) {
			then = now;
			ret = -ENOSPC;
		}
	} while (!atomic_long_try_cmpxchg(&slots->bounds[class], &old,
					  bp_bounds_pack(old, &then)));
	return ret;
}

/**
 * bp_bounds_settle() - let the bounds follow the histograms
 * @slots: the instance
 * @class: register class
 *
 * For who has given something back, or has done what bp_bounds_raise() allowed.
 *
 * Context: bp_slots::lock held.
 */
void bp_bounds_settle(struct bp_slots *slots, unsigned int class)
{
	long old = atomic_long_read(&slots->bounds[class]);
	struct bp_bounds bounds;

	lockdep_assert_held(&slots->lock);
	do {
		bounds = bp_bounds_unpack(old);
		bounds.cpus = bp_levels_max(&slots->held[class]);
		bounds.beside = bp_levels_max(&slots->beside[class]);
		bounds.ceiling = max(bounds.ceiling, bounds.rising);
		bounds.rising = 0;
	} while (!atomic_long_try_cmpxchg(&slots->bounds[class], &old,
					  bp_bounds_pack(old, &bounds)));
}

/*
 * Wide breakpoints.
 */

/* False if they do not hold that much. */
static bool bp_bounds_lower_wide(struct bp_slots *slots, unsigned int class,
				 unsigned int weight)
{
	long old = atomic_long_read(&slots->bounds[class]);
	struct bp_bounds bounds;

	do {
		bounds = bp_bounds_unpack(old);
		if (WARN_ON_ONCE(bounds.wide < weight))
			return false;
		bounds.wide -= weight;
	} while (!atomic_long_try_cmpxchg(&slots->bounds[class], &old,
					  bp_bounds_pack(old, &bounds)));
	return true;
}

/**
 * bp_slots_reserve_wide_nmi() - reserve on every CPU, from any context
 * @slots:  the instance
 * @class:  register class
 * @weight: number of registers
 *
 * For the kernel debugger.  Others have bp_slots_reserve().
 *
 * Context: Any, NMI included.  Takes no lock and waits for nobody: it begins
 * again if somebody else was granted something meanwhile, and whom it has
 * interrupted or stopped is granted nothing.
 *
 * Return: 0; -ENOSPC if granting it would break I1; -EINVAL if this instance
 * has no such class, or @weight is 0.
 */
int bp_slots_reserve_wide_nmi(struct bp_slots *slots, u8 class, u8 weight)
{
	struct bp_bounds by = { .wide = weight };

	if (class >= slots->nr_classes || !weight)
		return -EINVAL;
	if (weight > slots->limit[class])
		return -ENOSPC;
	return bp_bounds_raise(slots, class, &by);
}

/**
 * bp_slots_release_wide_nmi() - give back what bp_slots_reserve_wide_nmi() or,
 *                               for a wide claim, bp_slots_reserve() granted
 * @slots:  the instance
 * @class:  register class
 * @weight: number of registers
 *
 * Context: Any, NMI included.
 */
void bp_slots_release_wide_nmi(struct bp_slots *slots, u8 class, u8 weight)
{
	if (!WARN_ON_ONCE(class >= slots->nr_classes || !weight))
		bp_bounds_lower_wide(slots, class, weight);
}

/* With the list, which the debugger does without. */
static void bp_wide_release(struct bp_slots *slots, const struct bp_claim *claim)
{
	lockdep_assert_held(&slots->lock);
	if (bp_bounds_lower_wide(slots, claim->class, claim->weight))
		bp_held_sub(claim);
}

/*
 * Breakpoints of a CPU.
 */

static void bp_cpu_set_held(struct bp_slots *slots,
			    const struct bp_claim *claim, unsigned int held)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];
	unsigned int class = claim->class;
	unsigned int beside = bp_cpu_beside(cpu, class);

	lockdep_assert_held(&slots->lock);
	bp_levels_move(&slots->held[class], cpu->held[class], held);
	cpu->held[class] = held;
	bp_levels_move(&slots->beside[class], beside,
		       bp_cpu_beside(cpu, class));
}

static int bp_cpu_reserve(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];
	unsigned int class = claim->class;
	unsigned int held = cpu->held[class] + claim->weight;
	unsigned int most = bp_levels_max(&cpu->tasks[class]);
	struct bp_bounds by = {
		.cpus	= held,
		.beside	= most ? held + most : 0,
	};
	int ret;

	lockdep_assert_held(&slots->lock);
	ret = bp_bounds_raise(slots, class, &by);
	if (!ret)
		bp_cpu_set_held(slots, claim, held);
	return ret;
}

static void bp_cpu_release(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];

	lockdep_assert_held(&slots->lock);
	if (WARN_ON_ONCE(cpu->held[claim->class] < claim->weight))
		return;
	bp_cpu_set_held(slots, claim, cpu->held[claim->class] - claim->weight);
	bp_bounds_settle(slots, claim->class);
	bp_held_sub(claim);
}

/*
 * The interface.
 */

static bool bp_claim_is_valid(const struct bp_slots *slots,
			      const struct bp_claim *claim)
{
	return claim->class < slots->nr_classes && claim->weight &&
	       claim->cpu >= -1 && claim->cpu < (int)slots->nr_cpus;
}

/**
 * bp_slots_reserve() - take the registers for one breakpoint
 * @slots: the instance
 * @claim: who wants how many of what
 *
 * Context: May sleep (the first breakpoint of a task allocates memory).
 *
 * Return: 0; -ENOSPC if granting it would break I1; -ENOMEM; -EINVAL if @claim
 * makes no sense for this instance.  On failure nothing is held, and nothing
 * was at any time.
 */
int bp_slots_reserve(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_bounds by = { .wide = claim->weight };
	int ret;

	if (WARN_ON_ONCE(!bp_claim_is_valid(slots, claim)))
		return -EINVAL;
	if (claim->weight > slots->limit[claim->class])
		return -ENOSPC;
	if (claim->task)
		return bp_task_reserve(slots, claim);

	/* A wide claim needs no lock; with it, others do not make it start over. */
	raw_spin_lock(&slots->lock);
	if (claim->cpu < 0)
		ret = bp_bounds_raise(slots, claim->class, &by);
	else
		ret = bp_cpu_reserve(slots, claim);
	if (!ret)
		bp_held_add(&slots->holders, claim);
	raw_spin_unlock(&slots->lock);
	return ret;
}

/**
 * bp_slots_release() - give back what bp_slots_reserve() granted
 * @slots: the instance
 * @claim: the same claim
 *
 * Context: Process context; does not sleep.
 */
void bp_slots_release(struct bp_slots *slots, const struct bp_claim *claim)
{
	if (WARN_ON_ONCE(!bp_claim_is_valid(slots, claim)))
		return;
	if (claim->task) {
		bp_task_release(slots, claim);
		return;
	}
	raw_spin_lock(&slots->lock);
	if (claim->cpu < 0)
		bp_wide_release(slots, claim);
	else
		bp_cpu_release(slots, claim);
	raw_spin_unlock(&slots->lock);
}

/**
 * bp_slots_change() - exchange a granted claim's class or weight
 * @slots:  the instance
 * @claim:  what is held
 * @class:  the class that is wanted instead
 * @weight: the weight that is wanted instead
 *
 * The owner never holds less than the smaller of the two in between, so that
 * a refusal leaves it where it was.
 *
 * Context: May sleep.
 *
 * Return: 0, and @class and @weight are held; or, with @claim still held, an
 * error as of bp_slots_reserve().
 */
int bp_slots_change(struct bp_slots *slots, const struct bp_claim *claim,
		    u8 class, u8 weight)
{
	struct bp_claim give = *claim, take = *claim;
	int ret;

	take.class = class;
	take.weight = weight;
	if (WARN_ON_ONCE(!bp_claim_is_valid(slots, &give) ||
			 !bp_claim_is_valid(slots, &take)))
		return -EINVAL;
	if (class == claim->class) {
		/* Only the difference changes hands. */
		take.weight = weight - min(weight, claim->weight);
		give.weight = claim->weight - min(weight, claim->weight);
	}
	if (take.weight) {
		ret = bp_slots_reserve(slots, &take);
		if (ret)
			return ret;
	}
	if (give.weight)
		bp_slots_release(slots, &give);
	return 0;
}

/**
 * bp_slots_forget() - take an entry off the list that holds nothing any more
 * @slots: the instance
 * @held:  of a holder without a task, whose slot the debugger has given back; it
 *         may be on no list
 *
 * Context: Process context; does not sleep.
 */
void bp_slots_forget(struct bp_slots *slots, struct bp_held *held)
{
	raw_spin_lock(&slots->lock);
	hlist_del_init(&held->node);
	raw_spin_unlock(&slots->lock);
}

/**
 * bp_slots_in_use() - does anybody hold a slot?
 * @slots: the instance
 *
 * Context: Process context; does not sleep.
 *
 * Return: true if a claim is held.  With others reserving and releasing at the
 * same time the answer is already old.
 */
bool bp_slots_in_use(struct bp_slots *slots)
{
	for (unsigned int class = 0; class < slots->nr_classes; class++) {
		long word = atomic_long_read(&slots->bounds[class]);
		struct bp_bounds bounds = bp_bounds_unpack(word);

		if (bounds.wide || bounds.cpus)
			return true;
	}
	return bp_shards_in_use(slots);
}

/**
 * bp_slots_init() - set up an instance in which nobody holds anything
 * @slots:      the instance
 * @nr_cpus:    CPUs are numbered from 0 to @nr_cpus - 1
 * @nr_classes: register classes, at most %BP_SLOTS_CLASSES
 * @limit:      registers per CPU of each class, at most %BP_SLOTS_LIMIT
 *
 * Context: May sleep.
 *
 * Return: 0, -ENOMEM, or -EINVAL if a number is out of range.
 */
int bp_slots_init(struct bp_slots *slots, unsigned int nr_cpus,
		  unsigned int nr_classes, const u8 *limit)
{
	if (!nr_cpus || !nr_classes || nr_classes > BP_SLOTS_CLASSES)
		return -EINVAL;

	memset(slots, 0, sizeof(*slots));
	raw_spin_lock_init(&slots->freezing);
	raw_spin_lock_init(&slots->lock);
	slots->nr_cpus = nr_cpus;
	slots->nr_classes = nr_classes;
	for (unsigned int class = 0; class < nr_classes; class++) {
		if (limit[class] > BP_SLOTS_LIMIT)
			return -EINVAL;
		slots->limit[class] = limit[class];
	}

	slots->cpus = kvcalloc(nr_cpus, sizeof(*slots->cpus), GFP_KERNEL);
	if (!slots->cpus || bp_shards_init(slots)) {
		bp_slots_destroy(slots);
		return -ENOMEM;
	}
	return 0;
}

/**
 * bp_slots_destroy() - free an instance, and what is still held of it
 * @slots: the instance; nobody uses it any more
 *
 * Context: May sleep.
 */
void bp_slots_destroy(struct bp_slots *slots)
{
	bp_shards_destroy(slots);
	kvfree(slots->cpus);
	slots->cpus = NULL;
}
