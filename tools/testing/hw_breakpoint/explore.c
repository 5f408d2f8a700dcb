// SPDX-License-Identifier: GPL-2.0
/*
 * Every state that an instance can get into; see explore.h.
 */
#include <stdio.h>

#include "explore.h"
#include "test.h"

#define ARENA_SIZE	(64 << 10)
#define MAX_PATH	256

static char arena[ARENA_SIZE] __aligned(64);

/* For the message upon failure. */
static struct explorer *failing;
static const struct op *failing_op, *failing_other;

void explorer_say(const struct op *op, const struct op *other)
{
	failing_op = op;
	failing_other = other;
}

/* The operations that lead to @node, the last one first. */
static unsigned int explorer_path(const struct explorer *e, u32 node,
				  const struct op **path)
{
	unsigned int length = 0;

	for (; node; node = e->node[node].parent) {
		REQUIRE(length < MAX_PATH, "too many steps");
		path[length++] = &e->op[e->node[node].op];
	}
	return length;
}

static void explorer_print_path(void)
{
	const struct op *path[MAX_PATH];
	unsigned int length = explorer_path(failing, failing->here, path);

	fprintf(stderr, "# after %u steps:\n", length);
	while (length)
		op_print(path[--length]);
	if (failing_op) {
		fprintf(stderr, "# in:\n");
		op_print(failing_op);
	}
	if (failing_other) {
		fprintf(stderr, "# interrupted by:\n");
		op_print(failing_other);
	}
}

/*
 * The universe.
 */

static void add_claims(struct explorer *e, int task, int cpu)
{
	for (unsigned int k = 0; k < e->ex->geometry.nr_classes; k++)
		for (unsigned int w = 1; w <= e->ex->max_weight; w++) {
			REQUIRE(e->nr_claims < EXPLORE_CLAIMS,
				"too many claims");
			e->claim[e->nr_claims++] =
				(struct claim){ task, cpu, k, w };
		}
}

static struct op *add_op(struct explorer *e, enum op_kind kind,
			 unsigned int claim, unsigned int to)
{
	struct op *op = &e->op[e->nr_ops++];

	*op = (struct op){ kind, e->claim[claim], e->claim[to] };
	return op;
}

/* Claims come in runs that differ only in class and weight. */
static void add_ops(struct explorer *e)
{
	unsigned int run = e->ex->geometry.nr_classes * e->ex->max_weight;

	e->op = calloc(e->nr_claims * (run + 4), sizeof(*e->op));
	REQUIRE(e->op, "out of memory");
	for (unsigned int i = 0; i < e->nr_claims; i++) {
		unsigned int first = i / run * run;

		add_op(e, OP_RESERVE, i, i);
		add_op(e, OP_RELEASE, i, i);
		if (claim_is_wide(e->claim[i])) {
			add_op(e, OP_RESERVE, i, i)->is_debugger = true;
			add_op(e, OP_RELEASE, i, i)->is_debugger = true;
		}
		for (unsigned int j = first; j < first + run; j++)
			add_op(e, OP_CHANGE, i, j);
	}
}

void explorer_init(struct explorer *e, const struct exploration *ex)
{
	int nr_cpus = ex->geometry.nr_cpus, nr_tasks = ex->geometry.nr_tasks;

	memset(e, 0, sizeof(*e));
	e->ex = ex;
	for (int task = -1; task < nr_tasks; task++)
		for (int cpu = -1; cpu < nr_cpus; cpu++)
			add_claims(e, task, cpu);
	add_ops(e);

	kernel_arena_start(arena, sizeof(arena));
	world_init(&e->world, &ex->geometry);
	e->root = snapshot_alloc();
	e->snapshot = snapshot_alloc();
	failing = e;
	kernel_bug_context = explorer_print_path;
}

void explorer_destroy(struct explorer *e)
{
	explorer_enter(e, 0);
	world_destroy(&e->world);
	kernel_arena_start(NULL, 0);
	kernel_bug_context = NULL;
	free(e->root);
	free(e->op);
	free(e->node);
	free(e->table);
	free(e->target);
	free(e->snapshot);
}

bool explorer_may(const struct explorer *e, const struct op *op)
{
	const struct oracle *o = &e->world.oracle;

	if (op->kind == OP_RESERVE)
		return true;
	for (unsigned int i = 0; i < o->nr_live; i++)
		if (claim_equal(o->live[i], op->claim))
			return true;
	return false;
}

