// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzing perf_event_open() and the ioctls of breakpoint events, by several processes
 * that know of each other, with attributes that are valid but for a few things, and
 * reads, maps, duplicates, forks and hits in between. What is cheap to know is
 * checked for each call: what no register can do is never accepted, what is
 * ordinary is refused for want of a register alone, and no error is one that the
 * call does not have. At the end nothing is held.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_fuzz.h"
#include "bp_util.h"

#define WORKERS		4
#define HELD		12
#define CALLS		5000

/* The attributes in a page, for sizes beyond those that are known. */
union attr {
	struct perf_event_attr a;
	__u64 words[64];
};

struct held {
	int fd, more;		/* @more: a duplicate, or -1 */
	union attr attr;	/* as it was opened */
	void *map;
	size_t size;
};

/* What the workers do is there for all to see. */
static struct {
	volatile pid_t pids[WORKERS];
	unsigned long opened[WORKERS], modified[WORKERS], wrong[WORKERS];
	struct bp_refusals refused[WORKERS];
} *arena;

static struct worker {
	struct bp_fuzz f;
	int nr;
	bool kernel;		/* watches the kernel's code and data too */
	struct held held[HELD];
	pid_t child;
} me;

static const unsigned int types[] = {
	HW_BREAKPOINT_W, HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_RW,
	HW_BREAKPOINT_R, HW_BREAKPOINT_X,
};

#define ATTR_WORDS	(sizeof(struct perf_event_attr) / sizeof(__u64))
#define FLAGS_WORD	(offsetof(struct perf_event_attr, read_format) / sizeof(__u64) + 1)

static void say_wrong(const char *what, const struct perf_event_attr *a, long got)
{
	if (arena->wrong[me.nr]++ > 5)
		return;
	printf("# worker %d: %s: %ld, of type %u %u, %#llx, %llu bytes\n", me.nr, what, got,
	       a->type, a->bp_type, (unsigned long long)a->bp_addr,
	       (unsigned long long)a->bp_len);
	printf("#	size %u, flags %#llx, sample_type %#llx, period %llu\n", a->size,
	       ((const unsigned long long *)a)[FLAGS_WORD],
	       (unsigned long long)a->sample_type, (unsigned long long)a->sample_period);
	fflush(stdout);
}

static void ordinary(union attr *attr)
{
	struct perf_event_attr *a = &attr->a;

	memset(attr, 0, sizeof(*attr));
	*a = bp_attr(types[bp_below(&me.f, ARRAY_SIZE(types))], NULL, 1ull << bp_below(&me.f, 4));
	if (a->bp_type == HW_BREAKPOINT_X) {
		a->bp_addr = (uintptr_t)bp_func;
		a->bp_len = bp_caps.exec_len;
	} else {
		a->bp_addr = (uintptr_t)bp_data + 8 * bp_below(&me.f, 16);
	}
	/* The most usual flags; sampling, or counting. */
	a->disabled = bp_once_in(&me.f, 4);
	a->inherit = bp_once_in(&me.f, 4);
	a->exclude_kernel = bp_can_exclude_kernel() && !bp_once_in(&me.f, 4);
	if (bp_once_in(&me.f, 2)) {
		a->sample_period = 1 + bp_below(&me.f, 4);
		a->sample_type = bp_random(&me.f) & (PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_CPU |
			PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_IDENTIFIER);
		a->wakeup_events = bp_below(&me.f, 3);
	}
}

