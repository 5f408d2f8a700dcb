// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: load-exclusive and store-exclusive of what is watched. Each exception
 * between the two makes the second fail, so a program that tries again until it
 * succeeds would never, if the kernel did not see to it. It does, and stays atomic;
 * each load, and each store that has a chance, is seen once.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10
#define SOME	500
/* So often it is tried for one success; a kernel that makes none fails quickly. */
#define ENOUGH	100
/* Seconds, where others come between: with KASAN in an emulator each takes its time. */
#define LONG	120

/*
 * Adds 1 to what @p points to, with @between between the two; counts how often
 * that was tried.
 */
#define DEFINE_ADD(name, load, between, store)				\
static void name(volatile void *p, unsigned long *tries)		\
{									\
	unsigned long v, v2, failed;					\
									\
	asm volatile("1:	add	%[tries], %[tries], #1\n"	\
		     "	cmp	%[tries], %[enough]\n"			\
		     "	b.hi	2f\n"					\
		     load ", [%[p]]\n"					\
		     "	add	%[v], %[v], #1\n"			\
		     "	add	%[v2], %[v2], #1\n"			\
		     between						\
		     store ", [%[p]]\n"					\
		     "	cbnz	%w[failed], 1b\n"			\
		     "2:\n"						\
		     : [tries] "+&r" (*tries), [failed] "=&r" (failed),	\
		       [v] "=&r" (v), [v2] "=&r" (v2)			\
		     : [p] "r" (p), [enough] "r" (ENOUGH)		\
		     : "cc", "memory");					\
}

DEFINE_ADD(add_b, "ldxrb %w[v]", "", "stxrb %w[failed], %w[v]")
DEFINE_ADD(add_h, "ldxrh %w[v]", "", "stxrh %w[failed], %w[v]")
DEFINE_ADD(add_w, "ldxr %w[v]", "", "stxr %w[failed], %w[v]")
DEFINE_ADD(add_x, "ldxr %[v]", "", "stxr %w[failed], %[v]")
DEFINE_ADD(add_acquire_b, "ldaxrb %w[v]", "", "stlxrb %w[failed], %w[v]")
DEFINE_ADD(add_acquire_x, "ldaxr %[v]", "", "stlxr %w[failed], %[v]")
DEFINE_ADD(add_pair_w, "ldxp %w[v], %w[v2]", "", "stxp %w[failed], %w[v], %w[v2]")
DEFINE_ADD(add_pair_x, "ldxp %[v], %[v2]", "", "stxp %w[failed], %[v], %[v2]")
DEFINE_ADD(add_acquire_pair_x, "ldaxp %[v], %[v2]", "", "stlxp %w[failed], %[v], %[v2]")
DEFINE_ADD(add_far, "ldxr %w[v]", ".rept 20\n nop\n .endr\n", "stxr %w[failed], %w[v]")
DEFINE_ADD(add_too_far, "ldxr %w[v]", ".rept 40\n nop\n .endr\n", "stxr %w[failed], %w[v]")
/* Another watched word is loaded between the two. */
DEFINE_ADD(add_load, "ldxr %w[v]", "ldr xzr, [%[p], #8]\n", "stxr %w[failed], %w[v]")
DEFINE_ADD(add_labelled, ".globl bp_ldxr, bp_stxr\nbp_ldxr: ldxr %w[v]", "",
	   "bp_stxr: stxr %w[failed], %w[v]")

DEFINE_ADD(add_across, "ldxr %w[v]", ".globl bp_between\nbp_between: nop\n",
	   "stxr %w[failed], %w[v]")

extern const char bp_ldxr[], bp_stxr[], bp_between[];

typedef void add_fn(volatile void *p, unsigned long *tries);

/* How often it was tried. */
static unsigned long tries_of(add_fn *add, volatile void *p)
{
	unsigned long tries = 0;

	add(p, &tries);
	return tries;
}

static const struct form {
	add_fn *add;
	unsigned int size;
	bool pair;
} forms[] = {
	{ add_b, 1, false }, { add_h, 2, false }, { add_w, 4, false }, { add_x, 8, false },
	{ add_acquire_b, 1, false }, { add_acquire_x, 8, false },
	{ add_pair_w, 4, true }, { add_pair_x, 8, true }, { add_acquire_pair_x, 8, true },
	{ add_far, 4, false },
};

