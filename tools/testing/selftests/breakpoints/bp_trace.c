// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints of breakpoints: the life of one in order, and for each reason
 * why one is refused a request that is, with its errno and its sentence.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_nobody.h"
#include "bp_shown.h"
#include "bp_util.h"

#define EVENTS		"/sys/kernel/tracing/events/hw_breakpoint"
#define INSTANCE	"/sys/kernel/tracing/instances/bp_trace"
#define NEEDS_EVENTS	"needs tracefs, and a kernel that has the events hw_breakpoint"
#define MAX_REGS	32

static bool write_file(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	bool good = fd >= 0 && write(fd, what, strlen(what)) == strlen(what);

	close(fd);
	return good;
}

static bool trace(const char *file, const char *what)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), INSTANCE "/%s", file);
	return write_file(path, what);
}

FIXTURE(trace)
{
};

FIXTURE_SETUP(trace)
{
	if (access(EVENTS, F_OK))
		SKIP(return, NEEDS_EVENTS);
	if (mkdir(INSTANCE, 0700))
		ASSERT_EQ(EEXIST, errno);
	ASSERT_TRUE(trace("trace", "\n"));
	ASSERT_TRUE(trace("events/hw_breakpoint/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	rmdir(INSTANCE);
}

/*
 * What follows the name of each event in the trace that has @key and, before it,
 * ": @event: "; *@from goes on behind it.
 */
static char *next_event(char **from, const char *event, const char *key)
{
	char name[64];

	snprintf(name, sizeof(name), ": hw_breakpoint_%s: ", event);
	while (*from && **from) {
		char *line = *from, *end = strchr(line, '\n'), *args;

		if (end)
			*end = '\0';
		*from = end ? end + 1 : NULL;
		args = *line == '#' ? NULL : strstr(line, name);
		if (args && strstr(args, key))
			return args + strlen(name);
	}
	return NULL;
}

static unsigned int count_events(const char *event, const char *key)
{
	char *from = bp_read_file(INSTANCE "/trace");
	unsigned int nr = 0;

	while (next_event(&from, event, key))
		nr++;
	return nr;
}

TEST_F(trace, the_life_of_one_in_order)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	char id[40], old_addr[128], *from, *args;
	int fd;

	attr.disabled = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	bp_store(bp_data, 4);
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	bp_store(bp_data, 4);
	attr.disabled = 0;
	attr.bp_addr = (uintptr_t)(bp_data + 8);
	ASSERT_EQ(0, bp_modify(fd, &attr));
	bp_store(bp_data + 8, 4);
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	bp_store(bp_data + 8, 4);
	snprintf(id, sizeof(id), "id=%llu ", bp_id(fd));
	close(fd);

	from = bp_read_file(INSTANCE "/trace");
	ASSERT_NE(NULL, from);
	args = next_event(&from, "reserve", id);
	ASSERT_NE(NULL, args);
	snprintf(old_addr, sizeof(old_addr), "task=%d cpu=-1 addr=0x%lx len=4 type=w",
		 getpid(), (unsigned long)(uintptr_t)bp_data);
	EXPECT_NE(NULL, strstr(args, old_addr)) {
		TH_LOG("%s", args);
	}
	ASSERT_NE(NULL, next_event(&from, "install", id));
	args = next_event(&from, "hit", id);
	ASSERT_NE(NULL, args);
	EXPECT_NE(NULL, strstr(args, " user "));
	args = next_event(&from, "modify", id);
	ASSERT_NE(NULL, args);
	snprintf(old_addr, sizeof(old_addr),
		 "old_addr=0x%lx old_len=4 old_type=w addr=0x%lx len=4 type=w armed=1",
		 (unsigned long)(uintptr_t)bp_data, (unsigned long)(uintptr_t)(bp_data + 8));
	EXPECT_NE(NULL, strstr(args, old_addr)) {
		TH_LOG("%s", args);
	}
	args = next_event(&from, "hit", id);
	ASSERT_NE(NULL, args);
	ASSERT_NE(NULL, next_event(&from, "uninstall", id));
	ASSERT_NE(NULL, next_event(&from, "release", id));
	EXPECT_EQ(2, count_events("hit", id));
	EXPECT_EQ(1, count_events("reserve", id));
	EXPECT_EQ(1, count_events("release", id));
	/* It has left its register as often as it was put into one. */
	EXPECT_EQ(count_events("install", id), count_events("uninstall", id));
}

TEST_F(trace, nothing_is_said_while_the_events_are_off)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd;

	ASSERT_TRUE(trace("events/hw_breakpoint/enable", "0"));
	ASSERT_TRUE(trace("trace", "\n"));
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	bp_store(bp_data, 4);
	close(fd);
	EXPECT_EQ(NULL, strstr(bp_read_file(INSTANCE "/trace"), "hw_breakpoint_"));
}

