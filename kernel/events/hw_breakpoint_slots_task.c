// SPDX-License-Identifier: GPL-2.0
/*
 * Slot accounting for hardware breakpoints: the tasks.
 *
 * hw_breakpoint_slots.c has the model.  Tasks are spread over shards by a hash
 * of their key.  A shard's top is the largest A among its tasks; its ceiling,
 * which is never below the top, is how far the top may rise without asking
 * anybody.  The rest of the world counts on the ceilings, not on the tops:
 * bp_bounds::ceiling is at least the highest of them.
 *
 * Only a rise above the ceiling takes bp_slots::lock; a release leaves the
 * ceiling where it was, so that the next reservation is local again.  Ceiling
 * and top live in one atomic word, and the top moves by cmpxchg against the
 * ceiling that it relied on: who lowers the ceiling needs no lock.
 */
#include "hw_breakpoint_slots.h"

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
 * holds shard->lock; bp_shards_lower() may lower the ceiling at the same time,
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

/*
 * Move the shard's top to @top, and its ceiling up to there if need be; the
 * bounds allow it.  The ceiling may be lowered at the same time.
 */
static void bp_shard_raise(struct bp_slots *slots, struct bp_shard *shard,
			   unsigned int class, unsigned int top)
{
	int old = atomic_read(&shard->headroom[class]);
	unsigned int ceiling;

	lockdep_assert_held(&shard->lock);
	lockdep_assert_held(&slots->lock);
	do {
		ceiling = max(bp_headroom_ceiling(old), top);
	} while (!atomic_try_cmpxchg(&shard->headroom[class], &old,
				     bp_headroom_pack(ceiling, top)));
}

/**
 * bp_shards_lower() - lower every shard's ceiling to its top
 * @slots: the instance
 * @class: register class
 *
 * A top that falls meanwhile is seen too high, as it was when this began; one
 * that rises fails its cmpxchg and comes back for bp_slots::lock.
 *
 * Context: Any, NMI included.
 *
 * Return: the highest top.
 */
unsigned int bp_shards_lower(struct bp_slots *slots, unsigned int class)
{
	unsigned int highest = 0;

	for (unsigned int i = 0; i < slots->nr_shards; i++) {
		atomic_t *headroom = &slots->shards[i].headroom[class];
		int old = atomic_read(headroom);
		unsigned int top;

		do {
			top = bp_headroom_top(old);
		} while (!atomic_try_cmpxchg(headroom, &old,
					     bp_headroom_pack(top, top)));
		highest = max(highest, top);
	}
	return highest;
}

/*
 * Tasks and their records.
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

/* A record, with memory for single CPUs behind it if that is claimed. */
static struct bp_task *bp_task_alloc(struct bp_slots *slots,
				     const struct bp_claim *claim)
{
	size_t on_cpu = claim->cpu < 0 ? 0 : slots->nr_classes * slots->nr_cpus;
	struct bp_task *task = kzalloc(sizeof(*task) + on_cpu, GFP_KERNEL);

	if (!task)
		return NULL;
	task->key = claim->task;
	if (on_cpu)
		task->on_cpu = (u8 *)(task + 1);
	return task;
}

/* The largest C + A + S of @task, on those CPUs where it holds some S, if A = @level. */
static unsigned int bp_task_beside(struct bp_slots *slots, struct bp_task *task,
				   unsigned int class, unsigned int level)
{
	const u8 *on_cpu = bp_task_on_cpu(slots, task, class);
	unsigned int beside = 0;

	lockdep_assert_held(&slots->lock);
	for (unsigned int c = 0; c < slots->nr_cpus; c++)
		if (on_cpu[c])
			beside = max(beside, on_cpu[c] + level +
					     slots->cpus[c].held[class]);
	return beside;
}

/*
 * A of @task becomes @level: tell the CPUs on which it holds some S.  What they
 * contribute to bp_slots::beside mostly changes in the same way on one CPU after
 * the other, and is moved together.
 */
