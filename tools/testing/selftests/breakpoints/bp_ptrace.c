// SPDX-License-Identifier: GPL-2.0
/*
 * x86: a debugger sets a debuggee's breakpoints by writing DR0-3 and DR7. What
 * each setting catches, in which order settings may come, which are refused.
 * DR6 has bp_dr6, the debuggee's life (fork, exec, detach) bp_ptrace_life.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_dr.h"
#include "bp_util.h"

#define REGS	4

FIXTURE(debuggee)
{
	pid_t pid;
};

FIXTURE_SETUP(debuggee)
{
	/* The two take turns: on one CPU that is much quicker in an emulator. */
	ASSERT_EQ(0, bp_pin(0));
	self->pid = bp_tracee_start(bp_rounds);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(debuggee)
{
	bp_tracee_end(self->pid);
}

TEST_F(debuggee, untouched_registers_read_as_zero_and_nothing_traps)
{
	for (int nr = 0; nr < REGS; nr++)
		EXPECT_EQ(0, bp_dr(self->pid, nr));
	EXPECT_EQ(0, bp_dr(self->pid, DR_CONTROL));
	EXPECT_EQ(DR6_RESERVED, bp_dr(self->pid, DR_STATUS));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, each_register_catches_each_length_of_writes)
{
	for (int nr = 0; nr < REGS; nr++) {
		for (int len = 1; len <= 8; len *= 2) {
			int at = 8 - len;

			ASSERT_EQ(0, bp_dr_watch(self->pid, nr, bp_data + at,
						 DR_RW_WRITE, bp_dr_len(len)));
			EXPECT_EQ(BP_STORES(at, len), bp_round_traps(self->pid)) {
				TH_LOG("register %d, length %d", nr, len);
			}
			ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
		}
	}
}

TEST_F(debuggee, each_register_catches_each_length_of_reads_and_writes)
{
	for (int nr = 0; nr < REGS; nr++) {
		for (int len = 1; len <= 8; len *= 2) {
			ASSERT_EQ(0, bp_dr_watch(self->pid, nr, bp_data + 8,
						 DR_RW_READ, bp_dr_len(len)));
			EXPECT_EQ(BP_STORES(8, len) | BP_LOADS(8, len),
				  bp_round_traps(self->pid)) {
				TH_LOG("register %d, length %d", nr, len);
			}
			ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
		}
	}
}

TEST_F(debuggee, each_register_catches_an_instruction_and_resumes_past_it)
{
	for (int nr = 0; nr < REGS; nr++) {
		int status;

		ASSERT_EQ(0, bp_dr_watch(self->pid, nr, (void *)bp_func,
					 DR_RW_EXECUTE, DR_LEN_1));
		status = bp_tracee_resume(self->pid, PTRACE_CONT);
		ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
		EXPECT_EQ((uintptr_t)bp_func, bp_tracee_ip(self->pid));
		EXPECT_EQ(BP_CALL, 1ull << bp_tracee_stage(self->pid));
		status = bp_tracee_resume(self->pid, PTRACE_CONT);
		ASSERT_TRUE(bp_stopped_by(status, SIGSTOP));
		ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
		EXPECT_EQ(0, bp_round_traps(self->pid));
	}
}

TEST_F(debuggee, all_four_are_watched_at_once)
{
	unsigned long dr7 = 0;

	for (int nr = 0; nr < REGS - 1; nr++) {
		ASSERT_EQ(0, bp_poke_dr(self->pid, nr, (uintptr_t)bp_data + 4 * nr));
		dr7 |= bp_dr7(nr, nr ? DR_RW_WRITE : DR_RW_READ, bp_dr_len(1 << nr % 3));
	}
	ASSERT_EQ(0, bp_poke_dr(self->pid, 3, (uintptr_t)bp_func));
	dr7 |= bp_dr7(3, DR_RW_EXECUTE, DR_LEN_1);
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, dr7));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(BP_STORES(0, 1) | BP_LOADS(0, 1) | BP_STORES(4, 2) |
			  BP_STORES(8, 4) | BP_CALL, bp_round_traps(self->pid));
	}
}

TEST_F(debuggee, local_and_global_enable_mean_the_same)
{
	unsigned long setting = bp_dr7(1, DR_RW_WRITE, DR_LEN_1) & ~0xfful;
	unsigned long enable[] = { 0, DR_LOCAL_ENABLE, DR_GLOBAL_ENABLE,
				   DR_LOCAL_ENABLE | DR_GLOBAL_ENABLE };

	ASSERT_EQ(0, bp_poke_dr(self->pid, 1, (uintptr_t)bp_data));
	for (int i = 0; i < ARRAY_SIZE(enable); i++) {
		ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL,
					setting | enable[i] << DR_ENABLE_SIZE));
		EXPECT_EQ(enable[i] ? BP_STORES(0, 1) : 0, bp_round_traps(self->pid));
	}
}

