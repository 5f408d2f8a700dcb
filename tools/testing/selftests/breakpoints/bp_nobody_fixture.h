/* SPDX-License-Identifier: GPL-2.0 */
/* The levels of perf_event_paranoid that what nobody can do is tried at. */
#ifndef BP_NOBODY_FIXTURE_H
#define BP_NOBODY_FIXTURE_H

#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

FIXTURE(nobody)
{
	int paranoid;
};

/*
 * At 2 nobody may look at the kernel's accesses; at 1, to those of his own tasks. Its
 * addresses are as far away.
 */
FIXTURE_VARIANT(nobody)
{
	int paranoid;
};

FIXTURE_VARIANT_ADD(nobody, at_2) { .paranoid = 2 };
FIXTURE_VARIANT_ADD(nobody, at_1) { .paranoid = 1 };

FIXTURE_SETUP(nobody)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(bp_get_paranoid(&self->paranoid));
	ASSERT_EQ(0, bp_set_paranoid(variant->paranoid));
}

FIXTURE_TEARDOWN_PARENT(nobody)
{
	bp_set_paranoid(self->paranoid);
}

#endif /* BP_NOBODY_FIXTURE_H */
