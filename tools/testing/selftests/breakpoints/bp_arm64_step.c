// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: a hit comes before the access, which the kernel then steps over. Whatever
 * happens between the two, signals above all, each access is seen exactly once,
 * and no stepping is left when it is over.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10
#define SOME	2000
#define MANY	10000
/* Seconds, where others come between: with KASAN in an emulator each takes its time. */
#define LONG	120

/* A handler of hits; @nested more accesses are made in it, each a hit as well. */
static struct {
	volatile int count, nested;
	int depth;
	volatile int jump;
	sigjmp_buf back;
} caught;

static void on_hit(int sig)
{
	caught.count++;
	if (caught.jump)
		siglongjmp(caught.back, 1);
	if (caught.depth < caught.nested) {
		caught.depth++;
		bp_do_stores(1);
		caught.depth--;
	}
}

static int handle(int sig)
{
	struct sigaction sa = { .sa_handler = on_hit, .sa_flags = SA_NODEFER };

	return sigaction(sig, &sa, NULL);
}

/* Any signal of a step that is left over would end the program. */
static void expect_no_step_left(struct __test_metadata *_metadata)
{
	signal(SIGTRAP, SIG_DFL);
	bp_do_stores(TIMES);
	bp_do_loads(TIMES);
	EXPECT_EQ(TIMES, bp_do_calls(TIMES));
	bp_rare_syscall();
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_SELF, BP_ANY_CPU));
}

FIXTURE(step)
{
	struct perf_event_attr attr;
	int fd;
};

/* How a hit is told to the program: not at all, by SIGTRAP, by SIGIO. */
FIXTURE_VARIANT(step)
{
	int sig;
};

FIXTURE_VARIANT_ADD(step, counting) { };
FIXTURE_VARIANT_ADD(step, sigtrap) { .sig = SIGTRAP };
FIXTURE_VARIANT_ADD(step, sigio) { .sig = SIGIO };

FIXTURE_SETUP(step)
{
	if (variant->sig)
		ASSERT_EQ(0, handle(variant->sig));
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	self->fd = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(step)
{
	close(self->fd);
	expect_no_step_left(_metadata);
}

/* Hits, and calls of the handler if there is one. */
#define EXPECT_SEEN(n) do {					\
	__u64 expected = (n);					\
								\
	EXPECT_EQ(expected, bp_hits(self->fd));			\
	if (variant->sig)					\
		EXPECT_EQ(expected, caught.count);		\
} while (0)

TEST_F(step, each_access_is_seen_once)
{
	for (int i = 0; i < MANY; i++)
		bp_store(bp_data, 4);
	EXPECT_SEEN(MANY);
}

TEST_F(step, the_access_is_made)
{
	volatile __u32 *p = (volatile __u32 *)bp_data;

	for (__u32 i = 1; i <= TIMES; i++) {
		*p = i;
		EXPECT_EQ(i, *p);
	}
	EXPECT_SEEN(TIMES);
}

TEST_F(step, an_instruction_is_seen_once)
{
	int fd = bp_open_told(bp_attr_exec(bp_func), variant->sig);

	ASSERT_LE(0, fd);
	EXPECT_EQ(SOME / 2, bp_do_calls(SOME / 2));
	EXPECT_EQ(SOME / 2, bp_hits(fd));
	if (variant->sig)
		EXPECT_EQ(SOME / 2, caught.count);
	close(fd);
}

TEST_F(step, an_instruction_and_the_access_it_makes_are_both_seen_once)
{
	int fd = bp_open_told(bp_attr(HW_BREAKPOINT_X, bp_store_insn, bp_caps.exec_len),
			      variant->sig);

	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		bp_store_labelled((volatile __u32 *)bp_data);
	EXPECT_EQ(TIMES, bp_hits(fd));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	if (variant->sig)
		EXPECT_EQ(2 * TIMES, caught.count);
	close(fd);
}

static void store_pair(volatile void *p)
{
	asm volatile("stp xzr, xzr, [%0]" : : "r"(p) : "memory");
}

TEST_F(step, a_pair_hits_both_watches_once_each)
{
	struct perf_event_attr other = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 8);
	int fd = bp_open_told(other, variant->sig);

	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		store_pair(bp_data);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	EXPECT_EQ(TIMES, bp_hits(fd));
	if (variant->sig)
		EXPECT_EQ(2 * TIMES, caught.count);
	close(fd);
}

TEST_F(step, two_watches_of_one_word_both_hit_once)
{
	int fd = bp_open_told(self->attr, variant->sig);

	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		bp_store(bp_data, 4);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

/* The break is on the SVC itself: the step over it goes through the kernel. */
static long marked_syscall(void)
{
	register long nr asm("x8") = SYS_getppid, ret asm("x0");

	asm volatile(".globl bp_svc\nbp_svc:\n\tsvc #0" : "=r"(ret) : "r"(nr) : "memory");
	return ret;
}

extern const char bp_svc[];

TEST_F(step, a_system_call_instruction_is_seen_once_and_done)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_X, bp_svc, bp_caps.exec_len);
	int fd = bp_open_told(attr, variant->sig);

	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(getppid(), marked_syscall());
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

