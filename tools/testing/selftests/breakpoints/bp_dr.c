// SPDX-License-Identifier: GPL-2.0
/* x86: the debug registers of a traced child; bp_dr.h says what each is for. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/user.h>

#include "bp_dr.h"

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
