// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail: each way to get or to change a breakpoint is gone once with
 * its first allocation failing, once with its second, and so on until none is left to
 * fail. Each time it either works or says ENOMEM, and then nothing is held. So it is
 * with a CPU that comes online and has to be covered. Needs a kernel with
 * CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB and CONFIG_FAULT_INJECTION_DEBUG_FS.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_fuzz.h"
#include "bp_kernel.h"
#include "bp_shown.h"
#include "bp_tracee.h"
#include "bp_util.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"
/* No single call has that many. */
#define MAX_NTH		5000

#if defined(__x86_64__)
#include "bp_dr.h"

static int debugger_sets(pid_t pid, volatile void *p)
{
	return bp_dr_watch(pid, 0, p, DR_RW_WRITE, 4);
}
#elif defined(__aarch64__)
#include "bp_arm64.h"

static int debugger_sets(pid_t pid, volatile void *p)
{
	return bp_hw_slot(pid, NT_ARM_HW_WATCH, 0, p, bp_ctrl(BP_CTRL_STORE, 0, 4));
}
#elif defined(__powerpc64__)
static int debugger_sets(pid_t pid, volatile void *p)
{
	struct ppc_hw_breakpoint bp = {
		.version = 1,
		.trigger_type = PPC_BREAKPOINT_TRIGGER_WRITE,
		.addr_mode = PPC_BREAKPOINT_MODE_EXACT,
		.addr = (uintptr_t)p,
	};

	return ptrace(PPC_PTRACE_SETHWDEBUG, pid, NULL, &bp) < 0 ? -errno : 0;
}
#endif

static bool set_knob(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool done = write(fd, value, strlen(value)) == strlen(value);

	close(fd);
	return done;
}

/* Those that may wait too, and in silence: they are many. */
static bool let_all_fail(void)
{
	return set_knob(DEBUGFS "failslab/ignore-gfp-wait", "N") &&
	       set_knob(DEBUGFS "failslab/verbose", "0") &&
	       set_knob(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") &&
	       set_knob(DEBUGFS "fail_page_alloc/min-order", "0") &&
	       set_knob(DEBUGFS "fail_page_alloc/verbose", "0");
}

/*
 * The ways. Each returns 0 or -errno, and has what is undone in @held; what is made
 * for it before is not to fail.
 */
static struct {
	int fd;			/* what it got */
	int other;		/* what there was before */
	pid_t pid;
	void *map;
} held;

static int get(int fd)
{
	held.fd = fd;
	return fd < 0 ? fd : 0;
}

static int open_own(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	return get(bp_open(&attr, BP_SELF, BP_ANY_CPU));
}

static int open_cpus(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	return get(bp_open(&attr, BP_ANY_TASK, 0));
}

static int open_own_on_cpu(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	return get(bp_open(&attr, BP_SELF, 0));
}

static int open_sampling(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_ADDR;
	attr.exclude_callchain_kernel = 1;
	return get(bp_open(&attr, BP_SELF, BP_ANY_CPU));
}

/* A task that never had an event has no context either. */
static void make_child(void)
{
	held.pid = fork();
	if (!held.pid) {
		pause();
		_exit(0);
	}
}

static void end_child(void)
{
	kill(held.pid, SIGKILL);
	waitpid(held.pid, NULL, 0);
}

static int open_childs(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	return get(bp_open(&attr, held.pid, BP_ANY_CPU));
}

static void make_open(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.inherit = 1;
	held.other = bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

static void close_other(void)
{
	close(held.other);
}

static int modify_address(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 4);

	attr.inherit = 1;
	return bp_modify(held.other, &attr);
}

/* Of another class, where these are two. */
static int modify_class(void)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);

	attr.inherit = 1;
	return bp_caps.exec_regs ? bp_modify(held.other, &attr) : 0;
}

