// SPDX-License-Identifier: GPL-2.0
/*
 * Slot accounting for hardware breakpoints.
 *
 * Every CPU has limit[class] registers of a class.  Three kinds of breakpoint
 * ask for them; for a class,
 *
 *	C[c]	is what breakpoints of CPU c itself hold there,
 *	A[t]	what task t holds on every CPU, as it may run on any,
 *	S[t][c]	what task t holds on CPU c alone.
 *
 * A CPU runs one task at a time, so what is accepted always finds a register
 * exactly if, for every CPU c and every task t,
 *
 *	C[c] + A[t] + S[t][c] <= limit			(I1: never overcommit)
 *
 * and a request is refused only if granting it would break that (I2).  What
 * has to be known is therefore the largest A + S beside each C, and the
 * largest C beside each A; with that, a request costs O(1):
 *
 *	kind		must fit			looks at
 *	CPU c		C[c] + w + max_t(A + S)		ceilings, cpus[c].tasks
 *	task t		A[t] + w + max_c(C)		held
 *	t on CPU c	C[c] + A[t] + S[t][c] + w	itself
 *	task t that	A[t] + w + S[t][c] + C[c]	its CPUs (O(CPUs))
 *	 holds some S
 *
 * where the maximum comes from struct bp_levels, a histogram of at most
 * BP_SLOTS_LIMIT levels.
 *
 * Ceilings.  Tasks are many, open and close breakpoints all the time, and have
 * nothing to do with each other; they must not meet in one lock.  So they are
 * spread over shards by hash.  A shard's top is the largest A among its tasks;
 * its ceiling, which is never below the top, is how far the top may rise
 * without asking anybody.  The rest of the world counts on the ceiling, not on
 * the top:
 *
 *	max_c(C) + max_shards(ceiling) <= limit
 *
 * Only a rise above the ceiling takes bp_slots::lock; a release leaves the
 * ceiling where it was, so that the next reservation is local again.  A CPU
 * that would be refused because of a ceiling first lowers all ceilings to
 * their tops (bp_slots_drain()): nobody is ever refused because of headroom
 * that no task uses.  The pair lives in one atomic word, and the top moves by
 * cmpxchg against the ceiling that it relied on.
 *
 * Locking: bp_shard::lock, then bp_slots::lock inside it.  Neither is taken in
 * interrupt context; both are held for a few dozen instructions, or O(CPUs)
 * where the table above says so.  Memory is allocated before, and freed after.
 */
#include "hw_breakpoint_slots.h"

static_assert(BP_SLOTS_LIMIT < 32, "struct bp_levels::present is 32 bits wide");

/* The largest number in @levels, 0 if there is none. */
static unsigned int bp_levels_max(const struct bp_levels *levels)
{
	return levels->present ? __fls(levels->present) : 0;
}

/* One member of @levels changes from @from to @to; 0 stands for "absent". */
static void bp_levels_move(struct bp_levels *levels, unsigned int from,
			   unsigned int to)
{
	if (from == to)
		return;
	if (from && !--levels->nr[from])
		levels->present &= ~BIT(from);
	if (to && !levels->nr[to]++)
		levels->present |= BIT(to);
}

/* A shard's headroom: how far its top may rise unasked, and where it is. */
static int bp_headroom_pack(unsigned int ceiling, unsigned int top)
{
	return ceiling << 8 | top;
}

static unsigned int bp_headroom_ceiling(int headroom)
{
	return headroom >> 8;
}

static unsigned int bp_headroom_top(int headroom)
{
	return headroom & 0xff;
}

/*
 * Move the shard's top to @top if that is within its ceiling.  The caller
 * holds shard->lock; bp_slots_drain() may lower the ceiling at the same time,
 * and then wins.
 */
static bool bp_shard_set_top(struct bp_shard *shard, unsigned int class,
			     unsigned int top)
{
	int old = atomic_read(&shard->headroom[class]);
	unsigned int ceiling;

	lockdep_assert_held(&shard->lock);
	do {
		ceiling = bp_headroom_ceiling(old);
		if (top > ceiling)
			return false;
	} while (!atomic_try_cmpxchg(&shard->headroom[class], &old,
				     bp_headroom_pack(ceiling, top)));
	return true;
}

