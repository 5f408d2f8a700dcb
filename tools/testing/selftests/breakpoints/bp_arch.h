/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the debug registers of an architecture can do, so that a test common to
 * all of them is one loop over this table. An architecture joins by adding its
 * struct bp_caps and its two instructions.
 *
 * The table speaks of the kernel's architecture, not of the program's: a
 * 32-bit program on x86-64 is offered what the 64-bit kernel has.
 */
#ifndef BP_ARCH_H
#define BP_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define BP_LEN(n)	(1u << (n))

struct bp_caps {
	/* Registers per CPU; if shared, one pool serves data and instructions. */
	int data_regs;
	int exec_regs;
	bool shared;
	/* Data lengths that exist, BP_LEN() each; all want natural alignment. */
	unsigned int data_lens;
	/* The bp_len that an instruction breakpoint is asked for with. */
	unsigned int exec_len;
	/* Whether HW_BREAKPOINT_R is possible without HW_BREAKPOINT_W. */
	bool read_only;
	/* Whether a data hit is reported after the instruction has run. */
	bool data_after;
};

#if defined(__x86_64__) || defined(__i386)
#include <cpuid.h>

static const struct bp_caps bp_caps = {
	.data_regs	= 4,
	.exec_regs	= 4,
	.shared		= true,
	.data_lens	= BP_LEN(1) | BP_LEN(2) | BP_LEN(4) | BP_LEN(8),
	.exec_len	= 8,
	.read_only	= false,
	.data_after	= true,
};

/* %0 is the destination, %1 the source; one of them a 4-byte memory operand. */
#define BP_STORE_INSN	"movl %1, %0"
#define BP_LOAD_INSN	"movl %1, %0"

/* An address that is the kernel's, whatever it may hold there. */
#define BP_KERNEL_ADDRESS	0xffffffff80000000ull

#ifdef __x86_64__
#define BP_SYSCALL_PREFIX	"__x64_sys_"
#else
#define BP_SYSCALL_PREFIX	"__ia32_sys_"
#endif

/*
 * Whether QEMU interprets this CPU. Its watchpoints fall short of the hardware:
 * see bp_tcg() in bp_util.h.
 */
static inline bool bp_arch_is_tcg(void)
{
	unsigned int a, sig[3];

	__cpuid(1, a, sig[0], sig[1], sig[2]);
	if (!(sig[1] >> 31))
		return false;
	__cpuid(0x40000000, a, sig[0], sig[1], sig[2]);
	return !memcmp(sig, "TCGTCGTCGTCG", sizeof(sig));
}

static inline uintptr_t bp_context_ip(const ucontext_t *uc)
{
#ifdef __x86_64__
	return uc->uc_mcontext.gregs[REG_RIP];
#else
	return uc->uc_mcontext.gregs[REG_EIP];
#endif
}

#else
#error "No struct bp_caps for this architecture yet: see above"
#endif

static inline bool bp_len_ok(unsigned int len)
{
	return len < 32 && (bp_caps.data_lens & BP_LEN(len));
}

#endif /* BP_ARCH_H */