/* Through the kernel's own mapping, which nobody watches. */
static void peek_poke(const volatile void *p, void *v, size_t size, bool write)
{
	int fd = open("/proc/self/mem", O_RDWR);
	ssize_t n = write ? pwrite(fd, v, size, (uintptr_t)p) :
			    pread(fd, v, size, (uintptr_t)p);

	if (n != (ssize_t)size)
		abort();
	close(fd);
}

static __u64 peek(const volatile void *p, unsigned int size)
{
	__u64 v = 0;

	peek_poke(p, &v, size, false);
	return v;
}

/* With several CPUs QEMU makes an atomic operation of a store-exclusive. */
static bool store_alone_is_seen(void)
{
	return !bp_tcg() || bp_nr_cpus() == 1;
}

static volatile int caught;

static void on_hit(int sig)
{
	caught++;
}

FIXTURE(exclusive)
{
	struct perf_event_attr attr;
	int fd;
};

/* How a hit is told, and which accesses are. */
FIXTURE_VARIANT(exclusive)
{
	int sig;
	int type;
};

FIXTURE_VARIANT_ADD(exclusive, r) { .type = HW_BREAKPOINT_R };
FIXTURE_VARIANT_ADD(exclusive, w) { .type = HW_BREAKPOINT_W };
FIXTURE_VARIANT_ADD(exclusive, rw) { .type = HW_BREAKPOINT_RW };
FIXTURE_VARIANT_ADD(exclusive, r_sigtrap) { SIGTRAP, HW_BREAKPOINT_R };
FIXTURE_VARIANT_ADD(exclusive, w_sigtrap) { SIGTRAP, HW_BREAKPOINT_W };
FIXTURE_VARIANT_ADD(exclusive, rw_sigtrap) { SIGTRAP, HW_BREAKPOINT_RW };
FIXTURE_VARIANT_ADD(exclusive, rw_sigio) { SIGIO, HW_BREAKPOINT_RW };

FIXTURE_SETUP(exclusive)
{
	struct sigaction sa = { .sa_handler = on_hit, .sa_flags = SA_NODEFER };

	if (variant->type == HW_BREAKPOINT_W && !store_alone_is_seen())
		SKIP(return, BP_TCG_ATOMIC);
	if (variant->sig)
		ASSERT_EQ(0, sigaction(variant->sig, &sa, NULL));
	self->attr = bp_attr(variant->type, bp_data, 8);
	self->fd = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, self->fd);
}

/* Any signal of a step that is left over would end the program. */
FIXTURE_TEARDOWN(exclusive)
{
	close(self->fd);
	signal(SIGTRAP, SIG_DFL);
	for (int i = 0; i < TIMES; i++)
		tries_of(add_w, bp_data);
	bp_rare_syscall();
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_SELF, BP_ANY_CPU));
}

/* What is seen of @tries, of which @stores have stored, and nobody interfered. */
static __u64 seen(int type, unsigned long tries, unsigned long stores)
{
	return (type & HW_BREAKPOINT_R ? tries : 0) +
	       (type & HW_BREAKPOINT_W ? stores : 0);
}

/* Where stores alone are watched, the first try is for nothing. */
static unsigned long tries_for(int type, unsigned long stores)
{
	return type == HW_BREAKPOINT_W ? 2 * stores : stores;
}

#define EXPECT_SEEN(n) do {					\
	__u64 expected = (n);					\
								\
	EXPECT_EQ(expected, bp_hits(self->fd));			\
	if (variant->sig)					\
		EXPECT_EQ(expected, caught);			\
} while (0)

TEST_F(exclusive, each_form_stores_and_each_load_and_store_is_seen_once)
{
	unsigned long tries = 0, all = 0;

	for (int i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];
		__u64 zero[2] = { 0 };
		unsigned long t = 0;

		peek_poke(bp_data, zero, sizeof(zero), true);
		for (int j = 0; j < TIMES; j++)
			t += tries_of(f->add, bp_data);
		EXPECT_EQ(tries_for(variant->type, TIMES), t) TH_LOG("form %d", i);
		EXPECT_EQ(TIMES, peek(bp_data, f->size)) TH_LOG("form %d", i);
		EXPECT_EQ(f->pair ? TIMES : 0, peek(bp_data + f->size, 8)) TH_LOG("form %d", i);
		tries += t;
		all += TIMES;
	}
	EXPECT_SEEN(seen(variant->type, tries, all));
}