TEST_F(trace, a_wide_one_is_reserved_once_and_armed_on_each_cpu)
{
	const char *missing = bpk_load();

	if (missing)
		SKIP(return, "%s", missing);
	ASSERT_EQ(0, bpk_wide(1));
	ASSERT_EQ(0, bpk_touch_all(1));
	ASSERT_EQ(0, bpk_wide(0));
	EXPECT_EQ(1, count_events("reserve", "id=0 task=-1 cpu=-1 "));
	EXPECT_EQ(1, count_events("release", "id=0 task=-1 cpu=-1 "));
	EXPECT_EQ(bp_nr_cpus(), count_events("hit", " kernel ip="));
	for (int cpu = 0; cpu < bp_nr_cpus(); cpu++) {
		char key[40];

		snprintf(key, sizeof(key), " task=-1 cpu=%d ", cpu);
		EXPECT_LE(1, count_events("install", key));
	}
	bpk_unload();
}

/*
 * Refusals.
 */

/* Is there just one refusal in the trace, of this errno and with this sentence? */
static bool refused(int err, const char *sentence)
{
	char *from = bp_read_file(INSTANCE "/trace"), *args, key[32];
	char one[512] = "";
	int nr = 0;

	snprintf(key, sizeof(key), " err=%d: ", err);
	while ((args = next_event(&from, "refuse", ""))) {
		if (!nr++)
			snprintf(one, sizeof(one), "%s", args);
	}
	trace("trace", "\n");
	if (nr == 1 && strstr(one, key) && strstr(one, sentence))
		return true;
	ksft_print_msg("%d refusals, %s, is to be: err=%d: %s\n", nr, one, err, sentence);
	return false;
}

/* A request that is refused, as it has to be. */
#define REFUSED(err, sentence, attr) do {				\
	const int __err = -(err);					\
									\
	EXPECT_EQ(__err, bp_open(attr, BP_SELF, BP_ANY_CPU));		\
	EXPECT_TRUE(refused(__err, sentence));				\
} while (0)

#define NO_TYPE		"no register is hit by this type of access"
#define NO_LENGTH	"no register covers this length"
#define NOT_ALIGNED	"the address is not aligned as its length requires"
#define NO_RANGE	"this processor has no registers for ranges"
#define NO_BOUNDARY	"a register does not reach across a boundary in the range"
#define WRAPS		"the range goes beyond the end of the address space"
#define TOUCHED		"taking the exception touches the address itself"
#define RUNS		"taking the exception runs this code itself"

TEST_F(trace, what_no_register_can_do)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.bp_type = 0;
	REFUSED(EINVAL, NO_TYPE, &attr);
	attr.bp_type = HW_BREAKPOINT_W | HW_BREAKPOINT_X;
	REFUSED(EINVAL, NO_TYPE, &attr);
	attr.bp_type = HW_BREAKPOINT_W;
	attr.bp_len = 0;
	REFUSED(EINVAL, NO_LENGTH, &attr);
	attr.bp_addr = -4ull;
	attr.bp_len = 16;
	REFUSED(EINVAL, WRAPS, &attr);
	attr.bp_addr = (uintptr_t)bp_data;
#if defined(__x86_64__)
	attr.bp_len = 3;
	REFUSED(EINVAL, NO_LENGTH, &attr);
	attr.bp_len = 4;
	attr.bp_addr++;
	REFUSED(EINVAL, NOT_ALIGNED, &attr);
	if (!bp_cpu_has("bpext")) {
		attr.bp_addr = (uintptr_t)bp_data;
		attr.bp_len = 16;
		REFUSED(EOPNOTSUPP, NO_RANGE, &attr);
	}
#elif defined(__aarch64__)
	attr.bp_len = 9;
	REFUSED(EINVAL, NO_LENGTH, &attr);
	attr.bp_len = 7;
	attr.bp_addr += 2;
	REFUSED(EINVAL, NO_BOUNDARY, &attr);
	attr.bp_len = 16;
	REFUSED(EINVAL, NOT_ALIGNED, &attr);
#else
	attr.bp_len = 1 << 20;
	REFUSED(EINVAL, NO_LENGTH, &attr);
	attr.bp_len = 513;
	REFUSED(EINVAL, NO_BOUNDARY, &attr);
#endif
	if (bp_caps.exec_regs) {
		attr = bp_attr_exec(bp_func);
		attr.bp_len = 3;
		REFUSED(EINVAL, NO_LENGTH, &attr);
	}
	attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	attr.sample_type = PERF_SAMPLE_BRANCH_STACK;
	attr.branch_sample_type = PERF_SAMPLE_BRANCH_ANY;
	attr.sample_period = 1;
	REFUSED(EOPNOTSUPP, "no register knows which branches led to a hit", &attr);
}

/* The first address that kprobes keep away from; 0 if it cannot be seen. */
static __u64 blacklisted(void)
{
	FILE *f = fopen("/sys/kernel/debug/kprobes/blacklist", "r");
	unsigned long long first = 0;

	if (f && fscanf(f, "0x%llx-", &first) != 1)
		first = 0;
	if (f)
		fclose(f);
	return first;
}