/* Make room for @top; the caller has found that it fits beside every C. */
static void bp_shard_raise_ceiling(struct bp_slots *slots,
				   struct bp_shard *shard, unsigned int class,
				   unsigned int top)
{
	int old = atomic_read(&shard->headroom[class]);
	unsigned int ceiling = bp_headroom_ceiling(old);

	lockdep_assert_held(&shard->lock);
	lockdep_assert_held(&slots->lock);
	if (top <= ceiling)
		return;
	/* The shard's lock keeps others from the top, the other the ceiling. */
	atomic_set(&shard->headroom[class],
		   bp_headroom_pack(top, bp_headroom_top(old)));
	bp_levels_move(&slots->ceilings[class], ceiling, top);
}

/*
 * Lower every shard's ceiling to its top.  A top that falls meanwhile is seen
 * too high, as it was when this began; one that rises fails its cmpxchg and
 * comes back for bp_slots::lock.
 */
static void bp_slots_drain(struct bp_slots *slots, unsigned int class)
{
	lockdep_assert_held(&slots->lock);
	for (unsigned int i = 0; i < slots->nr_shards; i++) {
		atomic_t *headroom = &slots->shards[i].headroom[class];
		int old = atomic_read(headroom);
		unsigned int top;

		do {
			top = bp_headroom_top(old);
		} while (!atomic_try_cmpxchg(headroom, &old,
					     bp_headroom_pack(top, top)));
		bp_levels_move(&slots->ceilings[class],
			       bp_headroom_ceiling(old), top);
	}
}

/*
 * Breakpoints of a CPU.
 */

static bool bp_cpu_fits(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];
	unsigned int class = claim->class;
	unsigned int want = cpu->held[class] + claim->weight;
	unsigned int limit = slots->limit[class];

	lockdep_assert_held(&slots->lock);
	if (want + bp_levels_max(&cpu->tasks[class]) > limit)
		return false;
	if (want + bp_levels_max(&slots->ceilings[class]) <= limit)
		return true;
	bp_slots_drain(slots, class);
	return want + bp_levels_max(&slots->ceilings[class]) <= limit;
}

static void bp_cpu_set_held(struct bp_slots *slots,
			    const struct bp_claim *claim, unsigned int held)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];

	lockdep_assert_held(&slots->lock);
	bp_levels_move(&slots->held[claim->class], cpu->held[claim->class],
		       held);
	cpu->held[claim->class] = held;
}

static int bp_cpu_reserve(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];

	lockdep_assert_held(&slots->lock);
	if (!bp_cpu_fits(slots, claim))
		return -ENOSPC;
	bp_cpu_set_held(slots, claim, cpu->held[claim->class] + claim->weight);
	return 0;
}

static void bp_cpu_release(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_cpu *cpu = &slots->cpus[claim->cpu];

	lockdep_assert_held(&slots->lock);
	if (WARN_ON_ONCE(cpu->held[claim->class] < claim->weight))
		return;
	bp_cpu_set_held(slots, claim, cpu->held[claim->class] - claim->weight);
}

/*
 * Breakpoints of a task.
 */

static struct bp_shard *bp_task_shard(struct bp_slots *slots, const void *key)
{
	return &slots->shards[hash_ptr(key, 32) & (slots->nr_shards - 1)];
}

static struct hlist_head *bp_task_chain(struct bp_shard *shard, const void *key)
{
	/* The low bits chose the shard; these are the highest. */
	return &shard->chains[hash_ptr(key, 32) >> (32 - BP_SLOTS_CHAIN_BITS)];
}

static struct bp_task *bp_task_find(struct bp_shard *shard, const void *key)
{
	struct bp_task *task;

	lockdep_assert_held(&shard->lock);
	hlist_for_each_entry(task, bp_task_chain(shard, key), node)
		if (task->key == key)
			return task;
	return NULL;
}

static u8 *bp_task_on_cpu(struct bp_slots *slots, struct bp_task *task,
			  unsigned int class)
{
	return task->on_cpu + class * slots->nr_cpus;
}

static void bp_task_free(struct bp_task *task)
{
	if (!task)
		return;
	kfree(task->on_cpu);
	kfree(task);
}

static struct bp_task *bp_task_alloc(struct bp_slots *slots,
				     const struct bp_claim *claim)
{
	struct bp_task *task = kzalloc(sizeof(*task), GFP_KERNEL);

	if (!task)
		return NULL;
	task->key = claim->task;
	if (claim->cpu >= 0) {
		task->on_cpu = kcalloc(slots->nr_classes, slots->nr_cpus,
				       GFP_KERNEL);
		if (!task->on_cpu) {
			bp_task_free(task);
			return NULL;
		}
	}
	return task;
}

