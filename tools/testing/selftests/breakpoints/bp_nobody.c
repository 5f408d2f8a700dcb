// SPDX-License-Identifier: GPL-2.0
/* What an ordinary user asks for, by one who is root; see bp_nobody.h. */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bp_nobody.h"
#include "bp_util.h"

#define NOBODY	65534

bool bp_become_nobody(void)
{
	/* Who was root is not his own to look into unless he says so. */
	return !setresgid(NOBODY, NOBODY, NOBODY) &&
	       !setresuid(NOBODY, NOBODY, NOBODY) && !prctl(PR_SET_DUMPABLE, 1);
}

int bp_as_nobody(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		status = bp_become_nobody() ? fn(arg) : 255;
		fflush(NULL);
		_exit(status < 255 ? status : 255);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

struct perf_event_attr bp_nobodys_attr(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.exclude_kernel = 1;
	return attr;
}

int bp_wrong(const char *what, unsigned long long addr, unsigned long long len,
	     long got)
{
	static int told;

	if (told++ < 10)
		printf("# %s: %#llx, %llu bytes: answer %ld\n", what, addr, len, got);
	return 1;
}

int bp_ask_for_roots(void)
{
	struct perf_event_attr attr = bp_nobodys_attr();
	int bad = 0, fd;

	fd = bp_open(&attr, BP_ANY_TASK, 0);
	if (fd != -EACCES)
		bad += bp_wrong("a CPU's", attr.bp_addr, 4, fd);
	fd = bp_open(&attr, getppid(), BP_ANY_CPU);
	if (fd != -EACCES)
		bad += bp_wrong("root's task", attr.bp_addr, 4, fd);
	return bad;
}
