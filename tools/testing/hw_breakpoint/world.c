// SPDX-License-Identifier: GPL-2.0
/*
 * An instance of the core with the oracle beside it; see world.h.
 */
#include <stdio.h>

#include "world.h"

static_assert(sizeof(struct bp_shard) == offsetof(struct bp_shard, chains) +
	      sizeof(((struct bp_shard *)0)->chains),
	      "adapt raw_spinlock_t::padding in kernel.h");

/*
 * The core's hash is known here: tasks are to meet in a shard, or not to, as
 * the layout says, and world_check() looks for them where they belong.
 */
static unsigned int key_shard(const void *key, unsigned int nr_shards)
{
	return hash_ptr(key, 32) & (nr_shards - 1);
}

static unsigned int key_chain(const void *key)
{
	return hash_ptr(key, 32) >> (32 - BP_SLOTS_CHAIN_BITS);
}

static bool key_suits(const struct world *w, enum key_layout layout,
		      unsigned int task, const void *key)
{
	unsigned int nr_shards = w->slots->nr_shards;
	unsigned int shard = key_shard(key, nr_shards);

	if (layout == LAYOUT_SPREAD)
		return shard == task % nr_shards;
	if (shard != nr_shards - 1)
		return false;
	return key_chain(key) ==
	       (layout == LAYOUT_ONE_CHAIN ? 0 : task % BP_SLOTS_CHAINS);
}

void world_init(struct world *w, const struct geometry *g)
{
	unsigned long key = 0x1000;

	w->blocks = __atomic_load_n(&kernel_blocks, __ATOMIC_RELAXED);
	oracle_init(&w->oracle, g->nr_cpus, g->nr_tasks, g->nr_classes,
		    g->limit);
	w->slots = kernel_zalloc(1, sizeof(*w->slots));
	REQUIRE(!bp_slots_init(w->slots, g->nr_cpus, g->nr_classes, g->limit),
		"bp_slots_init() fails");
	w->held = kernel_zalloc((g->nr_tasks + 1) * (g->nr_cpus + 1),
				sizeof(*w->held));
	w->has_lists = true;
	w->keys = calloc(g->nr_tasks, sizeof(*w->keys));
	w->shard = calloc(g->nr_tasks, sizeof(*w->shard));
	REQUIRE(w->keys && w->shard, "out of memory");
	for (unsigned int t = 0; t < g->nr_tasks; t++) {
		do {
			w->keys[t] = (const void *)key;
			key += 64;
		} while (!key_suits(w, g->layout, t, w->keys[t]));
		w->shard[t] = key_shard(w->keys[t], w->slots->nr_shards);
	}
	world_check(w);
}

void world_forget(struct world *w)
{
	bp_slots_destroy(w->slots);
	kfree(w->slots);
	kfree(w->held);
	free(w->keys);
	free(w->shard);
	oracle_destroy(&w->oracle);
	REQUIRE(kernel_blocks == w->blocks,
		"bp_slots_destroy() leaks %ld blocks",
		kernel_blocks - w->blocks);
}

void world_destroy(struct world *w)
{
	REQUIRE(!w->oracle.nr_live, "the test has not given back everything");
	world_check(w);
	world_forget(w);
}

struct bp_held *world_held(const struct world *w, int task, int cpu)
{
	return &w->held[(task + 1) * ((int)w->oracle.nr_cpus + 1) + cpu + 1];
}

struct bp_claim world_claim(const struct world *w, struct claim claim)
{
	return (struct bp_claim){
		.task	= claim.task < 0 ? NULL : w->keys[claim.task],
		.cpu	= claim.cpu,
		.class	= claim.class,
		.weight	= claim.weight,
		.held	= claim_is_wide(claim) ? NULL :
			  world_held(w, claim.task, claim.cpu),
	};
}

/* The core's word is known here too: five fields of five bits, and a version. */
struct bp_bounds world_bounds(const struct world *w, unsigned int class)
{
	unsigned long word = w->slots->bounds[class].counter;

	return (struct bp_bounds){
		.wide		= word % 32,
		.cpus		= word / 32 % 32,
		.beside		= word / (32 * 32) % 32,
		.ceiling	= word / (32 * 32 * 32) % 32,
		.rising		= word / (32 * 32 * 32 * 32) % 32,
	};
}

