// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: a debugger sets a debuggee's breakpoints by NT_ARM_HW_BREAK and its
 * watchpoints by NT_ARM_HW_WATCH. The stop comes before the access; to go on the
 * debugger disables the register, single-steps, and enables it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/user.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_arm64.h"
#include "bp_tracee.h"
#include "bp_tracee32_fixture.h"
#include "bp_util.h"

#ifndef TRAP_HWBKPT
#define TRAP_HWBKPT	4
#endif
#ifndef TRAP_TRACE
#define TRAP_TRACE	2
#endif

#define WATCH	NT_ARM_HW_WATCH
#define BREAK	NT_ARM_HW_BREAK
#define BOTH	(BP_CTRL_LOAD | BP_CTRL_STORE)

/* A program counter, of a 64-bit tracee and of a 32-bit one. */
static __u64 tracee_pc(pid_t pid)
{
	union {
		struct user_regs_struct wide;
		__u32 narrow[18];
	} regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov))
		return 0;
	return iov.iov_len == sizeof(regs.narrow) ? regs.narrow[15] : regs.wide.pc;
}

static siginfo_t tracee_info(pid_t pid)
{
	siginfo_t info = { 0 };

	ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
	return info;
}

/* Steps over what slot @nr has stopped at: one stop, of the step, one or no instruction on. */
static bool step_over(pid_t pid, int set, int nr, const volatile void *addr, __u32 ctrl)
{
	__u64 pc = tracee_pc(pid);
	int status;

	if (bp_hw_slot(pid, set, nr, addr, ctrl & ~BP_CTRL_ENABLE))
		return false;
	status = bp_tracee_resume(pid, PTRACE_SINGLESTEP);
	return bp_stopped_by(status, SIGTRAP) &&
	       tracee_info(pid).si_code == TRAP_TRACE && tracee_pc(pid) != pc &&
	       !bp_hw_slot(pid, set, nr, addr, ctrl);
}

/*
 * One round with slot @nr set like this: the stages that stopped, each once. A
 * watchpoint's stop is to name the address of the access.
 */
static __u64 stops_as_set(pid_t pid, int set, int nr, const volatile void *addr, __u32 ctrl)
{
	__u64 stops = 0, stage, at;
	siginfo_t info;
	int status;

	for (;;) {
		status = bp_tracee_resume(pid, PTRACE_CONT);
		if (bp_stopped_by(status, SIGSTOP))
			return stops;
		if (!bp_stopped_by(status, SIGTRAP))
			return BP_ROUND_BROKEN;
		info = tracee_info(pid);
		at = bp_tracee_stage(pid);
		stage = 1ull << at;
		if (info.si_code != TRAP_HWBKPT || stops & stage)
			return BP_ROUND_BROKEN;
		if (set == WATCH &&
		    (uintptr_t)info.si_addr != (uintptr_t)bp_data + at % BP_ROUND_BYTES)
			return BP_ROUND_BROKEN | stage;
		stops |= stage;
		if (!step_over(pid, set, nr, addr, ctrl))
			return BP_ROUND_BROKEN | stage;
	}
}

static __u64 round_stops(pid_t pid, int set, int nr, const volatile void *addr, __u32 ctrl)
{
	return bp_hw_slot(pid, set, nr, addr, ctrl) ? BP_ROUND_BROKEN :
	       stops_as_set(pid, set, nr, addr, ctrl);
}

FIXTURE(debuggee)
{
	pid_t pid;
	int watches, breaks;
};

FIXTURE_SETUP(debuggee)
{
	ASSERT_EQ(0, bp_pin(0));
	self->pid = bp_tracee_start(bp_rounds);
	ASSERT_LT(0, self->pid);
	self->watches = bp_caps.data_regs;
	self->breaks = bp_caps.exec_regs;
	ASSERT_LT(0, self->watches);
	ASSERT_LT(0, self->breaks);
}

FIXTURE_TEARDOWN(debuggee)
{
	bp_tracee_end(self->pid);
}

