// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints opened, closed, modified, inherited and fought over while threads
 * run into them. Counts that must be exact are; afterwards every register of
 * every task and CPU is free again.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define MAX_REGS	32
#define MAX_CPUS	64
#define HITTERS		2

/* A few seconds' worth in an emulator; BP_STRESS=10 in the environment: tenfold. */
static int loops(int n)
{
	const char *factor = getenv("BP_STRESS");

	return factor ? n * atoi(factor) : n;
}

static struct perf_event_attr data_attr(int at)
{
	return bp_attr(HW_BREAKPOINT_W, bp_data + at, 4);
}

/* An instruction's where these are to be had, and else another word's. */
static struct perf_event_attr other_attr(void)
{
	return bp_caps.exec_regs ? bp_attr_exec(bp_func) : data_attr(8);
}

/* A register that a task still held would be missing on every CPU. */
static bool all_free(void)
{
	for (int cpu = 0; cpu < bp_nr_cpus(); cpu++) {
		if (bp_room(BP_ANY_TASK, cpu) != bp_caps.data_regs)
			return false;
	}
	return bp_room(BP_SELF, BP_ANY_CPU) == bp_caps.data_regs;
}

/* Threads that store to two words, and call, until told to stop. */
static struct hitter {
	pthread_t thread;
	pid_t tid;
	unsigned long rounds;
} hitters[HITTERS];

static bool stop;