/*
 * The current state, all of it.
 */

struct snapshot *snapshot_alloc(void)
{
	struct snapshot *s = aligned_alloc(64, sizeof(*s) + ARENA_SIZE);

	REQUIRE(s, "out of memory");
	return s;
}

void snapshot_take(struct explorer *e, struct snapshot *s)
{
	const struct oracle *o = &e->world.oracle;

	REQUIRE(o->nr_live <= EXPLORE_CLAIMS, "too many claims");
	s->size = kernel_arena_used();
	s->blocks = kernel_blocks;
	s->nr_live = o->nr_live;
	if (o->nr_live)
		memcpy(s->live, o->live, o->nr_live * sizeof(*o->live));
	memcpy(s->bytes, arena, s->size);
}

void snapshot_load(struct explorer *e, const struct snapshot *s)
{
	memcpy(arena, s->bytes, s->size);
	kernel_blocks = s->blocks;
	oracle_clear(&e->world.oracle);
	for (unsigned int i = 0; i < s->nr_live; i++)
		oracle_add(&e->world.oracle, s->live[i]);
}

void explorer_enter(struct explorer *e, u32 node)
{
	const struct op *path[MAX_PATH];
	unsigned int length = explorer_path(e, node, path);

	e->here = node;
	explorer_say(NULL, NULL);
	snapshot_load(e, e->root);
	while (length)
		world_do(&e->world, path[--length]);
	snapshot_take(e, e->snapshot);
}

void explorer_back(struct explorer *e)
{
	snapshot_load(e, e->snapshot);
}

/*
 * Its essence, in half-bytes.
 */

struct packer {
	struct state	state;
	unsigned int	nr;
};

static void pack(struct packer *p, unsigned int n)
{
	REQUIRE(n < 16 && p->nr < EXPLORE_WORDS * 16, "the state is too large");
	p->state.word[p->nr / 16] |= (u64)n << p->nr % 16 * 4;
	p->nr++;
}

/* So many claims of weight 1 and 2: there are 16 ways to share six registers. */
static unsigned int pair(unsigned int ones, unsigned int twos)
{
	static const u8 before[] = { 0, 7, 12, 15 };

	REQUIRE(ones + 2 * twos <= 6, "the state is too large");
	return before[twos] + ones;
}

static unsigned int claim_index(const struct explorer *e, struct claim claim)
{
	const struct geometry *g = &e->ex->geometry;
	unsigned int who = (claim.task + 1) * (g->nr_cpus + 1) + claim.cpu + 1;

	return (who * g->nr_classes + claim.class) * e->ex->max_weight +
	       claim.weight - 1;
}

/* Which of the records in the last shard's first chain is the first one? */
static unsigned int first_in_chain(const struct world *w)
{
	struct bp_shard *shard = &w->slots->shards[w->slots->nr_shards - 1];
	struct bp_task *task;

	hlist_for_each_entry(task, &shard->chains[0], node)
		for (unsigned int t = 0; t < w->oracle.nr_tasks; t++)
			if (task->key == w->keys[t])
				return t + 1;
	return 0;
}

struct state explorer_state(const struct explorer *e)
{
	const struct world *w = &e->world;
	unsigned int step = e->ex->max_weight;
	u8 count[EXPLORE_CLAIMS] = {};
	struct packer p = {};

	for (unsigned int i = 0; i < w->oracle.nr_live; i++)
		count[claim_index(e, w->oracle.live[i])]++;
	for (unsigned int i = 0; i < e->nr_claims; i += step)
		pack(&p, pair(count[i], step > 1 ? count[i + 1] : 0));
	for (unsigned int k = 0; k < w->oracle.nr_classes; k++) {
		for (unsigned int s = 0; s < w->slots->nr_shards; s++)
			pack(&p, world_ceiling(w, s, k));
		pack(&p, world_bounds(w, k).ceiling);
	}
	for (unsigned int t = 0; t < w->oracle.nr_tasks; t++)
		pack(&p, world_has_on_cpu(w, t));
	if (e->ex->geometry.layout == LAYOUT_ONE_CHAIN)
		pack(&p, first_in_chain(w));
	return p.state;
}