TEST_F(debuggee, the_resource_word_tells_number_and_architecture)
{
	struct user_hwdebug_state s;

	for (int set = BREAK; set <= WATCH; set++) {
		memset(&s, 0xff, sizeof(s));
		ASSERT_EQ(sizeof(s), bp_hw_get(self->pid, set, &s, sizeof(s)));
		EXPECT_EQ(set == WATCH ? self->watches : self->breaks, s.dbg_info & 0xff);
		/* ARMv8.0 is 6. */
		EXPECT_LE(6, s.dbg_info >> 8 & 0xff);
		EXPECT_EQ(0, s.dbg_info >> 16);
		EXPECT_EQ(0, s.pad);
	}
}

TEST_F(debuggee, untouched_registers_read_as_zero_and_nothing_stops)
{
	struct user_hwdebug_state s;

	for (int set = BREAK; set <= WATCH; set++) {
		memset(&s, 0xff, sizeof(s));
		ASSERT_EQ(sizeof(s), bp_hw_get(self->pid, set, &s, sizeof(s)));
		for (int nr = 0; nr < BP_SLOTS; nr++) {
			EXPECT_EQ(0, s.dbg_regs[nr].addr);
			EXPECT_EQ(0, s.dbg_regs[nr].ctrl & BP_CTRL_ENABLE);
		}
	}
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

/* The address register is a doubleword's; BAS tells where in it. */
TEST_F(debuggee, every_run_of_bytes_stops_exactly_their_stores)
{
	for (int at = 0; at < 8; at++) {
		for (int len = 1; at + len <= 8; len++) {
			EXPECT_EQ(BP_STORES(8 + at, len),
				  round_stops(self->pid, WATCH, 0, bp_data + 8,
					      bp_ctrl(BP_CTRL_STORE, at, len))) {
				TH_LOG("%d bytes at %d", len, at);
			}
		}
	}
}

TEST_F(debuggee, every_slot_stops_loads_stores_or_both)
{
	static const struct {
		__u32 ctrl;
		__u64 stops;
	} kinds[] = {
		{ BP_CTRL_STORE,	BP_STORES(2, 3) },
		{ BP_CTRL_LOAD,		BP_LOADS(2, 3) },
		{ BOTH,			BP_STORES(2, 3) | BP_LOADS(2, 3) },
	};

	for (int nr = 0; nr < self->watches; nr++) {
		for (int i = 0; i < ARRAY_SIZE(kinds); i++) {
			EXPECT_EQ(kinds[i].stops,
				  round_stops(self->pid, WATCH, nr, bp_data,
					      bp_ctrl(kinds[i].ctrl, 2, 3))) {
				TH_LOG("slot %d, kind %d", nr, i);
			}
		}
		ASSERT_EQ(0, bp_hw_slot(self->pid, WATCH, nr, NULL, 0));
	}
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, every_slot_stops_at_an_instruction)
{
	for (int nr = 0; nr < self->breaks; nr++) {
		int status;

		ASSERT_EQ(0, bp_hw_slot(self->pid, BREAK, nr, (void *)bp_func, BP_CTRL_EXEC));
		status = bp_tracee_resume(self->pid, PTRACE_CONT);
		ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
		EXPECT_EQ(TRAP_HWBKPT, tracee_info(self->pid).si_code);
		EXPECT_EQ((uintptr_t)bp_func, (uintptr_t)tracee_info(self->pid).si_addr);
		EXPECT_EQ((uintptr_t)bp_func, tracee_pc(self->pid));
		EXPECT_EQ(BP_CALL, 1ull << bp_tracee_stage(self->pid));
		ASSERT_TRUE(step_over(self->pid, BREAK, nr, (void *)bp_func, BP_CTRL_EXEC));
		status = bp_tracee_resume(self->pid, PTRACE_CONT);
		ASSERT_TRUE(bp_stopped_by(status, SIGSTOP));
		ASSERT_EQ(0, bp_hw_slot(self->pid, BREAK, nr, (void *)bp_func, 0));
		EXPECT_EQ(0, bp_round_traps(self->pid));
	}
}

/* The debugger's hit is not stepped over for it: without its help it stops again. */
TEST_F(debuggee, continued_without_disabling_it_stops_at_the_same_access)
{
	__u64 pc;

	ASSERT_EQ(0, bp_hw_slot(self->pid, WATCH, 0, bp_data, bp_ctrl(BP_CTRL_STORE, 4, 1)));
	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(self->pid, PTRACE_CONT), SIGTRAP));
	pc = tracee_pc(self->pid);
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(self->pid, PTRACE_CONT), SIGTRAP));
		EXPECT_EQ(pc, tracee_pc(self->pid));
		EXPECT_EQ(4, bp_tracee_stage(self->pid));
	}
	ASSERT_TRUE(step_over(self->pid, WATCH, 0, bp_data, 0));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, what_was_written_reads_back)
{
	struct user_hwdebug_state s = { 0 }, r;
	int n = self->watches;

	for (int nr = 0; nr < n; nr++) {
		s.dbg_regs[nr].addr = (uintptr_t)bp_data + 8 * nr;
		s.dbg_regs[nr].ctrl = bp_ctrl(BP_CTRL_STORE, nr % 4, 1 + nr % 4);
	}
	/* What the resource word says is not for the debugger to set. */
	s.dbg_info = ~0;
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(n)));
	ASSERT_EQ(sizeof(r), bp_hw_get(self->pid, WATCH, &r, sizeof(r)));
	EXPECT_EQ(n, r.dbg_info & 0xff);
	for (int nr = 0; nr < n; nr++) {
		EXPECT_EQ(s.dbg_regs[nr].addr, r.dbg_regs[nr].addr);
		EXPECT_EQ(s.dbg_regs[nr].ctrl, r.dbg_regs[nr].ctrl | BP_CTRL_EL0);
	}
}