static void bp_task_move_beside(struct bp_slots *slots, struct bp_task *task,
				unsigned int class, unsigned int level)
{
	const u8 *on_cpu = bp_task_on_cpu(slots, task, class);
	unsigned int old = task->everywhere[class];
	unsigned int from = 0, to = 0, n = 0;

	lockdep_assert_held(&slots->lock);
	for (unsigned int c = 0; c < slots->nr_cpus; c++) {
		struct bp_cpu *cpu = &slots->cpus[c];
		unsigned int before, after;

		if (!on_cpu[c])
			continue;
		before = bp_cpu_beside(cpu, class);
		bp_levels_move(&cpu->tasks[class], on_cpu[c] + old,
			       on_cpu[c] + level);
		after = bp_cpu_beside(cpu, class);
		if (before != from || after != to) {
			bp_levels_move_many(&slots->beside[class], from, to, n);
			from = before;
			to = after;
			n = 0;
		}
		n++;
	}
	bp_levels_move_many(&slots->beside[class], from, to, n);
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
	struct bp_bounds by = { .rising = level };

	lockdep_assert_held(&slots->lock);
	if (task->nr_on_cpu[class])
		by.beside = bp_task_beside(slots, task, class, level);
	if (bp_bounds_raise(slots, class, &by))
		return -ENOSPC;

	if (task->nr_on_cpu[class])
		bp_task_move_beside(slots, task, class, level);
	bp_task_set_everywhere(shard, task, class, level);
	bp_shard_raise(slots, shard, class,
		       bp_levels_max(&shard->tasks[class]));
	bp_bounds_settle(slots, class);
	return 0;
}

/*
 * A + S of a task changes on a CPU where it holds some S; 0 stands for "holds
 * none there".
 */
static void bp_cpu_move_task(struct bp_slots *slots, unsigned int cpu,
			     unsigned int class, unsigned int from,
			     unsigned int to)
{
	struct bp_cpu *this = &slots->cpus[cpu];
	unsigned int beside = bp_cpu_beside(this, class);

	bp_levels_move(&this->tasks[class], from, to);
	bp_levels_move(&slots->beside[class], beside,
		       bp_cpu_beside(this, class));
}

/* The task's S on the claim's CPU becomes @level, which fits. */
static void bp_task_set_on_cpu(struct bp_slots *slots, struct bp_task *task,
			       const struct bp_claim *claim, unsigned int level)
{
	unsigned int class = claim->class;
	unsigned int everywhere = task->everywhere[class];
	u8 *on_cpu = &bp_task_on_cpu(slots, task, class)[claim->cpu];

	lockdep_assert_held(&slots->lock);
	bp_cpu_move_task(slots, claim->cpu, class,
			 *on_cpu ? everywhere + *on_cpu : 0,
			 level ? everywhere + level : 0);
	task->nr_on_cpu[class] += !!level - !!*on_cpu;
	*on_cpu = level;
}

static int bp_task_reserve_on_cpu(struct bp_slots *slots, struct bp_task *task,
				  const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	unsigned int level = bp_task_on_cpu(slots, task, class)[claim->cpu] +
			     claim->weight;
	struct bp_bounds by = {
		.beside	= slots->cpus[claim->cpu].held[class] +
			  task->everywhere[class] + level,
	};

	lockdep_assert_held(&slots->lock);
	if (bp_bounds_raise(slots, class, &by))
		return -ENOSPC;
	bp_task_set_on_cpu(slots, task, claim, level);
	return 0;
}

/*
 * The record of the claim's task, with memory for what is claimed: the one
 * that the shard has; or, if there is none or it lacks the memory, @spare in its
 * place, which is exchanged for it.  NULL if it takes a @spare and there is none.
 */
static struct bp_task *bp_task_get(struct bp_shard *shard,
				   const struct bp_claim *claim,
				   struct bp_task **spare)
{
	struct bp_task *task = bp_task_find(shard, claim->task);