/* Does @task still fit, on those CPUs where it holds some S, with A = @level? */
static bool bp_task_fits_beside(struct bp_slots *slots, struct bp_task *task,
				unsigned int class, unsigned int level)
{
	const u8 *on_cpu = bp_task_on_cpu(slots, task, class);

	lockdep_assert_held(&slots->lock);
	for (unsigned int c = 0; c < slots->nr_cpus; c++)
		if (on_cpu[c] && on_cpu[c] + level + slots->cpus[c].held[class] >
				 slots->limit[class])
			return false;
	return true;
}

/* A of @task changes: tell the CPUs on which it holds some S. */
static void bp_task_move_beside(struct bp_slots *slots, struct bp_task *task,
				unsigned int class, unsigned int level)
{
	const u8 *on_cpu = bp_task_on_cpu(slots, task, class);
	unsigned int old = task->everywhere[class];

	lockdep_assert_held(&slots->lock);
	for (unsigned int c = 0; c < slots->nr_cpus; c++)
		if (on_cpu[c])
			bp_levels_move(&slots->cpus[c].tasks[class],
				       on_cpu[c] + old, on_cpu[c] + level);
}

/* The task's A becomes @level; the ceiling, checked before, allows it. */
static void bp_task_set_everywhere(struct bp_shard *shard, struct bp_task *task,
				   unsigned int class, unsigned int level)
{
	lockdep_assert_held(&shard->lock);
	bp_levels_move(&shard->tasks[class], task->everywhere[class], level);
	task->everywhere[class] = level;
}

/*
 * The common case, a task without S and below its shard's ceiling: no lock but
 * the shard's.  False if it takes bp_slots::lock to tell.
 */
static bool bp_task_reserve_local(struct bp_shard *shard, struct bp_task *task,
				  const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	unsigned int level = task->everywhere[class] + claim->weight;
	unsigned int top = bp_levels_max(&shard->tasks[class]);

	lockdep_assert_held(&shard->lock);
	if (task->nr_on_cpu[class])
		return false;
	if (!bp_shard_set_top(shard, class, max(level, top)))
		return false;
	bp_task_set_everywhere(shard, task, class, level);
	return true;
}

static int bp_task_reserve_everywhere(struct bp_slots *slots,
				      struct bp_shard *shard,
				      struct bp_task *task,
				      const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	unsigned int level = task->everywhere[class] + claim->weight;

	lockdep_assert_held(&slots->lock);
	if (level + bp_levels_max(&slots->held[class]) > slots->limit[class])
		return -ENOSPC;
	if (task->nr_on_cpu[class]) {
		if (!bp_task_fits_beside(slots, task, class, level))
			return -ENOSPC;
		bp_task_move_beside(slots, task, class, level);
	}
	bp_shard_raise_ceiling(slots, shard, class, level);
	bp_task_set_everywhere(shard, task, class, level);
	bp_shard_set_top(shard, class, bp_levels_max(&shard->tasks[class]));
	return 0;
}

/* The task's S on the claim's CPU becomes @level, which fits. */
static void bp_task_set_on_cpu(struct bp_slots *slots, struct bp_task *task,
			       const struct bp_claim *claim, unsigned int level)
{
	unsigned int class = claim->class;
	unsigned int everywhere = task->everywhere[class];
	u8 *on_cpu = &bp_task_on_cpu(slots, task, class)[claim->cpu];

	lockdep_assert_held(&slots->lock);
	bp_levels_move(&slots->cpus[claim->cpu].tasks[class],
		       *on_cpu ? everywhere + *on_cpu : 0,
		       level ? everywhere + level : 0);
	task->nr_on_cpu[class] += !!level - !!*on_cpu;
	*on_cpu = level;
}

static int bp_task_reserve_on_cpu(struct bp_slots *slots, struct bp_task *task,
				  const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	unsigned int held = slots->cpus[claim->cpu].held[class];
	unsigned int level = bp_task_on_cpu(slots, task, class)[claim->cpu] +
			     claim->weight;

	lockdep_assert_held(&slots->lock);
	if (held + task->everywhere[class] + level > slots->limit[class])
		return -ENOSPC;
	bp_task_set_on_cpu(slots, task, claim, level);
	return 0;
}

/*
 * The record of the claim's task, with memory for what is claimed: the one
 * that the shard has, completed from @spare, or @spare itself.  NULL if it
 * takes a @spare and there is none.  Of @spare, what was used is cleared.
 */
