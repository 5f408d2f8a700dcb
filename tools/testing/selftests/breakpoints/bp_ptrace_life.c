// SPDX-License-Identifier: GPL-2.0
/*
 * x86: a debugger's breakpoints through the debuggee's life: its children and
 * threads, exec, detach, the debugger's death, and the registers given back.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_dr.h"
#include "bp_util.h"

#define TIMES		3
#define REGS		4
#define NEW_IMAGE	"--new-image"

static bool no_addresses(pid_t pid)
{
	for (int nr = 0; nr < REGS; nr++) {
		if (bp_dr(pid, nr))
			return false;
	}
	return true;
}

/* How many registers a CPU could still have: all, if no task holds any. */
static int cpu_room(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fds[REGS + 1], n;

	n = bp_open_many(&attr, BP_ANY_TASK, 0, fds, REGS + 1);
	bp_close_many(fds, n);
	return n;
}

static int arm(pid_t pid)
{
	return bp_dr_watch(pid, 0, bp_data, DR_RW_WRITE, DR_LEN_4);
}

/* Lets the debuggee run on, over so many traps, to its end with exit code 0. */
static bool ends_after(pid_t pid, int traps)
{
	int status;

	for (;;) {
		status = bp_tracee_resume(pid, PTRACE_CONT);
		if (!bp_stopped_by(status, SIGTRAP))
			return bp_exited_well(status) && !traps;
		traps--;
	}
}

static void stores(void)
{
	bp_do_stores(TIMES);
}

/* An untraced child that trapped would die of SIGTRAP. */
static void stores_of_a_child(void)
{
	pid_t pid;
	int status;

	pid = fork();
	if (!pid) {
		bp_do_stores(TIMES);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !bp_exited_well(status))
		_exit(1);
	bp_do_stores(TIMES);
}

TEST(an_untraced_child_does_not_inherit_them)
{
	pid_t pid = bp_tracee_start(stores_of_a_child);
	int traps = 0, status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, arm(pid));
	for (;;) {
		status = bp_tracee_resume(pid, PTRACE_CONT);
		if (!WIFSTOPPED(status))
			break;
		/* The other stop is SIGCHLD. */
		traps += bp_stopped_by(status, SIGTRAP);
	}
	EXPECT_TRUE(bp_exited_well(status));
	EXPECT_EQ(TIMES, traps);
}

static bool stopped_by_event(int status, int event)
{
	return WIFSTOPPED(status) && status >> 8 == (SIGTRAP | event << 8);
}

static pid_t wait_for_new_task(pid_t pid, int event)
{
	unsigned long task;
	int status;

	status = bp_tracee_resume(pid, PTRACE_CONT);
	if (!stopped_by_event(status, event) ||
	    ptrace(PTRACE_GETEVENTMSG, pid, NULL, &task) ||
	    waitpid(task, &status, __WALL) != (pid_t)task ||
	    !bp_stopped_by(status, SIGSTOP))
		return -1;
	return task;
}

TEST(a_traced_child_starts_with_none_and_has_its_own)
{
	pid_t pid = bp_tracee_start(stores_of_a_child), child;
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEFORK));
	ASSERT_EQ(0, arm(pid));
	child = wait_for_new_task(pid, PTRACE_EVENT_FORK);
	ASSERT_LT(0, child);
	/* DR7 alone reads as the parent's in 6.12, with nothing behind it. */
	EXPECT_TRUE(no_addresses(child));
	EXPECT_FALSE(no_addresses(pid));
	ASSERT_EQ(0, bp_dr_watch(child, 1, bp_data, DR_RW_WRITE, DR_LEN_2));
	EXPECT_TRUE(ends_after(child, TIMES));
	status = bp_tracee_resume(pid, PTRACE_CONT);
	ASSERT_TRUE(bp_stopped_by(status, SIGCHLD));
	EXPECT_TRUE(ends_after(pid, TIMES));
}

