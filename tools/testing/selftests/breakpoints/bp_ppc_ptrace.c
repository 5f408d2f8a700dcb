// SPDX-License-Identifier: GPL-2.0
/*
 * powerpc: a debugger sets a debuggee's watchpoints by PPC_PTRACE_SETHWDEBUG, or
 * the one that is like a DABR by PTRACE_SET_DEBUGREG. The stop comes before the
 * access, and disables the watchpoint until it is set anew.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_tracee.h"
#include "bp_util.h"

#ifndef TRAP_HWBKPT
#define TRAP_HWBKPT	4
#endif
#ifndef TRAP_TRACE
#define TRAP_TRACE	2
#endif

#define READ	PPC_BREAKPOINT_TRIGGER_READ
#define WRITE	PPC_BREAKPOINT_TRIGGER_WRITE
/* Linux's own, not errno.h's. */
#define ENOTSUPP_KERNEL	524

/* Machines without have something to tell too. */
const bool bp_no_registers_needed = true;

static struct ppc_hw_breakpoint exactly(unsigned int trigger, const volatile void *p)
{
	return (struct ppc_hw_breakpoint) {
		.version = 1,
		.trigger_type = trigger,
		.addr_mode = PPC_BREAKPOINT_MODE_EXACT,
		.addr = (uintptr_t)p,
	};
}

static struct ppc_hw_breakpoint range(unsigned int trigger, const volatile void *p, int len)
{
	struct ppc_hw_breakpoint bp = exactly(trigger, p);

	bp.addr_mode = PPC_BREAKPOINT_MODE_RANGE_INCLUSIVE;
	bp.addr2 = bp.addr + len;
	return bp;
}

/* The handle, which is not 0, or -errno. */
static int set_hwdebug(pid_t pid, struct ppc_hw_breakpoint *bp)
{
	int handle = ptrace(PPC_PTRACE_SETHWDEBUG, pid, 0, bp);

	return handle < 0 ? -errno : handle;
}

static int del_hwdebug(pid_t pid, int handle)
{
	return ptrace(PPC_PTRACE_DELHWDEBUG, pid, 0, (long)handle) ? -errno : 0;
}

static __u64 tracee_pc(pid_t pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, PT_NIP * sizeof(long), NULL);
}

static siginfo_t tracee_info(pid_t pid)
{
	siginfo_t info = { 0 };

	ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
	return info;
}

static bool single_step(pid_t pid)
{
	__u64 pc = tracee_pc(pid);
	int status = bp_tracee_resume(pid, PTRACE_SINGLESTEP);

	return bp_stopped_by(status, SIGTRAP) &&
	       tracee_info(pid).si_code == TRAP_TRACE && tracee_pc(pid) != pc;
}

/*
 * One round with @bp set: the stages that stopped, each once and named by their
 * address. It is gone afterwards.
 */
static __u64 round_stops(pid_t pid, struct ppc_hw_breakpoint *bp)
{
	__u64 stops = 0, stage, at;
	siginfo_t info;
	int status, handle = set_hwdebug(pid, bp);

	while (handle > 0) {
		status = bp_tracee_resume(pid, PTRACE_CONT);
		if (bp_stopped_by(status, SIGSTOP))
			return del_hwdebug(pid, handle) ? BP_ROUND_BROKEN : stops;
		if (!bp_stopped_by(status, SIGTRAP))
			break;
		info = tracee_info(pid);
		at = bp_tracee_stage(pid);
		stage = 1ull << at;
		if (info.si_code != TRAP_HWBKPT || stops & stage ||
		    (uintptr_t)info.si_addr != (uintptr_t)bp_data + at % BP_ROUND_BYTES)
			return BP_ROUND_BROKEN | stage;
		stops |= stage;
		if (del_hwdebug(pid, handle) || !single_step(pid))
			return BP_ROUND_BROKEN | stage;
		handle = set_hwdebug(pid, bp);
	}
	return BP_ROUND_BROKEN;
}

TEST(without_registers_the_answer_is_that)
{
	struct ppc_hw_breakpoint bp = exactly(WRITE, bp_data);
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 8);
	pid_t pid;

	if (bp_caps.data_regs)
		SKIP(return, "this CPU has registers");
	pid = bp_tracee_start(bp_rounds);
	ASSERT_LT(0, pid);
	EXPECT_EQ(-ENODEV, set_hwdebug(pid, &bp));
	EXPECT_EQ(-ENODEV, bp_open(&attr, BP_SELF, BP_ANY_CPU));
	EXPECT_EQ(0, bp_round_traps(pid));
	bp_tracee_end(pid);
}

FIXTURE(debuggee)
{
	pid_t pid;
	int regs;
};

FIXTURE_SETUP(debuggee)
{
	if (!bp_caps.data_regs)
		SKIP(return, "this CPU has no DAWR that Linux uses (POWER9)");
	ASSERT_EQ(0, bp_pin(0));
	self->pid = bp_tracee_start(bp_rounds);
	ASSERT_LT(0, self->pid);
	self->regs = bp_caps.data_regs;
}