/*
 * One between the two, and one at the same word. If stores alone are watched the one
 * between hits first, as below.
 */
TEST_F(exclusive, other_breakpoints_see_their_own)
{
	unsigned long most = TIMES * (variant->type == HW_BREAKPOINT_W ? ENOUGH / 2 : 1);
	struct perf_event_attr load = bp_attr(HW_BREAKPOINT_R, bp_data + 8, 8);
	__u32 before = peek(bp_data, 4);
	unsigned long tries = 0;
	int other, same;

	other = bp_open_told(load, variant->sig);
	same = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, other);
	ASSERT_LE(0, same);
	for (int i = 0; i < TIMES; i++)
		tries += tries_of(add_load, bp_data);
	EXPECT_LE(TIMES, tries);
	EXPECT_GE(most, tries);
	EXPECT_EQ(before + TIMES, peek(bp_data, 4));
	EXPECT_EQ(tries, bp_hits(other));
	EXPECT_EQ(seen(variant->type, tries, TIMES), bp_hits(same));
	EXPECT_EQ(seen(variant->type, tries, TIMES), bp_hits(self->fd));
	close(other);
	close(same);
}

TEST_F(exclusive, breaks_on_the_two_see_each_try)
{
	int ldxr = bp_open_told(bp_attr(HW_BREAKPOINT_X, bp_ldxr, 4), variant->sig);
	int stxr = bp_open_told(bp_attr(HW_BREAKPOINT_X, bp_stxr, 4), variant->sig);
	__u32 before = peek(bp_data, 4);
	unsigned long tries = 0;

	ASSERT_LE(0, ldxr);
	ASSERT_LE(0, stxr);
	for (int i = 0; i < TIMES; i++)
		tries += tries_of(add_labelled, bp_data);
	EXPECT_EQ(TIMES, tries);
	EXPECT_EQ(before + TIMES, peek(bp_data, 4));
	EXPECT_EQ(tries, bp_hits(ldxr));
	EXPECT_EQ(tries, bp_hits(stxr));
	EXPECT_EQ(seen(variant->type, tries, TIMES), bp_hits(self->fd));
	close(ldxr);
	close(stxr);
}

TEST_F(exclusive, a_break_on_the_store_alone_lets_it_succeed)
{
	int stxr = bp_open_told(bp_attr(HW_BREAKPOINT_X, bp_stxr, 4), variant->sig);
	__u32 before;

	ASSERT_LE(0, stxr);
	close(self->fd);
	self->fd = -1;
	before = peek(bp_data, 4);
	for (int i = 0; i < TIMES; i++)
		EXPECT_EQ(2, tries_of(add_labelled, bp_data));
	EXPECT_EQ(before + TIMES, peek(bp_data, 4));
	EXPECT_EQ(2 * TIMES, bp_hits(stxr));
	close(stxr);
}

/*
 * None of the two is watched, but what is between them, which the store then fails for.
 * That is noticed, if not at once.
 */
static void add_across_hits(struct __test_metadata *_metadata, struct perf_event_attr attr,
			    add_fn *add)
{
	int sigs[] = { 0, SIGTRAP, SIGIO };

	for (int i = 0; i < ARRAY_SIZE(sigs); i++) {
		struct sigaction sa = { .sa_handler = on_hit, .sa_flags = SA_NODEFER };
		__u32 before = peek(bp_data, 4);
		unsigned long tries = 0;
		int fd;

		caught = 0;
		if (sigs[i])
			ASSERT_EQ(0, sigaction(sigs[i], &sa, NULL));
		fd = bp_open_told(attr, sigs[i]);
		ASSERT_LE(0, fd);
		for (int j = 0; j < TIMES; j++)
			tries += tries_of(add, bp_data);
		EXPECT_EQ(before + TIMES, peek(bp_data, 4));
		EXPECT_EQ(tries, bp_hits(fd));
		if (sigs[i])
			EXPECT_EQ(tries, caught);
		EXPECT_GT(ENOUGH / 2 * TIMES, tries);
		TH_LOG("signal %d: %lu tries", sigs[i], tries);
		close(fd);
	}
}