static void *thread_stores(void *arg)
{
	bp_do_stores(2 * TIMES);
	return NULL;
}

static void stores_of_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_stores, NULL))
		_exit(1);
	pthread_join(thread, NULL);
	bp_do_stores(TIMES);
}

TEST(a_thread_starts_with_none)
{
	pid_t pid = bp_tracee_start(stores_of_a_thread);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, arm(pid));
	/* It would die, and the process with it, if it trapped untraced. */
	EXPECT_TRUE(ends_after(pid, TIMES));
}

TEST(a_traced_thread_has_its_own)
{
	pid_t pid = bp_tracee_start(stores_of_a_thread), thread;
	int status, traps = 0;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACECLONE));
	ASSERT_EQ(0, arm(pid));
	thread = wait_for_new_task(pid, PTRACE_EVENT_CLONE);
	ASSERT_LT(0, thread);
	EXPECT_TRUE(no_addresses(thread));
	ASSERT_EQ(0, bp_dr_watch(thread, 3, bp_data, DR_RW_WRITE, DR_LEN_1));
	EXPECT_EQ(0, bp_dr(thread, 0));
	EXPECT_EQ(0, bp_dr(pid, 3));

	/* The process waits for its thread, so that one stops first. */
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
	for (;;) {
		status = bp_tracee_resume(thread, PTRACE_CONT);
		if (!bp_stopped_by(status, SIGTRAP))
			break;
		EXPECT_EQ(DR_TRAP3, bp_dr6(thread));
		traps++;
	}
	EXPECT_TRUE(bp_exited_well(status));
	EXPECT_EQ(2 * TIMES, traps);
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
	EXPECT_EQ(DR_TRAP0, bp_dr6(pid));
	EXPECT_TRUE(ends_after(pid, TIMES - 1));
}

static void exec_self(void)
{
	execl("/proc/self/exe", "bp_ptrace_life", NEW_IMAGE, NULL);
	_exit(1);
}

/* The program is linked at fixed addresses: the new image stores to the same. */
TEST(exec_clears_them)
{
	pid_t pid = bp_tracee_start(exec_self);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXEC));
	for (int nr = 0; nr < REGS; nr++)
		ASSERT_EQ(0, bp_poke_dr(pid, nr, (uintptr_t)bp_data));
	ASSERT_EQ(0, arm(pid));
	status = bp_tracee_resume(pid, PTRACE_CONT);
	ASSERT_TRUE(stopped_by_event(status, PTRACE_EVENT_EXEC));
	EXPECT_TRUE(no_addresses(pid));
	EXPECT_EQ(0, bp_dr(pid, DR_CONTROL));
	EXPECT_EQ(0, bp_dr6(pid));
	EXPECT_EQ(REGS, cpu_room());
	/* It is a debuggee like any: here it is armed anew. */
	ASSERT_EQ(0, arm(pid));
	EXPECT_TRUE(ends_after(pid, TIMES));
}

TEST(exec_leaves_nothing_armed)
{
	pid_t pid = bp_tracee_start(exec_self);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXEC));
	ASSERT_EQ(0, arm(pid));
	status = bp_tracee_resume(pid, PTRACE_CONT);
	ASSERT_TRUE(stopped_by_event(status, PTRACE_EVENT_EXEC));
	EXPECT_TRUE(ends_after(pid, 0));
}

TEST(cleared_and_detached_the_debuggee_runs_on)
{
	pid_t pid = bp_tracee_start(stores);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, arm(pid));
	ASSERT_TRUE(bp_stopped_by(bp_tracee_resume(pid, PTRACE_CONT), SIGTRAP));
	ASSERT_EQ(0, bp_poke_dr(pid, DR_CONTROL, 0));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, NULL, NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(bp_exited_well(status));
}

/* Debuggers clear first, for detach does not: the registers are the task's. */
TEST(detached_while_armed_the_debuggee_still_traps)
{
	pid_t pid = bp_tracee_start(stores);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, arm(pid));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, NULL, NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTRAP, WTERMSIG(status));
}

