// SPDX-License-Identifier: GPL-2.0
/*
 * x86: a 64-bit debugger, and a 64-bit user of perf, with a 32-bit program. The
 * 32-bit debugger and user of perf are the programs whose names end in _32.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/user.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_ring.h"
#include "bp_dr.h"
#include "bp_tracee32_fixture.h"
#include "bp_util.h"

#define REGS	4
#define CS_32	0x23	/* __USER32_CS */

TEST_F(tracee32, is_a_32_bit_task)
{
	struct user_regs_struct regs;

	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, self->pid, NULL, &regs));
	EXPECT_EQ(CS_32, regs.cs);
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(tracee32, each_register_catches_each_length_and_type)
{
	for (int nr = 0; nr < REGS; nr++) {
		for (int len = 1; len <= 8; len *= 2) {
			ASSERT_EQ(0, bp_dr_watch(self->pid, nr, bp_data + 8,
						 DR_RW_WRITE, bp_dr_len(len)));
			EXPECT_EQ(BP_STORES(8, len), bp_round_traps(self->pid));
			ASSERT_EQ(0, bp_dr_watch(self->pid, nr, bp_data + 8,
						 DR_RW_READ, bp_dr_len(len)));
			EXPECT_EQ(BP_STORES(8, len) | BP_LOADS(8, len),
				  bp_round_traps(self->pid));
		}
		ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
		ASSERT_EQ(0, bp_dr_watch(self->pid, nr, self->func,
					 DR_RW_EXECUTE, DR_LEN_1));
		EXPECT_EQ(BP_CALL, bp_round_traps(self->pid));
		ASSERT_EQ(0, bp_poke_dr(self->pid, DR_CONTROL, 0));
	}
}

TEST_F(tracee32, a_trap_tells_register_address_and_kind)
{
	siginfo_t info;

	ASSERT_EQ(0, bp_dr_watch(self->pid, 2, self->func, DR_RW_EXECUTE, DR_LEN_1));
	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(self->pid, PTRACE_CONT), SIGTRAP));
	EXPECT_EQ((uintptr_t)self->func, bp_tracee_ip(self->pid));
	EXPECT_EQ(DR_TRAP2, bp_dr6(self->pid));
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, self->pid, NULL, &info));
	EXPECT_EQ(TRAP_HWBKPT, info.si_code);
	EXPECT_EQ((uintptr_t)self->func, (uintptr_t)info.si_addr);

	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(self->pid, PTRACE_SINGLESTEP), SIGTRAP));
	EXPECT_EQ(DR_STEP, bp_dr6(self->pid));
	EXPECT_LT((uintptr_t)self->func, bp_tracee_ip(self->pid));
}

TEST_F(tracee32, bad_settings_are_refused_and_the_old_one_stands)
{
	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 0, (uintptr_t)bp_data + 2));
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, 0, BP_KERNEL_ADDRESS));
	EXPECT_EQ(-EINVAL, bp_poke_dr(self->pid, DR_CONTROL,
				      bp_dr7(0, DR_RW_EXECUTE, DR_LEN_4)));
	EXPECT_EQ((uintptr_t)bp_data, bp_dr(self->pid, 0));
	EXPECT_EQ(BP_STORES(0, 4), bp_round_traps(self->pid));
}

/* Nothing of the program is up there, and so nothing traps. */
TEST_F(tracee32, an_address_above_4_gb_is_not_cut_off)
{
	unsigned long addr = (1ul << 32) + (uintptr_t)bp_data;

	ASSERT_EQ(0, bp_dr_watch(self->pid, 0, (void *)addr, DR_RW_WRITE, DR_LEN_4));
	EXPECT_EQ(addr, bp_dr(self->pid, 0));
	EXPECT_EQ(0, bp_round_traps(self->pid));
}

TEST_F(tracee32, perf_counts_each_length_of_its_data)
{
	for (int len = 1; len <= 8; len *= 2) {
		struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data + 8, len);
		int fd = bp_open(&attr, self->pid, BP_ANY_CPU);

		ASSERT_LE(0, fd);
		EXPECT_EQ(0, bp_round_traps(self->pid));
		EXPECT_EQ(2 * len, bp_hits(fd));
		close(fd);
	}
}

TEST_F(tracee32, perf_samples_its_instructions)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_X, self->func, bp_caps.exec_len);
	struct bp_sample sample;
	struct bp_ring ring;
	int fd;

	attr.sample_period = 1;
	attr.sample_type = BP_RING_SAMPLE;
	fd = bp_open(&attr, self->pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_ring_map(&ring, fd));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, bp_round_traps(self->pid));
		ASSERT_TRUE(bp_ring_next(&ring, &sample));
		EXPECT_EQ((uintptr_t)self->func, sample.ip);
		EXPECT_EQ((uintptr_t)self->func, sample.addr);
		EXPECT_EQ(self->pid, sample.pid);
	}
	EXPECT_FALSE(bp_ring_next(&ring, &sample));
	bp_ring_unmap(&ring);
	close(fd);
}

TEST_HARNESS_MAIN
