/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arm64: a tracee's debug registers, NT_ARM_HW_BREAK and NT_ARM_HW_WATCH as
 * @set. Failing calls return -errno.
 */
#ifndef BP_ARM64_H
#define BP_ARM64_H

#include <asm/ptrace.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define BP_SLOTS	16

/* A control word, in the layout of DBGWCR: enabled, for EL0. */
#define BP_CTRL_ENABLE	1u
#define BP_CTRL_EL0	0x04u
#define BP_CTRL_LOAD	0x08u
#define BP_CTRL_STORE	0x10u
#define BP_CTRL_BAS(b)	((__u32)(b) << 5)
#define BP_CTRL_MASK(b)	((__u32)(b) << 24)

static inline __u32 bp_ctrl(__u32 load_store, int at, int len)
{
	return BP_CTRL_ENABLE | BP_CTRL_EL0 | load_store |
	       BP_CTRL_BAS(((1u << len) - 1) << at);
}

/* Of an instruction, whose BAS is 0xf. */
#define BP_CTRL_EXEC	bp_ctrl(0, 0, 4)

/* The first @len bytes of the whole; how many there were. */
static inline long bp_hw_get(pid_t pid, int set, struct user_hwdebug_state *s, size_t len)
{
	struct iovec iov = { s, len };

	return ptrace(PTRACE_GETREGSET, pid, (void *)(long)set, &iov) ?
	       -errno : (long)iov.iov_len;
}

static inline int bp_hw_set(pid_t pid, int set, struct user_hwdebug_state *s, size_t len)
{
	struct iovec iov = { s, len };

	return ptrace(PTRACE_SETREGSET, pid, (void *)(long)set, &iov) ? -errno : 0;
}

#define BP_HW_LEN(slots)	(offsetof(struct user_hwdebug_state, dbg_regs) + \
				 (slots) * sizeof(((struct user_hwdebug_state *)0)->dbg_regs[0]))

/* Changes slot @nr, leaving those before it as they are. */
static inline int bp_hw_slot(pid_t pid, int set, int nr, const volatile void *addr,
			     __u32 ctrl)
{
	struct user_hwdebug_state s = { 0 };
	long len = bp_hw_get(pid, set, &s, BP_HW_LEN(nr));

	if (len < 0)
		return len;
	s.dbg_regs[nr].addr = (uintptr_t)addr;
	s.dbg_regs[nr].ctrl = ctrl;
	return bp_hw_set(pid, set, &s, BP_HW_LEN(nr + 1));
}

#endif /* BP_ARM64_H */
