// SPDX-License-Identifier: GPL-2.0
/*
 * What root sees in debugfs of who holds registers: hw_breakpoint/slots.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_nobody.h"
#include "bp_shown.h"
#include "bp_tracee.h"
#include "bp_util.h"
#ifdef __aarch64__
#include "bp_arm64.h"
#endif
#ifdef __x86_64__
#include "bp_dr.h"
#endif

#define KPTR_RESTRICT	"/proc/sys/kernel/kptr_restrict"

#ifndef CAP_SYSLOG
#define CAP_SYSLOG	34
#endif

static struct bp_shown now;

FIXTURE(slots)
{
	char self[80];
};

FIXTURE_SETUP(slots)
{
	if (access(BP_SHOWN, F_OK))
		SKIP(return, BP_NEEDS_SHOWN);
	snprintf(self->self, sizeof(self->self), "bp_visible/%d", getpid());
	prctl(PR_SET_NAME, "bp_visible");
}

FIXTURE_TEARDOWN(slots)
{
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	EXPECT_EQ(0, now.nr);
}

TEST_F(slots, there_are_as_many_registers_as_can_be_had)
{
	struct bp_totals *data;

	ASSERT_TRUE(bp_read_slots(&now));
	data = &now.totals[now.nr_totals - 1];
	EXPECT_EQ(bp_caps.shared ? 1 : 2, now.nr_totals);
	EXPECT_STREQ(bp_caps.shared ? "any" : "data", data->class);
	EXPECT_EQ(bp_caps.data_regs, data->registers);
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_SELF, BP_ANY_CPU));
}

TEST_F(slots, a_tasks_event_is_shown_with_all_that_it_is)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	struct bp_line *l;

	ASSERT_LE(0, fd);
	for (int i = 0; i < 3; i++)
		bp_store(bp_data + 8, 4);
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_EQ(1, now.nr);
	EXPECT_STREQ(now.totals[now.nr_totals - 1].class, l->class);
	EXPECT_EQ(1, l->weight);
	EXPECT_STREQ("task", l->kind);
	EXPECT_STREQ(self->self, l->task);
	EXPECT_STREQ("*", l->cpu);
	EXPECT_STREQ(self->self, l->owner);
	EXPECT_STREQ("armed", l->state);
	EXPECT_EQ(bp_hits(fd), strtoull(l->hits, NULL, 0));
	EXPECT_EQ(3, strtoull(l->hits, NULL, 0));
	EXPECT_STREQ("w", l->type);
	EXPECT_EQ(4, l->len);
	EXPECT_EQ((uintptr_t)(bp_data + 8), l->addr);
	EXPECT_STREQ("", l->symbol);
	/* What it is changed to is shown as well. */
	attr.bp_addr = (uintptr_t)bp_data;
	attr.bp_len = 8;
	attr.bp_type = HW_BREAKPOINT_RW;
	ASSERT_EQ(0, bp_modify(fd, &attr));
	ASSERT_TRUE(bp_read_slots(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_EQ((uintptr_t)bp_data, l->addr);
	EXPECT_EQ(8, l->len);
	EXPECT_STREQ("rw", l->type);
	close(fd);
}

TEST_F(slots, a_cpus_event_and_a_tasks_on_a_cpu)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int last = bp_nr_cpus() - 1, one, other;
	struct bp_line *l;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	one = bp_open(&attr, BP_ANY_TASK, last);
	other = bp_open(&attr, BP_SELF, last);
	ASSERT_LE(0, one);
	ASSERT_LE(0, other);
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	EXPECT_EQ(2, now.nr);
	EXPECT_EQ(2, now.totals[now.nr_totals - 1].fullest);
	l = bp_find(&now, one);
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("cpu", l->kind);
	EXPECT_STREQ("-", l->task);
	EXPECT_EQ(last, atoi(l->cpu));
	EXPECT_STREQ("armed", l->state);
	EXPECT_STREQ(self->self, l->owner);
	l = bp_find(&now, other);
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("task", l->kind);
	EXPECT_STREQ(self->self, l->task);
	EXPECT_EQ(last, atoi(l->cpu));
	close(one);
	close(other);
}