TEST_F(debuggee, a_write_may_end_behind_any_part)
{
	struct user_hwdebug_state s = { 0 };
	__u32 ctrl = bp_ctrl(BP_CTRL_STORE, 0, 2);

	s.dbg_regs[0].addr = (uintptr_t)bp_data;
	s.dbg_regs[0].ctrl = ctrl;
	/* Nothing, the resource word, with its padding: no register is changed. */
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, 4));
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(0)));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	/* An address alone, then with its control word, without the padding. */
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(0) + 8));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(0) + 12));
	EXPECT_EQ(BP_STORES(0, 2), round_stops(self->pid, WATCH, 0, bp_data, ctrl));
	/* The next address leaves the first slot as it was. */
	s.dbg_regs[1].addr = (uintptr_t)bp_data + 8;
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(1) + 8));
	EXPECT_EQ(BP_STORES(0, 2), round_stops(self->pid, WATCH, 0, bp_data, ctrl));
	/* Half of an address is none. */
	EXPECT_EQ(-EINVAL, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(0) + 4));
	EXPECT_EQ(BP_STORES(0, 2), round_stops(self->pid, WATCH, 0, bp_data, ctrl));
}

TEST_F(debuggee, a_read_may_be_of_any_part)
{
	struct user_hwdebug_state s;

	ASSERT_EQ(0, bp_hw_slot(self->pid, WATCH, 0, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	for (size_t len = 4; len <= BP_HW_LEN(2); len += 4) {
		memset(&s, 0xee, sizeof(s));
		ASSERT_EQ(len, bp_hw_get(self->pid, WATCH, &s, len));
		EXPECT_EQ(self->watches, s.dbg_info & 0xff);
		if (len >= BP_HW_LEN(0) + 8)
			EXPECT_EQ((uintptr_t)bp_data, s.dbg_regs[0].addr);
		EXPECT_EQ(0xee, ((__u8 *)&s)[len]);
	}
}

TEST_F(debuggee, one_slot_too_many_is_refused)
{
	struct user_hwdebug_state s = { 0 };
	int n = self->watches;

	if (n == BP_SLOTS)
		SKIP(return, "this CPU has every register that there can be");
	for (int nr = 0; nr <= n; nr++) {
		s.dbg_regs[nr].addr = (uintptr_t)bp_data;
		s.dbg_regs[nr].ctrl = bp_ctrl(BP_CTRL_STORE, nr % 8, 1);
	}
	ASSERT_EQ(0, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(n)));
	EXPECT_EQ(-ENOSPC, bp_hw_set(self->pid, WATCH, &s, BP_HW_LEN(n + 1)));
	EXPECT_EQ(0, bp_room(self->pid, BP_ANY_CPU));
}

/* Each refusal leaves the setting that stands. */
TEST_F(debuggee, a_bad_setting_is_refused_and_the_old_one_stands)
{
	__u32 good = bp_ctrl(BP_CTRL_STORE, 0, 4);
	static const struct {
		const char *what;
		__u32 ctrl;
	} bad[] = {
		{ "no byte",	BP_CTRL_ENABLE | BP_CTRL_EL0 | BP_CTRL_STORE },
		{ "bytes apart", BP_CTRL_ENABLE | BP_CTRL_EL0 | BP_CTRL_STORE | BP_CTRL_BAS(5) },
		{ "no type",	BP_CTRL_ENABLE | BP_CTRL_EL0 | BP_CTRL_BAS(1) },
	};

	EXPECT_EQ(BP_STORES(0, 4), round_stops(self->pid, WATCH, 0, bp_data, good));
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, bp_hw_slot(self->pid, WATCH, 0, bp_data, bad[i].ctrl)) {
			TH_LOG("%s", bad[i].what);
		}
		EXPECT_EQ(BP_STORES(0, 4), stops_as_set(self->pid, WATCH, 0, bp_data, good)) {
			TH_LOG("after %s", bad[i].what);
		}
	}
}

