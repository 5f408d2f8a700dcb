// SPDX-License-Identifier: GPL-2.0
/* The tracer's side of a debuggee. */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
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

pid_t bp_tracee32_start(void)
{
	char self[4096], path[8192];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t pid;
	int status;

	if (len < 0)
		return -errno;
	self[len] = 0;
	snprintf(path, sizeof(path), "%s/bp_tracee32", dirname(self));
	if (access(path, X_OK))
		return -errno;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(path, path, NULL);
		_exit(255);
	}
	if (pid < 0)
		return -errno;
	/* It stops for the exec, if there is one, and then of its own. */
	if (waitpid(pid, &status, 0) != pid || !bp_stopped_by(status, SIGTRAP))
		return -ENOEXEC;
	status = bp_tracee_resume(pid, PTRACE_CONT);
	if (bp_stopped_by(status, SIGSTOP))
		return pid;
	printf("# bp_tracee32: status %#x\n", status);
	bp_tracee_end(pid);
	return -ECHILD;
}