TEST(an_access_between_the_two_lets_the_store_succeed)
{
	add_across_hits(_metadata, bp_attr(HW_BREAKPOINT_R, bp_data + 8, 8), add_load);
}

TEST(a_break_between_the_two_lets_the_store_succeed)
{
	add_across_hits(_metadata, bp_attr(HW_BREAKPOINT_X, bp_between, 4), add_across);
}

/* The status of a store that must fail, or may. */
static long load_clear_store(volatile void *p)
{
	long failed;

	asm volatile("ldxr w9, [%1]\n\tclrex\n\tstxr %w0, wzr, [%1]"
		     : "=&r"(failed) : "r"(p) : "x9", "memory");
	return failed;
}

static long load_then_store_elsewhere(volatile void *p)
{
	long failed;

	asm volatile("ldxr w9, [%1]\n\tstxr %w0, wzr, [%2]"
		     : "=&r"(failed) : "r"(p), "r"(p + 4) : "x9", "memory");
	return failed;
}

TEST_F(exclusive, what_is_no_pair_stores_nothing)
{
	__u64 one = 0x100000001;

	peek_poke(bp_data, &one, sizeof(one), true);
	EXPECT_EQ(1, load_clear_store(bp_data));
	EXPECT_EQ(1, load_then_store_elsewhere(bp_data));
	if (variant->type & HW_BREAKPOINT_R)
		EXPECT_EQ(ENOUGH + 1, tries_of(add_too_far, bp_data));
	EXPECT_EQ(one, peek(bp_data, 8));
}

/* A try that goes elsewhere, as for a lock that is held. */
static long try_lock(volatile __u32 *p)
{
	long v, failed = 1;

	asm volatile("	ldaxr	%w0, [%2]\n"
		     "	cbnz	%w0, 1f\n"
		     "	stxr	%w1, %w3, [%2]\n"
		     "1:"
		     : "=&r"(v), "+&r"(failed) : "r"(p), "r"(1) : "memory");
	return failed;
}

TEST_F(exclusive, a_lock_that_is_held_is_only_read)
{
	__u32 held = 1;

	peek_poke(bp_data, &held, sizeof(held), true);
	for (int i = 0; i < TIMES; i++) {
		EXPECT_EQ(1, try_lock((volatile __u32 *)bp_data));
		EXPECT_EQ(1, bp_func(0));
	}
	EXPECT_SEEN(seen(variant->type, TIMES, 0));
}

/* It can be read, but the store has to fault first, each time. */
TEST_F(exclusive, a_store_that_faults_is_made_and_seen_once)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned long tries = 0;
	volatile __u32 *p;
	int fd;

	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	self->attr.bp_addr = (uintptr_t)p;
	fd = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, madvise((void *)p, page, MADV_DONTNEED));
		/* Of the page of zeros */
		EXPECT_EQ(0, p[1]);
		tries += tries_of(add_w, p);
		EXPECT_EQ(1, peek(p, 4));
	}
	/* The fault of a store that has not hit yet costs a try as well. */
	EXPECT_LE(tries_for(variant->type, TIMES), tries);
	EXPECT_GE(3 * TIMES, tries);
	EXPECT_EQ(seen(variant->type, tries + TIMES, TIMES), bp_hits(fd));
	close(fd);
	munmap((void *)p, page);
}

static sigjmp_buf back;
static void *volatile fault_at;

static void on_segv(int sig, siginfo_t *info, void *context)
{
	fault_at = info->si_addr;
	siglongjmp(back, 1);
}

TEST_F(exclusive, a_store_to_what_is_read_only_is_a_fault)
{
	struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	size_t page = sysconf(_SC_PAGESIZE);
	volatile __u32 *p;
	int fd;

	p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, sigaction(SIGSEGV, &sa, NULL));
	self->attr.bp_addr = (uintptr_t)p;
	fd = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, fd);
	if (!sigsetjmp(back, 1)) {
		tries_of(add_w, p);
		EXPECT_TRUE(false);
	}
	EXPECT_EQ(p, fault_at);
	close(fd);
	munmap((void *)p, page);
}