TEST_F(debuggee, enable_may_come_before_the_address)
{
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, DR_LEN_4)));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_poke_dr(self->pid, 0, (uintptr_t)bp_data));
	EXPECT_EQ(BP_STORES(0, 4), bp_round_traps(self->pid));
}

TEST_F(debuggee, an_address_alone_traps_nothing)
{
	for (int nr = 0; nr < REGS; nr++)
		ASSERT_EQ(0, bp_poke_dr(self->pid, nr, (uintptr_t)bp_data));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(debuggee, the_address_changes_while_enabled)
{
	ASSERT_EQ(0, bp_dr_watch(self->pid, 2, bp_data, DR_RW_WRITE, DR_LEN_2));
	for (int at = 0; at < BP_ROUND_BYTES; at += 2) {
		ASSERT_EQ(0, bp_poke_dr(self->pid, 2, (uintptr_t)bp_data + at));
		EXPECT_EQ(BP_STORES(at, 2), bp_round_traps(self->pid));
	}
}

TEST_F(debuggee, the_length_changes_while_enabled)
{
	ASSERT_EQ(0, bp_poke_dr(self->pid, 0, (uintptr_t)bp_data));
	for (int i = 0; i < 2; i++) {
		for (int len = 1; len <= 8; len *= 2) {
			ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL,
						bp_dr7(0, DR_RW_WRITE, bp_dr_len(len))));
			EXPECT_EQ(BP_STORES(0, len), bp_round_traps(self->pid));
		}
	}
}

TEST_F(debuggee, the_type_changes_while_enabled)
{
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_1));
	EXPECT_EQ(BP_STORES(0, 1), bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, bp_dr7(0, DR_RW_READ, DR_LEN_1)));
	EXPECT_EQ(BP_STORES(0, 1) | BP_LOADS(0, 1), bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL,
				bp_dr7(0, DR_RW_EXECUTE, DR_LEN_1)));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_poke_dr(self->pid, 0, (uintptr_t)bp_func));
	EXPECT_EQ(BP_CALL, bp_round_traps(self->pid));
	ASSERT_EQ(0, bp_poke_dr(self->pid, 0, (uintptr_t)bp_data));
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, DR_LEN_1)));
	EXPECT_EQ(BP_STORES(0, 1), bp_round_traps(self->pid));
}

TEST_F(debuggee, a_disabled_register_keeps_its_address)
{
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_1));
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
	EXPECT_EQ(0, bp_round_traps(self->pid));
	EXPECT_EQ((uintptr_t)bp_data, bp_dr(self->pid, 0));
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, DR_LEN_1)));
	EXPECT_EQ(BP_STORES(0, 1), bp_round_traps(self->pid));
}

TEST_F(debuggee, what_was_written_reads_back)
{
	unsigned long dr7 = 0;

	for (int nr = 0; nr < REGS; nr++) {
		ASSERT_EQ(0, bp_poke_dr(self->pid, nr, (uintptr_t)bp_data + 4 * nr));
		dr7 |= bp_dr7(nr, DR_RW_WRITE, DR_LEN_4);
	}
	/* The bits that do nothing, and those of no register: kept as written. */
	dr7 |= DR_LOCAL_SLOWDOWN | DR_GLOBAL_SLOWDOWN | 0xfc00;
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, dr7));
	for (int nr = 0; nr < REGS; nr++)
		EXPECT_EQ((uintptr_t)bp_data + 4 * nr, bp_dr(self->pid, nr));
	EXPECT_EQ(dr7, bp_dr(self->pid, DR_CONTROL));
	EXPECT_EQ(BP_STORES(0, 16), bp_round_traps(self->pid));
	EXPECT_EQ(dr7, bp_dr(self->pid, DR_CONTROL));
}

TEST_F(debuggee, there_are_no_dr4_and_dr5)
{
	for (int nr = 4; nr <= 5; nr++) {
		EXPECT_EQ(-EIO, bp_poke_dr(self->pid, nr, 0));
		EXPECT_EQ(0, bp_dr(self->pid, nr));
	}
}

/* Each refusal leaves the setting that stands: it reads back and it traps. */
#define STILL_WATCHED() do {							\
	EXPECT_EQ((uintptr_t)bp_data, bp_dr(self->pid, 0));			\
	EXPECT_EQ(bp_dr7(0, DR_RW_WRITE, DR_LEN_4), bp_dr(self->pid, DR_CONTROL)); \
	EXPECT_EQ(BP_STORES(0, 4), bp_round_traps(self->pid));			\
} while (0)

