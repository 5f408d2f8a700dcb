/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A traced child. Failing calls return -errno. Its debug registers, as ptrace
 * shows them, are in bp_dr.h (x86) and in the tests of the other architectures.
 */
#ifndef BP_TRACEE_H
#define BP_TRACEE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

/* Forks a child that stops, traced, before it calls @fn and exits with 0. */
pid_t bp_tracee_start(void (*fn)(void));
/*
 * Runs bp_tracee32, the program beside this one, up to its first stop of its own.
 * Or -ENOENT if it is not there, -ENOEXEC if the kernel does not run it, -ECHILD if it
 * ended otherwise.
 */
pid_t bp_tracee32_start(void);
/* SIGKILLs and reaps it. */
void bp_tracee_end(pid_t pid);

/* Resumes with PTRACE_CONT or the like, and returns the next wait status. */
int bp_tracee_resume(pid_t pid, int request);

static inline bool bp_stopped_by(int status, int sig)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static inline bool bp_exited_well(int status)
{
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/*
 * A debuggee in rounds, without end: a store to each of the first bytes of
 * bp_data, a load of each, a call of bp_func(), and a stop by SIGSTOP. Each step
 * is a stage, and a bit in what bp_round_traps() tells.
 */
void bp_rounds(void);
unsigned int bp_tracee_stage(pid_t pid);
/* Runs one round to its stop: the stages that trapped, each of them once. */
__u64 bp_round_traps(pid_t pid);

#define BP_ROUND_BYTES		16
#define BP_STORES(at, len)	(((1ull << (len)) - 1) << (at))
#define BP_LOADS(at, len)	(BP_STORES(at, len) << BP_ROUND_BYTES)
#define BP_CALL			BP_STORES(2 * BP_ROUND_BYTES, 1)
#define BP_ROUND_BROKEN		BP_STORES(63, 1)

#endif /* BP_TRACEE_H */
