// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of the slot accounting: the cases that userspace runs too.
 */
#include <kunit/test.h>

#include "hw_breakpoint_slots_cases.h"

static void case_to_desc(const struct bp_slots_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(slots, bp_slots_cases, case_to_desc);

static void test_case(struct kunit *test)
{
	const struct bp_slots_case *c = test->param_value;
	const void *keys[BP_SLOTS_CASES_TASKS];
	struct bp_slots slots;

	for (int i = 0; i < ARRAY_SIZE(keys); i++)
		keys[i] = &keys[i];
	KUNIT_ASSERT_EQ(test, bp_slots_init(&slots, BP_SLOTS_CASES_CPUS,
					    c->nr_classes, c->limit), 0);

	for (const struct bp_slots_step *step = c->steps;
	     step->op != BP_SLOTS_END; step++)
		KUNIT_EXPECT_EQ_MSG(test, bp_slots_step_take(&slots, step, keys),
				    step->ret, "step %td", step - c->steps);

	KUNIT_EXPECT_TRUE(test, bp_slots_in_use(&slots));
	bp_slots_destroy(&slots);
}

static void test_in_use(struct kunit *test)
{
	static const u8 limit[] = { 2 };
	const struct bp_claim claims[] = {
		{ .task = NULL,  .cpu = 1,  .weight = 1 },
		{ .task = claims, .cpu = -1, .weight = 1 },
		{ .task = claims, .cpu = 0,  .weight = 1 },
		{ .task = NULL,  .cpu = -1, .weight = 1 },
	};
	struct bp_slots slots;

	KUNIT_ASSERT_EQ(test, bp_slots_init(&slots, 2, 1, limit), 0);
	KUNIT_EXPECT_FALSE(test, bp_slots_in_use(&slots));
	for (int i = 0; i < ARRAY_SIZE(claims); i++) {
		KUNIT_EXPECT_EQ(test, bp_slots_reserve(&slots, &claims[i]), 0);
		KUNIT_EXPECT_TRUE(test, bp_slots_in_use(&slots));
		bp_slots_release(&slots, &claims[i]);
		KUNIT_EXPECT_FALSE(test, bp_slots_in_use(&slots));
	}
	bp_slots_destroy(&slots);
}

static struct kunit_case slots_test_cases[] = {
	KUNIT_CASE_PARAM(test_case, slots_gen_params),
	KUNIT_CASE(test_in_use),
	{ },
};

static struct kunit_suite slots_test_suite = {
	.name = "hw_breakpoint_slots",
	.test_cases = slots_test_cases,
};

kunit_test_suites(&slots_test_suite);
