// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of the DR7 encoding, against values worked out by hand from the
 * layout in the Intel SDM volume 3B, figure 18-1: Ln and Gn in bits 2n and
 * 2n + 1, GE in bit 9, R/Wn in bits 16 + 4n and up, LENn in bits 18 + 4n and up.
 */
#include <kunit/test.h>

#include <linux/hw_breakpoint.h>

struct dr7_case {
	int		drnum;
	unsigned int	len;
	unsigned int	type;
	unsigned long	dr7;
};

static const struct dr7_case dr7_cases[] = {
	{ 0, X86_BREAKPOINT_LEN_X, X86_BREAKPOINT_EXECUTE, 0x00000202 },
	{ 1, X86_BREAKPOINT_LEN_X, X86_BREAKPOINT_EXECUTE, 0x00000208 },
	{ 0, X86_BREAKPOINT_LEN_1, X86_BREAKPOINT_WRITE,   0x00010202 },
	{ 0, X86_BREAKPOINT_LEN_2, X86_BREAKPOINT_WRITE,   0x00050202 },
	{ 0, X86_BREAKPOINT_LEN_4, X86_BREAKPOINT_RW,      0x000f0202 },
	{ 1, X86_BREAKPOINT_LEN_4, X86_BREAKPOINT_WRITE,   0x00d00208 },
	{ 2, X86_BREAKPOINT_LEN_1, X86_BREAKPOINT_RW,      0x03000220 },
	{ 3, X86_BREAKPOINT_LEN_2, X86_BREAKPOINT_RW,      0x70000280 },
#ifdef CONFIG_X86_64
	{ 2, X86_BREAKPOINT_LEN_8, X86_BREAKPOINT_WRITE,   0x09000220 },
	{ 3, X86_BREAKPOINT_LEN_8, X86_BREAKPOINT_RW,      0xb0000280 },
#endif
};

static void test_encode(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(dr7_cases); i++) {
		const struct dr7_case *c = &dr7_cases[i];
		unsigned int len, type;

		KUNIT_EXPECT_EQ_MSG(test, encode_dr7(c->drnum, c->len, c->type),
				    c->dr7, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test,
				    decode_dr7(c->dr7, c->drnum, &len, &type),
				    DR_GLOBAL_ENABLE, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, len, c->len, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, type, c->type, "case %d", i);
	}
}

static void test_decode(struct kunit *test)
{
	unsigned int len, type;
	int gen_len, gen_type;

	/* A local enable bit counts, the control bits alone do not. */
	KUNIT_EXPECT_EQ(test, decode_dr7(0x00000010, 2, &len, &type),
			DR_LOCAL_ENABLE);
	KUNIT_EXPECT_EQ(test, decode_dr7(0xffff03f3, 1, &len, &type), 0);
	/* R/W 10b: I/O, which nothing encodes. */
	KUNIT_EXPECT_EQ(test, decode_dr7(0x00020001, 0, &len, &type),
			DR_LOCAL_ENABLE);
	KUNIT_EXPECT_EQ(test, type, 0x82);
	KUNIT_EXPECT_EQ(test, arch_bp_generic_fields(len, type, &gen_len,
						     &gen_type), -EINVAL);
}

static void test_bits(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dr7_bits(0), 0x000f0003);
	KUNIT_EXPECT_EQ(test, dr7_bits(1), 0x00f0000c);
	KUNIT_EXPECT_EQ(test, dr7_bits(3), 0xf00000c0);
	KUNIT_EXPECT_EQ(test, dr7_len_bytes(X86_BREAKPOINT_LEN_1), 1);
	KUNIT_EXPECT_EQ(test, dr7_len_bytes(X86_BREAKPOINT_LEN_2), 2);
	KUNIT_EXPECT_EQ(test, dr7_len_bytes(X86_BREAKPOINT_LEN_4), 4);
#ifdef CONFIG_X86_64
	KUNIT_EXPECT_EQ(test, dr7_len_bytes(X86_BREAKPOINT_LEN_8), 8);
#endif
}

static void test_generic(struct kunit *test)
{
	int len, type;

	KUNIT_EXPECT_EQ(test, arch_bp_generic_fields(X86_BREAKPOINT_LEN_4,
						     X86_BREAKPOINT_RW,
						     &len, &type), 0);
	KUNIT_EXPECT_EQ(test, len, 4);
	KUNIT_EXPECT_EQ(test, type, HW_BREAKPOINT_RW);
	KUNIT_EXPECT_EQ(test, arch_bp_generic_fields(X86_BREAKPOINT_LEN_X,
						     X86_BREAKPOINT_EXECUTE,
						     &len, &type), 0);
	KUNIT_EXPECT_EQ(test, len, sizeof(long));
	KUNIT_EXPECT_EQ(test, type, HW_BREAKPOINT_X);
	KUNIT_EXPECT_EQ(test, arch_bp_generic_fields(X86_BREAKPOINT_LEN_2,
						     X86_BREAKPOINT_EXECUTE,
						     &len, &type), -EINVAL);
	KUNIT_EXPECT_EQ(test, arch_bp_generic_fields(0, X86_BREAKPOINT_WRITE,
						     &len, &type), -EINVAL);
}

static struct kunit_case dr7_test_cases[] = {
	KUNIT_CASE(test_encode),
	KUNIT_CASE(test_decode),
	KUNIT_CASE(test_bits),
	KUNIT_CASE(test_generic),
	{ },
};

static struct kunit_suite dr7_test_suite = {
	.name = "hw_breakpoint_x86",
	.test_cases = dr7_test_cases,
};

kunit_test_suites(&dr7_test_suite);