static struct bp_task *bp_task_get(struct bp_shard *shard,
				   const struct bp_claim *claim,
				   struct bp_task **spare)
{
	struct bp_task *task = bp_task_find(shard, claim->task);

	if (!task && *spare) {
		task = *spare;
		*spare = NULL;
		hlist_add_head(&task->node, bp_task_chain(shard, claim->task));
	}
	if (!task || claim->cpu < 0 || task->on_cpu)
		return task;
	if (!*spare)
		return NULL;
	swap(task->on_cpu, (*spare)->on_cpu);
	return task;
}

/* Take out a task that holds nothing any more; returns what is to be freed. */
static struct bp_task *bp_task_put(struct bp_task *task)
{
	for (unsigned int class = 0; class < BP_SLOTS_CLASSES; class++)
		if (task->everywhere[class] || task->nr_on_cpu[class])
			return NULL;
	hlist_del(&task->node);
	return task;
}

static int bp_task_reserve(struct bp_slots *slots, const struct bp_claim *claim)
{
	struct bp_shard *shard = bp_task_shard(slots, claim->task);
	struct bp_task *task, *spare = NULL, *idle = NULL;
	int ret = 0;

	raw_spin_lock(&shard->lock);
	task = bp_task_get(shard, claim, &spare);
	if (!task) {
		raw_spin_unlock(&shard->lock);
		spare = bp_task_alloc(slots, claim);
		if (!spare)
			return -ENOMEM;
		raw_spin_lock(&shard->lock);
		task = bp_task_get(shard, claim, &spare);
	}

	if (claim->cpu >= 0) {
		raw_spin_lock(&slots->lock);
		ret = bp_task_reserve_on_cpu(slots, task, claim);
		raw_spin_unlock(&slots->lock);
	} else if (!bp_task_reserve_local(shard, task, claim)) {
		raw_spin_lock(&slots->lock);
		ret = bp_task_reserve_everywhere(slots, shard, task, claim);
		raw_spin_unlock(&slots->lock);
	}
	if (ret)
		idle = bp_task_put(task);
	raw_spin_unlock(&shard->lock);

	bp_task_free(idle);
	bp_task_free(spare);
	return ret;
}

static void bp_task_release_on_cpu(struct bp_slots *slots, struct bp_task *task,
				   const struct bp_claim *claim)
{
	unsigned int level;

	if (WARN_ON_ONCE(!task->on_cpu))
		return;
	level = bp_task_on_cpu(slots, task, claim->class)[claim->cpu];
	if (WARN_ON_ONCE(level < claim->weight))
		return;
	raw_spin_lock(&slots->lock);
	bp_task_set_on_cpu(slots, task, claim, level - claim->weight);
	raw_spin_unlock(&slots->lock);
}

static void bp_task_release_everywhere(struct bp_slots *slots,
				       struct bp_shard *shard,
				       struct bp_task *task,
				       const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	unsigned int level = task->everywhere[class];

	if (WARN_ON_ONCE(level < claim->weight))
		return;
	level -= claim->weight;
	if (task->nr_on_cpu[class]) {
		raw_spin_lock(&slots->lock);
		bp_task_move_beside(slots, task, class, level);
		raw_spin_unlock(&slots->lock);
	}
	bp_task_set_everywhere(shard, task, class, level);
	bp_shard_set_top(shard, class, bp_levels_max(&shard->tasks[class]));
}

static void bp_task_release(struct bp_slots *slots,
			    const struct bp_claim *claim)
{
	struct bp_shard *shard = bp_task_shard(slots, claim->task);
	struct bp_task *task, *idle = NULL;

	raw_spin_lock(&shard->lock);
	task = bp_task_find(shard, claim->task);
	if (!WARN_ON_ONCE(!task)) {
		if (claim->cpu >= 0)
			bp_task_release_on_cpu(slots, task, claim);
		else
			bp_task_release_everywhere(slots, shard, task, claim);
		idle = bp_task_put(task);
	}
	raw_spin_unlock(&shard->lock);
	bp_task_free(idle);
}

/*
 * The interface.
 */

static bool bp_claim_is_valid(const struct bp_slots *slots,
			      const struct bp_claim *claim)
{
	return claim->class < slots->nr_classes && claim->weight &&
	       claim->cpu < (int)slots->nr_cpus &&
	       (claim->task ? claim->cpu >= -1 : claim->cpu >= 0);
}