static int fork_inheriting(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno == EAGAIN ? -ENOMEM : -errno;
	return waitpid(pid, &status, 0) == pid ? 0 : -errno;
}

static void make_counting(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	held.other = bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

static int map_ring(void)
{
	held.map = mmap(NULL, 2 * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			MAP_SHARED, held.other, 0);
	return held.map == MAP_FAILED ? -errno : 0;
}

static void unmap_ring(void)
{
	munmap(held.map, 2 * sysconf(_SC_PAGESIZE));
}

static void do_nothing(void)
{
}

static void make_tracee(void)
{
	held.pid = bp_tracee_start(do_nothing);
}

static void end_tracee(void)
{
	bp_tracee_end(held.pid);
}

static int debug(void)
{
	return debugger_sets(held.pid, bp_data);
}

static void make_debugged(void)
{
	make_tracee();
	debugger_sets(held.pid, bp_data);
}

static int debug_elsewhere(void)
{
	return debugger_sets(held.pid, bp_data + 8);
}

/* Who holds what, where the kernel says it. */
static int look(void)
{
	int fd = open(BP_SHOWN "/slots", O_RDONLY | O_CLOEXEC), err = 0;
	char text[512];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	do {
		n = read(fd, text, sizeof(text));
		if (n < 0)
			err = -errno;
	} while (n > 0);
	close(fd);
	return err;
}

static int register_wide(void)
{
	return bpk_wide(1);
}

static void unregister_wide(void)
{
	bpk_wide(0);
}

static int register_bound(void)
{
	return bpk_bound(0, 1);
}

static void unregister_bound(void)
{
	bpk_bound(0, 0);
}

static void close_got(void)
{
	close(held.fd);
}

typedef void (*step)(void);

static const struct way {
	const char *name;
	int (*go)(void);
	step undo;		/* if it worked */
	step before, after;	/* each time */
} ways[] = {
	{ "open own",		open_own,	close_got,	NULL,		NULL },
	{ "open a CPU's",	open_cpus,	close_got,	NULL,		NULL },
	{ "open own on a CPU",	open_own_on_cpu, close_got,	NULL,		NULL },
	{ "open to sample",	open_sampling,	close_got,	NULL,		NULL },
	{ "open a child's",	open_childs,	close_got,	make_child,	end_child },
	{ "modify address",	modify_address,	NULL,		make_open,	close_other },
	{ "modify class",	modify_class,	NULL,		make_open,	close_other },
	{ "inherit",		fork_inheriting, NULL,		make_open,	close_other },
	{ "map",		map_ring,	unmap_ring,	make_counting,	close_other },
	{ "debug",		debug,		NULL,		make_tracee,	end_tracee },
	{ "debug elsewhere",	debug_elsewhere, NULL,		make_debugged,	end_tracee },
	{ "look",		look,		NULL,		make_open,	close_other },
	{ "register wide",	register_wide,	unregister_wide, NULL,		NULL },
	{ "register bound",	register_bound,	unregister_bound, NULL,		NULL },
};

static int room_everywhere(void)
{
	int least = bp_room(BP_SELF, BP_ANY_CPU), room;

	for (int cpu = 0; cpu < bp_nr_cpus(); cpu++) {
		room = bp_room(BP_ANY_TASK, cpu);
		if (room < least)
			least = room;
	}
	return least;
}

/* Of the thread whose /proc/.../fail-nth is open as @fd, the @nth allocation fails. */
static void arm_failure(int fd, int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
}

/* Was there one to fail? From now on none does. */
static bool disarm_failure(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		abort();
	arm_failure(fd, 0);
	return atoi(text) == 0;
}

/* Goes that way with its @nth allocation failing; was there one to fail? */
static bool go_with_failure(const struct way *way, int nth, int *err)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	bool failed;

	arm_failure(fd, nth);
	*err = way->go();
	failed = disarm_failure(fd);
	close(fd);
	return failed;
}