/* How far it is: in memory that debuggee, debugger and test share. */
static volatile enum { STARTING, WAITING, GO } *phase;

static void wait_then_store(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
	*phase = WAITING;
	while (*phase != GO)
		usleep(1000);
	bp_do_stores(TIMES);
}

/* For a worker that is the debugger: what the next three tests vary. */
#define ARMED		1
#define EXITKILL	2

static long debug_one(long how)
{
	pid_t pid = bp_tracee_start(wait_then_store);

	if (pid < 0 || ((how & ARMED) && arm(pid)) ||
	    ((how & EXITKILL) &&
	     ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL)) ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL))
		return -1;
	while (*phase != WAITING)
		usleep(1000);
	return pid;
}

/* The wait status of a debuggee whose debugger was killed. */
static int status_after_debuggers_death(long how)
{
	struct bp_worker debugger;
	int status;
	pid_t pid;

	/* The orphan becomes a child of ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	phase = mmap(NULL, sizeof(*phase), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (phase == MAP_FAILED || bp_worker_fork(&debugger))
		return -1;
	pid = bp_worker_call(&debugger, debug_one, how);
	bp_worker_kill(&debugger);
	*phase = GO;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

TEST(when_the_debugger_dies_an_unarmed_debuggee_runs_on)
{
	EXPECT_TRUE(bp_exited_well(status_after_debuggers_death(0)));
}

TEST(when_the_debugger_dies_an_armed_debuggee_still_traps)
{
	int status = status_after_debuggers_death(ARMED);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTRAP, WTERMSIG(status));
	EXPECT_EQ(REGS, cpu_room());
}

TEST(when_the_debugger_dies_with_exitkill_so_does_the_debuggee)
{
	int status = status_after_debuggers_death(ARMED | EXITKILL);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(REGS, cpu_room());
}

TEST(a_debuggee_that_exits_gives_its_registers_back)
{
	pid_t pid = bp_tracee_start(stores);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, arm(pid));
	EXPECT_EQ(REGS - 1, cpu_room());
	EXPECT_TRUE(ends_after(pid, TIMES));
	EXPECT_EQ(REGS, cpu_room());
}

TEST(a_debuggee_that_is_killed_gives_its_registers_back)
{
	pid_t pid = bp_tracee_start(stores);

	ASSERT_LT(0, pid);
	for (int nr = 0; nr < REGS; nr++)
		ASSERT_EQ(0, bp_poke_dr(pid, nr, (uintptr_t)bp_data));
	EXPECT_EQ(0, cpu_room());
	bp_tracee_end(pid);
	EXPECT_EQ(REGS, cpu_room());
}

TEST(a_running_process_is_attached_to_and_armed)
{
	struct bp_worker w;
	int status;

	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, w.tid, NULL, NULL));
	ASSERT_EQ(w.tid, waitpid(w.tid, &status, 0));
	ASSERT_TRUE(bp_stopped_by(status, SIGSTOP));
	EXPECT_TRUE(no_addresses(w.tid));
	ASSERT_EQ(0, arm(w.tid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, w.tid, NULL, NULL));
	ASSERT_EQ(0, bp_worker_send(&w, bp_do_stores, TIMES));
	for (int i = 0; i < TIMES; i++) {
		ASSERT_EQ(w.tid, waitpid(w.tid, &status, 0));
		ASSERT_TRUE(bp_stopped_by(status, SIGTRAP));
		EXPECT_EQ(DR_TRAP0, bp_dr6(w.tid));
		ASSERT_EQ(0, ptrace(PTRACE_CONT, w.tid, NULL, NULL));
	}
	EXPECT_EQ(0, bp_worker_result(&w));
	bp_worker_kill(&w);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], NEW_IMAGE))
		return bp_do_stores(TIMES);
	return test_harness_run(argc, argv);
}
