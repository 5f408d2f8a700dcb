// SPDX-License-Identifier: GPL-2.0
/*
 * demo-debug VARIABLE FUNCTION PROGRAM...: a debugger, as small as they come.
 *
 * Runs PROGRAM, and stops it at each write to the variable and before each first
 * instruction of the function, through ptrace.
 */
#define _GNU_SOURCE
#include <sys/ptrace.h>

#include "demo-debug.h"

static void report(pid_t pid, const struct symbols *symbols, const struct symbol *variable,
		   long *value)
{
	static int stops;
	struct stop stop;
	long now;

	read_stop(pid, &stop);
	now = value_of(pid, variable);
	printf("stop %d: %s:", ++stops, stop.reason);
	if (stop.writes)
		printf(" %s written, %ld -> %ld, by %s", variable->name, *value, now,
		       symbol_at(symbols, stop.pc));
	if (stop.executes)
		printf(" about to execute %s, %s %ld", symbol_at(symbols, stop.pc),
		       variable->name, now);
	printf("\n");
	*value = now;
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
