// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: a watchpoint register and a breakpoint register, through the register sets
 * NT_ARM_HW_WATCH and NT_ARM_HW_BREAK. Both stop the process before the instruction,
 * which hits again unless its register is disarmed while it is stepped over.
 */
#define _GNU_SOURCE
#include <asm/ptrace.h>
#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "demo-debug.h"

/* ARM ARM D24.3, DBGWCR<n>_EL1 and DBGBCR<n>_EL1: bytes, accesses, EL0, enabled */
#define CONTROL(bytes, accesses) \
	(((1u << (bytes)) - 1) << 5 | (accesses) << 3 | 2 << 1 | 1)
#define ACCESS_STORE	2

static struct user_hwdebug_state watchpoint, breakpoint;

static void set_register(pid_t pid, int type, struct user_hwdebug_state *state, int on)
{
	struct user_hwdebug_state off = *state;
	struct iovec iov = {
		.iov_base = on ? state : &off,
		.iov_len = offsetof(struct user_hwdebug_state, dbg_regs[1]),
	};

	off.dbg_regs[0].ctrl &= ~1u;
	if (ptrace(PTRACE_SETREGSET, pid, type, &iov))
		err(1, "debug register of process %d", pid);
}

static void set_registers(pid_t pid, int on)
{
	set_register(pid, NT_ARM_HW_WATCH, &watchpoint, on);
	set_register(pid, NT_ARM_HW_BREAK, &breakpoint, on);
}

void set_breakpoints(pid_t pid, const struct symbol *variable, const struct symbol *function)
{
	watchpoint.dbg_regs[0].addr = variable->addr;
	watchpoint.dbg_regs[0].ctrl = CONTROL(variable->size, ACCESS_STORE);
	breakpoint.dbg_regs[0].addr = function->addr;
	breakpoint.dbg_regs[0].ctrl = CONTROL(4, 0);
	set_registers(pid, 1);
	printf("DBGWVR0 = 0x%lx (%s, %lu bytes, store), DBGWCR0 = 0x%x,\n",
	       variable->addr, variable->name, variable->size, watchpoint.dbg_regs[0].ctrl);
	printf("DBGBVR0 = 0x%lx (%s), DBGBCR0 = 0x%x\n", function->addr, function->name,
	       breakpoint.dbg_regs[0].ctrl);
}

static unsigned long program_counter(pid_t pid)
{
	struct user_pt_regs regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov))
		err(1, "registers of process %d", pid);
	return regs.pc;
}

void read_stop(pid_t pid, struct stop *stop)
{
	siginfo_t info;
	int status;

	if (ptrace(PTRACE_GETSIGINFO, pid, 0, &info))
		err(1, "signal of process %d", pid);
	snprintf(stop->reason, sizeof(stop->reason), "si_code = %d, si_addr = %p", info.si_code,
		 info.si_addr);
	stop->pc = program_counter(pid);
	stop->executes = (unsigned long)info.si_addr == breakpoint.dbg_regs[0].addr;
	stop->writes = !stop->executes;

	set_registers(pid, 0);
	if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) || waitpid(pid, &status, 0) != pid ||
	    !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		errx(1, "process %d does not step", pid);
	set_registers(pid, 1);
}
