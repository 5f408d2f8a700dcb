// SPDX-License-Identifier: GPL-2.0
/* The tracer's side of a debuggee and its debug registers. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/user.h>
#include <unistd.h>

#include "bp_tracee.h"
#include "bp_util.h"

pid_t bp_tracee_start(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(255);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !bp_stopped_by(status, SIGSTOP))
		return -ECHILD;
	return pid;
}

void bp_tracee_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int bp_tracee_resume(pid_t pid, int request)
{
	int status;

	if (ptrace(request, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid)
		return -1;
	return status;
}

static void *debugreg(int nr)
{
	struct user *u = NULL;

	return &u->u_debugreg[nr];
}

int bp_poke_dr(pid_t pid, int nr, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, pid, debugreg(nr), value) ? -errno : 0;
}

int bp_peek_dr(pid_t pid, int nr, unsigned long *value)
{
	errno = 0;
	*value = ptrace(PTRACE_PEEKUSER, pid, debugreg(nr), NULL);
	return -errno;
}

unsigned long bp_dr(pid_t pid, int nr)
{
	unsigned long value;

	if (bp_peek_dr(pid, nr, &value))
		abort();
	return value;
}

uintptr_t bp_tracee_ip(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return 0;
#ifdef __x86_64__
	return regs.rip;
#else
	return regs.eip;
#endif
}

unsigned int bp_dr_len(unsigned int len)
{
	switch (len) {
	case 1:
		return DR_LEN_1;
	case 2:
		return DR_LEN_2;
	case 4:
		return DR_LEN_4;
	case 8:
		return DR_LEN_8;
	default:
		abort();
	}
}

int bp_dr_watch(pid_t pid, int nr, const volatile void *addr, unsigned int rw,
		unsigned int len)
{
	return bp_poke_dr(pid, nr, (uintptr_t)addr) ?:
	       bp_poke_dr(pid, DR_CONTROL, bp_dr7(nr, rw, len));
}

void bp_rounds(void)
{
	for (;;) {
		for (int i = 0; i < BP_ROUND_BYTES; i++) {
			bp_area.stage = i;
			bp_store(bp_data + i, 1);
		}
		for (int i = 0; i < BP_ROUND_BYTES; i++) {
			bp_area.stage = BP_ROUND_BYTES + i;
			bp_load(bp_data + i, 1);
		}
		bp_area.stage = 2 * BP_ROUND_BYTES;
		if (bp_func(1) != 2)
			_exit(1);
		raise(SIGSTOP);
	}
}

unsigned int bp_tracee_stage(pid_t pid)
{
	return ptrace(PTRACE_PEEKDATA, pid, &bp_area.stage, NULL) & 0xff;
}

__u64 bp_round_traps(pid_t pid)
{
	__u64 traps = 0, stage;
	int status;

	for (;;) {
		status = bp_tracee_resume(pid, PTRACE_CONT);
		if (bp_stopped_by(status, SIGSTOP))
			return traps;
		if (!bp_stopped_by(status, SIGTRAP))
			return BP_ROUND_BROKEN;
		stage = 1ull << bp_tracee_stage(pid);
		if (traps & stage)
			return BP_ROUND_BROKEN;
		traps |= stage;
	}
}