/**
 * bp_slots_reserve() - take the registers for one breakpoint
 * @slots: the instance
 * @claim: who wants how many of what
 *
 * Context: May sleep (the first breakpoint of a task allocates memory).
 *
 * Return: 0; -ENOSPC if granting it would break I1; -ENOMEM; -EINVAL if @claim
 * makes no sense for this instance.  On failure nothing is held.
 */
int bp_slots_reserve(struct bp_slots *slots, const struct bp_claim *claim)
{
	int ret;

	if (WARN_ON_ONCE(!bp_claim_is_valid(slots, claim)))
		return -EINVAL;
	if (claim->weight > slots->limit[claim->class])
		return -ENOSPC;
	if (claim->task)
		return bp_task_reserve(slots, claim);

	raw_spin_lock(&slots->lock);
	ret = bp_cpu_reserve(slots, claim);
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
 * bp_slots_try_reserve_cpu() - bp_slots_reserve() for a stopped machine
 * @slots: the instance
 * @claim: a claim without a task
 *
 * Context: Any, NMI included.
 *
 * Return: as bp_slots_reserve(), and -EBUSY if what was stopped is in the
 * middle of a change.
 */
int bp_slots_try_reserve_cpu(struct bp_slots *slots,
			     const struct bp_claim *claim)
{
	int ret;

	if (!bp_claim_is_valid(slots, claim) || claim->task)
		return -EINVAL;
	if (!raw_spin_trylock(&slots->lock))
		return -EBUSY;
	ret = bp_cpu_reserve(slots, claim);
	raw_spin_unlock(&slots->lock);
	return ret;
}

/**
 * bp_slots_try_release_cpu() - bp_slots_release() for a stopped machine
 * @slots: the instance
 * @claim: a granted claim without a task
 *
 * Context: Any, NMI included.
 *
 * Return: 0; -EBUSY if what was stopped is in the middle of a change, and
 * @claim is still held; -EINVAL if @claim makes no sense.
 */
int bp_slots_try_release_cpu(struct bp_slots *slots,
			     const struct bp_claim *claim)
{
	if (!bp_claim_is_valid(slots, claim) || claim->task)
		return -EINVAL;
	if (!raw_spin_trylock(&slots->lock))
		return -EBUSY;
	bp_cpu_release(slots, claim);
	raw_spin_unlock(&slots->lock);
	return 0;
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
	bool in_use = false;

	for (unsigned int i = 0; i < slots->nr_shards && !in_use; i++) {
		struct bp_shard *shard = &slots->shards[i];

		raw_spin_lock(&shard->lock);
		for (unsigned int j = 0; j < BP_SLOTS_CHAINS; j++)
			in_use |= !hlist_empty(&shard->chains[j]);
		raw_spin_unlock(&shard->lock);
	}

	raw_spin_lock(&slots->lock);
	for (unsigned int class = 0; class < slots->nr_classes; class++)
		in_use |= slots->held[class].present != 0;
	raw_spin_unlock(&slots->lock);
	return in_use;
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
	raw_spin_lock_init(&slots->lock);
	slots->nr_cpus = nr_cpus;
	slots->nr_classes = nr_classes;
	slots->nr_shards = min(roundup_pow_of_two(nr_cpus), BP_SLOTS_SHARDS);
	for (unsigned int class = 0; class < nr_classes; class++) {
		if (limit[class] > BP_SLOTS_LIMIT)
			return -EINVAL;
		slots->limit[class] = limit[class];
	}

	slots->cpus = kvcalloc(nr_cpus, sizeof(*slots->cpus), GFP_KERNEL);
	slots->shards = kvcalloc(slots->nr_shards, sizeof(*slots->shards),
				 GFP_KERNEL);
	if (!slots->cpus || !slots->shards) {
		bp_slots_destroy(slots);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < slots->nr_shards; i++)
		raw_spin_lock_init(&slots->shards[i].lock);
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
	struct hlist_node *next;
	struct bp_task *task;

	for (unsigned int i = 0; slots->shards && i < slots->nr_shards; i++)
		for (unsigned int j = 0; j < BP_SLOTS_CHAINS; j++)
			hlist_for_each_entry_safe(task, next,
						  &slots->shards[i].chains[j],
						  node)
				bp_task_free(task);
	kvfree(slots->shards);
	kvfree(slots->cpus);
	slots->shards = NULL;
	slots->cpus = NULL;
}
