/* SPDX-License-Identifier: GPL-2.0 */
/* x86: the debug registers of a traced child, as ptrace shows them. */
#ifndef BP_DR_H
#define BP_DR_H

#include <asm/debugreg.h>

#include "bp_tracee.h"

int bp_poke_dr(pid_t pid, int nr, unsigned long value);
int bp_peek_dr(pid_t pid, int nr, unsigned long *value);
/* The same for a register that cannot fail to be read. */
unsigned long bp_dr(pid_t pid, int nr);
uintptr_t bp_tracee_ip(pid_t pid);

/* Register @nr's share of DR7; DR_LEN_1 for an instruction. */
static inline unsigned long bp_dr7(int nr, unsigned int rw, unsigned int len)
{
	return DR_LOCAL_ENABLE << (nr * DR_ENABLE_SIZE) |
	       (unsigned long)(rw | len) << (DR_CONTROL_SHIFT + nr * DR_CONTROL_SIZE);
}

/* DR_LEN_n for @len bytes. */
unsigned int bp_dr_len(unsigned int len);

/* DR6 without the bits that read as 1 when nothing happened. */
static inline unsigned long bp_dr6(pid_t pid)
{
	return (bp_dr(pid, DR_STATUS) ^ DR6_RESERVED) & 0xffffffff;
}

/* Sets an address, then enables it alone. */
int bp_dr_watch(pid_t pid, int nr, const volatile void *addr, unsigned int rw,
		unsigned int len);

#endif /* BP_DR_H */
