// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints that send SIGTRAP (attr.sigtrap): the program catches its own
 * hits, in the thread that hit and before that goes on.
 */
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10
#define COOKIE	0x5eed0000c0deull

#ifndef TRAP_PERF
#define TRAP_PERF	6
#endif
#define FLAG_ASYNC	1	/* TRAP_PERF_FLAG_ASYNC */

/*
 * The C library of the build machine may not know the TRAP_PERF members of
 * siginfo_t yet; they follow si_addr, aligned like a long.
 */
struct trap_perf {
	unsigned long data;
	__u32 type;
	__u32 flags;
};

static struct trap_perf trap_perf(const siginfo_t *info)
{
	struct trap_perf t;

	memcpy(&t, (char *)&info->si_addr + sizeof(info->si_addr), sizeof(t));
	return t;
}

/* What the handler saw; at most one thread hits at a time. */
static struct {
	volatile int count;
	siginfo_t info;
	uintptr_t addr, ip;
	pid_t tid;
	int disable_fd;
} caught;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (caught.disable_fd)
		ioctl(caught.disable_fd, PERF_EVENT_IOC_DISABLE, 0);
	caught.info = *info;
	caught.addr = (uintptr_t)info->si_addr;
	caught.ip = bp_context_ip(uc);
	caught.tid = syscall(SYS_gettid);
	caught.count++;
}

static struct perf_event_attr trapping(struct perf_event_attr attr)
{
	attr = bp_attr_trapping(attr);
	attr.sig_data = COOKIE;
	return attr;
}

FIXTURE(trap)
{
	struct perf_event_attr attr;
	int fd;
};

FIXTURE_SETUP(trap)
{
	struct sigaction sa = {
		.sa_sigaction = on_trap,
		.sa_flags = SA_SIGINFO,
	};

	ASSERT_EQ(0, sigaction(SIGTRAP, &sa, NULL));
	self->attr = trapping(bp_attr(HW_BREAKPOINT_W, bp_data, 4));
	self->fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(trap)
{
	close(self->fd);
}

TEST_F(trap, each_hit_is_one_signal_before_the_next_statement)
{
	for (int i = 1; i <= TIMES; i++) {
		bp_do_stores(1);
		EXPECT_EQ(i, caught.count);
	}
	bp_do_loads(TIMES);
	EXPECT_EQ(TIMES, caught.count);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(trap, the_signal_names_the_address_the_type_and_the_cookie)
{
	bp_do_stores(1);
	ASSERT_EQ(1, caught.count);
	EXPECT_EQ(TRAP_PERF, caught.info.si_code);
	EXPECT_EQ((uintptr_t)bp_data, caught.addr);
	EXPECT_EQ(PERF_TYPE_BREAKPOINT, trap_perf(&caught.info).type);
	EXPECT_EQ((unsigned long)COOKIE, trap_perf(&caught.info).data);
	EXPECT_EQ(0, trap_perf(&caught.info).flags);
}

TEST_F(trap, the_context_is_that_of_the_access)
{
	bp_store_labelled((volatile __u32 *)bp_data);
	ASSERT_EQ(1, caught.count);
	EXPECT_EQ((uintptr_t)(bp_caps.data_after ? bp_store_next : bp_store_insn),
		  caught.ip);
}

TEST_F(trap, an_instruction_breakpoint_traps_before_it_and_then_runs_it)
{
	struct perf_event_attr attr = trapping(bp_attr_exec(bp_func));
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int i = 1; i <= TIMES; i++) {
		EXPECT_EQ(i + 1, bp_func(i));
		EXPECT_EQ(i, caught.count);
		EXPECT_EQ((uintptr_t)bp_func, caught.ip);
		EXPECT_EQ((uintptr_t)bp_func, caught.addr);
	}
	close(fd);
}

TEST_F(trap, the_handler_may_disable_the_breakpoint)
{
	caught.disable_fd = self->fd;
	bp_do_stores(TIMES);
	EXPECT_EQ(1, caught.count);
	EXPECT_EQ(1, bp_hits(self->fd));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	bp_do_stores(TIMES);
	EXPECT_EQ(2, caught.count);
}

TEST_F(trap, only_the_watched_thread_gets_it)
{
	struct bp_worker w;
	int fd;

	ASSERT_EQ(0, bp_worker_thread(&w));
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, TIMES));
	EXPECT_EQ(0, caught.count);

	fd = bp_open(&self->attr, w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, caught.count);
	EXPECT_EQ(w.tid, caught.tid);
	bp_do_stores(1);
	EXPECT_EQ(syscall(SYS_gettid), caught.tid);
	bp_worker_end(&w);
	close(fd);
}

TEST_F(trap, threads_made_later_inherit_it)
{
	struct bp_worker w;
	int fd;

	self->attr.inherit = 1;
	self->attr.inherit_thread = 1;
	close(self->fd);
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_thread(&w));
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, TIMES));
	EXPECT_EQ(TIMES, caught.count);
	EXPECT_EQ(w.tid, caught.tid);
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_worker_end(&w);
	self->fd = fd;
}

TEST_F(trap, while_blocked_it_waits_and_says_that_it_did)
{
	struct timespec none = { 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	bp_do_stores(TIMES);
	EXPECT_EQ(0, caught.count);
	EXPECT_EQ(TIMES, bp_hits(self->fd));
	ASSERT_EQ(SIGTRAP, sigtimedwait(&set, &info, &none));
	EXPECT_EQ(TRAP_PERF, info.si_code);
	EXPECT_EQ((uintptr_t)bp_data, (uintptr_t)info.si_addr);
	EXPECT_EQ(FLAG_ASYNC, trap_perf(&info).flags);
	ASSERT_EQ(0, sigprocmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_EQ(0, caught.count);
	bp_do_stores(1);
	EXPECT_EQ(1, caught.count);
}

TEST_F(trap, the_kernel_writing_for_a_system_call_does_not_trap)
{
	if (!bp_can_exclude_kernel())
		SKIP(return, BP_TCG_USER);
	ASSERT_EQ(0, bp_kernel_store(bp_data));
	EXPECT_EQ(0, caught.count);
	EXPECT_EQ(0, bp_hits(self->fd));
}

TEST_F(trap, modify_moves_it_and_changes_the_cookie)
{
	self->attr.bp_addr = (uintptr_t)bp_data + 8;
	self->attr.sig_data = 7;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	bp_do_stores(1);
	EXPECT_EQ(0, caught.count);
	bp_store(bp_data + 8, 4);
	EXPECT_EQ(1, caught.count);
	EXPECT_EQ((uintptr_t)bp_data + 8, caught.addr);
	EXPECT_EQ(7, trap_perf(&caught.info).data);
}

/* Without a handler the signal ends the program, as a debugger's trap would. */
TEST_SIGNAL(unhandled_it_ends_the_program, SIGTRAP)
{
	struct perf_event_attr attr = trapping(bp_attr(HW_BREAKPOINT_W, bp_data, 4));

	ASSERT_LE(0, bp_open(&attr, BP_SELF, BP_ANY_CPU));
	bp_do_stores(1);
}

TEST_HARNESS_MAIN