TEST_F(debuggee, the_kernels_addresses_are_refused)
{
	__u32 ctrl = bp_ctrl(BP_CTRL_STORE, 0, 8);

	EXPECT_GT(0, bp_hw_slot(self->pid, WATCH, 0, (void *)BP_KERNEL_ADDRESS, ctrl));
	EXPECT_GT(0, bp_hw_slot(self->pid, BREAK, 0, (void *)BP_KERNEL_ADDRESS, BP_CTRL_EXEC));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, ptrace_and_perf_share_the_registers)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 64, 4);
	int n = self->watches, fds[BP_SLOTS];

	ASSERT_EQ(0, bp_hw_slot(self->pid, WATCH, 0, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	ASSERT_EQ(n - 1, bp_open_many(&attr, self->pid, BP_ANY_CPU, fds, n));
	EXPECT_EQ(-ENOSPC, bp_hw_slot(self->pid, WATCH, 1, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	close(fds[0]);
	EXPECT_EQ(0, bp_hw_slot(self->pid, WATCH, 1, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	bp_close_many(fds + 1, n - 2);
}

/* perf's is stepped over by the kernel, the debugger's is not, of one access too. */
TEST_F(debuggee, a_perf_watch_of_the_same_bytes_counts_each_access_once)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(0, bp_round_traps(self->pid));
		EXPECT_EQ(4 * i, bp_hits(fd));
	}
	attr.bp_addr += 8;
	ASSERT_EQ(0, bp_modify(fd, &attr));
	EXPECT_EQ(BP_STORES(0, 4), round_stops(self->pid, WATCH, 0, bp_data,
					       bp_ctrl(BP_CTRL_STORE, 0, 4)));
	EXPECT_EQ(16, bp_hits(fd));
	close(fd);
}

/* The debugger's step over an access that perf watches: one stop, one hit. */
TEST_F(debuggee, a_single_step_over_a_perf_watched_store_is_one_step_and_one_hit)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 8);
	int fd, status, steps = 0, hit_steps = 0;
	__u64 pc, hits = 0, now;

	attr.bp_len = 8;
	fd = bp_open(&attr, self->pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (pc = tracee_pc(self->pid); hits < 8; pc = now) {
		status = bp_tracee_resume(self->pid, PTRACE_SINGLESTEP);
		ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
		ASSERT_EQ(TRAP_TRACE, tracee_info(self->pid).si_code);
		now = tracee_pc(self->pid);
		ASSERT_NE(pc, now);
		ASSERT_GT(100000, ++steps);
		if (bp_hits(fd) == hits)
			continue;
		/* The one that hit is the store: straight on, by one. */
		hit_steps++;
		EXPECT_EQ(pc + 4, now);
		EXPECT_EQ(++hits, bp_hits(fd));
	}
	EXPECT_EQ(8, hit_steps);
	/* And no step is left over. */
	EXPECT_EQ(0, bp_round_traps(self->pid));
	EXPECT_EQ(8, bp_hits(fd));
	close(fd);
}

TEST_F(debuggee, a_single_step_over_a_perf_break_is_one_step_and_one_hit)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU), status;
	__u32 exec = BP_CTRL_EXEC;

	ASSERT_LE(0, fd);
	/* The debugger's own stops before it, the first of the two. */
	ASSERT_EQ(0, bp_hw_slot(self->pid, BREAK, 0, (void *)bp_func, exec));
	status = bp_tracee_resume(self->pid, PTRACE_CONT);
	ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
	EXPECT_EQ((uintptr_t)bp_func, tracee_pc(self->pid));
	ASSERT_EQ(0, bp_hw_slot(self->pid, BREAK, 0, (void *)bp_func, 0));
	status = bp_tracee_resume(self->pid, PTRACE_SINGLESTEP);
	ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
	EXPECT_EQ(TRAP_TRACE, tracee_info(self->pid).si_code);
	EXPECT_EQ((uintptr_t)bp_func + 4, tracee_pc(self->pid));
	EXPECT_EQ(1, bp_hits(fd));
	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(self->pid, PTRACE_CONT), SIGSTOP));
	close(fd);
}