static void *hit(void *arg)
{
	struct hitter *h = arg;

	__atomic_store_n(&h->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		bp_store(bp_data, 4);
		bp_store(bp_data + 8, 4);
		bp_func(0);
		__atomic_fetch_add(&h->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int start_hitters(void)
{
	for (int i = 0; i < HITTERS; i++) {
		int err = pthread_create(&hitters[i].thread, NULL, hit, &hitters[i]);

		if (err)
			return -err;
		while (!__atomic_load_n(&hitters[i].tid, __ATOMIC_ACQUIRE))
			sched_yield();
	}
	return 0;
}

static void stop_hitters(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < HITTERS; i++)
		pthread_join(hitters[i].thread, NULL);
}

static unsigned long rounds(int i)
{
	return __atomic_load_n(&hitters[i].rounds, __ATOMIC_RELAXED);
}

/* Longer than the usual limit: an emulator on a busy machine takes its time. */
#define STRESS_TEST(name)	TEST_F_TIMEOUT(stress, name, 120)

FIXTURE(stress)
{
};

FIXTURE_SETUP(stress)
{
}

FIXTURE_TEARDOWN(stress)
{
	EXPECT_TRUE(all_free());
}

STRESS_TEST(watches_open_and_close_on_threads_that_hit_them)
{
	struct perf_event_attr attr;
	int regs, fds[MAX_REGS];

	ASSERT_EQ(0, start_hitters());
	for (int i = 0; i < loops(30); i++) {
		attr = i % 2 ? data_attr(0) : other_attr();
		regs = attr.bp_type == HW_BREAKPOINT_X ? bp_caps.exec_regs :
							 bp_caps.data_regs;
		ASSERT_EQ(regs, bp_open_many(&attr, hitters[i % HITTERS].tid,
					     BP_ANY_CPU, fds, regs));
		ASSERT_EQ(-ENOSPC, bp_open(&attr, hitters[i % HITTERS].tid, BP_ANY_CPU));
		bp_close_many(fds, regs);
	}
	stop_hitters();
}

STRESS_TEST(a_watch_moves_about_under_a_thread_that_hits_it)
{
	struct perf_event_attr at[3] = { data_attr(0), data_attr(8), other_attr() };
	unsigned long before, ran;
	__u64 hits;
	int fd;

	ASSERT_EQ(0, start_hitters());
	before = rounds(0);
	fd = bp_open(&at[0], hitters[0].tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int i = 1; i <= loops(100); i++) {
		ASSERT_EQ(0, bp_modify(fd, &at[i % 3]));
		if (i % 10 == 0) {
			struct perf_event_attr bad = at[i % 3];

			bad.bp_len = 0;
			ASSERT_EQ(-EINVAL, bp_modify(fd, &bad));
		}
	}
	/* Once more around, now that it stays: it still counts. */
	hits = bp_hits(fd);
	for (unsigned long until = rounds(0) + 10; rounds(0) < until;)
		usleep(100);
	EXPECT_LT(hits, bp_hits(fd));
	stop_hitters();
	/* Between two looks at it a round has at most all three places once. */
	ran = rounds(0) - before + 1;
	EXPECT_GE(3 * ran, bp_hits(fd));
	close(fd);
}

STRESS_TEST(a_watch_is_enabled_and_disabled_under_a_thread_that_hits_it)
{
	struct perf_event_attr attr = data_attr(0);
	__u64 hits;
	int fd;

	ASSERT_EQ(0, start_hitters());
	fd = bp_open(&attr, hitters[1].tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int i = 0; i < loops(30); i++) {
		ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
		hits = bp_hits(fd);
		sched_yield();
		ASSERT_EQ(hits, bp_hits(fd));
		ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	}
	stop_hitters();
	close(fd);
}

/* However it moves, each store is made on one CPU: the CPUs' counts add up. */
STRESS_TEST(a_task_that_migrates_all_the_time_loses_no_hit)
{
	struct perf_event_attr attr = data_attr(0), other = data_attr(8);
	int cpus = bp_nr_cpus(), fds[MAX_CPUS], all, n = loops(500);
	__u64 sum = 0;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	if (cpus > MAX_CPUS)
		cpus = MAX_CPUS;
	all = bp_open(&other, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, all);
	for (int cpu = 0; cpu < cpus; cpu++) {
		fds[cpu] = bp_open(&attr, BP_SELF, cpu);
		ASSERT_LE(0, fds[cpu]);
	}
	for (int i = 0; i < n; i++) {
		ASSERT_EQ(0, bp_pin(i % cpus));
		bp_store(bp_data, 4);
		bp_store(bp_data + 8, 4);
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += bp_hits(fds[cpu]);
	EXPECT_EQ(n, sum);
	EXPECT_EQ(n, bp_hits(all));
	bp_close_many(fds, cpus);
	close(all);
}

/* Families of forks and threads, each member storing once before it ends. */
static void fork_tree(int depth)
{
	pid_t pid[3];

	bp_store(bp_data, 4);
	for (int i = 0; depth && i < 3; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			fork_tree(depth - 1);
			_exit(0);
		}
	}
	for (int i = 0; depth && i < 3; i++)
		waitpid(pid[i], NULL, 0);
}

STRESS_TEST(a_storm_of_forks_counts_each_child_once)
{
	struct perf_event_attr attr = data_attr(0);
	int fds[MAX_REGS], regs = bp_caps.data_regs;
	__u64 tree = 1 + 3 + 9 + 27;

	attr.inherit = 1;
	fds[0] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fds[0]);
	/* The others are only carried along. */
	for (int i = 1; i < regs; i++) {
		attr.bp_addr = (uintptr_t)bp_data + 8 * i;
		fds[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
	}
	for (int i = 1; i <= loops(2); i++) {
		fork_tree(3);
		EXPECT_EQ(i * tree, bp_hits(fds[0]));
	}
	for (int i = 1; i < regs; i++)
		EXPECT_EQ(0, bp_hits(fds[i]));
	bp_close_many(fds, regs);
}

STRESS_TEST(a_watch_is_modified_and_closed_amid_a_storm_of_forks)
{
	for (int i = 0; i < loops(5); i++) {
		struct perf_event_attr attr = data_attr(0);
		pid_t pid;
		int fd;

		pid = fork();
		if (!pid) {
			/* No copies of the descriptor here: close() below is the last. */
			raise(SIGSTOP);
			fork_tree(3);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
		attr.inherit = 1;
		fd = bp_open(&attr, pid, BP_ANY_CPU);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, kill(pid, SIGCONT));
		for (int j = 1; j < 20; j++) {
			attr.bp_addr = (uintptr_t)bp_data + 4 * (j % 2);
			EXPECT_EQ(0, bp_modify(fd, &attr));
		}
		close(fd);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
}

/*
 * Processes that open for each other, for themselves and for CPUs, as chance
 * has it, until they are killed at whatever they are. There is no answer but a
 * descriptor and ENOSPC (or ESRCH, once a target was killed).
 */
#define RIVALS	4

static volatile struct {
	pid_t pids[RIVALS];
	unsigned long opened[RIVALS], full[RIVALS], wrong[RIVALS];
} *arena;

static void rival(int me)
{
	unsigned int seed = 4711 + me;
	int fds[3 * MAX_REGS], n = 0;

	while (!arena->pids[RIVALS - 1])
		sched_yield();
	for (;;) {
		int dice = rand_r(&seed) % 16, cpu, fd;
		struct perf_event_attr attr;
		pid_t pid;

		if (n && (dice < 7 || n == ARRAY_SIZE(fds))) {
			int i = rand_r(&seed) % n;

			close(fds[i]);
			fds[i] = fds[--n];
			continue;
		}
		attr = dice & 1 ? data_attr(0) : other_attr();
		attr.inherit = dice == 9;
		cpu = dice < 11 ? BP_ANY_CPU : rand_r(&seed) % bp_nr_cpus();
		/* A CPU's own are slow to come by in the stock kernel: few of them. */
		pid = dice == 15 && !(rand_r(&seed) % 8) ?
		      BP_ANY_TASK : arena->pids[rand_r(&seed) % RIVALS];
		if (pid == BP_ANY_TASK && cpu == BP_ANY_CPU)
			cpu = 0;
		fd = bp_open(&attr, pid, cpu);
		if (fd >= 0) {
			fds[n++] = fd;
			arena->opened[me]++;
		} else if (fd == -ENOSPC) {
			arena->full[me]++;
		} else if (fd != -ESRCH) {
			arena->wrong[me] = -fd;
		}
		bp_store(bp_data, 4);
		bp_func(0);
	}
}

STRESS_TEST(rivals_for_registers_leave_none_behind_when_killed)
{
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(arena != MAP_FAILED);
	for (int round = 0; round < loops(3); round++) {
		pid_t pid;

		memset((void *)arena, 0, sizeof(*arena));
		for (int i = 0; i < RIVALS; i++) {
			pid = fork();
			if (!pid) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				rival(i);
			}
			arena->pids[i] = pid;
		}
		for (int i = 0; i < RIVALS; i++) {
			while (arena->opened[i] < 50 || !arena->full[i])
				usleep(100);
		}
		for (int i = 0; i < RIVALS; i++) {
			kill(arena->pids[i], SIGKILL);
			EXPECT_EQ(0, arena->wrong[i]);
		}
		for (int i = 0; i < RIVALS; i++)
			ASSERT_EQ(arena->pids[i], waitpid(arena->pids[i], NULL, 0));
		EXPECT_TRUE(all_free());
	}
}

static int trapped, trap_fd;

static void close_in_handler(int sig)
{
	trapped++;
	close(trap_fd);
}

STRESS_TEST(a_handler_closes_the_very_watch_that_called_it)
{
	signal(SIGTRAP, close_in_handler);
	for (int i = 1; i <= loops(100); i++) {
		trap_fd = bp_open_told(data_attr(0), SIGTRAP);
		ASSERT_LE(0, trap_fd);
		bp_do_stores(2);
		ASSERT_EQ(i, trapped);
	}
}

TEST_HARNESS_MAIN
