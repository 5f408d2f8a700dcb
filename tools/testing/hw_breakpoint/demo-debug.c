// SPDX-License-Identifier: GPL-2.0
/*
 * demo-debug VARIABLE FUNCTION PROGRAM...: a debugger, as small as they come.
 *
 * Runs PROGRAM, stopped by DR0 after each write to the variable and by DR1 before
 * each first instruction of the function, through ptrace. x86 only.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "demo.h"

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

static void set_breakpoints(pid_t pid, const struct symbol *variable,
			    const struct symbol *function)
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

static void report(pid_t pid, const struct symbols *symbols, const struct symbol *variable,
		   long *value)
{
	static int stops;
	struct user_regs_struct regs;
	unsigned long dr6 = get_dr(pid, 6);
	long now = value_of(pid, variable);

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		err(1, "registers of process %d", pid);
	printf("stop %d: DR6 = 0x%lx:", ++stops, dr6);
	if (dr6 & DR6_HIT(0))
		printf(" bit 0: %s written, %ld -> %ld, by %s", variable->name, *value, now,
		       symbol_at(symbols, regs.rip));
	if (dr6 & DR6_HIT(1))
		printf(" bit 1: about to execute %s, %s %ld", symbol_at(symbols, regs.rip),
		       variable->name, now);
	printf("\n");
	*value = now;
	/* the processor sets bits, and never clears them */
	set_dr(pid, 6, 0);
}

int main(int argc, char **argv)
{
	const struct symbol *variable, *function;
	int status, signal = 0;
	struct symbols symbols;
	long value;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: demo-debug VARIABLE FUNCTION PROGRAM...");
	setlinebuf(stdout);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			err(1, "ptrace");
		execv(argv[3], argv + 3);
		err(127, "%s", argv[3]);
	}

	/* the first stop is at the end of its exec */
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(1, "%s did not start", argv[3]);
	symbols_of_process(&symbols, pid);
	variable = symbol_named(&symbols, argv[1]);
	value = value_of(pid, variable);
	function = symbol_named(&symbols, argv[2]);
	set_breakpoints(pid, variable, function);

	for (;;) {
		if (ptrace(PTRACE_CONT, pid, 0, signal) || waitpid(pid, &status, 0) != pid)
			err(1, "process %d", pid);
		if (!WIFSTOPPED(status))
			break;
		signal = WSTOPSIG(status);
		if (signal == SIGTRAP) {
			report(pid, &symbols, variable, &value);
			signal = 0;
		}
	}
	printf("process %d has ended with %s %d\n", pid,
	       WIFEXITED(status) ? "status" : "signal",
	       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return !WIFEXITED(status) || WEXITSTATUS(status);
}
