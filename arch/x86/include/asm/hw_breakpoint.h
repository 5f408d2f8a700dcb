/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debug registers DR0-DR3 and DR7: what an armed breakpoint consists of, and
 * how DR7 encodes it (Intel SDM volume 3B, 18.2.4 "Debug Control Register";
 * AMD APM volume 2, 13.1.1.4).
 */
#ifndef _ASM_X86_HW_BREAKPOINT_H
#define _ASM_X86_HW_BREAKPOINT_H

#include <linux/types.h>

#include <uapi/asm/debugreg.h>

/* Debug address registers, each for instructions or data. */
#define HBP_NUM	4

#define hw_breakpoint_slots(type)	HBP_NUM

/*
 * A register's four control bits in DR7, R/W in the lower two and LEN in the
 * upper, each with a bit above them by which a length and a type can be told
 * from each other and from nothing.
 */
#define X86_BREAKPOINT_LEN_1	(0x40 | DR_LEN_1)
#define X86_BREAKPOINT_LEN_2	(0x40 | DR_LEN_2)
#define X86_BREAKPOINT_LEN_4	(0x40 | DR_LEN_4)
#ifdef CONFIG_X86_64
#define X86_BREAKPOINT_LEN_8	(0x40 | DR_LEN_8)
#endif
/* LEN must be 0 for an instruction. */
#define X86_BREAKPOINT_LEN_X	X86_BREAKPOINT_LEN_1

#define X86_BREAKPOINT_EXECUTE	(0x80 | DR_RW_EXECUTE)
#define X86_BREAKPOINT_WRITE	(0x80 | DR_RW_WRITE)
#define X86_BREAKPOINT_RW	(0x80 | DR_RW_READ)

/**
 * struct arch_hw_breakpoint - what is loaded into a debug register
 * @address: linear address, aligned to the length
 * @mask:    address bits that do not matter (AMD BPEXT), 0 unless a range
 * @len:     X86_BREAKPOINT_LEN_*
 * @type:    X86_BREAKPOINT_EXECUTE, _WRITE or _RW
 * @last:    the register that it was put into last, to be looked at first
 */
struct arch_hw_breakpoint {
	unsigned long	address;
	unsigned long	mask;
	u8		len;
	u8		type;
	u8		last;
};

/* Where register @drnum's control bits and its two enable bits start in DR7. */
#define DR7_CONTROL_SHIFT(drnum) (DR_CONTROL_SHIFT + (drnum) * DR_CONTROL_SIZE)
#define DR7_ENABLE_SHIFT(drnum)	 ((drnum) * DR_ENABLE_SIZE)

#define DR7_CONTROL_MASK	0xfUL
#define DR7_ENABLE_MASK		((unsigned long)(DR_LOCAL_ENABLE | \
						 DR_GLOBAL_ENABLE))

/**
 * encode_dr7() - the bits of DR7 that arm one register
 * @drnum: register, 0 to 3
 * @len:   X86_BREAKPOINT_LEN_*
 * @type:  X86_BREAKPOINT_EXECUTE, _WRITE or _RW
 *
 * Return: LENn, R/Wn and Gn, and GE, which old processors want for data.
 */
static inline unsigned long encode_dr7(int drnum, unsigned int len,
				       unsigned int type)
{
	unsigned long control = (len | type) & DR7_CONTROL_MASK;
	unsigned long enable = DR_GLOBAL_ENABLE;

	return control << DR7_CONTROL_SHIFT(drnum) |
	       enable << DR7_ENABLE_SHIFT(drnum) | DR_GLOBAL_SLOWDOWN;
}

/**
 * decode_dr7() - what a value of DR7 says of one register
 * @dr7:   value of DR7
 * @bpnum: register, 0 to 3
 * @len:   set to X86_BREAKPOINT_LEN_*
 * @type:  set to X86_BREAKPOINT_*; the I/O type, which has no name, to 0x82
 *
 * Return: the register's enable bits, Ln and Gn; 0 if it is not armed.
 */
static inline int decode_dr7(unsigned long dr7, int bpnum, unsigned int *len,
			     unsigned int *type)
{
	unsigned int control = dr7 >> DR7_CONTROL_SHIFT(bpnum);

	*len = X86_BREAKPOINT_LEN_1 | (control & 0xc);
	*type = X86_BREAKPOINT_EXECUTE | (control & 0x3);
	return dr7 >> DR7_ENABLE_SHIFT(bpnum) & DR7_ENABLE_MASK;
}

/**
 * dr7_bits() - all that one register has in DR7
 * @drnum: register, 0 to 3
 *
 * Return: a mask of LENn, R/Wn, Ln and Gn.
 */
static inline unsigned long dr7_bits(int drnum)
{
	return DR7_CONTROL_MASK << DR7_CONTROL_SHIFT(drnum) |
	       DR7_ENABLE_MASK << DR7_ENABLE_SHIFT(drnum);
}

/**
 * dr7_len_bytes() - how many bytes a length of DR7 stands for
 * @len: X86_BREAKPOINT_LEN_*
 *
 * Return: 1, 2, 4 or 8; their codes are 0, 1, 3 and 2.
 */
static inline unsigned int dr7_len_bytes(unsigned int len)
{
	unsigned int code = len >> 2 & 3;

	return 1u << (code ^ code >> 1);
}

struct notifier_block;
struct perf_event;
struct perf_event_attr;

/* Data is reported when the access has happened; instructions before they run. */
#define arch_hw_breakpoint_reports_after(type)	((type) != HW_BREAKPOINT_X)

/* What the generic code asks of an architecture. */
int hw_breakpoint_arch_parse(struct perf_event *bp,
			     const struct perf_event_attr *attr,
			     struct arch_hw_breakpoint *hw);
int arch_check_bp_in_kernelspace(struct arch_hw_breakpoint *hw);
int arch_install_hw_breakpoint(struct perf_event *bp);
void arch_uninstall_hw_breakpoint(struct perf_event *bp);
int arch_reinstall_hw_breakpoint(struct perf_event *bp,
				 const struct arch_hw_breakpoint *hw);
#define arch_reinstall_hw_breakpoint arch_reinstall_hw_breakpoint
void hw_breakpoint_pmu_read(struct perf_event *bp);
int hw_breakpoint_exceptions_notify(struct notifier_block *unused,
				    unsigned long val, void *data);

/* For the kernel debugger, which must not hit anything itself. */
void arch_kgdb_hw_breakpoints_off(void);
void arch_kgdb_hw_breakpoints_on(void);
#define arch_kgdb_hw_breakpoints_off arch_kgdb_hw_breakpoints_off

/* For suspend. */
void hw_breakpoint_resume(void);

/* For ptrace. */
int arch_bp_generic_fields(int x86_len, int x86_type, int *gen_len,
			   int *gen_type);

#endif /* _ASM_X86_HW_BREAKPOINT_H */
