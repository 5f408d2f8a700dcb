// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: a task that changes CPUs between a hit and the step over it makes one
 * access. Events that watch the same on each CPU tell of it once.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	200

/* The handler goes to the next CPU, where the access is then made. */
static volatile int turn;

static void on_hit_move(int sig)
{
	if (bp_pin(turn++ % bp_nr_cpus()))
		abort();
}

#define MAX_CPUS	64

/* Two on each CPU, which is two hits for each access wherever it was made. */
TEST(an_access_is_told_on_one_cpu)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct sigaction sa = { .sa_handler = on_hit_move };
	int cpus = bp_nr_cpus(), fd, fds[MAX_CPUS][2];
	__u64 sum[2] = { 0 };

	if (cpus < 2)
		SKIP(return, "needs two CPUs");
	ASSERT_GE(MAX_CPUS, cpus);
	for (int i = 0; i < 2 * cpus; i++) {
		fds[i / 2][i % 2] = bp_open(&attr, BP_ANY_TASK, i / 2);
		ASSERT_LE(0, fds[i / 2][i % 2]);
	}
	ASSERT_EQ(0, sigaction(SIGTRAP, &sa, NULL));
	fd = bp_open_told(attr, SIGTRAP);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		bp_store(bp_data, 4);
	EXPECT_EQ(TIMES, turn);
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
	for (int i = 0; i < 2 * cpus; i++) {
		sum[i % 2] += bp_hits(fds[i / 2][i % 2]);
		close(fds[i / 2][i % 2]);
	}
	EXPECT_EQ(TIMES, sum[0]);
	EXPECT_EQ(TIMES, sum[1]);
}

TEST_HARNESS_MAIN