unsigned int world_ceiling(const struct world *w, unsigned int shard,
			   unsigned int class)
{
	return w->slots->shards[shard].headroom[class].counter >> 8;
}

static const struct bp_task *find_task(const struct world *w, unsigned int t)
{
	const struct bp_shard *shard = &w->slots->shards[w->shard[t]];
	const struct bp_task *task;

	hlist_for_each_entry(task, &shard->chains[key_chain(w->keys[t])], node)
		if (task->key == w->keys[t])
			return task;
	return NULL;
}

bool world_has_record(const struct world *w, unsigned int t)
{
	return find_task(w, t);
}

bool world_has_on_cpu(const struct world *w, unsigned int t)
{
	const struct bp_task *task = find_task(w, t);

	return task && task->on_cpu;
}

/*
 * Doing.
 */

int world_answer(struct world *w, const struct op *op)
{
	switch (op->kind) {
	case OP_RESERVE:
		return oracle_reserve_answer(&w->oracle, op->claim);
	case OP_CHANGE:
		return oracle_change_answer(&w->oracle, op->claim, op->to);
	default:
		return 0;
	}
}

static int debugger_do_core(struct world *w, const struct op *op)
{
	const struct claim *claim = &op->claim;

	if (op->kind == OP_RESERVE)
		return bp_slots_reserve_wide_nmi(w->slots, claim->class,
						 claim->weight);
	bp_slots_release_wide_nmi(w->slots, claim->class, claim->weight);
	return 0;
}

int world_do_core(struct world *w, const struct op *op)
{
	struct bp_claim claim = world_claim(w, op->claim);

	if (op->is_debugger)
		return debugger_do_core(w, op);
	switch (op->kind) {
	case OP_RESERVE:
		return bp_slots_reserve(w->slots, &claim);
	case OP_CHANGE:
		return bp_slots_change(w->slots, &claim, op->to.class,
				       op->to.weight);
	default:
		bp_slots_release(w->slots, &claim);
		return 0;
	}
}

void world_do_oracle(struct world *w, const struct op *op)
{
	struct oracle *o = &w->oracle;

	if (op->kind != OP_RESERVE)
		oracle_del(o, oracle_find(o, op->claim));
	if (op->kind != OP_RELEASE)
		oracle_add(o, op->kind == OP_CHANGE ? op->to : op->claim);
}

int world_do(struct world *w, const struct op *op)
{
	int ret = world_do_core(w, op);

	if (!ret)
		world_do_oracle(w, op);
	return ret;
}

int world_step(struct world *w, const struct op *op)
{
	int ret, answer = world_answer(w, op);
	struct cost right, is;

	cost_now(w, &right);
	cost_add(w, &right, op, answer);
	ret = world_do(w, op);
	cost_now(w, &is);
	REQUIRE(ret == answer, "the answer is %d, but I1 says %d", ret, answer);
	world_check(w);
	cost_check(w, &right, &is);
	return ret;
}

/*
 * Checking.
 */

static void levels_add(struct bp_levels *levels, unsigned int n)
{
	if (!n)
		return;
	REQUIRE(n <= BP_SLOTS_LIMIT, "%u registers are counted as one task's or CPU's",
		n);
	levels->present |= 1U << n;
	levels->nr[n]++;
}

static void levels_check(const struct bp_levels *core,
			 const struct bp_levels *right, const char *what,
			 unsigned int index, unsigned int class)
{
	if (!memcmp(core, right, sizeof(*core)))
		return;
	for (unsigned int n = 0; n <= BP_SLOTS_LIMIT; n++)
		fprintf(stderr, "#   %u registers: %u times in the core, %u times on the list\n",
			n, core->nr[n], right->nr[n]);
	kernel_bug("%s %u, class %u: the levels are wrong (present %#x, right is %#x)",
		   what, index, class, core->present, right->present);
}

