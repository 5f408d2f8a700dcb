/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86: a traced child, and its debug registers as ptrace shows them. Failing
 * calls return -errno.
 */
#ifndef BP_TRACEE_H
#define BP_TRACEE_H

#include <asm/debugreg.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

/* Forks a child that stops, traced, before it calls @fn and exits with 0. */
pid_t bp_tracee_start(void (*fn)(void));
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

int bp_poke_dr(pid_t pid, int nr, unsigned long value);
int bp_peek_dr(pid_t pid, int nr, unsigned long *value);
/* The same for a register that cannot fail to be read. */
unsigned long bp_dr(pid_t pid, int nr);
uintptr_t bp_tracee_ip(pid_t pid);

/* Register @nr's share of DR7; DR_LEN_1 for an instruction. */
static inline unsigned long bp_dr7(int nr, unsigned int rw, unsigned int len)
{
	return DR_LOCAL_ENABLE << (nr * DR_ENABLE_SIZE) |
	       (unsigned long)(rw | len) << (DR_CONTROL_SHIFT + nr * DR_CONTROL_SIZE);
}

/* DR_LEN_n for @len bytes. */
unsigned int bp_dr_len(unsigned int len);

/* DR6 without the bits that read as 1 when nothing happened. */
static inline unsigned long bp_dr6(pid_t pid)
{
	return (bp_dr(pid, DR_STATUS) ^ DR6_RESERVED) & 0xffffffff;
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

/* Sets an address, then enables it alone. */
int bp_dr_watch(pid_t pid, int nr, const volatile void *addr, unsigned int rw,
		unsigned int len);

#endif /* BP_TRACEE_H */
