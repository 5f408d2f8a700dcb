// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of the control registers' encoding, against values worked out by
 * hand from the layouts of DBGBCR<n>_EL1 and DBGWCR<n>_EL1 in the ARM ARM (DDI
 * 0487, D24.3): E in bit 0, PMC or PAC in bits 2:1 (01 EL1, 10 EL0, 11 both),
 * LSC in bits 4:3 (01 loads, 10 stores), BAS in bits 12:5, MASK in bits 28:24.
 * And of what the kernel itself can do to its registers.
 */
#include <kunit/test.h>

#include <linux/cpu_pm.h>
#include <linux/cpumask.h>
#include <linux/hw_breakpoint.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include <asm/debug-monitors.h>
#include <asm/suspend.h>

#include "hw_breakpoint.h"

#define KERNEL	0xffff800012345678UL

struct parse_case {
	u64	addr;
	u64	len;
	u32	type;
	bool	exclude_user;
	bool	exclude_kernel;
	int	ret;
	/* what is loaded, if @ret is 0 */
	u64	value;
	u32	control;
};

static const struct parse_case parse_cases[] = {
	/* BAS: any bytes of a doubleword */
	{ 0x1000, 8, HW_BREAKPOINT_W,  0, 1, 0, 0x1000, 0x00001ff5 },
	{ 0x1000, 1, HW_BREAKPOINT_W,  0, 0, 0, 0x1000, 0x00000037 },
	{ 0x1007, 1, HW_BREAKPOINT_W,  0, 1, 0, 0x1000, 0x00001015 },
	{ 0x1003, 2, HW_BREAKPOINT_R,  0, 1, 0, 0x1000, 0x0000030d },
	{ 0x1001, 3, HW_BREAKPOINT_RW, 0, 1, 0, 0x1000, 0x000001dd },
	{ 0x1004, 4, HW_BREAKPOINT_RW, 1, 0, 0, 0x1000, 0x00001e1f },
	{ 0x1001, 7, HW_BREAKPOINT_W,  0, 1, 0, 0x1000, 0x00001fd5 },
	{ KERNEL, 4, HW_BREAKPOINT_W,  0, 0, 0, KERNEL, 0x000001f3 },
	{ 0x1004, 5, HW_BREAKPOINT_W,  0, 1, -EINVAL },
	{ 0x1001, 8, HW_BREAKPOINT_W,  0, 1, -EINVAL },
	{ 0x1000, 0, HW_BREAKPOINT_W,  0, 1, -EINVAL },
	/* MASK: a power of two, aligned */
	{ 0x1000, 16,     HW_BREAKPOINT_W,  0, 1, 0, 0x1000, 0x04001ff5 },
	{ 0x1000, SZ_4K,  HW_BREAKPOINT_W,  0, 1, 0, 0x1000, 0x0c001ff5 },
	{ SZ_2G,  SZ_2G,  HW_BREAKPOINT_RW, 0, 0, 0, SZ_2G,  0x1f001fff },
	{ SZ_4G,  SZ_4G,  HW_BREAKPOINT_RW, 0, 0, -EINVAL },
	{ 0x1000, 12,     HW_BREAKPOINT_W,  0, 1, -EINVAL },
	{ 0x1008, 16,     HW_BREAKPOINT_W,  0, 1, -EINVAL },
	/* Instructions, by their length or that of a long */
	{ 0x1004, 4, HW_BREAKPOINT_X,  0, 0, 0, 0x1004, 0x000001e5 },
	{ 0x1004, 8, HW_BREAKPOINT_X,  0, 1, 0, 0x1004, 0x000001e5 },
	{ 0x1002, 4, HW_BREAKPOINT_X,  0, 1, -EINVAL },
	{ 0x1000, 2, HW_BREAKPOINT_X,  0, 1, -EINVAL },
	{ 0x1000, 16, HW_BREAKPOINT_X, 0, 1, -EINVAL },
	/* A tag is none of the register's; nothing lies behind the end. */
	{ 0x5a00000000001000, 8, HW_BREAKPOINT_W, 0, 1, 0, 0x1000, 0x00001ff5 },
	{ U64_MAX, 2, HW_BREAKPOINT_W, 0, 0, -EINVAL },
	{ 0x1000, 4, HW_BREAKPOINT_EMPTY, 0, 0, -EINVAL },
	{ 0x1000, 4, HW_BREAKPOINT_X | HW_BREAKPOINT_W, 0, 0, -EINVAL },
};