TEST_F(trace, what_must_not_be_watched)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, NULL, 4);
	__u64 addr = 0;

	attr.bp_addr = BP_KERNEL_ADDRESS;
	attr.exclude_kernel = 1;
	REFUSED(EINVAL, "exclude_kernel excludes every access to a kernel address", &attr);
	attr.exclude_kernel = 0;
#ifdef __x86_64__
	bp_kernel_symbol("__per_cpu_offset", &addr);
#endif
	if (addr) {
		attr.bp_addr = addr;
		REFUSED(EINVAL, TOUCHED, &attr);
	}
	if (bp_caps.exec_regs && blacklisted()) {
		attr = bp_attr_exec(bp_func);
		attr.exclude_kernel = 0;
		attr.bp_addr = blacklisted();
		REFUSED(EINVAL, RUNS, &attr);
	}
}

static int ask_for_the_kernels(void *unused)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, NULL, 4);

	attr.bp_addr = BP_KERNEL_ADDRESS;
	attr.exclude_kernel = 0;
	return bp_open(&attr, BP_SELF, BP_ANY_CPU) != -EPERM;
}

TEST_F(trace, a_user_without_the_right_to_it)
{
	int paranoid, wrong;

	ASSERT_TRUE(bp_get_paranoid(&paranoid));
	ASSERT_EQ(0, bp_set_paranoid(-1));
	wrong = bp_as_nobody(ask_for_the_kernels, NULL);
	bp_set_paranoid(paranoid);
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(refused(-EPERM, "a kernel address takes CAP_SYS_ADMIN"));
}

TEST_F(trace, who_holds_the_registers_that_are_missing)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int regs = bp_caps.data_regs, fds[MAX_REGS], cpu_fd, last = bp_nr_cpus() - 1;
	char key[200];
	struct bp_worker w;

	if (regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	ASSERT_EQ(0, bp_worker_fork(&w));
	cpu_fd = bp_open(&attr, BP_ANY_TASK, last);
	ASSERT_LE(0, cpu_fd);
	ASSERT_EQ(regs - 1, bp_open_many(&attr, w.tid, BP_ANY_CPU, fds, regs - 1));
	trace("trace", "\n");

	/* A task's: where the CPU's is. */
	EXPECT_EQ(-ENOSPC, bp_open(&attr, w.tid, BP_ANY_CPU));
	snprintf(key, sizeof(key),
		 "all registers are promised to others: %d on CPU %d are held by ",
		 regs, last);
	EXPECT_TRUE(refused(-ENOSPC, key));
	EXPECT_EQ(-ENOSPC, bp_open(&attr, w.tid, BP_ANY_CPU));
	snprintf(key, sizeof(key), " cpu:bp_trace/%d", getpid());
	EXPECT_TRUE(refused(-ENOSPC, key));
	/* The CPU's: of the other task. */
	EXPECT_EQ(-ENOSPC, bp_open(&attr, BP_ANY_TASK, last));
	snprintf(key, sizeof(key), " task:bp_trace/%d", getpid());
	EXPECT_TRUE(refused(-ENOSPC, key));
	/* Another task has room. */
	EXPECT_EQ(1, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds + regs, 1));
	EXPECT_EQ(0, count_events("refuse", ""));
	close(fds[regs]);
	close(cpu_fd);
	bp_close_many(fds, regs - 1);
	bp_worker_end(&w);
}

TEST_F(trace, a_change_that_is_refused)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	trace("trace", "\n");
	attr.pinned = 1;
	EXPECT_EQ(-EINVAL, bp_modify(fd, &attr));
	EXPECT_TRUE(refused(-EINVAL,
			    "only address, length, type, disabled and sig_data can change"));
	attr.pinned = 0;
	attr.bp_len = 0;
	EXPECT_EQ(-EINVAL, bp_modify(fd, &attr));
	EXPECT_TRUE(refused(-EINVAL, NO_LENGTH));
	close(fd);
}

/*
 * Tracing touches what is watched.
 */

TEST_F_TIMEOUT(trace, a_watch_on_what_each_traced_event_writes_ends, 120)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct perf_event_attr own = attr;
	int fd, clock_fd;
	char id[40];
	__u64 addr;

	/* Where each event that is stamped leaves the time. */
	if (!bp_kernel_symbol("trace_clock_struct", &addr))
		SKIP(return, "kallsyms does not list trace_clock_struct");
	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	ASSERT_TRUE(trace("trace_clock", "global"));
	attr.bp_addr = addr;
	attr.bp_len = 8;
	attr.exclude_kernel = 0;
	clock_fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, clock_fd);
	for (int i = 0; i < 100; i++) {
		fd = bp_open(&own, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fd);
		bp_store(bp_data, 4);
		close(fd);
	}
	snprintf(id, sizeof(id), "id=%llu ", bp_id(clock_fd));
	TH_LOG("%llu hits while events were traced, %u of them traced",
	       (unsigned long long)bp_hits(clock_fd), count_events("hit", id));
	EXPECT_LT(0, bp_hits(clock_fd));
	EXPECT_LT(0, count_events("hit", id));
	close(clock_fd);
}

TEST_HARNESS_MAIN
