// SPDX-License-Identifier: GPL-2.0
/*
 * Turning a breakpoint on and off, and being told of hits: the ioctls, groups,
 * poll and the overflow signal. SIGTRAP has bp_sigtrap.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_ring.h"
#include "bp_util.h"

#define TIMES	10

FIXTURE(watch)
{
	struct perf_event_attr attr;
	int fd;
};

FIXTURE_SETUP(watch)
{
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	self->fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->fd);
}

TEST(opened_disabled_counts_from_enable_on)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd;

	attr.disabled = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	bp_do_stores(TIMES);
	EXPECT_EQ(0, bp_hits(fd));
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST_F(watch, disabled_stops_and_keeps_its_count)
{
	bp_do_stores(TIMES);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
		bp_do_stores(TIMES);
		EXPECT_EQ((i + 1) * TIMES, bp_hits(self->fd));
		ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
		bp_do_stores(TIMES);
		EXPECT_EQ((i + 2) * TIMES, bp_hits(self->fd));
	}
}

TEST_F(watch, enable_and_disable_may_be_repeated)
{
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(watch, reset_clears_the_count_and_goes_on)
{
	bp_do_stores(TIMES);
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_RESET, 0));
	EXPECT_EQ(0, bp_hits(self->fd));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(watch, the_task_can_disable_and_enable_all_that_it_opened)
{
	ASSERT_EQ(0, prctl(PR_TASK_PERF_EVENTS_DISABLE));
	bp_do_stores(TIMES);
	EXPECT_EQ(0, bp_hits(self->fd));
	ASSERT_EQ(0, prctl(PR_TASK_PERF_EVENTS_ENABLE));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(watch, a_disabled_one_does_not_stop_its_neighbour)
{
	int fd;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(0, bp_hits(self->fd));
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST(a_group_counts_enables_and_disables_together)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct {
		__u64 nr, hits[2];
	} v;
	int leader, member;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	attr.read_format = PERF_FORMAT_GROUP;
	attr.disabled = 1;
	leader = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, leader);
	attr = bp_attr(HW_BREAKPOINT_RW, bp_data + 8, 4);
	member = bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0);
	ASSERT_LE(0, member);

	bp_do_stores(TIMES);
	bp_store(bp_data + 8, 4);
	EXPECT_EQ(0, bp_hits(member));
	ASSERT_EQ(0, ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP));
	bp_do_stores(TIMES);
	bp_store(bp_data + 8, 4);
	ASSERT_EQ(0, ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP));
	bp_do_stores(TIMES);
	bp_store(bp_data + 8, 4);

	ASSERT_EQ(sizeof(v), read(leader, &v, sizeof(v)));
	EXPECT_EQ(2, v.nr);
	EXPECT_EQ(TIMES, v.hits[0]);
	EXPECT_EQ(1, v.hits[1]);
	close(member);
	close(leader);
}

TEST(a_software_event_may_lead_a_breakpoint)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct perf_event_attr sw = {
		.size = sizeof(sw),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};
	int leader, member;

	leader = bp_open(&sw, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, leader);
	member = bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0);
	ASSERT_LE(0, member);
	bp_do_stores(TIMES);
	EXPECT_EQ(0, bp_hits(member));
	ASSERT_EQ(0, ioctl(leader, PERF_EVENT_IOC_ENABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(member));
	close(member);
	close(leader);
}

/*
 * Signals of overflow are blocked and fetched, not waited for in a handler: how
 * soon one arrives is then of no importance.
 */
FIXTURE(notify)
{
	struct bp_ring ring;
	sigset_t set;
	int fd;
};

#define NOTIFY_SIGNAL	(SIGRTMIN + 1)

FIXTURE_SETUP(notify)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.sample_period = 1;
	attr.sample_type = BP_RING_SAMPLE;
	attr.wakeup_events = 1;
	attr.disabled = 1;
	sigemptyset(&self->set);
	sigaddset(&self->set, NOTIFY_SIGNAL);
	sigprocmask(SIG_BLOCK, &self->set, NULL);
	self->fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bp_ring_map(&self->ring, self->fd));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	ASSERT_EQ(0, fcntl(self->fd, F_SETSIG, NOTIFY_SIGNAL));
	ASSERT_EQ(0, fcntl(self->fd, F_SETOWN, getpid()));
}

FIXTURE_TEARDOWN(notify)
{
	bp_ring_unmap(&self->ring);
	close(self->fd);
}

TEST_F(notify, an_overflow_sends_the_chosen_signal_with_the_descriptor)
{
	struct timespec none = { 0 };
	siginfo_t info;

	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	for (int i = 0; i < TIMES; i++) {
		bp_do_stores(1);
		ASSERT_EQ(NOTIFY_SIGNAL, sigwaitinfo(&self->set, &info));
		EXPECT_EQ(POLL_IN, info.si_code);
		EXPECT_EQ(self->fd, info.si_fd);
	}
	bp_do_loads(1);
	EXPECT_EQ(-1, sigtimedwait(&self->set, &info, &none));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(notify, refresh_allows_so_many_hits_and_hangs_up_at_the_last)
{
	siginfo_t info;

	for (int round = 1; round <= 2; round++) {
		ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_REFRESH, 3));
		for (int i = 1; i <= 3; i++) {
			bp_do_stores(1);
			ASSERT_EQ(NOTIFY_SIGNAL, sigwaitinfo(&self->set, &info));
			EXPECT_EQ(i == 3 ? POLL_HUP : POLL_IN, info.si_code);
		}
		bp_do_stores(TIMES);
		EXPECT_EQ(3 * round, bp_hits(self->fd));
	}
}

TEST_F(notify, poll_wakes_on_a_hit)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	struct bp_sample sample;

	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_EQ(0, poll(&p, 1, 0));
	bp_do_stores(1);
	EXPECT_EQ(1, poll(&p, 1, -1));
	EXPECT_EQ(POLLIN, p.revents);
	EXPECT_TRUE(bp_ring_next(&self->ring, &sample));
}

TEST_HARNESS_MAIN