/*
 * The states that were seen.
 */

static bool state_equal(const struct state *a, const struct state *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static u32 state_hash(const struct state *state)
{
	u64 hash = 0;

	for (unsigned int i = 0; i < EXPLORE_WORDS; i++)
		hash = (hash ^ hash >> 29 ^ state->word[i]) *
		       0x9e3779b97f4a7c15ULL;
	return hash >> 32;
}

static u32 *table_slot(const struct explorer *e, const struct state *state)
{
	u32 i = state_hash(state) & e->table_mask;

	while (e->table[i] && !state_equal(&e->node[e->table[i] - 1].state,
					   state))
		i = (i + 1) & e->table_mask;
	return &e->table[i];
}

static void table_grow(struct explorer *e)
{
	e->max_nodes = e->max_nodes ? 2 * e->max_nodes : 1 << 12;
	e->table_mask = 2 * e->max_nodes - 1;
	free(e->table);
	e->node = realloc(e->node, e->max_nodes * sizeof(*e->node));
	e->table = calloc(e->table_mask + 1UL, sizeof(*e->table));
	REQUIRE(e->node && e->table, "out of memory");
	for (u32 n = 0; n < e->nr_nodes; n++)
		*table_slot(e, &e->node[n].state) = n + 1;
}

/* The node of the current state, made if it is new. */
static u32 explorer_node(struct explorer *e, u16 op)
{
	struct state state = explorer_state(e);
	u32 *slot;

	if (e->nr_nodes == e->max_nodes)
		table_grow(e);
	slot = table_slot(e, &state);
	if (!*slot) {
		e->node[e->nr_nodes] = (struct node){
			.state	= state,
			.parent	= e->here,
			.op	= op,
			.depth	= e->nr_nodes ? e->node[e->here].depth + 1 : 0,
		};
		*slot = ++e->nr_nodes;
	}
	return *slot - 1;
}

/*
 * The search.
 */

static void explorer_led_to(struct explorer *e, u32 node)
{
	if (e->nr_targets == e->max_targets) {
		e->max_targets = e->max_targets ? 2 * e->max_targets : 1 << 16;
		e->target = realloc(e->target,
				    e->max_targets * sizeof(*e->target));
		REQUIRE(e->target, "out of memory");
	}
	e->target[e->nr_targets++] = node;
}

void explorer_search(struct explorer *e,
		     void (*step)(struct explorer *e, const struct op *op))
{
	unsigned int limit = e->ex->depth ?: MAX_PATH;

	snapshot_take(e, e->root);
	explorer_node(e, 0);
	for (u32 n = 0; n < e->nr_nodes && e->node[n].depth < limit; n++) {
		e->depth = e->node[n].depth + 1;
		e->node[n].first_target = e->nr_targets;
		explorer_enter(e, n);
		for (unsigned int i = 0; i < e->nr_ops; i++) {
			const struct op *op = &e->op[i];

			if (!explorer_may(e, op))
				continue;
			explorer_say(op, NULL);
			step(e, op);
			explorer_led_to(e, explorer_node(e, i));
			explorer_back(e);
		}
		e->nr_expanded = n + 1;
		test_progress("step %u, %u states, %lu operations", e->depth,
			      e->nr_nodes, e->nr_targets);
	}
}

/* A sequence is a path from node 0: count those, node by node, step by step. */
u64 explorer_sequences(const struct explorer *e, unsigned int length)
{
	u64 *now = calloc(e->nr_nodes, sizeof(*now));
	u64 *next = calloc(e->nr_nodes, sizeof(*next));
	u64 sum = 0;

	REQUIRE(now && next, "out of memory");
	now[0] = 1;
	while (length--) {
		memset(next, 0, e->nr_nodes * sizeof(*next));
		for (u32 n = 0; n < e->nr_expanded; n++) {
			unsigned long i = e->node[n].first_target;
			unsigned long end = n + 1 < e->nr_expanded ?
				e->node[n + 1].first_target : e->nr_targets;

			while (now[n] && i < end)
				next[e->target[i++]] += now[n];
		}
		swap(now, next);
	}
	for (u32 n = 0; n < e->nr_nodes; n++)
		sum += now[n];
	free(now);
	free(next);
	return sum;
}
