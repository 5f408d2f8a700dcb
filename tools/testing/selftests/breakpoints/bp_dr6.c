// SPDX-License-Identifier: GPL-2.0
/*
 * x86: what a debugger is told of a trap. DR6 names the registers that hit and
 * the single step, si_code says which kind it was; each trap starts afresh.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_dr.h"
#include "bp_util.h"

#define REGS	4

/* One trap as the debugger sees it. */
struct trap {
	int sig, code;
	uintptr_t addr, ip;
	unsigned long dr6;	/* the bits that stand for something */
};

static struct trap resume(pid_t pid, int request)
{
	struct trap t = { 0 };
	siginfo_t info;
	int status;

	status = bp_tracee_resume(pid, request);
	if (!WIFSTOPPED(status))
		return t;
	if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info))
		return t;
	t.sig = info.si_signo;
	t.code = info.si_code;
	t.addr = (uintptr_t)info.si_addr;
	t.ip = bp_tracee_ip(pid);
	t.dr6 = bp_dr6(pid);
	return t;
}

#define EXPECT_TRAP(_trap, _code, _ip, _dr6) do {	\
	uintptr_t ip = (uintptr_t)(_ip);		\
	struct trap t = _trap;				\
							\
	EXPECT_EQ(SIGTRAP, t.sig);			\
	EXPECT_EQ(_code, t.code);			\
	EXPECT_EQ(ip, t.ip);				\
	EXPECT_EQ(ip, t.addr);				\
	EXPECT_EQ(_dr6, t.dr6);				\
} while (0)

static bool ended(pid_t pid)
{
	return bp_exited_well(bp_tracee_resume(pid, PTRACE_CONT));
}

static void store_and_call(void)
{
	for (int i = 0; i < 3; i++) {
		bp_store_labelled((volatile __u32 *)bp_data);
		bp_func(0);
	}
}

TEST(a_data_hit_names_its_register_and_the_next_instruction)
{
	for (int nr = 0; nr < REGS; nr++) {
		pid_t pid = bp_tracee_start(store_and_call);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, bp_dr_watch(pid, nr, bp_data, DR_RW_WRITE, DR_LEN_4));
		for (int i = 0; i < 3; i++) {
			EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT,
				    bp_store_next, DR_TRAP0 << nr);
		}
		EXPECT_TRUE(ended(pid));
	}
}

TEST(an_instruction_hit_names_its_register_and_the_instruction)
{
	for (int nr = 0; nr < REGS; nr++) {
		pid_t pid = bp_tracee_start(store_and_call);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, bp_dr_watch(pid, nr, (void *)bp_func, DR_RW_EXECUTE, DR_LEN_1));
		for (int i = 0; i < 3; i++) {
			EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT,
				    bp_func, DR_TRAP0 << nr);
		}
		EXPECT_TRUE(ended(pid));
	}
}

/* Starts a debuggee with all registers armed: two for data, two on bp_func. */
static pid_t start_with_two_and_two(void)
{
	pid_t pid = bp_tracee_start(store_and_call);
	int err;

	if (pid < 0)
		return pid;
	err = bp_poke_dr(pid, 0, (uintptr_t)bp_func) ?:
	      bp_poke_dr(pid, 1, (uintptr_t)bp_data + 8) ?:
	      bp_poke_dr(pid, 2, (uintptr_t)bp_func) ?:
	      bp_poke_dr(pid, 3, (uintptr_t)bp_data) ?:
	      bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, DR_RW_EXECUTE, DR_LEN_1) |
					  bp_dr7(1, DR_RW_WRITE, DR_LEN_4) |
					  bp_dr7(2, DR_RW_EXECUTE, DR_LEN_1) |
					  bp_dr7(3, DR_RW_WRITE, DR_LEN_4));
	return err ?: pid;
}

TEST(every_register_that_hit_is_named_and_no_other)
{
	pid_t pid = start_with_two_and_two();

	ASSERT_LT(0, pid);
	for (int i = 0; i < 3; i++) {
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_next, DR_TRAP3);
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_func,
			    DR_TRAP0 | DR_TRAP2);
	}
	EXPECT_TRUE(ended(pid));
}

TEST(an_access_across_two_registers_names_both)
{
	pid_t pid;

	if (bp_tcg())
		SKIP(return, BP_TCG_ONE_HIT);
	pid = bp_tracee_start(store_and_call);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_poke_dr(pid, 0, (uintptr_t)bp_data));
	ASSERT_EQ(0, bp_poke_dr(pid, 1, (uintptr_t)bp_data + 2));
	ASSERT_EQ(0, bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, DR_LEN_2) |
						 bp_dr7(1, DR_RW_WRITE, DR_LEN_2)));
	for (int i = 0; i < 3; i++) {
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_next,
			    DR_TRAP0 | DR_TRAP1);
	}
	EXPECT_TRUE(ended(pid));
}

