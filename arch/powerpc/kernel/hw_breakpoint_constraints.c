// SPDX-License-Identifier: GPL-2.0
/*
 * Which watchpoint is an access meant for?
 *
 * The hardware stops an instruction before its access, tells an address within
 * it, and not which register has matched.  It matches more than what is
 * watched: doublewords; quadwords for some accesses; and POWER10 DD1 stops some
 * octword accesses that touch nothing of it.  So the instruction is looked at,
 * for what it would access.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/uaccess.h>

#include <asm/cache.h>
#include <asm/ptrace.h>
#include <asm/sstep.h>

#include "hw_breakpoint.h"

/* The most that the hardware is known to round an access to. */
#define COARSE_SIZE	16UL

/**
 * wp_read_instr() - read the instruction that an exception has stopped
 * @regs:  of the exception
 * @instr: the instruction
 *
 * Context: Any; does not sleep.
 *
 * Return: false if it cannot be read, or is in the other byte order.
 */
bool wp_read_instr(const struct pt_regs *regs, ppc_inst_t *instr)
{
	long ret;

	if ((regs->msr & MSR_LE) != (MSR_KERNEL & MSR_LE))
		return false;
	if (!user_mode(regs))
		return !copy_inst_from_kernel_nofault(instr, (void *)regs->nip);

	pagefault_disable();
	ret = __get_user_instr(*instr, (void __user *)regs->nip);
	pagefault_enable();
	return !ret;
}

NOKPROBE_SYMBOL(wp_read_instr);

/* Is it a cache operation of those that DAWR and DABR match? */
static bool cacheop_accesses(const struct instruction_op *op)
{
	switch (op->type & CACHEOP_MASK) {
	case DCBT:
	case DCBTST:
		/* Hints, which never cause an exception. */
		return false;
	default:
		return true;
	}
}

static void describe(const struct pt_regs *regs, const struct instruction_op *op,
		     struct wp_access *access)
{
	int type = GETTYPE(op->type);

	access->start = op->ea;
	if (!(regs->msr & MSR_64BIT))
		access->start &= 0xffffffffUL;

	if (OP_IS_LOAD(type)) {
		access->rw = HW_BRK_TYPE_READ;
		access->size = GETSIZE(op->type);
	} else if (OP_IS_STORE(type)) {
		access->rw = HW_BRK_TYPE_WRITE;
		access->size = GETSIZE(op->type);
	} else if (type == CACHEOP && cacheop_accesses(op)) {
		/* dcbz writes the block, the others count as loads of it. */
		access->rw = (op->type & CACHEOP_MASK) == DCBZ ?
			     HW_BRK_TYPE_WRITE : HW_BRK_TYPE_READ;
		access->size = l1_dcache_bytes();
	}
	/* Where low address bits do not count, analyse_instr() keeps them. */
	if (type == CACHEOP || type == LOAD_VMX || type == STORE_VMX)
		access->start = round_down(access->start, max(access->size, 1U));
}

/**
 * wp_analyse() - what is an instruction about to access?
 * @regs:   registers before the instruction; regs->dar as the hardware reported
 * @instr:  the instruction, or 0 if it is not known
 * @op:     filled in as by analyse_instr()
 * @access: filled in
 */
void wp_analyse(const struct pt_regs *regs, ppc_inst_t instr,
		struct instruction_op *op, struct wp_access *access)
{
	memset(op, 0, sizeof(*op));
	op->type = UNKNOWN;
	*access = (struct wp_access) { .dar = regs->dar };

	if (ppc_inst_val(instr) && analyse_instr(op, regs, instr) >= 0)
		describe(regs, op, access);
	if (!access->size) {
		/* Atomic memory operations, copy and paste, those to come. */
		access->start = regs->dar;
		access->rw = HW_BRK_TYPE_RDWR;
	}
}

NOKPROBE_SYMBOL(wp_analyse);

/* Do [@start, @start + @size) and [@with, @with + @len) have a byte in common? */
static bool overlap(unsigned long start, unsigned long size, unsigned long with,
		    unsigned long len)
{
	return start - with < len || with - start < size;
}

/**
 * wp_match() - is an access one that a watchpoint is meant for?
 * @access: the access
 * @brk:    the watchpoint
 *
 * What cannot be told is taken for a hit if the hardware's address says so: better
 * one too many than one that nobody hears of.
 */
enum wp_match wp_match(const struct wp_access *access,
		       const struct arch_hw_breakpoint *brk)
{
	unsigned long hw_start = hw_brk_start(brk);
	bool reported = access->dar - hw_start < brk->hw_len;
	unsigned long start, with, size, len;

	if (!(access->rw & brk->type))
		return WP_MISS;
	if (!access->size)
		return reported ? WP_EXACT : WP_MISS;
	if (overlap(access->start, access->size, brk->address, brk->len))
		return WP_EXACT;
	if (reported)
		return WP_COARSE;

	start = ALIGN_DOWN(access->start, COARSE_SIZE);
	size = ALIGN(access->start + access->size, COARSE_SIZE) - start;
	with = ALIGN_DOWN(hw_start, COARSE_SIZE);
	len = ALIGN(hw_start + brk->hw_len, COARSE_SIZE) - with;
	return overlap(start, size, with, len) ? WP_COARSE : WP_MISS;
}

NOKPROBE_SYMBOL(wp_match);

/**
 * wp_get_instr_detail() - what is the instruction that hit about to access?
 * @regs:  of the exception
 * @instr: the instruction, 0 if it cannot be read
 * @type:  what of instruction_op
 * @size:  bytes, 0 if that cannot be told
 * @ea:    first byte, or the address that the hardware reported
 */
void wp_get_instr_detail(struct pt_regs *regs, ppc_inst_t *instr, int *type,
			 int *size, unsigned long *ea)
{
	struct instruction_op op;
	struct wp_access access;

	if (!wp_read_instr(regs, instr))
		*instr = ppc_inst(0);
	wp_analyse(regs, *instr, &op, &access);
	*type = GETTYPE(op.type);
	*size = access.size;
	*ea = access.start;
}

/**
 * wp_check_constraints() - may a watchpoint have caused the exception?
 * @regs:  of the exception
 * @instr: from wp_get_instr_detail(), as are the next three
 * @ea:    first byte
 * @type:  what of instruction_op
 * @size:  bytes, or 0
 * @info:  the watchpoint
 *
 * Return: true unless that cannot be.
 */
bool wp_check_constraints(struct pt_regs *regs, ppc_inst_t instr, unsigned long ea,
			  int type, int size, struct arch_hw_breakpoint *info)
{
	struct instruction_op op;
	struct wp_access access;

	wp_analyse(regs, instr, &op, &access);
	return wp_match(&access, info) != WP_MISS;
}
