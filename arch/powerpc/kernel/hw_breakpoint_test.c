// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of the registers' encodings, against values worked out by hand from
 * the Power ISA, and of which accesses a watchpoint is meant for.
 *
 * DAWRX, by v3.1 Book III 10.4.2, in bits counted from the left: MRD 48:53, so
 * 0x400 for each doubleword beyond the first; DW 57, 0x40; DR 58, 0x20; WT 59,
 * 0x10; and 61:63, HYP 4, PNH 2, PRO 1.  DABR, by v2.06 Book III-S 8.1.2: BT 61,
 * DW 62, DR 63; DABRX: 61:63 as above.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/hw_breakpoint.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>

#include <asm/cache.h>
#include <asm/debug.h>
#include <asm/paca.h>
#include <asm/sstep.h>

#include "hw_breakpoint.h"

#define R	HW_BRK_TYPE_READ
#define W	HW_BRK_TYPE_WRITE
#define RW	HW_BRK_TYPE_RDWR
#define T	HW_BRK_TYPE_TRANSLATE
#define U	HW_BRK_TYPE_USER
#define K	HW_BRK_TYPE_KERNEL
#define H	HW_BRK_TYPE_HYP

struct encoding_case {
	unsigned long	address;
	u16		type;
	u16		hw_len;
	unsigned long	dawrx;
	unsigned long	dabr;
	unsigned long	dabrx;
};

static const struct encoding_case encoding_cases[] = {
	{ 0x10000000, R | T | U,		8, 0x0031, 0x10000005, 1 },
	{ 0x10000000, W | T | U,		8, 0x0051, 0x10000006, 1 },
	{ 0x10000000, RW | T | U | K | H,	8, 0x0077, 0x10000007, 7 },
	{ 0x10000003, W | T | K,		8, 0x0052, 0x10000006, 2 },
	{ 0x1000000c, RW | T | H,		8, 0x0074, 0x1000000f, 4 },
	{ 0x10000000, W | T | U,	       16, 0x0451, 0x10000006, 1 },
	{ 0x10000000, R | T | U,	      256, 0x7c31, 0x10000005, 1 },
	{ 0x10000000, RW | T | U,	      512, 0xfc71, 0x10000007, 1 },
	/* No access, no state: nothing can match. */
	{ 0, 0, 0,				   0xfc00, 0, 0 },
};

static void test_encode(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(encoding_cases); i++) {
		const struct encoding_case *c = &encoding_cases[i];
		struct arch_hw_breakpoint brk = {
			.address = c->address,
			.type = c->type,
			.hw_len = c->hw_len,
		};

		KUNIT_EXPECT_EQ_MSG(test, encode_dawrx(&brk), c->dawrx, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, encode_dabrx(&brk), c->dabrx, "case %d", i);
		if (HW_BREAKPOINT_SIZE == 8)
			KUNIT_EXPECT_EQ_MSG(test, encode_dabr(&brk), c->dabr,
					    "case %d", i);
	}
}

static void test_dawr_range(struct kunit *test)
{
	/* first byte, last byte; before v3.1, and with it */
	static const struct {
		unsigned long first, last;
		bool arch207, arch31;
	} cases[] = {
		{ 0x1000, 0x1000, true,  true },
		{ 0x1000, 0x11ff, true,  true },
		{ 0x1003, 0x11fe, true,  true },
		/* 513 bytes; 512 that touch 65 doublewords */
		{ 0x1000, 0x1200, false, false },
		{ 0x1001, 0x1200, false, false },
		/* beyond a block of 512 bytes */
		{ 0x11fc, 0x1203, false, true },
		{ 0x1100, 0x12ff, false, true },
		{ 0x1108, 0x12ff, false, true },
	};

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test, dawr_holds(cases[i].first, cases[i].last, false),
				    cases[i].arch207, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, dawr_holds(cases[i].first, cases[i].last, true),
				    cases[i].arch31, "case %d", i);
	}
}

struct match_case {
	unsigned long	start;
	unsigned int	size;
	u8		rw;
	unsigned long	dar;
	enum wp_match	match;
};