TEST_F(debuggee, a_bad_address_is_refused_and_the_old_one_stands)
{
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	for (int i = 1; i < 4; i++)
		EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 0, (uintptr_t)bp_data + i));
	STILL_WATCHED();
#ifdef __x86_64__
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 0, BP_KERNEL_ADDRESS));
	STILL_WATCHED();
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 0, 1ul << 63));
	STILL_WATCHED();
	/* A register that has no breakpoint yet refuses alike. */
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 1, BP_KERNEL_ADDRESS));
	EXPECT_EQ(0, bp_dr(self->pid, 1));
	STILL_WATCHED();
#endif
}

TEST_F(debuggee, a_bad_dr7_is_refused_whole_and_the_old_one_stands)
{
	unsigned long good = bp_dr7(0, DR_RW_WRITE, DR_LEN_4);
	static const struct {
		unsigned long addr;
		unsigned int rw, len;
	} bad[] = {
		/* Not aligned for the length. */
		{ 1, DR_RW_WRITE,	DR_LEN_2 },
		{ 2, DR_RW_WRITE,	DR_LEN_4 },
		{ 4, DR_RW_READ,	DR_LEN_8 },
		/* An instruction has no length. */
		{ 0, DR_RW_EXECUTE,	DR_LEN_2 },
		{ 0, DR_RW_EXECUTE,	DR_LEN_4 },
		{ 0, DR_RW_EXECUTE,	DR_LEN_8 },
		/* Breaks on I/O are not to be had. */
		{ 0, 0x2,		DR_LEN_1 },
	};

	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		/* The register before it would change too, were it not for this one. */
		unsigned long dr7 = bp_dr7(0, DR_RW_READ, DR_LEN_1) |
				    bp_dr7(1, DR_RW_WRITE, DR_LEN_1) |
				    bp_dr7(2, bad[i].rw, bad[i].len);

		ASSERT_EQ(0, bp_poke_dr(self->pid, 1, (uintptr_t)bp_data + 12));
		ASSERT_EQ(0, bp_poke_dr(self->pid, 2, (uintptr_t)bp_data + bad[i].addr));
		EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, DR_CONTROL, dr7)) {
			TH_LOG("case %d", i);
		}
		STILL_WATCHED();
	}
	/* And it can still be changed. */
	ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL,
				good | bp_dr7(1, DR_RW_READ, DR_LEN_1)));
	EXPECT_EQ(BP_STORES(0, 4) | BP_STORES(12, 1) | BP_LOADS(12, 1),
		  bp_round_traps(self->pid));
}

TEST_F(debuggee, ptrace_and_perf_share_the_four)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 4);
	int fds[REGS];

	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	ASSERT_EQ(REGS - 1, bp_open_many(&attr, self->pid, BP_ANY_CPU, fds, REGS));
	/* No room for a second one of the debugger's, and the first stands. */
	EXPECT_EQ(-ENOSPC, bp_poke_dr(self->pid, 1, (uintptr_t)bp_data + 4));
	EXPECT_EQ(0, bp_dr(self->pid, 1));
	EXPECT_EQ(-ENOSPC, bp_poke_dr(self->pid, DR_CONTROL,
				      bp_dr7(0, DR_RW_READ, DR_LEN_1) |
				      bp_dr7(3, DR_RW_WRITE, DR_LEN_4)));
	STILL_WATCHED();
	close(fds[0]);
	ASSERT_EQ(0, bp_poke_dr(self->pid, 1, (uintptr_t)bp_data + 4));
	EXPECT_EQ(-ENOSPC, bp_open(&attr, self->pid, BP_ANY_CPU));
	bp_close_many(fds + 1, REGS - 2);
}

TEST_F(debuggee, a_perf_watch_beside_it_counts_and_does_not_stop_it)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 8);
	int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(BP_STORES(0, 4), bp_round_traps(self->pid));
		EXPECT_EQ(8 * i, bp_hits(fd));
	}
	close(fd);
}

TEST_F(debuggee, the_debuggers_breakpoints_do_not_fire_in_other_tasks)
{
	pid_t other = bp_tracee_start(bp_rounds);

	ASSERT_LT(0, other);
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_1));
	EXPECT_EQ(0, bp_round_traps(other));
	ASSERT_EQ(0, bp_dr_watch(other, 0, bp_data + 4, DR_RW_READ, DR_LEN_1));
	EXPECT_EQ(BP_STORES(0, 1), bp_round_traps(self->pid));
	EXPECT_EQ(BP_STORES(4, 1) | BP_LOADS(4, 1), bp_round_traps(other));
	bp_tracee_end(other);
}

TEST_HARNESS_MAIN