static void fork_and_store(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		bp_rare_syscall();
		bp_store(bp_data, 4);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	_exit(status ? 1 : 0);
}

TEST(a_forked_child_has_none_of_them)
{
	pid_t pid = bp_tracee_start(fork_and_store);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_hw_slot(pid, WATCH, 0, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	do {
		status = bp_tracee_resume(pid, PTRACE_CONT);
	} while (bp_stopped_by(status, SIGCHLD));
	EXPECT_TRUE(bp_exited_well(status)) {
		TH_LOG("status %#x", status);
	}
}

#define NEW_IMAGE	"--new-image"

static void exec_self(void)
{
	execl("/proc/self/exe", "bp_arm64_ptrace", NEW_IMAGE, NULL);
	_exit(1);
}

TEST(exec_clears_them)
{
	pid_t pid = bp_tracee_start(exec_self);
	struct user_hwdebug_state s;
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_hw_slot(pid, WATCH, 0, bp_data, bp_ctrl(BP_CTRL_STORE, 0, 4)));
	/* The stop for the exec. */
	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(pid, PTRACE_CONT), SIGTRAP));
	ASSERT_EQ(sizeof(s), bp_hw_get(pid, WATCH, &s, sizeof(s)));
	EXPECT_EQ(0, s.dbg_regs[0].addr);
	EXPECT_EQ(bp_caps.data_regs, bp_room(pid, BP_ANY_CPU));
	do {
		status = bp_tracee_resume(pid, PTRACE_CONT);
	} while (bp_stopped_by(status, SIGCHLD));
	EXPECT_TRUE(bp_exited_well(status));
}

/* AArch32: a 32-bit program, with this debugger. */

TEST_F(tracee32, each_length_stops_exactly_its_stores_or_loads)
{
	static const struct {
		int at, len;
	} runs[] = { { 0, 1 }, { 3, 1 }, { 0, 2 }, { 2, 2 }, { 0, 4 }, { 0, 8 } };

	for (int i = 0; i < ARRAY_SIZE(runs); i++) {
		int at = runs[i].at, len = runs[i].len;

		EXPECT_EQ(BP_STORES(8 + at, len),
			  round_stops(self->pid, WATCH, 0, bp_data + 8,
				      bp_ctrl(BP_CTRL_STORE, at, len))) {
			TH_LOG("%d bytes at %d", len, at);
		}
		EXPECT_EQ(BP_LOADS(8 + at, len),
			  round_stops(self->pid, WATCH, 0, bp_data + 8,
				      bp_ctrl(BP_CTRL_LOAD, at, len)));
	}
}

TEST_F(tracee32, an_instruction_stops)
{
	ASSERT_EQ(0, (uintptr_t)self->func % 4);
	EXPECT_EQ(BP_CALL, round_stops(self->pid, BREAK, 0, self->func, BP_CTRL_EXEC));
}

TEST_F(tracee32, perf_counts_its_accesses_once)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data, 4);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(0, bp_round_traps(self->pid));
		EXPECT_EQ(8 * i, bp_hits(fd));
	}
	close(fd);
}

TEST_F(tracee32, perf_counts_its_calls_once)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_X, self->func, 4);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(0, bp_round_traps(self->pid));
		EXPECT_EQ(i, bp_hits(fd));
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], NEW_IMAGE)) {
		bp_store(bp_data, 4);
		return 0;
	}
	return test_harness_run(argc, argv);
}