TEST(a_single_step_is_named_alone)
{
	pid_t pid = bp_tracee_start(store_and_call);
	struct trap t;

	ASSERT_LT(0, pid);
	for (int i = 0; i < 20; i++) {
		t = resume(pid, PTRACE_SINGLESTEP);
		EXPECT_EQ(SIGTRAP, t.sig);
		EXPECT_EQ(TRAP_TRACE, t.code);
		EXPECT_EQ(DR_STEP, t.dr6);
	}
	EXPECT_TRUE(ended(pid));
}

TEST(a_step_that_makes_a_watched_write_names_both)
{
	pid_t pid;

	if (bp_tcg())
		SKIP(return, BP_TCG_STEP);
	pid = bp_tracee_start(store_and_call);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_dr_watch(pid, 1, bp_store_insn, DR_RW_EXECUTE, DR_LEN_1));
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_insn, DR_TRAP1);
	ASSERT_EQ(0, bp_dr_watch(pid, 3, bp_data, DR_RW_WRITE, DR_LEN_4));
	EXPECT_TRAP(resume(pid, PTRACE_SINGLESTEP), TRAP_TRACE, bp_store_next,
		    DR_STEP | DR_TRAP3);
	ASSERT_EQ(0, bp_poke_dr(pid, DR_CONTROL, 0));
	EXPECT_TRUE(ended(pid));
}

TEST(a_step_from_an_instruction_breakpoint_runs_that_instruction)
{
	pid_t pid = bp_tracee_start(store_and_call);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_dr_watch(pid, 0, bp_store_insn, DR_RW_EXECUTE, DR_LEN_1));
	for (int i = 0; i < 3; i++) {
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_insn, DR_TRAP0);
		EXPECT_TRAP(resume(pid, PTRACE_SINGLESTEP), TRAP_TRACE, bp_store_next,
			    DR_STEP);
	}
	EXPECT_TRUE(ended(pid));
}

/* The step ends before the breakpoint's instruction; the next one starts with it. */
TEST(a_step_onto_an_instruction_breakpoint_hits_it_next)
{
	pid_t pid = bp_tracee_start(store_and_call);
	struct trap t;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_poke_dr(pid, 0, (uintptr_t)bp_store_insn));
	do {
		t = resume(pid, PTRACE_SINGLESTEP);
		ASSERT_EQ(SIGTRAP, t.sig);
	} while (t.ip != (uintptr_t)bp_store_insn);
	EXPECT_EQ(DR_STEP, t.dr6);
	ASSERT_EQ(0, bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, DR_RW_EXECUTE, DR_LEN_1)));
	EXPECT_TRAP(resume(pid, PTRACE_SINGLESTEP), TRAP_HWBKPT, bp_store_insn, DR_TRAP0);
	EXPECT_TRAP(resume(pid, PTRACE_SINGLESTEP), TRAP_TRACE, bp_store_next, DR_STEP);
	ASSERT_EQ(0, bp_poke_dr(pid, DR_CONTROL, 0));
	EXPECT_TRUE(ended(pid));
}

TEST(each_trap_forgets_the_one_before)
{
	pid_t pid = start_with_two_and_two();

	ASSERT_LT(0, pid);
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_next, DR_TRAP3);
	EXPECT_EQ(DR_STEP, resume(pid, PTRACE_SINGLESTEP).dr6);
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_func, DR_TRAP0 | DR_TRAP2);
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_next, DR_TRAP3);
	bp_tracee_end(pid);
}

TEST(dr6_is_the_debuggers_to_write_until_the_next_trap)
{
	pid_t pid = bp_tracee_start(store_and_call);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, bp_dr_watch(pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4));
	ASSERT_EQ(0, bp_poke_dr(pid, DR_STATUS, 0x400f));
	EXPECT_EQ(0x400f, bp_dr(pid, DR_STATUS));
	ASSERT_EQ(0, bp_poke_dr(pid, DR_STATUS, 0));
	EXPECT_EQ(0, bp_dr(pid, DR_STATUS));
	ASSERT_EQ(0, bp_poke_dr(pid, DR_STATUS, ~0ul));
	EXPECT_EQ(~0ul, bp_dr(pid, DR_STATUS));
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_store_next, DR_TRAP0);
	EXPECT_EQ(DR6_RESERVED | DR_TRAP0, bp_dr(pid, DR_STATUS));
	bp_tracee_end(pid);
}

