// SPDX-License-Identifier: GPL-2.0
/* x86: DR0 watches the variable, DR1 the function; DR6 tells which of them it was. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "demo-debug.h"

/* AMD64 manual volume 2, 13.1.1: enable bit, access and length of register @nr */
#define DR7_LOCAL(nr)		(1UL << (2 * (nr)))
#define DR7_RW(nr, rw)		((unsigned long)(rw) << (16 + 4 * (nr)))
#define DR7_LEN(nr, code)	((unsigned long)(code) << (18 + 4 * (nr)))
#define RW_EXECUTE		0
#define RW_WRITE		1
#define DR6_HIT(nr)		(1UL << (nr))

static void set_dr(pid_t pid, int nr, unsigned long value)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[nr]), value))
		err(1, "DR%d of process %d", nr, pid);
}

static unsigned long get_dr(pid_t pid, int nr)
{
	unsigned long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[nr]), 0);
	if (errno)
		err(1, "DR%d of process %d", nr, pid);
	return value;
}

void set_breakpoints(pid_t pid, const struct symbol *variable, const struct symbol *function)
{
	static const int length_code[] = { [1] = 0, [2] = 1, [4] = 3, [8] = 2 };

	set_dr(pid, 0, variable->addr);
	set_dr(pid, 1, function->addr);
	set_dr(pid, 7, DR7_LOCAL(0) | DR7_RW(0, RW_WRITE) |
		       DR7_LEN(0, length_code[variable->size]) |
		       DR7_LOCAL(1) | DR7_RW(1, RW_EXECUTE) | DR7_LEN(1, 0));
	printf("DR0 = 0x%lx (%s, %lu bytes, write), DR1 = 0x%lx (%s, execute), DR7 = 0x%lx\n",
	       variable->addr, variable->name, variable->size, function->addr, function->name,
	       get_dr(pid, 7));
}

/* A write is reported behind it, and RF lets the function's first instruction pass. */
void read_stop(pid_t pid, struct stop *stop)
{
	unsigned long dr6 = get_dr(pid, 6);
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		err(1, "registers of process %d", pid);
	snprintf(stop->reason, sizeof(stop->reason), "DR6 = 0x%lx", dr6);
	stop->writes = dr6 & DR6_HIT(0);
	stop->executes = dr6 & DR6_HIT(1);
	stop->pc = regs.rip;
	/* the processor sets bits, and never clears them */
	set_dr(pid, 6, 0);
}