	if (task && (claim->cpu < 0 || task->on_cpu))
		return task;
	if (!*spare)
		return NULL;
	if (task) {
		/* Without such memory, it holds something on every CPU at most. */
		memcpy((*spare)->everywhere, task->everywhere,
		       sizeof(task->everywhere));
		hlist_del(&task->node);
	}
	swap(task, *spare);
	hlist_add_head(&task->node, bp_task_chain(shard, claim->task));
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

/**
 * bp_task_reserve() - bp_slots_reserve() for a claim with a task
 * @slots: the instance
 * @claim: valid, of a weight within the limit
 *
 * Context: May sleep.
 *
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int bp_task_reserve(struct bp_slots *slots, const struct bp_claim *claim)
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
	else
		bp_held_add(&shard->holders, claim);
	raw_spin_unlock(&shard->lock);

	kfree(idle);
	kfree(spare);
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
	bp_held_sub(claim);
	raw_spin_lock(&slots->lock);
	bp_task_set_on_cpu(slots, task, claim, level - claim->weight);
	bp_bounds_settle(slots, claim->class);
	raw_spin_unlock(&slots->lock);
}

/* The task's A falls to @level, and the shard's top with it. */
static void bp_task_lower(struct bp_shard *shard, struct bp_task *task,
			  unsigned int class, unsigned int level)
{
	bp_task_set_everywhere(shard, task, class, level);
	bp_shard_set_top(shard, class, bp_levels_max(&shard->tasks[class]));
}

static void bp_task_release_everywhere(struct bp_slots *slots,
				       struct bp_shard *shard,
				       struct bp_task *task,
				       const struct bp_claim *claim)
{
	unsigned int class = claim->class;
	struct bp_bounds as_it_was = { .rising = task->everywhere[class] };
	unsigned int level = task->everywhere[class];

	if (WARN_ON_ONCE(level < claim->weight))
		return;
	bp_held_sub(claim);
	level -= claim->weight;
	if (!task->nr_on_cpu[class]) {
		bp_task_lower(shard, task, class, level);
		return;
	}
	raw_spin_lock(&slots->lock);
	/* What counts already is granted; it falls in bp_bounds_settle(). */
	bp_bounds_raise(slots, class, &as_it_was);
	bp_task_move_beside(slots, task, class, level);
	bp_task_lower(shard, task, class, level);
	bp_bounds_settle(slots, class);
	raw_spin_unlock(&slots->lock);
}

/**
 * bp_task_release() - bp_slots_release() for a claim with a task
 * @slots: the instance
 * @claim: what is held
 *
 * Context: Process context; does not sleep.
 */
void bp_task_release(struct bp_slots *slots, const struct bp_claim *claim)
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
	kfree(idle);
}

/**
 * bp_shards_in_use() - does any task hold a slot?
 * @slots: the instance
 *
 * Context: Process context; does not sleep.
 *
 * Return: true if so.
 */
bool bp_shards_in_use(struct bp_slots *slots)
{
	bool in_use = false;

	for (unsigned int i = 0; i < slots->nr_shards && !in_use; i++) {
		struct bp_shard *shard = &slots->shards[i];

		raw_spin_lock(&shard->lock);
		for (unsigned int j = 0; j < BP_SLOTS_CHAINS; j++)
			in_use |= !hlist_empty(&shard->chains[j]);
		raw_spin_unlock(&shard->lock);
	}
	return in_use;
}

/**
 * bp_shards_init() - the shards of an instance that has its number of CPUs
 * @slots: the instance
 *
 * Context: May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int bp_shards_init(struct bp_slots *slots)
{
	slots->nr_shards = min(roundup_pow_of_two(slots->nr_cpus),
			       BP_SLOTS_SHARDS);
	slots->shards = kvcalloc(slots->nr_shards, sizeof(*slots->shards),
				 GFP_KERNEL);
	if (!slots->shards)
		return -ENOMEM;
	for (unsigned int i = 0; i < slots->nr_shards; i++)
		raw_spin_lock_init(&slots->shards[i].lock);
	return 0;
}

/**
 * bp_shards_destroy() - free the shards, and the records of tasks in them
 * @slots: the instance
 *
 * Context: May sleep.
 */
void bp_shards_destroy(struct bp_slots *slots)
{
	struct hlist_node *next;
	struct bp_task *task;

	for (unsigned int i = 0; slots->shards && i < slots->nr_shards; i++)
		for (unsigned int j = 0; j < BP_SLOTS_CHAINS; j++)
			hlist_for_each_entry_safe(task, next,
						  &slots->shards[i].chains[j],
						  node)
				kfree(task);
	kvfree(slots->shards);
	slots->shards = NULL;
}