/* INT1, F1: the one #DB that leaves no bit in DR6. */
static void icebp(void)
{
	asm volatile(".globl icebp_next\n"
		     "\t.byte 0xf1\n"
		     "icebp_next:");
}

extern const char icebp_next[];

TEST(icebp_traps_with_no_bit)
{
	pid_t pid;

	if (bp_tcg())
		SKIP(return, BP_TCG_ICEBP);
	pid = bp_tracee_start(icebp);
	ASSERT_LT(0, pid);
	EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_BRKPT, icebp_next, 0);
	EXPECT_TRUE(ended(pid));
}

static void int3(void)
{
	asm volatile(".globl int3_next\n"
		     "\t.byte 0xcc\n"
		     "int3_next:");
}

extern const char int3_next[];

TEST(int3_is_no_debug_exception)
{
	pid_t pid = bp_tracee_start(int3);
	struct trap t;

	ASSERT_LT(0, pid);
	t = resume(pid, PTRACE_CONT);
	EXPECT_EQ(SIGTRAP, t.sig);
	EXPECT_EQ(SI_KERNEL, t.code);
	EXPECT_EQ((uintptr_t)int3_next, t.ip);
	EXPECT_EQ(0, t.dr6);
	EXPECT_TRUE(ended(pid));
}

/* The program sets TF by itself; the trap flag is not the debugger's then. */
static void step_oneself(void)
{
#ifdef __x86_64__
#define SP "%%rsp"
#else
#define SP "%%esp"
#endif
	asm volatile("pushf\n\t"
		     "orl $0x100, (" SP ")\n\t"
		     "popf\n\t"
		     "nop\n\t"
		     "pushf\n\t"
		     "andl $~0x100, (" SP ")\n\t"
		     "popf"
		     ::: "memory", "cc");
}

TEST(a_step_that_the_program_asked_for_is_named_too)
{
	pid_t pid = bp_tracee_start(step_oneself);
	int steps = 0;
	struct trap t;

	ASSERT_LT(0, pid);
	for (;;) {
		t = resume(pid, PTRACE_CONT);
		if (t.sig != SIGTRAP)
			break;
		EXPECT_EQ(TRAP_TRACE, t.code);
		EXPECT_EQ(DR_STEP, t.dr6);
		steps++;
	}
	/* After nop, pushf, andl and popf. */
	EXPECT_EQ(4, steps);
}

TEST(hits_of_perf_do_not_show)
{
	pid_t pid = bp_tracee_start(store_and_call);
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd;

	ASSERT_LT(0, pid);
	fd = bp_open(&attr, pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_dr_watch(pid, 0, (void *)bp_func, DR_RW_EXECUTE, DR_LEN_1));
	for (int i = 1; i <= 3; i++) {
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_func, DR_TRAP0);
		EXPECT_EQ(i, bp_hits(fd));
	}
	EXPECT_TRUE(ended(pid));
	close(fd);
}

static void store_in_kernel_and_stop(void)
{
	bp_kernel_store(bp_data);
	raise(SIGUSR1);
}

/* It is no trap of the program's: what the debugger has not read yet is still there. */
TEST(a_hit_of_perf_in_the_kernel_leaves_dr6_alone)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	pid_t pid = bp_tracee_start(store_in_kernel_and_stop);
	int fd, status;

	ASSERT_LT(0, pid);
	attr.exclude_kernel = 0;
	fd = bp_open(&attr, pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_poke_dr(pid, DR_STATUS, 0x400f));
	status = bp_tracee_resume(pid, PTRACE_CONT);
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(SIGUSR1, WSTOPSIG(status));
	EXPECT_EQ(1, bp_hits(fd));
	EXPECT_EQ(0x400f, bp_dr(pid, DR_STATUS));
	bp_tracee_end(pid);
	close(fd);
}

/*
 * The debugger's and perf's breakpoint on one instruction are two registers:
 * the debugger is told of its own alone.
 */
TEST(a_hit_shared_with_perf_names_the_debuggers_register)
{
	pid_t pid = bp_tracee_start(store_and_call);
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int fd;

	ASSERT_LT(0, pid);
	fd = bp_open(&attr, pid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_dr_watch(pid, 3, (void *)bp_func, DR_RW_EXECUTE, DR_LEN_1));
	for (int i = 1; i <= 3; i++) {
		EXPECT_TRAP(resume(pid, PTRACE_CONT), TRAP_HWBKPT, bp_func, DR_TRAP3);
		EXPECT_EQ(i, bp_hits(fd));
	}
	EXPECT_TRUE(ended(pid));
	close(fd);
}

TEST_HARNESS_MAIN
