/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the debug registers of an architecture can do, so that a test common to
 * all of them is one loop over this table. An architecture joins by adding its
 * BP_CAPS, its rule for data and its two instructions.
 *
 * The table speaks of the kernel's architecture, not of the program's: a
 * 32-bit program on x86-64 is offered what the 64-bit kernel has.
 */
#ifndef BP_ARCH_H
#define BP_ARCH_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <ucontext.h>

#define BP_LEN(n)	(1u << (n))

struct bp_caps {
	/*
	 * Registers per CPU; if shared, one pool serves data and instructions.
	 * Where CPUs differ, bp_arch_count() fills these in.
	 */
	int data_regs;
	int exec_regs;
	bool shared;
	/* Data lengths that exist at natural alignment; bp_data_ok() knows all. */
	unsigned int data_lens;
	/* The bp_len that an instruction breakpoint is asked for with. */
	unsigned int exec_len;
	/* What its address is a multiple of. */
	unsigned int exec_align;
	/* Whether HW_BREAKPOINT_R is possible without HW_BREAKPOINT_W. */
	bool read_only;
	/*
	 * Whether perf tells of a data hit after the instruction has run. The
	 * signal of a debugger's hit comes before it on all but x86.
	 */
	bool data_after;
	/* Whether an atomic read-modify-write is one instruction. */
	bool one_atomic;
};

#define BP_NATURAL_LENS	(BP_LEN(1) | BP_LEN(2) | BP_LEN(4) | BP_LEN(8))

#if defined(__x86_64__) || defined(__i386)
#include <cpuid.h>

#define BP_CAPS {				\
	.data_regs	= 4,			\
	.exec_regs	= 4,			\
	.shared		= true,			\
	.data_lens	= BP_NATURAL_LENS,	\
	.exec_len	= 8,			\
	.exec_align	= 1,			\
	.data_after	= true,			\
	.one_atomic	= true,			\
}

/* AMD's ranges are left out: bp_errno has them. */
static inline bool bp_data_ok(__u64 addr, __u64 len)
{
	return len <= 8 && (BP_NATURAL_LENS & BP_LEN(len)) && addr % len == 0;
}

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

/* What bp_tcg_one_hit() is about. */
#define BP_TCG_NAMES_ONE

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

#elif defined(__aarch64__) || defined(__arm__)
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* Each CPU model has its own numbers of registers, up to 16 of each class. */
#define BP_ARCH_COUNTS
#define BP_CAPS {				\
	.data_lens	= BP_NATURAL_LENS,	\
	.exec_len	= 4,			\
	.exec_align	= 4,			\
	.read_only	= true,			\
}

/* Bytes of one aligned doubleword (BAS), or of an aligned power of two (MASK). */
static inline bool bp_data_ok(__u64 addr, __u64 len)
{
#ifdef __arm__
	return len <= 8 && (BP_NATURAL_LENS & BP_LEN(len)) && addr % len == 0;
#else
	if (len <= 8)
		return len && addr % 8 + len <= 8;
	return !(len & (len - 1)) && len <= 1ull << 31 && addr % len == 0;
#endif
}

#ifdef __aarch64__
#define BP_STORE_INSN	"str %w1, %0"
#define BP_LOAD_INSN	"ldr %w0, %1"
#else
#define BP_STORE_INSN	"str %1, %0"
#define BP_LOAD_INSN	"ldr %0, %1"
#endif

#define BP_KERNEL_ADDRESS	0xffff800080000000ull
#define BP_SYSCALL_PREFIX	"__arm64_sys_"

/* From the resource information that ptrace gives of @pid, a stopped tracee. */
static inline void bp_arch_count(pid_t pid, struct bp_caps *caps)
{
#ifdef __aarch64__
	__u32 info[2] = { 0 };
	struct iovec iov = { info, sizeof(info) };

	if (!ptrace(PTRACE_GETREGSET, pid, (void *)NT_ARM_HW_WATCH, &iov))
		caps->data_regs = info[0] & 0xff;
	iov.iov_len = sizeof(info);
	if (!ptrace(PTRACE_GETREGSET, pid, (void *)NT_ARM_HW_BREAK, &iov))
		caps->exec_regs = info[0] & 0xff;
#else
	const int getregs = 29;		/* PTRACE_GETHBPREGS */
	__u32 info = 0;

	if (!ptrace(getregs, pid, 0, &info)) {
		caps->data_regs = info >> 8 & 0xff;
		caps->exec_regs = info & 0xff;
	}
#endif
}

/* QEMU's "max", which -cpu gives here, is no maker's: part 'Q' of maker 0. */
#define BP_TCG_FILE	"/proc/cpuinfo"
#define BP_TCG_TEXT	"CPU part\t: 0x051"

static inline uintptr_t bp_context_ip(const ucontext_t *uc)
{
#ifdef __aarch64__
	return uc->uc_mcontext.pc;
#else
	return uc->uc_mcontext.arm_pc;
#endif
}

#elif defined(__powerpc64__)
#include <asm/ptrace.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>

/* None, one or two DAWRs; instruction breakpoints are not perf's to have. */
#define BP_ARCH_COUNTS
#define BP_CAPS {				\
	.data_lens	= BP_NATURAL_LENS,	\
	.exec_len	= 4,			\
	.exec_align	= 4,			\
	.read_only	= true,			\
	.data_after	= true,			\
}

#ifndef PPC_FEATURE2_ARCH_3_1
#define PPC_FEATURE2_ARCH_3_1	0x00040000
#endif

/*
 * The doublewords of the range are up to 512 bytes; before ISA 3.1 these have to
 * be in one aligned block of 512.
 */
static inline bool bp_data_ok(__u64 addr, __u64 len)
{
	__u64 begin = addr & ~7ull, end = (addr + len + 7) & ~7ull;

	if (!len || len > 512 || end - begin > 512)
		return false;
	return getauxval(AT_HWCAP2) & PPC_FEATURE2_ARCH_3_1 ||
	       begin / 512 == (end - 1) / 512;
}

#define BP_STORE_INSN	"stw%X0 %1, %0"
#define BP_LOAD_INSN	"lwz%X1 %0, %1"

#define BP_KERNEL_ADDRESS	0xc000000000000000ull
#define BP_SYSCALL_PREFIX	"sys_"

static inline void bp_arch_count(pid_t pid, struct bp_caps *caps)
{
	struct ppc_debug_info info = { 0 };

	if (!ptrace(PPC_PTRACE_GETHWDBGINFO, pid, 0, &info))
		caps->data_regs = info.num_data_bps;
}

/* Under KVM there is a node of this name in the device tree. */
#define BP_TCG_FILE	"/proc/device-tree/model"
#define BP_TCG_TEXT	"emulated by qemu"
/* What bp_can_exclude_kernel() and bp_reach() are about. */
#define BP_TCG_DAWR
/* A user's call chain tells the slot for a leaf's return address, which is empty. */
#define BP_CHAIN_OF_LEAF
#define BP_TCG_NOT	"/proc/device-tree/hypervisor"

static inline uintptr_t bp_context_ip(const ucontext_t *uc)
{
	return uc->uc_mcontext.gp_regs[PT_NIP];
}

#else
#error "No BP_CAPS for this architecture yet: see above"
#endif

/* What the running kernel's CPUs have, filled in before main(). */
extern struct bp_caps bp_caps;

static inline bool bp_len_ok(unsigned int len)
{
	return len < 32 && (bp_caps.data_lens & BP_LEN(len));
}

#endif /* BP_ARCH_H */