static void test_parse(struct kunit *test)
{
	struct perf_event *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bp);
	for (int i = 0; i < ARRAY_SIZE(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		const struct perf_event_attr attr = {
			.bp_addr	= c->addr,
			.bp_len		= c->len,
			.bp_type	= c->type,
			.exclude_user	= c->exclude_user,
			.exclude_kernel	= c->exclude_kernel,
		};
		struct arch_hw_breakpoint hw = { };

		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_arch_parse(bp, &attr, &hw),
				    c->ret, "case %d", i);
		if (c->ret)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, hw.address, c->value, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, encode_ctrl_reg(hw.ctrl), c->control,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_first(&hw),
				    (u64)sign_extend64(c->addr, 55), "case %d", i);
		if (c->type != HW_BREAKPOINT_X)
			KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_last(&hw) -
					    hw_breakpoint_first(&hw) + 1,
					    c->len, "case %d", i);
	}
}

/* Of what this back-end keeps of any CPU nothing can be watched. */
static void test_own_state(struct kunit *test)
{
	struct perf_event *bp = kunit_kzalloc(test, sizeof(*bp), GFP_KERNEL);
	struct perf_event_attr attr = {
		.bp_len		= HW_BREAKPOINT_LEN_1,
		.bp_type	= HW_BREAKPOINT_W,
	};
	struct arch_hw_breakpoint hw = { };
	int cpu;

	KUNIT_ASSERT_NOT_NULL(test, bp);
	for_each_possible_cpu(cpu) {
		attr.bp_addr = (unsigned long)per_cpu_ptr(&kernel_step, cpu);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_arch_parse(bp, &attr, &hw), -EINVAL,
				    "CPU %d", cpu);
	}
}

static void test_distance(struct kunit *test)
{
	/* Bytes 2 to 5 of a doubleword. */
	const struct arch_hw_breakpoint bytes = {
		.address = 0x1000, .ctrl = { .len = 0x3c },
	};
	/* A page. */
	const struct arch_hw_breakpoint page = {
		.address = 0x1000, .ctrl = { .len = 0xff, .mask = 12 },
	};

	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&bytes, 0x0ffe), 4);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&bytes, 0x1001), 1);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&bytes, 0x1002), 0);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&bytes, 0x1005), 0);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&bytes, 0x1006), 1);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&page, 0x0fff), 1);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&page, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&page, 0x1fff), 0);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_distance(&page, 0x2000), 1);
}

struct tracer_case {
	u32	control;
	int	ret;
	int	len;
	int	type;
	int	offset;
};

static const struct tracer_case tracer_cases[] = {
	{ 0x00001ff5, 0, 8, HW_BREAKPOINT_W, 0 },
	{ 0x0000030d, 0, 2, HW_BREAKPOINT_R, 3 },
	{ 0x00001e1d, 0, 4, HW_BREAKPOINT_RW, 4 },
	{ 0x000001e5, 0, 4, HW_BREAKPOINT_X, 0 },
	{ 0x00000185, 0, 2, HW_BREAKPOINT_X, 2 },
	{ 0x0c001ff5, 0, SZ_4K, HW_BREAKPOINT_W, 0 },
	/* no bytes, bytes with a gap */
	{ 0x00000015, -EINVAL },
	{ 0x000000b5, -EINVAL },
	/* MASK 2 and 31, with part of the bytes, for an instruction */
	{ 0x02001ff5, -EINVAL },
	{ 0x1f001ff5, -EINVAL },
	{ 0x0c0001f5, -EINVAL },
	{ 0x0c0001e5, -EINVAL },
};

static void test_tracer(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(tracer_cases); i++) {
		const struct tracer_case *c = &tracer_cases[i];
		struct arch_hw_breakpoint_ctrl ctrl;
		int len, type, offset;

		decode_ctrl_reg(c->control, &ctrl);
		KUNIT_EXPECT_EQ_MSG(test, encode_ctrl_reg(ctrl), c->control,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, arch_bp_generic_fields(ctrl, &len, &type,
								 &offset),
				    c->ret, "case %d", i);
		if (c->ret)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, len, c->len, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, type, c->type, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, offset, c->offset, "case %d", i);
	}
}

