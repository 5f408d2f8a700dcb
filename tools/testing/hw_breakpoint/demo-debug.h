/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What demo-debug wants of an architecture's debug registers, through ptrace:
 * demo-debug-x86.c, demo-debug-arm64.c.
 */
#ifndef DEMO_DEBUG_H
#define DEMO_DEBUG_H

#include "demo.h"

/* What has stopped the process, as its registers tell. */
struct stop {
	char reason[64];	/* in the architecture's words */
	bool writes;		/* an instruction that writes the variable */
	bool executes;		/* the function's first instruction, not yet executed */
	unsigned long pc;
};

/* Arm a register each for writes to the variable and for the function; says how. */
void set_breakpoints(pid_t pid, const struct symbol *variable, const struct symbol *function);
/* Of a process that a SIGTRAP has stopped. Lets it do what it was stopped at, if need be. */
void read_stop(pid_t pid, struct stop *stop);

#endif