/* One thing about it is made otherwise. */
static void mutate(union attr *attr)
{
	static const __u32 sizes[] = { 0, 8, 63, 64, 72, 80, 96, 104, 112, 120, 128, 136,
				       144, 512, 4096, 1 << 20 };
	static const __u32 events[] = { PERF_TYPE_HARDWARE, PERF_TYPE_SOFTWARE,
					PERF_TYPE_HW_CACHE, PERF_TYPE_RAW };
	struct perf_event_attr *a = &attr->a;

	switch (bp_below(&me.f, 16)) {
	case 0:
	case 1:
	case 2:
		attr->words[FLAGS_WORD] ^= 1ull << bp_below(&me.f, 64);
		break;
	case 3:
		a->sample_type ^= 1ull << bp_below(&me.f, 28);
		break;
	case 4:
		a->read_format ^= 1ull << bp_below(&me.f, 8);
		break;
	case 5:
		a->sample_period = bp_fuzz_number(&me.f);
		break;
	case 6:
	case 7:
		a->bp_addr = bp_fuzz_address(&me.f);
		break;
	case 8:
		if (me.kernel)
			a->bp_addr = bp_fuzz_kernel_address(&me.f, a->bp_type);
		a->exclude_kernel = bp_once_in(&me.f, 8);
		break;
	case 9:
		a->bp_len = bp_fuzz_number(&me.f);
		break;
	case 10:
		a->bp_type = bp_fuzz_number(&me.f);
		break;
	case 11:
		a->size = sizes[bp_below(&me.f, ARRAY_SIZE(sizes))];
		break;
	case 12:
		if (bp_once_in(&me.f, 4))
			a->type = events[bp_below(&me.f, ARRAY_SIZE(events))];
		break;
	case 13:
		attr->words[bp_below(&me.f, ATTR_WORDS + 1)] = bp_fuzz_number(&me.f);
		/* Other PMUs' ways are other fuzzers'. */
		if (a->type > PERF_TYPE_BREAKPOINT)
			a->type = PERF_TYPE_BREAKPOINT;
		break;
	case 14:
		a->sigtrap = 1;
		a->remove_on_exec = 1;
		a->sample_period = 1;
		a->sig_data = bp_random(&me.f);
		break;
	case 15:
		a->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER |
				  PERF_SAMPLE_REGS_INTR;
		a->sample_regs_user = 0xff;
		a->sample_regs_intr = 0xff;
		a->sample_stack_user = 8 * bp_below(&me.f, 64);
		break;
	}
}

/* What the kernel takes for granted beyond the size that is said. */
static struct perf_event_attr as_understood(const union attr *attr)
{
	struct perf_event_attr a = { 0 };
	__u32 size = attr->a.size ?: PERF_ATTR_SIZE_VER0;

	memcpy(&a, attr, size < sizeof(a) ? size : sizeof(a));
	return a;
}

/* Is it anything that a breakpoint can be? Where that is not known, it is. */
static bool can_be(const union attr *attr)
{
	struct perf_event_attr a = as_understood(attr);
	__u64 last = a.bp_addr + a.bp_len - 1;

	if (a.type != PERF_TYPE_BREAKPOINT)
		return true;
	if (attr->a.size && attr->a.size < PERF_ATTR_SIZE_VER0)
		return false;
	if (a.__reserved_1 || a.__reserved_2 || a.__reserved_3)
		return false;
	if (last < a.bp_addr || (last >= BP_KERNEL_ADDRESS && a.exclude_kernel))
		return false;
	switch (a.bp_type) {
	case HW_BREAKPOINT_X:
		/* arm64 does not mind the length. */
		return bp_caps.exec_regs && a.bp_addr % bp_caps.exec_align == 0 &&
		       (a.bp_len == bp_caps.exec_len || !bp_caps.shared);
	case HW_BREAKPOINT_R:
		return bp_caps.read_only && bp_data_ok(a.bp_addr, a.bp_len);
	case HW_BREAKPOINT_W:
	case HW_BREAKPOINT_RW:
		return bp_data_ok(a.bp_addr, a.bp_len);
	default:
		return false;
	}
}