static void check_cpus(const struct world *w, unsigned int k)
{
	const struct oracle *o = &w->oracle;
	struct bp_levels held = {}, beside = {};

	for (unsigned int c = 0; c < o->nr_cpus; c++) {
		const struct bp_cpu *cpu = &w->slots->cpus[c];
		struct bp_levels tasks = {};
		unsigned int most = 0;

		levels_add(&held, o->held[k][c]);
		for (unsigned int t = 0; t < o->nr_tasks; t++) {
			unsigned int on_cpu = oracle_on_cpu(o, k, t)[c];

			if (!on_cpu)
				continue;
			levels_add(&tasks, on_cpu + o->everywhere[k][t]);
			most = max(most, o->held[k][c] + on_cpu +
					 o->everywhere[k][t]);
		}
		levels_add(&beside, most);
		REQUIRE(cpu->held[k] == o->held[k][c],
			"CPU %u, class %u: %u held, right is %u", c, k,
			cpu->held[k], o->held[k][c]);
		levels_check(&cpu->tasks[k], &tasks, "CPU", c, k);
	}
	levels_check(&w->slots->held[k], &held, "held by CPUs", 0, k);
	levels_check(&w->slots->beside[k], &beside, "beside tasks", 0, k);
}

/* Everything in the word follows from the list, but for the ceiling. */
static void check_bounds(const struct world *w, unsigned int k)
{
	const struct oracle *o = &w->oracle;
	struct bp_bounds bounds = world_bounds(w, k);
	unsigned int cpus = 0, beside = 0;

	for (unsigned int c = 0; c < o->nr_cpus; c++) {
		cpus = max(cpus, o->held[k][c] + 0U);
		for (unsigned int t = 0; t < o->nr_tasks; t++) {
			unsigned int on_cpu = oracle_on_cpu(o, k, t)[c];

			if (on_cpu)
				beside = max(beside, o->held[k][c] + on_cpu +
						     o->everywhere[k][t]);
		}
	}
	REQUIRE(bounds.wide == o->wide[k], "class %u: %u wide, right is %u", k,
		bounds.wide, o->wide[k]);
	REQUIRE(bounds.cpus == cpus,
		"class %u: CPUs are bounded by %u, right is %u", k,
		bounds.cpus, cpus);
	REQUIRE(bounds.beside == beside,
		"class %u: tasks on one CPU are bounded by %u, right is %u", k,
		bounds.beside, beside);
	REQUIRE(!bounds.rising, "class %u: a ceiling still rises to %u", k,
		bounds.rising);
	REQUIRE(bounds.wide + bounds.cpus + bounds.ceiling <= o->limit[k],
		"class %u: a W of %u, a C of %u and a ceiling of %u are above the limit of %u",
		k, bounds.wide, bounds.cpus, bounds.ceiling, o->limit[k]);
}

/* Shards, their tops and ceilings, against the tasks that belong there. */
static void check_shards(const struct world *w, unsigned int k)
{
	const struct oracle *o = &w->oracle;
	unsigned int highest = world_bounds(w, k).ceiling;

	for (unsigned int s = 0; s < w->slots->nr_shards; s++) {
		const struct bp_shard *shard = &w->slots->shards[s];
		unsigned int ceiling = world_ceiling(w, s, k);
		unsigned int top = shard->headroom[k].counter & 0xff;
		unsigned int right = 0;
		struct bp_levels tasks = {};

		for (unsigned int t = 0; t < o->nr_tasks; t++) {
			if (w->shard[t] != s)
				continue;
			levels_add(&tasks, o->everywhere[k][t]);
			right = max(right, o->everywhere[k][t] + 0U);
		}
		levels_check(&shard->tasks[k], &tasks, "shard", s, k);
		REQUIRE(top == right,
			"shard %u, class %u: the top is %u, right is %u", s, k,
			top, right);
		REQUIRE(top <= ceiling,
			"shard %u, class %u: the top, %u, is above the ceiling, %u",
			s, k, top, ceiling);
		REQUIRE(ceiling <= highest,
			"shard %u, class %u: the ceiling, %u, is above that of all, %u",
			s, k, ceiling, highest);
	}
}

/* Does the record say what the list says?  Returns its number of blocks. */
static unsigned int check_task(const struct world *w, unsigned int t)
{
	const struct bp_task *task = find_task(w, t);
	const struct oracle *o = &w->oracle;
	bool holds = false;

	for (unsigned int k = 0; k < o->nr_classes; k++) {
		unsigned int nr_on_cpu = 0;

		for (unsigned int c = 0; c < o->nr_cpus; c++) {
			unsigned int right = oracle_on_cpu(o, k, t)[c];
			unsigned int core = 0;

			if (task && task->on_cpu)
				core = task->on_cpu[k * o->nr_cpus + c];
			REQUIRE(core == right, "task %u on CPU %u, class %u: %u, right is %u",
				t, c, k, core, right);
			nr_on_cpu += !!right;
		}
		REQUIRE((task ? task->everywhere[k] : 0) == o->everywhere[k][t],
			"task %u, class %u: %u everywhere, right is %u", t, k,
			task ? task->everywhere[k] : 0, o->everywhere[k][t]);
		REQUIRE((task ? task->nr_on_cpu[k] : 0) == nr_on_cpu,
			"task %u, class %u: on %u CPUs, right is %u", t, k,
			task ? task->nr_on_cpu[k] : 0, nr_on_cpu);
		holds |= nr_on_cpu || o->everywhere[k][t];
	}
	REQUIRE(!!task == holds, "task %u %s", t,
		holds ? "has no record" : "holds nothing, but has a record");
	return !!task;
}

