// SPDX-License-Identifier: GPL-2.0
/*
 * Whose hits an event counts: one thread's, one CPU's, or one thread's on one
 * CPU. Children have bp_inherit.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10

TEST(a_thread_that_watches_itself_does_not_count_its_siblings)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct bp_worker before, after;
	int fd;

	ASSERT_EQ(0, bp_worker_thread(&before));
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_thread(&after));
	ASSERT_EQ(0, bp_worker_call(&before, bp_do_stores, TIMES));
	ASSERT_EQ(0, bp_worker_call(&after, bp_do_stores, TIMES));
	EXPECT_EQ(0, bp_hits(fd));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&before);
	bp_worker_end(&after);
	close(fd);
}

TEST(a_thread_named_by_tid_is_the_only_one_counted)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct bp_worker w[2];
	int fd[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, bp_worker_thread(&w[i]));
		fd[i] = bp_open(&attr, w[i].tid, BP_ANY_CPU);
		ASSERT_LE(0, fd[i]);
	}
	bp_do_stores(5 * TIMES);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, bp_worker_call(&w[i], bp_do_stores, (i + 1) * TIMES));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ((i + 1) * TIMES, bp_hits(fd[i]));
		bp_worker_end(&w[i]);
		EXPECT_EQ((i + 1) * TIMES, bp_hits(fd[i]));
		close(fd[i]);
	}
}

TEST(a_variable_of_another_process_is_watched_by_pid)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct bp_worker w;
	int fd;

	ASSERT_EQ(0, bp_worker_fork(&w));
	fd = bp_open(&attr, w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	bp_do_stores(TIMES);
	EXPECT_EQ(0, bp_hits(fd));
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&w);
	EXPECT_EQ(TIMES, bp_hits(fd)) {
		TH_LOG("the count should outlive the process");
	}
	close(fd);
}

TEST(an_instruction_of_another_process_is_watched_by_pid)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	struct bp_worker w;
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	ASSERT_EQ(0, bp_worker_fork(&w));
	fd = bp_open(&attr, w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	EXPECT_EQ(TIMES, bp_do_calls(TIMES));
	EXPECT_EQ(0, bp_hits(fd));
	EXPECT_EQ(TIMES, bp_worker_call(&w, bp_do_calls, TIMES));
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&w);
	close(fd);
}

/* The i-th of @n words: i times. */
static long store_and_load_each(long n)
{
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++) {
			bp_store(bp_data + 8 * i, 4);
			bp_load(bp_data + 8 * i, 4);
		}
	}
	return 0;
}

/* Both tasks need every register, with other contents, on the one CPU. */
TEST(tasks_that_alternate_on_a_cpu_keep_their_own_registers)
{
	int n = bp_caps.data_regs, mine[32], its[32];
	struct perf_event_attr attr;
	struct bp_worker w;

	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, bp_worker_fork(&w));
	for (int i = 0; i < n; i++) {
		attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8 * i, 4);
		mine[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, mine[i]);
		attr = bp_attr(HW_BREAKPOINT_RW, bp_data + 8 * (n - 1 - i), 8);
		its[i] = bp_open(&attr, w.tid, BP_ANY_CPU);
		ASSERT_LE(0, its[i]);
	}
	for (int i = 0; i < TIMES; i++) {
		store_and_load_each(n);
		ASSERT_EQ(0, bp_worker_call(&w, store_and_load_each, n));
	}
	for (int i = 0; i < n; i++) {
		EXPECT_EQ((i + 1) * TIMES, bp_hits(mine[i]));
		EXPECT_EQ(2 * (n - i) * TIMES, bp_hits(its[i]));
	}
	bp_close_many(mine, n);
	bp_close_many(its, n);
	bp_worker_end(&w);
}

static struct {
	volatile bool stop;
	volatile unsigned long rounds;
} spin;