static bool can_be_opened(const union attr *attr, pid_t pid, int cpu,
			  unsigned long flags)
{
	struct perf_event_attr a = as_understood(attr);

	if (!can_be(attr) || flags & ~15ul)
		return false;
	if (pid == -1 && cpu == -1)
		return false;
	if (cpu < -1 || cpu >= sysconf(_SC_NPROCESSORS_CONF))
		return false;
	if (a.type != PERF_TYPE_BREAKPOINT)
		return true;
	return !(a.sigtrap && (!a.remove_on_exec || pid == -1)) &&
	       !(a.remove_on_exec && a.enable_on_exec) &&
	       !(a.inherit_thread && !a.inherit);
}

static const int open_errors[] = {
	EINVAL, ENOSPC, EBADF, ESRCH, ENODEV, EOPNOTSUPP, E2BIG, ENOENT, EOVERFLOW,
};

static const int modify_errors[] = {
	EINVAL, ENOSPC, EOPNOTSUPP, E2BIG, EBADF, ENOTTY,
};

static struct held *any_held(void)
{
	return &me.held[bp_below(&me.f, HELD)];
}

static void let_go(struct held *h)
{
	if (h->map && bp_once_in(&me.f, 2)) {
		munmap(h->map, h->size);
		h->map = NULL;
	}
	if (h->fd >= 0)
		close(h->fd);
	if (h->more >= 0)
		close(h->more);
	if (h->map)
		munmap(h->map, h->size);
	*h = (struct held) { .fd = -1, .more = -1 };
}

static pid_t any_pid(void)
{
	switch (bp_below(&me.f, 16)) {
	case 0:
		return bp_fuzz_number(&me.f);
	case 1:
	case 2:
		return BP_ANY_TASK;
	case 3:
		return me.child;
	case 4:
	case 5:
	case 6:
		return arena->pids[bp_below(&me.f, WORKERS)];
	default:
		return BP_SELF;
	}
}

static int any_cpu(void)
{
	switch (bp_below(&me.f, 8)) {
	case 0:
		return bp_fuzz_number(&me.f);
	case 1:
	case 2:
		return bp_below(&me.f, bp_nr_cpus());
	default:
		return BP_ANY_CPU;
	}
}

static void try_open(void)
{
	bool plain = bp_once_in(&me.f, 4);
	unsigned long flags = PERF_FLAG_FD_CLOEXEC;
	int cpu = BP_ANY_CPU, group = -1, fd;
	struct held *h = any_held();
	pid_t pid = BP_SELF;
	union attr attr;

	ordinary(&attr);
	if (!plain) {
		for (int n = bp_below(&me.f, 4); n; n--)
			mutate(&attr);
		pid = any_pid();
		cpu = any_cpu();
		if (pid == BP_ANY_TASK && cpu == BP_ANY_CPU && !bp_once_in(&me.f, 8))
			cpu = 0;
		if (bp_once_in(&me.f, 4))
			group = any_held()->fd;
		if (bp_once_in(&me.f, 16))
			group = bp_fuzz_number(&me.f);
		if (bp_once_in(&me.f, 8))
			flags = bp_once_in(&me.f, 4) ? bp_fuzz_number(&me.f) :
						       bp_below(&me.f, 16);
	}
	let_go(h);
	fd = bp_open_flags(&attr.a, pid, cpu, group, flags);
	bp_refusals_count(&arena->refused[me.nr], fd);
	if (fd >= 0) {
		h->fd = fd;
		h->attr = attr;
		arena->opened[me.nr]++;
		if (!can_be_opened(&attr, pid, cpu, flags))
			say_wrong("opened", &attr.a, cpu);
	} else if (plain && fd != -ENOSPC && can_be(&attr)) {
		say_wrong("refused", &attr.a, fd);
	} else if (!bp_is_among(fd, open_errors, ARRAY_SIZE(open_errors))) {
		say_wrong("error of open", &attr.a, fd);
	}
}