FIXTURE_TEARDOWN(debuggee)
{
	if (self->pid > 0)
		bp_tracee_end(self->pid);
}

TEST_F(debuggee, the_information_is_that_of_the_cpu)
{
	bool is_new = getauxval(AT_HWCAP2) & PPC_FEATURE2_ARCH_3_1;
	struct ppc_debug_info info;

	ASSERT_EQ(0, ptrace(PPC_PTRACE_GETHWDBGINFO, self->pid, 0, &info));
	EXPECT_EQ(1, info.version);
	EXPECT_EQ(0, info.num_instruction_bps);
	EXPECT_EQ(0, info.num_condition_regs);
	EXPECT_EQ(8, info.data_bp_alignment);
	EXPECT_EQ(PPC_DEBUG_FEATURE_DATA_BP_RANGE | PPC_DEBUG_FEATURE_DATA_BP_DAWR |
		  (is_new ? PPC_DEBUG_FEATURE_DATA_BP_ARCH_31 : 0), info.features);
	EXPECT_GE(2, info.num_data_bps);
	EXPECT_EQ(info.num_data_bps, bp_room(self->pid, BP_ANY_CPU));
}

TEST_F(debuggee, untouched_nothing_stops)
{
	EXPECT_EQ(0, bp_round_traps(self->pid));
	EXPECT_EQ(-ENOENT, del_hwdebug(self->pid, 1));
}

TEST_F(debuggee, an_exact_address_is_one_byte)
{
	for (int at = 0; at < BP_ROUND_BYTES; at++) {
		struct ppc_hw_breakpoint bp = exactly(WRITE, bp_data + at);

		EXPECT_EQ(BP_STORES(at, 1), round_stops(self->pid, &bp));
	}
}

TEST_F(debuggee, a_range_is_its_bytes)
{
	for (int at = 0; at < 8; at++) {
		for (int len = 1; len <= 8; len++) {
			struct ppc_hw_breakpoint bp = range(WRITE, bp_data + at, len);

			__u64 end = bp_reach(bp.addr, len);

			EXPECT_EQ(BP_STORES(at, end - bp.addr), round_stops(self->pid, &bp)) {
				TH_LOG("%d bytes at %d", len, at);
			}
		}
	}
}

TEST_F(debuggee, reads_writes_or_both_stop)
{
	struct ppc_hw_breakpoint bp = range(READ, bp_data + 5, 3);

	EXPECT_EQ(BP_LOADS(5, 3), round_stops(self->pid, &bp));
	bp.trigger_type = READ | WRITE;
	EXPECT_EQ(BP_LOADS(5, 3) | BP_STORES(5, 3), round_stops(self->pid, &bp));
}

TEST_F(debuggee, a_stop_disables_it)
{
	struct ppc_hw_breakpoint bp = range(WRITE, bp_data, 8);
	int handle = set_hwdebug(self->pid, &bp);

	ASSERT_LT(0, handle);
	EXPECT_EQ(BP_STORES(0, 1), bp_round_traps(self->pid));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	/* It is held till it is deleted. */
	EXPECT_EQ(self->regs - 1, bp_room(self->pid, BP_ANY_CPU));
	EXPECT_EQ(0, del_hwdebug(self->pid, handle));
	EXPECT_EQ(self->regs, bp_room(self->pid, BP_ANY_CPU));
	EXPECT_EQ(-ENOENT, del_hwdebug(self->pid, handle));
}

TEST_F(debuggee, every_register_is_used_and_one_more_is_refused)
{
	struct ppc_hw_breakpoint bp;
	int handle[2];

	for (int i = 0; i < self->regs; i++) {
		bp = exactly(WRITE, bp_data + 4 * i);
		handle[i] = set_hwdebug(self->pid, &bp);
		ASSERT_EQ(i + 1, handle[i]);
	}
	EXPECT_EQ(-ENOSPC, set_hwdebug(self->pid, &bp));
	EXPECT_EQ(0, bp_room(self->pid, BP_ANY_CPU));
	EXPECT_EQ(BP_STORES(0, 1) | (self->regs > 1 ? BP_STORES(4, 1) : 0),
		  bp_round_traps(self->pid));
	for (int i = 0; i < self->regs; i++)
		EXPECT_EQ(0, del_hwdebug(self->pid, handle[i]));
	EXPECT_EQ(-EINVAL, del_hwdebug(self->pid, self->regs + 1));
	EXPECT_EQ(-EINVAL, del_hwdebug(self->pid, 0));
}