/* Written bytes 0x1002 to 0x1005 are watched, so the doubleword at 0x1000 is. */
static const struct match_case match_cases[] = {
	{ 0x1002, 1, W, 0x1002, WP_EXACT },
	{ 0x1005, 1, W, 0x1005, WP_EXACT },
	{ 0x1001, 1, W, 0x1001, WP_COARSE },
	{ 0x1006, 2, W, 0x1006, WP_COARSE },
	{ 0x1001, 2, W, 0x1001, WP_EXACT },
	{ 0x1000, 8, W, 0x1000, WP_EXACT },
	/* from outside the doubleword: into what is watched, and not */
	{ 0x0ffe, 8, W, 0x0ffe, WP_EXACT },
	{ 0x0ffa, 8, W, 0x1000, WP_COARSE },
	/* the other doubleword of a quadword; the next quadword */
	{ 0x1008, 8, W, 0x1008, WP_COARSE },
	{ 0x1010, 8, W, 0x1010, WP_MISS },
	{ 0x0ff0, 16, W, 0x0ff0, WP_MISS },
	/* vectors, and all that a dcbz can be */
	{ 0x1000, 16, W, 0x1000, WP_EXACT },
	{ 0x0ff8, 32, W, 0x0ff8, WP_EXACT },
	{ 0x0f80, 0x100, W, 0x0f80, WP_EXACT },
	/* the other kind of access */
	{ 0x1002, 1, R, 0x1002, WP_MISS },
	/* unknown instructions: what the hardware says */
	{ 0x1007, 0, RW, 0x1007, WP_EXACT },
	{ 0x1008, 0, RW, 0x1008, WP_MISS },
	{ 0x0ff8, 0, RW, 0x0ff8, WP_MISS },
	/* at both ends of the address space */
	{ -8UL, 8, W, -8UL, WP_MISS },
	{ 0, 8, W, 0, WP_MISS },
};

static void test_match(struct kunit *test)
{
	const struct arch_hw_breakpoint brk = {
		.address = 0x1002,
		.type = W | T | U,
		.len = 4,
		.hw_len = 8,
	};

	for (int i = 0; i < ARRAY_SIZE(match_cases); i++) {
		const struct match_case *c = &match_cases[i];
		const struct wp_access access = {
			.start = c->start,
			.size = c->size,
			.rw = c->rw,
			.dar = c->dar,
		};

		KUNIT_EXPECT_EQ_MSG(test, wp_match(&access, &brk), c->match, "case %d", i);
	}
}

static void expect_access(struct kunit *test, ppc_inst_t instr, unsigned long start,
			  unsigned int size, u8 rw)
{
	struct instruction_op op;
	struct wp_access access;
	struct pt_regs regs = {
		.msr = MSR_KERNEL,
		.nip = 0x2000,
		.dar = 0x7777,
	};

	for (int i = 0; i < 32; i++)
		regs.gpr[i] = 0x1000 * i;
	/* an index that leaves the sum unaligned */
	regs.gpr[12] = 0x13;

	wp_analyse(&regs, instr, &op, &access);
	KUNIT_EXPECT_EQ_MSG(test, access.start, start, "instruction %08x",
			    ppc_inst_val(instr));
	KUNIT_EXPECT_EQ_MSG(test, access.size, size, "instruction %08x",
			    ppc_inst_val(instr));
	KUNIT_EXPECT_EQ_MSG(test, access.rw, rw, "instruction %08x",
			    ppc_inst_val(instr));
	KUNIT_EXPECT_EQ(test, access.dar, 0x7777);
}

/* Encoded by hand from Book I and II: opcode, registers, displacement. */
static void test_analyse(struct kunit *test)
{
	/* lbz 3,5(4); stw 3,-4(4); lwzx 3,4,5; lwarx 3,0,4; stwcx. 3,0,4 */
	expect_access(test, ppc_inst(0x88640005), 0x4005, 1, R);
	expect_access(test, ppc_inst(0x9064fffc), 0x3ffc, 4, W);
	expect_access(test, ppc_inst(0x7c64282e), 0x9000, 4, R);
	expect_access(test, ppc_inst(0x7c602028), 0x4000, 4, R);
	expect_access(test, ppc_inst(0x7c60212d), 0x4000, 4, W);

	/* dcbz 4,12 and dcbf 4,12: a block; dcbt 0,4: no access that could hit */
	expect_access(test, ppc_inst(0x7c0467ec), 0x4000, l1_dcache_bytes(), W);
	expect_access(test, ppc_inst(0x7c0460ac), 0x4000, l1_dcache_bytes(), R);
	expect_access(test, ppc_inst(0x7c00222c), 0x7777, 0, RW);

	/* add 3,4,5; one that cannot be read; lwat 3,4,0, a fetch and add */
	expect_access(test, ppc_inst(0x7c642a14), 0x7777, 0, RW);
	expect_access(test, ppc_inst(0), 0x7777, 0, RW);
	expect_access(test, ppc_inst(0x7c64048c), 0x7777, 0, RW);

#ifdef CONFIG_ALTIVEC
	/* lvx 2,4,12 and stvewx 2,4,12, whose low address bits do not count */
	expect_access(test, ppc_inst(0x7c4460ce), 0x4010, 16, R);
	expect_access(test, ppc_inst(0x7c44618e), 0x4010, 4, W);
#endif
#ifdef CONFIG_PPC64
	/* ld 3,8(4); std 3,16(4); stdcx. 3,0,4; lq 6,32(4); stq 6,32(4) */
	expect_access(test, ppc_inst(0xe8640008), 0x4008, 8, R);
	expect_access(test, ppc_inst(0xf8640010), 0x4010, 8, W);
	expect_access(test, ppc_inst(0x7c6021ad), 0x4000, 8, W);
	expect_access(test, ppc_inst(0xe0c40020), 0x4020, 16, R);
	expect_access(test, ppc_inst(0xf8c40022), 0x4020, 16, W);
#endif
#ifdef CONFIG_VSX
	/* lxvd2x 2,4,12 */
	expect_access(test, ppc_inst(0x7c446698), 0x4013, 16, R);
#endif
}