static void try_modify(struct held *h)
{
	union attr attr;
	int err;

	/* Most of them as it is, but for what may change. */
	ordinary(&attr);
	if (!bp_once_in(&me.f, 4)) {
		struct perf_event_attr to = attr.a;

		attr = h->attr;
		attr.a.bp_addr = to.bp_addr;
		attr.a.bp_len = to.bp_len;
		attr.a.bp_type = to.bp_type;
		attr.a.disabled = to.disabled;
		attr.a.sig_data = bp_random(&me.f);
	}
	if (bp_once_in(&me.f, 3))
		mutate(&attr);
	err = bp_modify(h->fd, &attr.a);
	if (!err) {
		arena->modified[me.nr]++;
		if (!can_be(&attr))
			say_wrong("modified", &attr.a, 0);
	} else if (!bp_is_among(err, modify_errors, ARRAY_SIZE(modify_errors))) {
		say_wrong("error of modify", &attr.a, err);
	}
}

static void try_ioctl(void)
{
	static const unsigned long requests[] = {
		PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_DISABLE, PERF_EVENT_IOC_REFRESH,
		PERF_EVENT_IOC_RESET, PERF_EVENT_IOC_PERIOD, PERF_EVENT_IOC_SET_OUTPUT,
		PERF_EVENT_IOC_SET_FILTER, PERF_EVENT_IOC_ID, PERF_EVENT_IOC_SET_BPF,
		PERF_EVENT_IOC_PAUSE_OUTPUT, PERF_EVENT_IOC_QUERY_BPF,
	};
	struct held *h = any_held();
	unsigned long request = requests[bp_below(&me.f, ARRAY_SIZE(requests))];
	__u64 number[16] = { bp_fuzz_number(&me.f) };

	if (bp_once_in(&me.f, 2)) {
		try_modify(h);
		return;
	}
	switch (request) {
	case PERF_EVENT_IOC_SET_OUTPUT:
		ioctl(h->fd, request, any_held()->fd);
		break;
	case PERF_EVENT_IOC_PERIOD:
	case PERF_EVENT_IOC_SET_FILTER:
	case PERF_EVENT_IOC_ID:
	case PERF_EVENT_IOC_QUERY_BPF:
		ioctl(h->fd, request, number);
		break;
	default:
		ioctl(h->fd, request, bp_once_in(&me.f, 2) ? number[0] :
							      bp_below(&me.f, 2));
	}
}

static void try_map(struct held *h)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	size_t pages = 1 + (bp_once_in(&me.f, 8) ? bp_below(&me.f, 9) :
						    1u << bp_below(&me.f, 4));
	void *map;

	if (h->map) {
		munmap(h->map, h->size);
		h->map = NULL;
	}
	map = mmap(NULL, pages * page, PROT_READ | (bp_once_in(&me.f, 2) ? PROT_WRITE : 0),
		   MAP_SHARED, h->fd, 0);
	if (map != MAP_FAILED) {
		h->map = map;
		h->size = pages * page;
	}
}

static void touch(void)
{
	for (int n = bp_below(&me.f, 8); n; n--) {
		bp_store(bp_data + 8 * bp_below(&me.f, 16), 4);
		bp_load(bp_data + 8 * bp_below(&me.f, 16), 4);
		bp_func(n);
	}
	bp_kernel_store(bp_data);
}

/* A child with copies of all descriptors, which it closes in another order. */
static void try_fork(void)
{
	pid_t pid;

	if (me.child)
		waitpid(me.child, NULL, 0);
	pid = fork();
	me.child = pid > 0 ? pid : 0;
	if (pid)
		return;
	touch();
	for (int n = bp_below(&me.f, HELD); n; n--)
		let_go(any_held());
	touch();
	_exit(0);
}