static unsigned int count_records(const struct world *w)
{
	unsigned int nr = 0;

	for (unsigned int s = 0; s < w->slots->nr_shards; s++) {
		struct bp_shard *shard = &w->slots->shards[s];
		struct bp_task *task;

		REQUIRE(!shard->lock.holder, "shard %u is left locked", s);
		for (unsigned int i = 0; i < BP_SLOTS_CHAINS; i++)
			hlist_for_each_entry(task, &shard->chains[i], node)
				nr++;
	}
	return nr;
}

/* What a holder must hold. */
static unsigned int right_held(const struct world *w, unsigned int k, int task,
			       int cpu)
{
	const struct oracle *o = &w->oracle;

	if (task < 0)
		return cpu < 0 ? 0 : o->held[k][cpu];
	return cpu < 0 ? o->everywhere[k][task] : oracle_on_cpu(o, k, task)[cpu];
}

static void count_held(struct bp_held *held, void *data)
{
	unsigned int *nr = data;

	REQUIRE(held->weight[0] || held->weight[1], "who holds nothing is listed");
	++*nr;
}

/* Who holds something is on the list, once, with that; nobody else is. */
static void check_lists(const struct world *w)
{
	const struct oracle *o = &w->oracle;
	unsigned int listed = 0, holders = 0;

	for (int t = -1; t < (int)o->nr_tasks; t++)
		for (int c = -1; c < (int)o->nr_cpus; c++) {
			const struct bp_held *held = world_held(w, t, c);
			bool holds = false;

			for (unsigned int k = 0; k < o->nr_classes; k++) {
				unsigned int right = right_held(w, k, t, c);

				REQUIRE(held->weight[k] == right,
					"task %d on CPU %d, class %u: %u on the list, right is %u",
					t, c, k, held->weight[k], right);
				holds |= right;
			}
			REQUIRE(!hlist_unhashed(&held->node) == holds,
				"task %d on CPU %d is wrong on the list", t, c);
			holders += holds;
		}
	bp_slots_visit(w->slots, count_held, &listed);
	REQUIRE(listed == holders, "%u holders are listed, right is %u", listed,
		holders);
}

/* The largest C + A + S beside @claim */
static unsigned int right_fullest(const struct oracle *o, struct claim claim)
{
	unsigned int k = claim.class, most = 0;

	for (int c = 0; c < (int)o->nr_cpus; c++) {
		if (claim.cpu >= 0 && claim.cpu != c)
			continue;
		most = max(most, o->held[k][c] + 0U);
		for (int t = 0; t < (int)o->nr_tasks; t++)
			if (claim.task < 0 || claim.task == t)
				most = max(most, o->held[k][c] +
					   o->everywhere[k][t] +
					   oracle_on_cpu(o, k, t)[c] + 0U);
	}
	return most;
}

/* Do the CPU and the task that are named hold as much together? */
static void check_fullest(const struct world *w, struct claim claim)
{
	const struct oracle *o = &w->oracle;
	struct bp_claim bp_claim = world_claim(w, claim);
	struct bp_claim core = bp_slots_fullest(w->slots, &bp_claim);
	unsigned int k = claim.class, right = right_fullest(o, claim), sum;

	REQUIRE(core.weight == o->wide[k] + right,
		"class %u: the fullest is at %u, right is %u", k, core.weight,
		o->wide[k] + right);
	REQUIRE(core.cpu >= 0 && core.cpu < (int)o->nr_cpus &&
		(claim.cpu < 0 || claim.cpu == core.cpu),
		"CPU %d is not one of the claim's", core.cpu);
	sum = o->held[k][core.cpu];
	for (unsigned int t = 0; t < o->nr_tasks; t++)
		if (core.task == w->keys[t])
			sum += o->everywhere[k][t] + oracle_on_cpu(o, k, t)[core.cpu];
	REQUIRE(sum == right, "CPU %d and a task hold %u, right is %u", core.cpu,
		sum, right);
}

