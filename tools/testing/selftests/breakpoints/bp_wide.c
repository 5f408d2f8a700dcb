// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints of the kernel's own: those on every CPU, which come all or not at
 * all, and those on one.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_util.h"

#define TIMES	3

FIXTURE(kernel)
{
	int regs, cpus, last;
};

FIXTURE_SETUP(kernel)
{
	const char *missing = bpk_load();

	if (missing)
		SKIP(return, "%s", missing);
	self->regs = bp_caps.data_regs;
	self->cpus = bpk_possible_cpus();
	self->last = self->cpus - 1;
	ASSERT_EQ(0, bpk_all_online());
}

FIXTURE_TEARDOWN(kernel)
{
	bpk_unload();
	for (int cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, cpu));
	EXPECT_EQ(self->regs, bp_room(BP_SELF, BP_ANY_CPU));
}

TEST_F(kernel, a_wide_one_sees_each_cpus_write_once_and_there)
{
	ASSERT_EQ(0, bpk_wide(1));
	for (int round = 1; round <= TIMES; round++) {
		ASSERT_EQ(0, bpk_touch_all(round));
		EXPECT_TRUE(bpk_all_seen(1));
	}
	for (int cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(1 + 2 + 3, bpk_touches(cpu));
	ASSERT_EQ(0, bpk_wide(0));
	ASSERT_EQ(0, bpk_reset_hits());
	ASSERT_EQ(0, bpk_touch_all(TIMES));
	EXPECT_TRUE(bpk_all_seen(0));
}

/* After a time without breakpoints, when a writer of a percpu-rwsem would wait. */
TEST_F(kernel, nobody_waits_for_a_grace_period)
{
	unsigned long before, after;

	if (bpk_read("waits", &before, 1) != 1)
		SKIP(return, "the kernel has no kprobe on synchronize_rcu()");
	sleep(2);
	ASSERT_EQ(0, bpk_wide(self->regs));
	ASSERT_EQ(0, bpk_wide(0));
	ASSERT_EQ(1, bpk_read("waits", &after, 1));
	TH_LOG("%lu grace periods waited for", after - before);
	EXPECT_EQ(before, after);
}

TEST_F(kernel, all_registers_can_be_wide_and_the_next_fits_after_an_unregister)
{
	for (int round = 0; round < TIMES; round++) {
		ASSERT_EQ(0, bpk_wide(self->regs));
		ASSERT_EQ(-ENOSPC, bpk_wide(self->regs + 1));
		ASSERT_EQ(self->regs, bpk_wide_held());
		ASSERT_EQ(0, bpk_reset_hits());
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(self->regs));
		EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
		EXPECT_EQ(0, bp_room(BP_ANY_TASK, self->last));
		ASSERT_EQ(0, bpk_wide(self->regs - 1));
		EXPECT_EQ(1, bp_room(BP_SELF, BP_ANY_CPU));
		EXPECT_EQ(1, bp_room(BP_ANY_TASK, self->last));
		ASSERT_EQ(0, bpk_wide(self->regs));
		ASSERT_EQ(0, bpk_wide(0));
	}
}

/* Each CPU in its turn is the one that has no room. */
TEST_F(kernel, a_wide_one_refused_for_one_cpu_holds_nothing_on_any)
{
	for (int full = 0; full < self->cpus; full++) {
		ASSERT_EQ(0, bpk_bound(full, self->regs));
		for (int i = 0; i < TIMES; i++)
			ASSERT_EQ(-ENOSPC, bpk_wide(1));
		ASSERT_EQ(0, bpk_wide_held());
		for (int cpu = 0; cpu < self->cpus; cpu++)
			EXPECT_EQ(cpu == full ? 0 : self->regs, bp_room(BP_ANY_TASK, cpu));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(0));
		ASSERT_EQ(0, bpk_bound(full, 0));
		EXPECT_EQ(self->regs, bpk_wide_room());
		ASSERT_EQ(0, bpk_reset_hits());
	}
}

TEST_F(kernel, a_task_with_all_registers_leaves_none_to_a_wide_one)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fds[32];

	ASSERT_EQ(self->regs, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, self->regs));
	EXPECT_EQ(-ENOSPC, bpk_wide(1));
	close(fds[0]);
	EXPECT_EQ(1, bpk_wide_room());
	bp_close_many(fds + 1, self->regs - 1);
	/* On one CPU only is enough. */
	ASSERT_EQ(self->regs, bp_open_many(&attr, BP_SELF, self->last, fds, self->regs));
	EXPECT_EQ(-ENOSPC, bpk_wide(1));
	bp_close_many(fds, self->regs);
	EXPECT_EQ(self->regs, bpk_wide_room());
}

/*
 * One is never to be had, for the last CPU is full, and is asked for without end;
 * the other is for CPU 0, where there is room for it. The one must not cost the
 * other anything, at no instant.
 */
#define REQUESTS	100000	/* unless BP_REQUESTS in the environment says otherwise */
#define BATCH		500
#define LIMIT		100	/* seconds; 5 are enough on an idle machine */