TEST_F(debuggee, a_bad_request_is_refused_and_holds_nothing)
{
	struct ppc_hw_breakpoint bp = exactly(WRITE, bp_data);

	bp.version = 2;
	EXPECT_EQ(-ENOTSUPP_KERNEL, set_hwdebug(self->pid, &bp));
	bp = exactly(0, bp_data);
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	bp = exactly(PPC_BREAKPOINT_TRIGGER_EXECUTE, bp_data);
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	bp = exactly(WRITE, bp_data);
	bp.condition_mode = PPC_BREAKPOINT_CONDITION_AND;
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	bp = exactly(WRITE, bp_data);
	bp.addr_mode = PPC_BREAKPOINT_MODE_MASK;
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	bp = exactly(WRITE, (void *)BP_KERNEL_ADDRESS);
	EXPECT_EQ(-EIO, set_hwdebug(self->pid, &bp));
	bp = range(WRITE, bp_data, 513);
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	bp = range(WRITE, bp_data, 0);
	EXPECT_EQ(-EINVAL, set_hwdebug(self->pid, &bp));
	EXPECT_EQ(self->regs, bp_room(self->pid, BP_ANY_CPU));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

/* The lowest bits are the DABR's: read, write, and translate, which must be set. */
static int set_debugreg(pid_t pid, long nr, unsigned long value)
{
	return ptrace(PTRACE_SET_DEBUGREG, pid, nr, value) ? -errno : 0;
}

#define DABR_READ	1ul
#define DABR_WRITE	2ul
#define DABR_TRANSLATE	4ul

TEST_F(debuggee, set_debugreg_watches_a_doubleword_once)
{
	unsigned long addr = (uintptr_t)bp_data + 8 + DABR_TRANSLATE;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, set_debugreg(self->pid, 0, addr | DABR_WRITE));
		EXPECT_EQ(BP_STORES(8, 1), bp_round_traps(self->pid));
		EXPECT_EQ(0, bp_round_traps(self->pid));
		ASSERT_EQ(0, set_debugreg(self->pid, 0, addr | DABR_READ));
		EXPECT_EQ(BP_LOADS(8, 1), bp_round_traps(self->pid));
	}
	ASSERT_EQ(0, set_debugreg(self->pid, 0, addr | DABR_WRITE));
	ASSERT_EQ(0, set_debugreg(self->pid, 0, 0));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	EXPECT_EQ(self->regs, bp_room(self->pid, BP_ANY_CPU));
}

TEST_F(debuggee, set_debugreg_refuses_what_it_cannot)
{
	EXPECT_EQ(-EINVAL, set_debugreg(self->pid, 1, 0));
	EXPECT_EQ(-EIO, set_debugreg(self->pid, 0, (uintptr_t)bp_data | DABR_WRITE));
	EXPECT_EQ(-EIO, set_debugreg(self->pid, 0,
				     BP_KERNEL_ADDRESS | DABR_WRITE | DABR_TRANSLATE));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, a_perf_watch_counts_each_access_once_and_stops_nothing)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(0, bp_round_traps(self->pid));
		EXPECT_EQ(4 * i, bp_hits(fd));
	}
	close(fd);
}

TEST_F(debuggee, the_debuggers_and_perfs_of_the_same_bytes_both_see_each_access)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct ppc_hw_breakpoint bp = range(WRITE, bp_data + 2, 4);
	int fd;

	if (self->regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	fd = bp_open(&attr, self->pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	EXPECT_EQ(BP_STORES(2, 4), round_stops(self->pid, &bp));
	EXPECT_EQ(4, bp_hits(fd));
	close(fd);
}

TEST_F(debuggee, a_single_step_over_a_perf_watched_store_is_one_step_and_one_hit)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 8);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU), steps = 0;
	__u64 pc, hits = 0, now;

	ASSERT_LE(0, fd);
	for (pc = tracee_pc(self->pid); hits < 8; pc = now) {
		ASSERT_TRUE(single_step(self->pid));
		now = tracee_pc(self->pid);
		ASSERT_GT(100000, ++steps);
		if (bp_hits(fd) == hits)
			continue;
		EXPECT_EQ(pc + 4, now);
		EXPECT_EQ(++hits, bp_hits(fd));
	}
	EXPECT_EQ(0, bp_round_traps(self->pid));
	EXPECT_EQ(8, bp_hits(fd));
	close(fd);
}

static void fork_and_store(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		bp_store(bp_data, 4);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	_exit(status ? 1 : 0);
}

TEST(a_forked_child_has_none_of_them)
{
	struct ppc_hw_breakpoint bp = range(WRITE, bp_data, 8);
	int status;
	pid_t pid;

	if (!bp_caps.data_regs)
		SKIP(return, "this CPU has no DAWR that Linux uses (POWER9)");
	pid = bp_tracee_start(fork_and_store);
	ASSERT_LT(0, pid);
	ASSERT_LT(0, set_hwdebug(pid, &bp));
	do {
		status = bp_tracee_resume(pid, PTRACE_CONT);
	} while (bp_stopped_by(status, SIGCHLD));
	EXPECT_TRUE(bp_exited_well(status)) {
		TH_LOG("status %#x", status);
	}
}

TEST_HARNESS_MAIN