static void *spin_and_store(void *tid)
{
	__atomic_store_n((pid_t *)tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	while (!spin.stop) {
		bp_do_stores(1);
		spin.rounds++;
	}
	return NULL;
}

static void let_it_spin(void)
{
	unsigned long until = spin.rounds + 100;

	while (spin.rounds < until)
		usleep(100);
}

TEST(a_running_thread_is_watched_and_left_alone_at_once)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	pthread_t thread;
	pid_t tid = 0;
	__u64 hits;
	int fd;

	ASSERT_EQ(0, pthread_create(&thread, NULL, spin_and_store, &tid));
	while (!__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		usleep(100);
	fd = bp_open(&attr, tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	let_it_spin();
	hits = bp_hits(fd);
	EXPECT_LE(100 - 1, hits);

	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	hits = bp_hits(fd);
	let_it_spin();
	EXPECT_EQ(hits, bp_hits(fd));

	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	let_it_spin();
	EXPECT_LE(hits + 100 - 1, bp_hits(fd));
	spin.stop = true;
	pthread_join(thread, NULL);
	close(fd);
}

#define MAX_CPUS	64

FIXTURE(cpus)
{
	struct perf_event_attr attr;
	int nr, fd[MAX_CPUS];
};

FIXTURE_SETUP(cpus)
{
	self->nr = bp_nr_cpus();
	if (self->nr < 2)
		SKIP(return, "needs two CPUs");
	if (self->nr > MAX_CPUS)
		self->nr = MAX_CPUS;
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	for (int cpu = 0; cpu < self->nr; cpu++)
		self->fd[cpu] = -1;
}

FIXTURE_TEARDOWN(cpus)
{
	bp_close_many(self->fd, self->nr);
}

TEST_F(cpus, a_cpus_event_counts_every_task_there_and_none_elsewhere)
{
	struct bp_worker w[2];

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, bp_worker_fork(&w[i]));
	for (int cpu = 0; cpu < self->nr; cpu++) {
		self->fd[cpu] = bp_open(&self->attr, BP_ANY_TASK, cpu);
		ASSERT_LE(0, self->fd[cpu]);
	}
	for (int cpu = 0; cpu < self->nr; cpu++) {
		ASSERT_EQ(0, bp_pin(cpu));
		bp_do_stores(1);
		for (int i = 0; i < 2; i++) {
			ASSERT_EQ(0, bp_worker_call(&w[i], bp_do_pin, cpu));
			ASSERT_EQ(0, bp_worker_call(&w[i], bp_do_stores, cpu * TIMES));
		}
	}
	for (int cpu = 0; cpu < self->nr; cpu++)
		EXPECT_EQ(1 + 2 * cpu * TIMES, bp_hits(self->fd[cpu]));
	for (int i = 0; i < 2; i++)
		bp_worker_end(&w[i]);
}

TEST_F(cpus, a_tasks_event_on_a_cpu_counts_that_task_there_only)
{
	struct bp_worker other;

	ASSERT_EQ(0, bp_worker_fork(&other));
	for (int cpu = 0; cpu < self->nr; cpu++) {
		self->fd[cpu] = bp_open(&self->attr, BP_SELF, cpu);
		ASSERT_LE(0, self->fd[cpu]);
	}
	for (int round = 0; round < 2; round++) {
		for (int cpu = 0; cpu < self->nr; cpu++) {
			ASSERT_EQ(0, bp_pin(cpu));
			bp_do_stores((cpu + 1) * TIMES);
			ASSERT_EQ(0, bp_worker_call(&other, bp_do_pin, cpu));
			ASSERT_EQ(0, bp_worker_call(&other, bp_do_stores, 1));
		}
	}
	for (int cpu = 0; cpu < self->nr; cpu++)
		EXPECT_EQ(2 * (cpu + 1) * TIMES, bp_hits(self->fd[cpu]));
	bp_worker_end(&other);
}

/* The task's own, its event for this CPU, and the CPU's: three registers. */
TEST_F(cpus, task_and_cpu_events_count_side_by_side)
{
	int task, here, cpu = self->nr - 1;

	if (bp_caps.data_regs < 3)
		SKIP(return, BP_NEEDS_THREE);
	ASSERT_EQ(0, bp_pin(cpu));
	task = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	self->attr.bp_addr += 8;
	here = bp_open(&self->attr, BP_SELF, cpu);
	self->attr.bp_addr += 8;
	self->fd[cpu] = bp_open(&self->attr, BP_ANY_TASK, cpu);
	ASSERT_LE(0, task);
	ASSERT_LE(0, here);
	ASSERT_LE(0, self->fd[cpu]);
	store_and_load_each(3);
	ASSERT_EQ(0, bp_pin(0));
	store_and_load_each(3);
	EXPECT_EQ(2 * 1, bp_hits(task));
	EXPECT_EQ(2, bp_hits(here));
	EXPECT_EQ(3, bp_hits(self->fd[cpu]));
	close(task);
	close(here);
}

TEST_F(cpus, the_kernels_writes_for_a_task_count_for_its_cpu)
{
	self->attr.exclude_kernel = 0;
	self->attr.exclude_user = 1;
	for (int cpu = 0; cpu < self->nr; cpu++) {
		self->fd[cpu] = bp_open(&self->attr, BP_ANY_TASK, cpu);
		ASSERT_LE(0, self->fd[cpu]);
	}
	ASSERT_EQ(0, bp_pin(1));
	bp_do_stores(TIMES);
	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(0, bp_kernel_store(bp_data));
	for (int cpu = 0; cpu < self->nr; cpu++)
		EXPECT_EQ(cpu == 1 ? TIMES : 0, bp_hits(self->fd[cpu]));
}

TEST_F(cpus, a_kernel_function_is_counted_on_the_cpu_that_runs_it)
{
	__u64 addr;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	self->attr = bp_attr(HW_BREAKPOINT_X, NULL, bp_caps.exec_len);
	self->attr.exclude_kernel = 0;
	if (!bp_kernel_symbol(BP_RARE_SYSCALL_SYMBOL, &addr))
		SKIP(return, "kallsyms does not show " BP_RARE_SYSCALL_SYMBOL);
	self->attr.bp_addr = addr;
	for (int cpu = 0; cpu < self->nr; cpu++) {
		self->fd[cpu] = bp_open(&self->attr, BP_ANY_TASK, cpu);
		if (self->fd[cpu] == -EINVAL && !bp_kernel_has_kprobes())
			SKIP(return, BP_NEEDS_KPROBES);
		ASSERT_LE(0, self->fd[cpu]);
	}
	for (int cpu = 0; cpu < self->nr; cpu++) {
		ASSERT_EQ(0, bp_pin(cpu));
		for (int i = 0; i < cpu * TIMES; i++)
			bp_rare_syscall();
	}
	for (int cpu = 0; cpu < self->nr; cpu++)
		EXPECT_EQ(cpu * TIMES, bp_hits(self->fd[cpu]));
}

TEST_HARNESS_MAIN