static void test_simulate(struct kunit *test)
{
	/* EL1h with D and I masked, N and Z set; x3 says A and F. */
	struct pt_regs regs = { .pstate = 0xc0000285 };

	regs.regs[3] = 0x140;

	/* mrs x5, daif; mrs xzr, daif */
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_simulate_daif(0xd53b4225, &regs));
	KUNIT_EXPECT_EQ(test, regs.regs[5], 0x280);
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_simulate_daif(0xd53b423f, &regs));
	/* msr daifset, #3 */
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_simulate_daif(0xd50343df, &regs));
	KUNIT_EXPECT_EQ(test, regs.pstate, 0xc00002c5);
	/* msr daifclr, #0xb */
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_simulate_daif(0xd5034bff, &regs));
	KUNIT_EXPECT_EQ(test, regs.pstate, 0xc0000005);
	/* msr daif, x3 */
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_simulate_daif(0xd51b4223, &regs));
	KUNIT_EXPECT_EQ(test, regs.pstate, 0xc0000145);
	/* nop; mrs x0, nzcv; msr spsel, #1 */
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_simulate_daif(0xd503201f, &regs));
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_simulate_daif(0xd53b4200, &regs));
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_simulate_daif(0xd50041bf, &regs));
	KUNIT_EXPECT_EQ(test, regs.pstate, 0xc0000145);
}

struct exclusive_case {
	u32	insn;
	bool	load, store, pair;
	int	size;
};

/* As an assembler has them. */
static const struct exclusive_case exclusive_cases[] = {
	/* ldxrb w1, [x2]; stlxrh w3, w1, [x2]; ldaxr w1, [x2]; stxr w3, x1, [x2] */
	{ 0x085f7c41, .load  = true, .size = 1 },
	{ 0x4803fc41, .store = true, .size = 2 },
	{ 0x885ffc41, .load  = true, .size = 4 },
	{ 0xc8037c41, .store = true, .size = 8 },
	/* ldxp w1, w4, [x2]; stlxp w3, x1, x4, [x2] */
	{ 0x887f1041, .load  = true, .pair = true, .size = 8 },
	{ 0xc8239041, .store = true, .pair = true, .size = 16 },
	/* ldar w1, [x2]; stlr w1, [x2]; casp x0, x1, x2, x3, [x4]; cas; ldr; ldxr's CLREX */
	{ 0x88dffc41 },
	{ 0x889ffc41 },
	{ 0x48207c82 },
	{ 0x88a17c41 },
	{ 0xb9400041 },
	{ 0xd5033f5f },
};

static void test_exclusive_decode(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(exclusive_cases); i++) {
		const struct exclusive_case *c = &exclusive_cases[i];
		u32 insn = c->insn;

		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_is_load_exclusive(insn),
				    c->load, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_is_store_exclusive(insn),
				    c->store, "case %d", i);
		if (!c->size)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_exclusive_size(insn),
				    c->size, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_exclusive_rt(insn), 1,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_exclusive_rn(insn), 2,
				    "case %d", i);
		if (c->store)
			KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_exclusive_rs(insn),
					    3, "case %d", i);
		if (c->pair)
			KUNIT_EXPECT_EQ_MSG(test, hw_breakpoint_exclusive_rt2(insn),
					    4, "case %d", i);
	}
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_is_clrex(0xd5033f5f));
	/* isb; msr daifset, #2; ret; b . */
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_is_clrex(0xd5033fdf));
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_is_system(0xd50342df));
	KUNIT_EXPECT_TRUE(test, hw_breakpoint_is_system(0xd65f03c0));
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_is_system(0x14000000));
}

/*
 * Hits of the kernel itself.
 */

static u64 watched;
static int hits;

static void count_hit(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs)
{
	hits++;
}

/* Watch it on this CPU, which the caller stays on. */
static struct perf_event *watch_here(struct kunit *test, int type)
{
	struct perf_event_attr attr;
	struct perf_event *bp;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&watched;
	attr.bp_len = HW_BREAKPOINT_LEN_8;
	attr.bp_type = type;
	hits = 0;
	bp = perf_event_create_kernel_counter(&attr, raw_smp_processor_id(), NULL,
					      count_hit, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bp));
	return bp;
}