/* Others that do the same: what is lost is not stored twice, nor never. */

static volatile int alarms;

static void on_alarm(int sig)
{
	tries_of(add_x, bp_data);
	alarms++;
	/* The next from now on, so that what this one broke in on gets on. */
	ualarm(500, 0);
}

TEST_F_TIMEOUT(exclusive, signals_at_any_time_lose_and_double_nothing, LONG)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	__u64 before = peek(bp_data, 8);
	unsigned long n = 0;

	ASSERT_EQ(0, sigaction(SIGALRM, &sa, NULL));
	ASSERT_EQ(0, ualarm(500, 0));
	do {
		ASSERT_GE(ENOUGH, tries_of(add_x, bp_data));
		n++;
	} while (n < SOME || alarms < TIMES);
	ASSERT_NE(SIG_ERR, signal(SIGALRM, SIG_IGN));
	TH_LOG("%d alarms", alarms);
	EXPECT_EQ(before + n + alarms, peek(bp_data, 8));
}

static struct {
	unsigned long tries;
	volatile bool stop;
	unsigned long n;
} rival;

static long add_some(long n)
{
	while (n--)
		rival.tries += tries_of(add_x, bp_data);
	return 0;
}

/* Watched as well, on another CPU; told to itself. */
TEST_F_TIMEOUT(exclusive, watched_threads_lose_and_double_nothing, LONG)
{
	unsigned long before = peek(bp_data, 8), tries = 0;
	struct bp_worker w;
	__u64 hits, all;

	close(self->fd);
	self->attr.inherit = 1;
	self->attr.inherit_thread = variant->sig == SIGTRAP;
	if (variant->sig == SIGIO)
		return;
	self->fd = bp_open_told(self->attr, variant->sig);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bp_worker_thread(&w));
	ASSERT_EQ(0, bp_worker_send(&w, add_some, SOME));
	for (int i = 0; i < SOME; i++)
		tries += tries_of(add_x, bp_data);
	ASSERT_EQ(0, bp_worker_result(&w));
	EXPECT_EQ(before + 2 * SOME, peek(bp_data, 8));
	tries += rival.tries;
	hits = bp_hits(self->fd);
	all = seen(variant->type, tries, tries);
	TH_LOG("%lu tries", tries);
	EXPECT_GE(all, hits);
	EXPECT_LE(seen(variant->type, tries, 2 * SOME), hits);
	bp_worker_end(&w);
}

/*
 * At moments of all kinds, but not at each try of the other: who is always interrupted
 * between a load-exclusive and its store never stores, watched or not.
 */
static void *add_freely(void *unused)
{
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (!rival.stop) {
		rival.tries += tries_of(add_x, bp_data);
		rival.n++;
		usleep(rival.n * 37 % 1000);
	}
	return NULL;
}

/* What is added here, and by @rivals until it is stopped, is all there. */
static void add_beside(struct __test_metadata *_metadata, void *(*rivals)(void *))
{
	unsigned long before = peek(bp_data, 8);
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, rivals, NULL));
	for (int i = 0; i < SOME || rival.n < SOME; i++) {
		ASSERT_GE(ENOUGH, tries_of(add_x, bp_data));
		before++;
	}
	rival.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(before + rival.n, peek(bp_data, 8));
}

TEST_F_TIMEOUT(exclusive, a_thread_that_is_not_watched_loses_nothing_either, LONG)
{
	add_beside(_metadata, add_freely);
}

/* One that preempts this task on its CPU, between any two of its steps. */
static void *preempt(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	if (bp_pin(0) || sched_setscheduler(0, SCHED_FIFO, &param))
		abort();
	return add_freely(unused);
}

TEST_F_TIMEOUT(exclusive, preemption_loses_and_doubles_nothing, LONG)
{
	ASSERT_EQ(0, bp_pin(0));
	add_beside(_metadata, preempt);
}

TEST_HARNESS_MAIN
