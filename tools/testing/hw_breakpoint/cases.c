// SPDX-License-Identifier: GPL-2.0
/*
 * The case table that KUnit runs in the kernel, held against the oracle too:
 * core, table and oracle must agree.
 */
#include <stdio.h>

#include "hw_breakpoint_slots_cases.h"
#include "test.h"
#include "world.h"

static const struct bp_slots_case *failing;
static const struct bp_slots_step *failing_step;

static void print_case(void)
{
	fprintf(stderr, "# step %td of \"%s\"\n", failing_step - failing->steps,
		failing->name);
}

/* The table gives back parts of claims: the oracle has them one by one. */
static void oracle_count(struct oracle *o, struct claim part, bool add)
{
	unsigned int weight = part.weight;

	part.weight = 1;
	while (weight--) {
		if (add)
			oracle_add(o, part);
		else
			oracle_del(o, oracle_find(o, part));
	}
}

static bool is_reserve(const struct bp_slots_step *step)
{
	return step->op == BP_SLOTS_RESERVE || step->op == BP_SLOTS_RESERVE_NMI;
}

static bool is_release(const struct bp_slots_step *step)
{
	return step->op == BP_SLOTS_RELEASE || step->op == BP_SLOTS_RELEASE_NMI;
}

static int step_answer(struct oracle *o, const struct bp_slots_step *step,
		       struct claim claim)
{
	if (step->op == BP_SLOTS_RESERVE_NMI &&
	    (claim.class >= o->nr_classes || !claim.weight))
		return -EINVAL;
	return oracle_reserve_answer(o, claim);
}

static void run_step(struct world *w, const struct bp_slots_step *step)
{
	const struct claim old = {
		(int)step->task - 1, step->cpu, step->class, step->weight
	};
	struct claim new = old;
	struct oracle *o = &w->oracle;
	int ret, answer = 0;

	if (step->op == BP_SLOTS_CHANGE) {
		new.class = step->new_class;
		new.weight = step->new_weight;
	}
	if (!is_reserve(step))
		oracle_count(o, old, false);
	if (!is_release(step))
		answer = step_answer(o, step, new);
	if (!is_release(step) && !answer)
		oracle_count(o, new, true);
	else if (step->op == BP_SLOTS_CHANGE)
		oracle_count(o, old, true);

	ret = bp_slots_step_take(w->slots, step, w->keys);
	REQUIRE(ret == step->ret && ret == answer,
		"the core says %d, the table %d, the oracle %d", ret,
		step->ret, answer);
	world_check(w);
}

static void run_cases(const void *arg)
{
	unsigned int nr_cases = 0, nr_steps = 0;

	(void)arg;
	kernel_bug_context = print_case;
	for (unsigned int i = 0; i < ARRAY_SIZE(bp_slots_cases); i++) {
		const struct bp_slots_case *c = &bp_slots_cases[i];
		struct geometry g = {
			BP_SLOTS_CASES_CPUS, BP_SLOTS_CASES_TASKS,
			c->nr_classes, { c->limit[0], c->limit[1] },
			LAYOUT_ONE_SHARD
		};
		struct world w;

		failing = c;
		failing_step = c->steps;
		world_init(&w, &g);
		w.has_lists = false;
		for (; failing_step->op != BP_SLOTS_END; failing_step++) {
			run_step(&w, failing_step);
			nr_steps++;
		}
		world_forget(&w);
		nr_cases++;
	}
	kernel_bug_context = NULL;
	test_figures("%u cases, %u steps", nr_cases, nr_steps);
}

const struct test case_tests[] = {
	{ "cases_of_kunit", run_cases, .quick = true },
	{ }
};
