/* SPDX-License-Identifier: GPL-2.0 */
/* bp_tracee32, which a 64-bit debugger has stopped before its first round. */
#ifndef BP_TRACEE32_FIXTURE_H
#define BP_TRACEE32_FIXTURE_H

#include <errno.h>

#include "../kselftest_harness.h"
#include "bp_tracee.h"
#include "bp_util.h"

FIXTURE(tracee32)
{
	pid_t pid;
	void *func;	/* its bp_func() */
};

FIXTURE_SETUP(tracee32)
{
	ASSERT_EQ(0, bp_pin(0));
	self->pid = bp_tracee32_start();
	if (self->pid == -ENOENT)
		SKIP(return, "bp_tracee32 was not built: see the Makefile's warning");
	/* On arm64 it may be the CPU that has no AArch32. */
	if (self->pid == -ENOEXEC)
		SKIP(return, "no 32-bit program runs: CONFIG_IA32_EMULATION or CONFIG_COMPAT?");
	ASSERT_LT(0, self->pid);
	self->func = (void *)ptrace(PTRACE_PEEKDATA, self->pid, &bp_area.func, NULL);
}

FIXTURE_TEARDOWN(tracee32)
{
	if (self->pid > 0)
		bp_tracee_end(self->pid);
}

#endif /* BP_TRACEE32_FIXTURE_H */
