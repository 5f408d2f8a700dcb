// SPDX-License-Identifier: GPL-2.0
/*
 * hold N		hold N registers, as breakpoints of this process
 * hold N storm		a process for each CPU: hold N, give them back, and again
 *
 * Says "holding" when it does, and goes on until it is killed.
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <signal.h>
#include <unistd.h>

#define MAX	16

static long watched[MAX];

static int take(int i)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_BREAKPOINT,
		.size		= sizeof(attr),
		.bp_type	= HW_BREAKPOINT_W,
		.bp_addr	= (unsigned long)&watched[i],
		.bp_len		= sizeof(watched[i]),
		.pinned		= 1,
		.exclude_kernel	= 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static void storm(int n)
{
	for (;;) {
		int fd[MAX];

		for (int i = 0; i < n; i++) {
			fd[i] = take(i);
			if (fd[i] < 0) {
				perror("hold: refused meanwhile");
				exit(1);
			}
			watched[i]++;
		}
		for (int i = 0; i < n; i++)
			close(fd[i]);
	}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	if (n < 1 || n > MAX) {
		fprintf(stderr, "usage: hold N [storm], N from 1 to %d\n", MAX);
		return 2;
	}
	if (argc > 2) {
		for (int i = sysconf(_SC_NPROCESSORS_ONLN); i > 1; i--)
			if (!fork()) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				storm(n);
			}
		puts("holding");
		fflush(stdout);
		storm(n);
	}
	for (int i = 0; i < n; i++)
		if (take(i) < 0) {
			perror("hold");
			return 1;
		}
	puts("holding");
	fflush(stdout);
	pause();
	return 0;
}
