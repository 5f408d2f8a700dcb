// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a task's breakpoints in the tasks it makes: processes and
 * threads, with and without attr.inherit. exec has bp_exec.
 */
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10

FIXTURE(inherit)
{
	struct perf_event_attr attr;
	struct bp_worker w;
	int fd;
};

FIXTURE_VARIANT(inherit)
{
	int (*make)(struct bp_worker *w);
};

FIXTURE_VARIANT_ADD(inherit, process) { .make = bp_worker_fork };
FIXTURE_VARIANT_ADD(inherit, thread) { .make = bp_worker_thread };

FIXTURE_SETUP(inherit)
{
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	self->attr.inherit = 1;
	self->fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(inherit)
{
	close(self->fd);
}

TEST_F(inherit, a_child_counts_into_its_parents_event)
{
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	bp_do_stores(1);
	EXPECT_EQ(TIMES + 1, bp_hits(self->fd));
	bp_worker_end(&self->w);
	EXPECT_EQ(TIMES + 1, bp_hits(self->fd)) {
		TH_LOG("the child's count should stay after its exit");
	}
}

TEST_F(inherit, without_inherit_a_child_is_not_watched)
{
	int fd;

	self->attr.inherit = 0;
	close(self->fd);
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(0, bp_hits(fd));
	bp_do_stores(1);
	EXPECT_EQ(1, bp_hits(fd));
	bp_worker_end(&self->w);
	self->fd = fd;
}

TEST_F(inherit, children_that_exist_already_are_not_watched)
{
	int fd;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	ASSERT_EQ(0, variant->make(&self->w));
	self->attr.bp_addr += 8;
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(0, bp_hits(fd));
	bp_worker_end(&self->w);
	close(fd);
}

TEST_F(inherit, inherit_thread_takes_threads_and_leaves_processes)
{
	bool thread = variant->make == bp_worker_thread;
	int fd;

	self->attr.inherit_thread = 1;
	close(self->fd);
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(thread ? TIMES : 0, bp_hits(fd));
	bp_worker_end(&self->w);
	self->fd = fd;
}

TEST_F(inherit, disable_and_enable_reach_the_child)
{
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(0, bp_hits(self->fd));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	bp_worker_end(&self->w);
}

TEST_F(inherit, a_disabled_event_is_inherited_disabled)
{
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(0, bp_hits(self->fd));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	bp_worker_end(&self->w);
}

TEST_F(inherit, an_instruction_breakpoint_is_inherited_too)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	attr.inherit = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variant->make(&self->w));
	EXPECT_EQ(TIMES, bp_worker_call(&self->w, bp_do_calls, TIMES));
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&self->w);
	close(fd);
}

/* Run in a worker: makes another, has it store, and ends it. */
static long stores_of_a_grandchild(long n)
{
	struct bp_worker w;
	long err = bp_worker_fork(&w);

	if (!err) {
		err = bp_worker_call(&w, bp_do_stores, n);
		bp_worker_end(&w);
	}
	return err;
}

TEST_F(inherit, grandchildren_count_too)
{
	ASSERT_EQ(0, variant->make(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, stores_of_a_grandchild, TIMES));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	bp_worker_end(&self->w);
}

TEST_F(inherit, watching_another_task_watches_what_it_makes)
{
	int fd;

	close(self->fd);
	ASSERT_EQ(0, variant->make(&self->w));
	fd = bp_open(&self->attr, self->w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, stores_of_a_grandchild, TIMES));
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&self->w);
	self->fd = fd;
}

TEST_F(inherit, many_children_are_summed_up)
{
	struct bp_worker w[TIMES];

	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(0, variant->make(&w[i]));
	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(0, bp_worker_call(&w[i], bp_do_stores, i));
	EXPECT_EQ(TIMES * (TIMES - 1) / 2, bp_hits(self->fd));
	for (int i = 0; i < TIMES; i++) {
		bp_worker_end(&w[i]);
		EXPECT_EQ(TIMES * (TIMES - 1) / 2, bp_hits(self->fd));
	}
}

TEST_F(inherit, a_killed_child_leaves_its_count)
{
	if (variant->make == bp_worker_thread)
		return;	/* A thread cannot be killed alone. */
	ASSERT_EQ(0, bp_worker_fork(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, TIMES));
	bp_worker_kill(&self->w);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

/* Every register, inherited: fork must neither fail nor lose one. */
TEST_F(inherit, a_full_set_of_registers_is_inherited)
{
	int n = bp_caps.data_regs, fds[32];

	fds[0] = self->fd;
	for (int i = 1; i < n; i++) {
		self->attr.bp_addr += 4;
		fds[i] = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
	}
	for (int round = 1; round <= 3; round++) {
		ASSERT_EQ(0, variant->make(&self->w));
		for (int i = 0; i < TIMES; i++)
			ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
		for (int i = 0; i < n; i++)
			EXPECT_EQ(i ? 0 : round * TIMES, bp_hits(fds[i]));
		bp_worker_end(&self->w);
	}
	bp_close_many(fds + 1, n - 1);
}

/* vfork: two tasks, one address space, each with registers of its own. */
TEST(a_vfork_child_is_watched_if_inherited)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int own, both;
	pid_t pid;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	own = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, own);
	attr.inherit = 1;
	both = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, both);
	pid = vfork();
	if (!pid) {
		bp_do_calls(TIMES);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, bp_hits(own));
	EXPECT_EQ(TIMES, bp_hits(both));
}

TEST_HARNESS_MAIN