/* The fail-nth of the thread that does what @cpu has to do as it comes online. */
static int open_hotplug_failure(int cpu)
{
	char name[32], path[300], text[32];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int fd, found = -1;
	ssize_t n;

	snprintf(name, sizeof(name), "cpuhp/%d\n", cpu);
	while (proc && found < 0 && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n < 0)
			continue;
		text[n] = '\0';
		if (strcmp(text, name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fail-nth", entry->d_name);
		found = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(proc);
	return found;
}

FIXTURE(failslab)
{
	const char *no_module;
};

FIXTURE_SETUP(failslab)
{
	if (geteuid())
		SKIP(return, "needs root");
	if (access(FAIL_NTH, W_OK))
		SKIP(return, "needs CONFIG_FAULT_INJECTION, as make check-debug has");
	ASSERT_TRUE(let_all_fail());
	self->no_module = bpk_load();
	ASSERT_EQ(NULL, self->no_module) {
		TH_LOG("%s", self->no_module);
	}
}

FIXTURE_TEARDOWN(failslab)
{
	bpk_unload();
}

TEST_F_TIMEOUT(failslab, each_way_works_or_says_so_and_holds_nothing, 1200)
{
	for (int i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct way *way = &ways[i];
		int nth, err, refused = 0;
		bool failed = true;

		for (nth = 1; failed && nth < MAX_NTH; nth++) {
			if (way->before)
				way->before();
			failed = go_with_failure(way, nth, &err);
			EXPECT_TRUE(!err || (failed && err == -ENOMEM)) {
				TH_LOG("%s, allocation %d: %d", way->name, nth, err);
			}
			refused += !!err;
			if (!err && way->undo)
				way->undo();
			if (way->after)
				way->after();
			ASSERT_EQ(bp_caps.data_regs, room_everywhere()) {
				TH_LOG("%s, allocation %d: %d", way->name, nth, err);
			}
		}
		printf("# %s: %d allocations, %d times refused\n", way->name, nth - 2, refused);
		EXPECT_LT(nth, MAX_NTH);
	}
	EXPECT_TRUE(bp_nothing_held());
}

/*
 * It stays offline, and comes when there is memory; what is promised for the others
 * goes on, and nothing is promised twice.
 */
TEST_F_TIMEOUT(failslab, a_cpu_that_cannot_be_covered_stays_offline_and_nothing_is_lost, 300)
{
	int cpu = bpk_possible_cpus() - 1, wide = bp_caps.data_regs, refused = 0, err, fd;
	bool failed;

	if (!bpk_has_hotplug())
		SKIP(return, "needs a CPU that can go offline: CONFIG_HOTPLUG_CPU");
	fd = open_hotplug_failure(cpu);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, bpk_wide(wide));
	/* Each takes one at the least; those behind are workqueues', and others'. */
	for (int nth = 1; nth <= wide; nth++) {
		ASSERT_EQ(0, bpk_set_online(cpu, false));
		arm_failure(fd, nth);
		err = bpk_set_online(cpu, true);
		failed = disarm_failure(fd);
		EXPECT_TRUE(failed);
		EXPECT_TRUE(!err || err == -ENOMEM) {
			TH_LOG("allocation %d: %d", nth, err);
		}
		EXPECT_EQ(!err, bpk_online(cpu));
		refused += !!err;
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(wide)) {
			TH_LOG("allocation %d: %d", nth, err);
		}
		EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
	}
	close(fd);
	printf("# %d times refused\n", refused);
	EXPECT_LT(0, refused);
	EXPECT_EQ(0, bpk_set_online(cpu, false));
	EXPECT_EQ(0, bpk_set_online(cpu, true));
	ASSERT_EQ(0, bpk_touch_all(1));
	EXPECT_TRUE(bpk_all_seen(wide));
	ASSERT_EQ(0, bpk_wide(0));
	EXPECT_TRUE(bp_nothing_held());
}

TEST_HARNESS_MAIN