/* The kernel's atomics are such loops where the CPU has no others. */
static int add_exclusive(u64 *p, int enough)
{
	int tries = 0, failed;
	u64 v;

	asm volatile("1:	add	%w[tries], %w[tries], #1\n"
		     "	cmp	%w[tries], %w[enough]\n"
		     "	b.hi	2f\n"
		     "	ldxr	%[v], %[p]\n"
		     "	add	%[v], %[v], #1\n"
		     "	stxr	%w[failed], %[v], %[p]\n"
		     "	cbnz	%w[failed], 1b\n"
		     "2:"
		     : [tries] "+&r" (tries), [failed] "=&r" (failed),
		       [v] "=&r" (v), [p] "+Q" (*p)
		     : [enough] "r" (enough)
		     : "cc");
	return tries;
}

static void test_exclusive_in_kernel(struct kunit *test)
{
	const int times = 10, enough = 100;
	struct perf_event *bp;
	unsigned long flags;
	int tries = 0;

	migrate_disable();
	bp = watch_here(test, HW_BREAKPOINT_R | HW_BREAKPOINT_W);
	WRITE_ONCE(watched, 0);
	WRITE_ONCE(hits, 0);
	for (int i = 0; i < times; i++) {
		/* Interrupts are, or are not, disabled, and are so afterwards. */
		if (i % 2)
			local_irq_save(flags);
		tries += add_exclusive(&watched, enough);
		KUNIT_EXPECT_EQ(test, irqs_disabled(), i % 2);
		if (i % 2)
			local_irq_restore(flags);
	}
	KUNIT_EXPECT_EQ(test, READ_ONCE(hits), tries + times);
	KUNIT_EXPECT_GE(test, 2 * times, tries);
	unregister_hw_breakpoint(bp);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, watched, times);
}

/*
 * CPU PM: what firmware leaves in the registers is unknown, and must not hit, nor
 * be left out, from the resume path on.
 */
#ifdef CONFIG_CPU_PM
static void clobber_registers(void)
{
	/* An address that nothing accesses, enabled for all at any level. */
	write_sysreg(0xffff000000001000, dbgwvr0_el1);
	write_sysreg(0x1fff, dbgwcr0_el1);
	write_sysreg(0xffff000000002000, dbgwvr1_el1);
	write_sysreg(0x1fff, dbgwcr1_el1);
	write_sysreg(0xffff000000003000, dbgbvr0_el1);
	write_sysreg(0x1e7, dbgbcr0_el1);
	isb();
}

static void test_cpu_pm(struct kunit *test)
{
	u64 before[2], after[2], others;
	struct perf_event *bp;
	unsigned long flags;

	migrate_disable();
	bp = watch_here(test, HW_BREAKPOINT_W);
	local_irq_save(flags);
	before[0] = read_sysreg(dbgwvr0_el1);
	before[1] = read_sysreg(dbgwcr0_el1);
	KUNIT_EXPECT_EQ(test, cpu_pm_enter(), 0);
	clobber_registers();
	__cpu_suspend_exit();
	cpu_pm_exit();
	after[0] = read_sysreg(dbgwvr0_el1);
	after[1] = read_sysreg(dbgwcr0_el1);
	others = read_sysreg(dbgwcr1_el1) | read_sysreg(dbgbcr0_el1);
	local_irq_restore(flags);
	WRITE_ONCE(watched, 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(hits), 1);
	unregister_hw_breakpoint(bp);
	migrate_enable();

	KUNIT_EXPECT_EQ(test, before[0], (unsigned long)&watched);
	/* E, PAC 01, stores, all bytes */
	KUNIT_EXPECT_EQ(test, before[1], 0x1ff3);
	KUNIT_EXPECT_EQ(test, after[0], before[0]);
	KUNIT_EXPECT_EQ(test, after[1], before[1]);
	KUNIT_EXPECT_EQ(test, others, 0);
}
#endif

static struct kunit_case arm64_test_cases[] = {
	KUNIT_CASE(test_parse),
	KUNIT_CASE(test_own_state),
	KUNIT_CASE(test_distance),
	KUNIT_CASE(test_tracer),
	KUNIT_CASE(test_simulate),
	KUNIT_CASE(test_exclusive_decode),
	KUNIT_CASE(test_exclusive_in_kernel),
#ifdef CONFIG_CPU_PM
	KUNIT_CASE(test_cpu_pm),
#endif
	{ },
};

static struct kunit_suite arm64_test_suite = {
	.name = "hw_breakpoint_arm64",
	.test_cases = arm64_test_cases,
};

kunit_test_suites(&arm64_test_suite);