TEST_F(slots, it_says_what_is_not_armed_and_why)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct bp_worker w;
	struct bp_line *l;
	int fd;

	ASSERT_EQ(0, bp_worker_fork(&w));
	/* It sleeps until it is called. */
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, 0));
	usleep(10000);
	fd = bp_open(&attr, w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(bp_read_slots(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("waiting", l->state);
	EXPECT_EQ(w.tid, atoi(strrchr(l->task, '/') + 1));
	EXPECT_STREQ(self->self, l->owner);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	ASSERT_TRUE(bp_read_slots(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("disabled", l->state);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	bp_worker_end(&w);
	/* Its slot is held until it is closed. */
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("dead", l->state);
	close(fd);
}

static long open_and_inherit(long unused)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.inherit = 1;
	return bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

TEST_F(slots, what_is_inherited_is_its_first_owners)
{
	struct bp_worker w;
	int fd, nr = 0;

	fd = open_and_inherit(0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	EXPECT_EQ(2, now.nr);
	for (int i = 0; i < now.nr; i++) {
		EXPECT_STREQ(self->self, now.lines[i].owner);
		nr += atoi(strrchr(now.lines[i].task, '/') + 1) == w.tid;
	}
	EXPECT_EQ(1, nr);
	bp_worker_kill(&w);
	close(fd);
}

TEST_F(slots, a_name_with_spaces_is_one_word)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	struct bp_line *l;

	ASSERT_LE(0, fd);
	prctl(PR_SET_NAME, "a b\n0x1 /c\\");
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	l = bp_find(&now, fd);
	ASSERT_NE(NULL, l);
	EXPECT_EQ(0, strncmp(l->task, "a\\040b\\n0x1\\040/c\\\\/", 20)) {
		TH_LOG("%s", l->task);
	}
	prctl(PR_SET_NAME, "bp_visible");
	close(fd);
}

/* Sets a watchpoint on bp_data as a debugger does; false if that is not tried here. */
static bool set_by_ptrace(pid_t pid)
{
#if defined(__x86_64__)
	return !bp_dr_watch(pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4);
#elif defined(__aarch64__)
	return !bp_hw_slot(pid, NT_ARM_HW_WATCH, 0, bp_data,
			   bp_ctrl(BP_CTRL_STORE, 0, 4));
#else
	struct ppc_hw_breakpoint bp = {
		.version = 1,
		.trigger_type = PPC_BREAKPOINT_TRIGGER_WRITE,
		.addr_mode = PPC_BREAKPOINT_MODE_RANGE_INCLUSIVE,
		.addr = (uintptr_t)bp_data,
		.addr2 = (uintptr_t)bp_data + 4,
	};

	return ptrace(PPC_PTRACE_SETHWDEBUG, pid, 0, &bp) > 0;
#endif
}

TEST_F(slots, a_debuggers_is_shown_with_what_its_hits_call)
{
	pid_t pid = fork();
	struct bp_line *l;
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(set_by_ptrace(pid));
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	ASSERT_EQ(1, now.nr);
	l = &now.lines[0];
	EXPECT_STREQ("task", l->kind);
	EXPECT_EQ(pid, atoi(strrchr(l->task, '/') + 1));
	EXPECT_EQ(0, strncmp(l->owner, "ptrace_", 7)) {
		TH_LOG("owner %s", l->owner);
	}
	EXPECT_EQ((uintptr_t)bp_data, l->addr);
	EXPECT_EQ(4, l->len);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

TEST_F(slots, a_wide_one_is_one_line_with_its_handler_and_the_hits_of_all_cpus)
{
	const char *missing = bpk_load();
	char armed[16];
	struct bp_line *l;

	if (missing)
		SKIP(return, "%s", missing);
	ASSERT_EQ(0, bpk_wide(1));
	ASSERT_EQ(0, bpk_bound(0, bp_caps.data_regs > 1));
	ASSERT_EQ(0, bpk_touch_all(2));
	ASSERT_TRUE(bp_read_slots(&now));
	EXPECT_TRUE(bp_sums_agree(&now));
	EXPECT_EQ(bp_caps.data_regs > 1 ? 2 : 1, now.nr);
	l = bp_find_kind(&now, "wide");
	ASSERT_NE(NULL, l);
	EXPECT_STREQ("-", l->task);
	EXPECT_STREQ("*", l->cpu);
	EXPECT_STREQ("hit:[bp_module]", l->owner);
	snprintf(armed, sizeof(armed), "armed:%d", bp_nr_cpus());
	EXPECT_STREQ(armed, l->state);
	EXPECT_EQ(2 * bp_nr_cpus(), atoi(l->hits));
	EXPECT_EQ(0, strncmp(l->symbol, "words+0x0/", 10)) {
		TH_LOG("symbol %s", l->symbol);
	}
	EXPECT_NE(0, l->addr);
	if (bp_caps.data_regs > 1) {
		l = bp_find_kind(&now, "cpu");
		ASSERT_NE(NULL, l);
		EXPECT_STREQ("hit:[bp_module]", l->owner);
	}
	bpk_unload();
}

/*
 * Who may see what.
 */

static int open_shown(void *path)
{
	return open(path, O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int drop(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return -errno;
	caps[cap / 32].effective &= ~(1u << cap % 32);
	return syscall(SYS_capset, &head, caps) ? -errno : 0;
}

TEST_F(slots, nobody_but_root_may_open_it)
{
	static char *const paths[] = { BP_SHOWN "/slots", BP_SHOWN "/limits" };

	for (int i = 0; i < ARRAY_SIZE(paths); i++) {
		struct stat st;
		int wrong;

		ASSERT_EQ(0, stat(paths[i], &st));
		EXPECT_EQ(0400, st.st_mode & 07777);
		EXPECT_EQ(0, st.st_uid);
		/* Even where debugfs itself can be searched by all. */
		ASSERT_EQ(0, chmod("/sys/kernel/debug", 0755));
		wrong = bp_as_nobody(open_shown, paths[i]);
		chmod("/sys/kernel/debug", 0700);
		EXPECT_EQ(0, wrong);
	}
}

static bool set_kptr_restrict(int value)
{
	FILE *f = fopen(KPTR_RESTRICT, "w");
	bool good = f && fprintf(f, "%d\n", value) > 0;

	return f && !fclose(f) && good;
}

/* As seen by root, or by root without CAP_SYSLOG, who opens it: the address. */
static unsigned long long seen_address(int fd, bool syslog)
{
	int ends[2], status;
	unsigned long long addr = ~0ull;
	pid_t pid;

	if (pipe(ends))
		return ~0ull;
	pid = fork();
	if (!pid) {
		struct bp_line *l = NULL;

		if (!syslog && drop(CAP_SYSLOG))
			_exit(1);
		if (bp_read_slots(&now))
			l = bp_find(&now, fd);
		if (!l || strncmp(l->symbol, "jiffies", 7))
			_exit(1);
		_exit(write(ends[1], &l->addr, sizeof(l->addr)) < 0);
	}
	waitpid(pid, &status, 0);
	if (!status && read(ends[0], &addr, sizeof(addr)) < 0)
		addr = ~0ull;
	close(ends[0]);
	close(ends[1]);
	return addr;
}

static int read_sysctl(const char *path)
{
	FILE *f = fopen(path, "r");
	int value = -1;

	if (f && fscanf(f, "%d", &value) != 1)
		value = -1;
	if (f)
		fclose(f);
	return value;
}

TEST_F(slots, a_kernel_address_is_shown_to_who_may_see_one)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, NULL, 4);
	int was = read_sysctl(KPTR_RESTRICT), fd;
	__u64 addr;

	if (!bp_kernel_symbol("jiffies", &addr))
		SKIP(return, "kallsyms does not list jiffies");
	attr.bp_addr = addr;
	attr.exclude_kernel = 0;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(set_kptr_restrict(0));
	EXPECT_EQ(addr, seen_address(fd, true));
	ASSERT_TRUE(set_kptr_restrict(1));
	EXPECT_EQ(addr, seen_address(fd, true));
	EXPECT_EQ(0, seen_address(fd, false));
	ASSERT_TRUE(set_kptr_restrict(2));
	EXPECT_EQ(0, seen_address(fd, true));
	EXPECT_EQ(0, seen_address(fd, false));
	set_kptr_restrict(was);
	close(fd);
}

/*
 * Under load.
 */

#define MAX_CPUS	256
/* With several lines: of one that has fewer there is little to say. */
#define BUSY_SNAPSHOTS	1000
#define MOST_SECONDS	20

static volatile bool *over;

/* Opens and closes whatever it is granted, of all kinds. */
static void churn(unsigned int seed, pid_t other)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	pid_t pids[] = { BP_SELF, BP_SELF, BP_ANY_TASK, other };
	int fds[4] = { -1, -1, -1, -1 }, cpus = bp_nr_cpus();

	while (!*over) {
		int i = rand_r(&seed) % 4;
		pid_t pid = pids[rand_r(&seed) % 4];
		int cpu = rand_r(&seed) % 2 ? rand_r(&seed) % cpus : -1;

		if (fds[i] >= 0) {
			close(fds[i]);
			fds[i] = -1;
			continue;
		}
		attr.disabled = rand_r(&seed) % 2;
		attr.bp_addr = (uintptr_t)(bp_data + 8 * (rand_r(&seed) % 8));
		fds[i] = bp_open(&attr, pid, pid < 0 && cpu < 0 ? 0 : cpu);
		if (fds[i] >= 0 && !(rand_r(&seed) % 4)) {
			attr.bp_type = HW_BREAKPOINT_RW;
			bp_modify(fds[i], &attr);
			attr.bp_type = HW_BREAKPOINT_W;
		}
	}
	_exit(0);
}

TEST_F_TIMEOUT(slots, lines_and_totals_agree_while_all_cpus_register_and_release, 120)
{
	int cpus = bp_nr_cpus(), workers = cpus < 4 ? 8 : 2 * cpus;
	unsigned int snapshots = 0, wrong = 0, most = 0, busy = 0;
	const char *missing = bpk_load();
	time_t end = time(NULL) + MOST_SECONDS;
	pid_t pids[2 * MAX_CPUS];

	ASSERT_GE(MAX_CPUS, cpus);
	over = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)over);
	/* Wide ones too, if the module can be loaded. */
	if (!missing)
		bpk_write("storm", "1");
	for (int i = 0; i < workers; i++) {
		pids[i] = fork();
		if (!pids[i])
			churn(i + 1, i ? pids[0] : 0);
		ASSERT_LT(0, pids[i]);
	}
	while (busy < BUSY_SNAPSHOTS && time(NULL) < end) {
		if (!bp_read_slots(&now) || !bp_sums_agree(&now))
			wrong++;
		if (now.nr > most)
			most = now.nr;
		if (now.nr > 1)
			busy++;
		else
			usleep(1000);	/* the workers' turn */
		snapshots++;
	}
	*over = true;
	for (int i = 0; i < workers; i++)
		waitpid(pids[i], NULL, 0);
	munmap((void *)over, 1);
	if (!missing) {
		bpk_write("storm", "0");
		bpk_unload();
	}
	TH_LOG("%u snapshots, %u of several lines, %u at most; %d workers, %d CPUs%s",
	       snapshots, busy, most, workers, cpus, missing ? "" : ", wide ones too");
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(busy == BUSY_SNAPSHOTS || busy > snapshots / 2);
}

TEST_HARNESS_MAIN