TEST_F_TIMEOUT(kernel, no_request_is_refused_for_a_wide_one_that_is_about_to_be, 150)
{
	const char *asked = getenv("BP_REQUESTS");
	unsigned long requests = asked ? strtoul(asked, NULL, 0) : REQUESTS;
	struct bpk_answers wide, bound, sum = { 0 };
	time_t began = time(NULL);

	if (self->cpus < 2)
		SKIP(return, "needs two CPUs");
	ASSERT_EQ(0, bpk_bound(self->last, self->regs));
	ASSERT_EQ(0, bpk_bound(0, self->regs - 1));
	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, bpk_write("storm", "1"));
	while (!bpk_answers("storm").refused)
		usleep(1000);
	while (sum.granted + sum.refused < requests && time(NULL) - began < LIMIT) {
		ASSERT_EQ(0, bpk_write("requests", "0 %d", BATCH));
		bound = bpk_answers("requests");
		ASSERT_EQ(0, bound.failed);
		sum.granted += bound.granted;
		sum.refused += bound.refused;
	}
	ASSERT_EQ(0, bpk_write("storm", "0"));
	wide = bpk_answers("storm");
	TH_LOG("CPU 0: %lu of %lu requests refused, in %ld s; wide: %lu of %lu",
	       sum.refused, sum.granted + sum.refused, (long)(time(NULL) - began),
	       wide.refused, wide.granted + wide.refused);
	EXPECT_EQ(0, sum.refused);
	EXPECT_LE(requests, sum.granted + sum.refused);
	EXPECT_EQ(0, wide.granted);
	EXPECT_EQ(0, wide.failed);
	/* Else it was no contest. */
	EXPECT_LE(requests / 1000, wide.refused);
}

/* And the other way about: what does fit is not refused for who else asks. */
TEST_F_TIMEOUT(kernel, no_wide_one_is_refused_for_a_request_that_leaves_room, 120)
{
	struct bpk_answers wide, bound;

	if (self->regs < 2)
		SKIP(return, "needs two registers");
	ASSERT_EQ(0, bpk_wide(self->regs - 2));
	ASSERT_EQ(0, bpk_write("storm", "1"));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, bpk_write("requests", "%d 50", i % self->cpus));
		bound = bpk_answers("requests");
		EXPECT_EQ(50, bound.granted);
	}
	ASSERT_EQ(0, bpk_write("storm", "0"));
	wide = bpk_answers("storm");
	EXPECT_LT(0, wide.granted);
	EXPECT_EQ(0, wide.refused + wide.failed);
	ASSERT_EQ(0, bpk_touch_all(1));
	EXPECT_TRUE(bpk_all_seen(self->regs - 2));
}

TEST_F(kernel, register_wide_hw_breakpoint_cpu_is_defined)
{
	__u64 address;

	EXPECT_TRUE(bp_kernel_symbol("register_wide_hw_breakpoint_cpu", &address));
}

TEST_F(kernel, a_bound_one_sees_its_cpus_writes_and_no_others)
{
	for (int cpu = 0; cpu < self->cpus; cpu++)
		ASSERT_EQ(0, bpk_bound(cpu, cpu % self->regs + 1));
	ASSERT_EQ(0, bpk_touch_all(TIMES));
	EXPECT_TRUE(bpk_all_seen(0));
}

TEST_F(kernel, wide_and_bound_ones_share_a_cpus_registers)
{
	ASSERT_EQ(0, bpk_wide(1));
	for (int cpu = 0; cpu < self->cpus; cpu++)
		ASSERT_EQ(0, bpk_bound(cpu, self->regs - 1));
	ASSERT_EQ(0, bpk_touch_all(TIMES));
	EXPECT_TRUE(bpk_all_seen(1));
	EXPECT_EQ(-ENOSPC, bpk_wide(2));
	EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
}

TEST_F(kernel, bound_ones_fill_their_cpu_and_no_other)
{
	for (int cpu = 0; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bpk_bound(cpu, self->regs));
		EXPECT_EQ(-ENOSPC, bpk_bound(cpu, self->regs + 1));
		EXPECT_EQ(self->regs, bpk_bound_held(cpu));
		EXPECT_EQ(0, bp_room(BP_ANY_TASK, cpu));
		if (cpu < self->last)
			EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, cpu + 1));
		ASSERT_EQ(0, bpk_bound(cpu, self->regs - 1));
		ASSERT_EQ(0, bpk_bound(cpu, self->regs));
		ASSERT_EQ(0, bpk_bound(cpu, 0));
	}
}

TEST_F(kernel, an_impossible_cpu_is_refused)
{
	EXPECT_EQ(-EINVAL, bpk_bound(self->cpus, 1));
	EXPECT_EQ(-EINVAL, bpk_bound(-1, 1));
	EXPECT_EQ(-EINVAL, bpk_bound(100000, 1));
	EXPECT_EQ(-EINVAL, bpk_bound(-2147483647 - 1, 1));
}

TEST_HARNESS_MAIN