static void try_other(void)
{
	struct held *h = any_held();
	struct pollfd p = { .fd = h->fd, .events = POLLIN };
	__u64 values[32];

	switch (bp_below(&me.f, 16)) {
	case 0:
	case 1:
		try_map(h);
		break;
	case 2:
		if (h->more < 0 && h->fd >= 0)
			h->more = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
		break;
	case 3:
		prctl(bp_once_in(&me.f, 2) ? PR_TASK_PERF_EVENTS_DISABLE :
					      PR_TASK_PERF_EVENTS_ENABLE);
		break;
	case 4:
		bp_pin(bp_below(&me.f, bp_nr_cpus()));
		break;
	case 5:
		if (h->fd >= 0)
			poll(&p, 1, 0);
		break;
	case 6:
		if (bp_once_in(&me.f, 4))
			try_fork();
		break;
	case 7:
	case 8:
		if (read(h->fd, values, bp_below(&me.f, sizeof(values))) < 0)
			return;
		break;
	case 9:
	case 10:
		let_go(h);
		break;
	default:
		touch();
	}
}

static void fuzz(unsigned long calls)
{
	for (unsigned long done = 0; done < calls;) {
		switch (bp_below(&me.f, 8)) {
		case 0:
			try_other();
			continue;
		case 1:
		case 2:
		case 3:
			try_ioctl();
			break;
		default:
			try_open();
		}
		done++;
		/* All are about as far. */
		if (me.nr == 0)
			bp_fuzz_progress(done * WORKERS, calls * WORKERS);
	}
	for (int i = 0; i < HELD; i++)
		let_go(&me.held[i]);
	if (me.child)
		waitpid(me.child, NULL, 0);
}

static void ignore(int sig)
{
}

static void run_worker(int nr, __u64 seed, unsigned long calls, bool kernel)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTRAP, ignore);
	signal(SIGIO, SIG_IGN);
	me.nr = nr;
	me.kernel = kernel;
	me.f = bp_fuzz_start(seed, nr);
	for (int i = 0; i < HELD; i++)
		me.held[i] = (struct held) { .fd = -1, .more = -1 };
	while (!arena->pids[WORKERS - 1])
		sched_yield();
	fuzz(calls);
	_exit(0);
}

FIXTURE(fuzz)
{
	int keep;
};

FIXTURE_VARIANT(fuzz)
{
	bool kernel;
};

FIXTURE_VARIANT_ADD(fuzz, user) { };
/* Any place in the kernel's code and data as well. */
FIXTURE_VARIANT_ADD(fuzz, kernel) { .kernel = true };

FIXTURE_SETUP(fuzz)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_DUMMY };

	if (geteuid())
		SKIP(return, "needs root");
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(arena != MAP_FAILED);
	/* With none open the first one waits for a grace period. */
	self->keep = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->keep);
}

FIXTURE_TEARDOWN(fuzz)
{
	close(self->keep);
}

static void say_answers(void)
{
	unsigned long opened = 0, modified = 0;

	for (int i = 0; i < WORKERS; i++) {
		opened += arena->opened[i];
		modified += arena->modified[i];
	}
	printf("# %lu opened, %lu modified;", opened, modified);
	bp_refusals_say(arena->refused, WORKERS);
}

TEST_F_TIMEOUT(fuzz, no_call_answers_wrongly_and_nothing_is_held_afterwards, 10800)
{
	unsigned long calls = bp_fuzz_calls(CALLS);
	unsigned long long seed = bp_fuzz_seed();
	int status;
	pid_t pid;

	printf("# BP_FUZZ_SEED=%llu BP_FUZZ_CALLS=%lu, %d processes\n", seed, calls, WORKERS);
	fflush(NULL);
	for (int i = 0; i < WORKERS; i++) {
		pid = fork();
		if (!pid)
			run_worker(i, seed, calls / WORKERS, variant->kernel);
		arena->pids[i] = pid;
	}
	for (int i = 0; i < WORKERS; i++) {
		ASSERT_EQ(arena->pids[i], waitpid(arena->pids[i], &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(0, arena->wrong[i]);
	}
	say_answers();
	EXPECT_TRUE(bp_nothing_held());
}

TEST_HARNESS_MAIN