/* Each first store to a page faults: before the hit, or on the step over it. */
TEST_F(step, an_access_that_faults_a_page_in_is_seen_once)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct perf_event_attr attr;
	volatile __u8 *p;
	int fd;

	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	attr = bp_attr(HW_BREAKPOINT_W, p, 8);
	fd = bp_open_told(attr, variant->sig);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, madvise((void *)p, page, MADV_DONTNEED));
		bp_store(p, 8);
		EXPECT_EQ(8, *(volatile __u64 *)p);
	}
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
	munmap((void *)p, page);
}

TEST_F(step, a_handler_that_makes_the_access_itself_is_called_for_that_too)
{
	if (!variant->sig)
		return;
	caught.nested = 3;
	for (int i = 0; i < TIMES; i++)
		bp_do_stores(1);
	EXPECT_SEEN(4 * TIMES);
}

TEST_F(step, a_handler_may_leave_by_siglongjmp)
{
	volatile __u32 *p = (volatile __u32 *)bp_data;

	if (!variant->sig)
		return;
	*p = 0;
	EXPECT_SEEN(1);
	caught.jump = 1;
	for (volatile int i = 0; i < TIMES; i++) {
		if (!sigsetjmp(caught.back, 1)) {
			bp_store(p, 4);
			/* SIGIO is not promised before the next instruction. */
			EXPECT_EQ(SIGIO, variant->sig);
		}
	}
	if (variant->sig == SIGTRAP)
		EXPECT_EQ(0, *p);
	EXPECT_SEEN(1 + TIMES);
	caught.jump = 0;
	for (int i = 0; i < TIMES; i++)
		bp_store(p, 4);
	EXPECT_EQ(4, *p);
	EXPECT_SEEN(1 + 2 * TIMES);
}

/* From another thread: this one is pushed from CPU to CPU between any two of its steps. */
static struct {
	pid_t tid;
	volatile bool stop;
	volatile unsigned long moves;
} hop;

static void *push_about(void *unused)
{
	int cpus = bp_nr_cpus();
	cpu_set_t set;

	while (!hop.stop) {
		CPU_ZERO(&set);
		CPU_SET(hop.moves % cpus, &set);
		sched_setaffinity(hop.tid, sizeof(set), &set);
		hop.moves++;
	}
	return NULL;
}

TEST_F_TIMEOUT(step, migration_loses_and_doubles_nothing, LONG)
{
	pthread_t thread;
	cpu_set_t all;
	int n = 0;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	hop.tid = syscall(SYS_gettid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, push_about, NULL));
	do {
		bp_store(bp_data, 4);
		n++;
	} while (n < SOME || hop.moves <= TIMES);
	hop.stop = true;
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(all), &all);
	TH_LOG("%lu moves", hop.moves);
	EXPECT_LT(TIMES, hop.moves);
	EXPECT_SEEN(n);
}

/* It preempts this task on its CPU again and again, with a watch of its own. */
static struct {
	volatile bool stop;
	volatile unsigned long rounds;
	__u64 hits;
	int err;
} rival;

static void *preempt(void *unused)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data, 8);
	struct sched_param param = { .sched_priority = 1 };
	sigset_t set;
	int fd;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	rival.err = bp_pin(0);
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		rival.err = -errno;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	while (!rival.stop) {
		usleep(50);
		bp_do_stores(1);
		rival.rounds++;
	}
	rival.hits = bp_hits(fd);
	close(fd);
	return NULL;
}

TEST_F_TIMEOUT(step, preemption_loses_and_doubles_nothing, LONG)
{
	pthread_t thread;
	int n = 0;

	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, preempt, NULL));
	do {
		bp_store(bp_data, 4);
		n++;
	} while (n < SOME || rival.rounds < 10 * TIMES);
	rival.stop = true;
	pthread_join(thread, NULL);
	ASSERT_EQ(0, rival.err);
	EXPECT_EQ(rival.rounds, rival.hits);
	EXPECT_SEEN(n);
}

/* A timer's handler that makes the access too, wherever it breaks in. */
static volatile int alarms;

static void on_alarm(int sig)
{
	bp_store(bp_data, 4);
	alarms++;
	/* The next from now on, so that what this one broke in on gets on. */
	ualarm(1000, 0);
}

TEST_F_TIMEOUT(step, signals_at_any_time_lose_and_double_nothing, LONG)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int n = 0;

	ASSERT_EQ(0, sigaction(SIGALRM, &sa, NULL));
	ASSERT_EQ(0, ualarm(1000, 0));
	do {
		bp_store(bp_data, 4);
		n++;
	} while (n < SOME || alarms < TIMES);
	ASSERT_NE(SIG_ERR, signal(SIGALRM, SIG_IGN));
	TH_LOG("%d alarms", alarms);
	EXPECT_SEEN(n + alarms);
}

