// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: suspend to idle, from which CPUs come by themselves or through CPU PM:
 * whoever had a breakpoint has it afterwards, on each CPU. (Where the machine has a
 * deeper sleep, that is what is tried.)
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_util.h"

/* Until the alarm: with less than two the kernel will not even try. */
#define SECONDS		3
#define STORES		5
#define SLEEPS		2

/* Its clocks may go on meanwhile: it is the kernel that says whether it slept. */
static int sleeps(void)
{
	FILE *f = fopen("/sys/power/suspend_stats/success", "r");
	int n;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &n) != 1)
		n = -EIO;
	fclose(f);
	return n;
}

FIXTURE(idle)
{
	struct bp_worker other;
	int own_fd, other_fd;
};

FIXTURE_SETUP(idle)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	const char *missing = bpk_load();

	if (missing)
		SKIP(return, "%s", missing);
	if (!bpk_has_suspend()) {
		bpk_unload();
		SKIP(return, "this machine, or kernel, has no suspend");
	}
	ASSERT_EQ(0, bp_worker_fork(&self->other));
	self->own_fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->own_fd);
	self->other_fd = bp_open(&attr, self->other.tid, BP_ANY_CPU);
	ASSERT_LE(0, self->other_fd);
	ASSERT_EQ(0, bpk_wide(1));
	ASSERT_EQ(0, bpk_bound(1, 1));
}

FIXTURE_TEARDOWN(idle)
{
	bp_worker_end(&self->other);
	close(self->own_fd);
	close(self->other_fd);
	EXPECT_EQ(0, bpk_wide(0));
	EXPECT_EQ(0, bpk_bound(1, 0));
	EXPECT_EQ(bp_caps.data_regs, bpk_wide_room());
	bpk_unload();
}

TEST_F(idle, all_work_on_every_cpu_before_and_after)
{
	int before = sleeps();

	for (int i = 0; i <= SLEEPS; i++) {
		if (i) {
			int err = bpk_suspend(SECONDS);

			ASSERT_TRUE(!err || err == -EAGAIN);
			ASSERT_EQ(before + i, sleeps());
		}
		/* At once, before anything has been scheduled anew. */
		bp_do_stores(STORES);
		ASSERT_EQ(0, bpk_touch_all(1));
		ASSERT_EQ(0, bp_worker_call(&self->other, bp_do_stores, STORES));
		EXPECT_EQ((i + 1) * STORES, bp_hits(self->own_fd));
		EXPECT_EQ((i + 1) * STORES, bp_hits(self->other_fd));
		for (int cpu = 0; cpu < bpk_possible_cpus(); cpu++) {
			EXPECT_EQ(i + 1, bpk_touches(cpu));
			EXPECT_EQ(i + 1, bpk_wide_hits(cpu, 0)) TH_LOG("CPU %d", cpu);
		}
		EXPECT_EQ(i + 1, bpk_bound_hits(1, 0));
	}
}

TEST_HARNESS_MAIN