static void test_prefixed(struct kunit *test)
{
	if (!cpu_has_feature(CPU_FTR_ARCH_31))
		kunit_skip(test, "the processor has no prefixed instructions");

	/* plwz 3,0x12345(4); pstd 3,0x100(0),1, which counts from itself */
	expect_access(test, ppc_inst_prefix(0x06000001, 0x80642345), 0x16345, 4, R);
	expect_access(test, ppc_inst_prefix(0x04100000, 0xf4600100), 0x2100, 8, W);
}

#ifdef CONFIG_HAVE_HW_BREAKPOINT
static void test_parse(struct kunit *test)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = 0x10000203,
		.bp_len = 4,
	};
	struct perf_event *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);
	struct arch_hw_breakpoint hw = { };

	KUNIT_ASSERT_NOT_NULL(test, bp);
	if (!ppc_breakpoint_available()) {
		KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw),
				-ENODEV);
		return;
	}
	KUNIT_ASSERT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), 0);
	KUNIT_EXPECT_EQ(test, hw.address, 0x10000203);
	KUNIT_EXPECT_EQ(test, hw.len, 4);
	KUNIT_EXPECT_EQ(test, hw.hw_len, 8);
	KUNIT_EXPECT_EQ(test, hw.type, W | T | U | K | H);

	attr.bp_type = HW_BREAKPOINT_X;
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL);
	attr.bp_type = HW_BREAKPOINT_RW;
	attr.bp_len = 0;
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL);
	attr.bp_len = 1ULL << 32;
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL);
	attr.bp_addr = -4UL;
	attr.bp_len = 8;
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL);

	if (!dawr_enabled())
		return;
	attr.bp_addr = 0x10000200;
	attr.bp_len = 512;
	hw = (struct arch_hw_breakpoint) { };
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), 0);
	KUNIT_EXPECT_EQ(test, hw.hw_len, 512);
	attr.bp_len = 513;
	KUNIT_EXPECT_EQ(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL);
}

/* Of what a hit needs on any CPU nothing can be watched. */
static void test_parse_own_state(struct kunit *test)
{
	struct perf_event *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);
	struct perf_event_attr attr = { .bp_len = 8, .bp_type = HW_BREAKPOINT_W };
	struct arch_hw_breakpoint hw = { };
	int cpu;

	KUNIT_ASSERT_NOT_NULL(test, bp);
	if (!ppc_breakpoint_available())
		kunit_skip(test, "this machine's watchpoint registers are out of use");
	for_each_possible_cpu(cpu) {
		attr.bp_addr = (unsigned long)per_cpu_ptr(&wp_registers, cpu);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL,
				    "registers of CPU %d", cpu);
#ifdef CONFIG_PPC64
		attr.bp_addr = (unsigned long)paca_ptrs[cpu];
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL,
				    "paca of CPU %d", cpu);
#endif
	}
}
#endif

static struct kunit_case hw_breakpoint_test_cases[] = {
	KUNIT_CASE(test_encode),
	KUNIT_CASE(test_dawr_range),
	KUNIT_CASE(test_match),
	KUNIT_CASE(test_analyse),
	KUNIT_CASE(test_prefixed),
#ifdef CONFIG_HAVE_HW_BREAKPOINT
	KUNIT_CASE(test_parse),
	KUNIT_CASE(test_parse_own_state),
#endif
	{ },
};

static struct kunit_suite hw_breakpoint_test_suite = {
	.name = "hw_breakpoint_powerpc",
	.test_cases = hw_breakpoint_test_cases,
};

kunit_test_suites(&hw_breakpoint_test_suite);