static void check_totals(const struct world *w, unsigned int k)
{
	const struct oracle *o = &w->oracle;
	unsigned int cpus = 0, tasks = 0;
	struct bp_totals totals;

	for (unsigned int c = 0; c < o->nr_cpus; c++)
		cpus += o->held[k][c];
	for (unsigned int t = 0; t < o->nr_tasks; t++) {
		tasks += o->everywhere[k][t];
		for (unsigned int c = 0; c < o->nr_cpus; c++)
			tasks += oracle_on_cpu(o, k, t)[c];
	}
	bp_slots_totals(w->slots, k, &totals);
	REQUIRE(totals.wide == o->wide[k] && totals.cpus == cpus &&
		totals.tasks == tasks &&
		totals.word == (unsigned long)w->slots->bounds[k].counter,
		"class %u: %u wide, %u of CPUs, %u of tasks, right is %u, %u, %u",
		k, totals.wide, totals.cpus, totals.tasks, o->wide[k], cpus, tasks);
	REQUIRE(totals.fullest == o->wide[k] +
		right_fullest(o, (struct claim){ -1, -1, k }),
		"class %u: the fullest is said to be at %u", k, totals.fullest);
}

/* What is seen when all is frozen; of all claims, beside one each time. */
static void check_look(const struct world *w)
{
	static __thread unsigned int turn;

	bp_slots_freeze(w->slots);
	for (unsigned int s = 0; s < w->slots->nr_shards; s++)
		REQUIRE(w->slots->shards[s].lock.holder, "shard %u is not frozen", s);
	for (unsigned int k = 0; k < w->oracle.nr_classes; k++) {
		check_totals(w, k);
		check_fullest(w, (struct claim){
			(int)(turn % (w->oracle.nr_tasks + 1)) - 1,
			(int)(turn / (w->oracle.nr_tasks + 1) %
			      (w->oracle.nr_cpus + 1)) - 1, k });
	}
	turn++;
	if (w->has_lists)
		check_lists(w);
	bp_slots_thaw(w->slots);
}

void world_check(struct world *w)
{
	/* The instance: itself, its CPUs, its shards; and the holders. */
	unsigned int blocks = 4, records = 0;

	for (unsigned int k = 0; k < w->oracle.nr_classes; k++) {
		check_cpus(w, k);
		check_bounds(w, k);
		check_shards(w, k);
	}
	check_look(w);
	for (unsigned int t = 0; t < w->oracle.nr_tasks; t++) {
		unsigned int nr = check_task(w, t);

		blocks += nr;
		records += !!nr;
	}
	REQUIRE(!w->slots->lock.holder, "bp_slots::lock is left locked");
	REQUIRE(count_records(w) == records, "%u records of tasks, right is %u",
		count_records(w), records);
	REQUIRE(kernel_blocks - w->blocks == blocks,
		"%ld blocks of memory, right is %u",
		kernel_blocks - w->blocks, blocks);
	REQUIRE(!kernel_warnings, "%u warnings", kernel_warnings);
	REQUIRE(bp_slots_in_use(w->slots) == !!w->oracle.nr_live,
		"bp_slots_in_use() is wrong");
}

/*
 * Printing.
 */

void claim_print(struct claim claim)
{
	if (claim.task >= 0)
		fprintf(stderr, "task %d ", claim.task);
	if (claim.cpu >= 0)
		fprintf(stderr, "on CPU %d ", claim.cpu);
	if (claim_is_wide(claim))
		fprintf(stderr, "wide ");
	fprintf(stderr, "class %u weight %u", claim.class, claim.weight);
}

void op_print(const struct op *op)
{
	static const char * const name[] = {
		[OP_RESERVE] = "reserve", [OP_RELEASE] = "release",
		[OP_CHANGE] = "change",
	};

	fprintf(stderr, "#   %s%s ", op->is_debugger ? "debugger: " : "",
		name[op->kind]);
	claim_print(op->claim);
	if (op->kind == OP_CHANGE)
		fprintf(stderr, " to class %u weight %u", op->to.class,
			op->to.weight);
	fputc('\n', stderr);
}