/* The same watch for all tasks of the CPU: in registers that stay at a switch. */
TEST_F(step, a_cpus_watch_sees_each_access_of_each_task_once)
{
	struct bp_worker w[2];
	int fd;

	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, bp_pin(0));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, bp_worker_fork(&w[i]));
	fd = bp_open(&self->attr, BP_ANY_TASK, 0);
	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, bp_worker_send(&w[i], bp_do_stores, SOME));
	bp_do_stores(SOME);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, bp_worker_result(&w[i]));
	EXPECT_EQ(3 * SOME, bp_hits(fd));
	for (int i = 0; i < 2; i++)
		bp_worker_end(&w[i]);
	close(fd);
}

/* A fork or exit while the parent steps: the child owes no step. */
TEST_F(step, a_child_that_is_forked_between_hits_steps_nothing)
{
	for (int i = 0; i < TIMES; i++) {
		int status;
		pid_t pid;

		bp_store(bp_data, 4);
		pid = fork();
		if (!pid) {
			signal(SIGTRAP, SIG_DFL);
			bp_do_stores(TIMES);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_SEEN(TIMES);
}

/*
 * perf exchanges the events of tasks that have inherited the same when it switches
 * from one to the other: here between a hit and its step, in the handler.
 */
static unsigned long handled;

static void on_hit_yield(int sig)
{
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
	sched_yield();
}

FIXTURE(inherited)
{
	struct perf_event_attr attr;
};

FIXTURE_SETUP(inherited)
{
	struct sigaction sa = { .sa_handler = on_hit_yield };

	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, sigaction(SIGTRAP, &sa, NULL));
	self->attr = bp_attr_trapping(bp_attr(HW_BREAKPOINT_W, bp_data, 4));
	self->attr.inherit = 1;
	self->attr.inherit_thread = 1;
}

FIXTURE_TEARDOWN(inherited)
{
	expect_no_step_left(_metadata);
}

#define SIBLINGS	3

TEST_F(inherited, siblings_that_take_turns_between_hit_and_step)
{
	int fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	struct bp_worker w[SIBLINGS];

	ASSERT_LE(0, fd);
	for (int i = 0; i < SIBLINGS; i++)
		ASSERT_EQ(0, bp_worker_thread(&w[i]));
	for (int i = 0; i < SIBLINGS; i++)
		ASSERT_EQ(0, bp_worker_send(&w[i], bp_do_stores, SOME / 2));
	for (int i = 0; i < SIBLINGS; i++)
		ASSERT_EQ(0, bp_worker_result(&w[i]));
	EXPECT_EQ(SIBLINGS * SOME / 2, bp_hits(fd));
	EXPECT_EQ(SIBLINGS * SOME / 2, handled);
	for (int i = 0; i < SIBLINGS; i++)
		bp_worker_end(&w[i]);
	close(fd);
}

FIXTURE(read_into)
{
	int fd, pipe[2];
};

FIXTURE_VARIANT(read_into)
{
	bool no_kernel;
};

FIXTURE_VARIANT_ADD(read_into, kernel_included) { };
FIXTURE_VARIANT_ADD(read_into, kernel_excluded) { .no_kernel = true };

FIXTURE_SETUP(read_into)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 8);

	attr.exclude_kernel = variant->no_kernel;
	self->fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe(self->pipe));
}

FIXTURE_TEARDOWN(read_into)
{
	close(self->fd);
	expect_no_step_left(_metadata);
}

/* Eight bytes, aligned: one store of the kernel's. */
TEST_F(read_into, a_watched_word_is_seen_once_if_the_kernel_is_watched)
{
	for (__u64 i = 1; i <= TIMES; i++) {
		ASSERT_EQ(sizeof(i), write(self->pipe[1], &i, sizeof(i)));
		ASSERT_EQ(sizeof(i), read(self->pipe[0], (void *)bp_data, sizeof(i)));
		EXPECT_EQ(variant->no_kernel ? 0 : i, bp_hits(self->fd));
		EXPECT_EQ(i, *(volatile __u64 *)bp_data);
	}
	bp_do_stores(TIMES);
	EXPECT_EQ(variant->no_kernel ? TIMES : 2 * TIMES, bp_hits(self->fd));
}

/* The user's pointer is bad behind the watched word: a fault after the step. */
TEST_F(read_into, a_fault_behind_the_watched_word_is_told_as_such)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct perf_event_attr attr;
	char text[16] = "0123456789abcdef";
	char *p;
	int fd;

	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, munmap(p + page, page));
	attr = bp_attr(HW_BREAKPOINT_W, p + page - 8, 8);
	attr.exclude_kernel = variant->no_kernel;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++) {
		ASSERT_EQ(sizeof(text), write(self->pipe[1], text, sizeof(text)));
		EXPECT_EQ(-1, read(self->pipe[0], p + page - 8, sizeof(text)));
		EXPECT_EQ(EFAULT, errno);
		ASSERT_EQ(sizeof(text), read(self->pipe[0], text, sizeof(text)));
	}
	close(fd);
	munmap(p, page);
}

TEST_HARNESS_MAIN
