// SPDX-License-Identifier: GPL-2.0
/*
 * powerpc: which bytes a watchpoint watches. The hardware (DAWR) matches whole
 * doublewords; that only accesses to the asked-for 1 to 512 bytes are told of is
 * the kernel's doing, as is that each is told of once, whatever instruction makes
 * it.
 */
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10
#define BLOCK	512

/* Begins a block of 512 bytes; room for two of them, and some on either side. */
static struct {
	__u8 before[BLOCK];
	volatile __u8 at[2 * BLOCK];
	__u8 behind[BLOCK];
} area __attribute__((aligned(BLOCK)));

static int open_watch(unsigned int type, const volatile void *p, __u64 len)
{
	struct perf_event_attr attr = bp_attr(type, p, len);

	return bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

static __u64 hits_of_store(int fd, volatile void *p, unsigned int width)
{
	__u64 before = bp_hits(fd);

	bp_store(p, width);
	return bp_hits(fd) - before;
}

static __u64 hits_of_load(int fd, volatile void *p, unsigned int width)
{
	__u64 before = bp_hits(fd);

	bp_load(p, width);
	return bp_hits(fd) - before;
}

/* Like hits_of_store(), of a byte; what cannot be seen is taken as expected. */
static __u64 hit_in_reach(int fd, volatile __u8 *p, int len, int at)
{
	if ((uintptr_t)p + at >= bp_reach((uintptr_t)p, len))
		return 1;
	return hits_of_store(fd, p + at, 1);
}

static bool is_new(void)
{
	return getauxval(AT_HWCAP2) & PPC_FEATURE2_ARCH_3_1;
}

TEST(each_length_is_watched_from_end_to_end_and_no_further)
{
	for (int len = 1; len <= BLOCK; len += len < 24 ? 1 : 61) {
		for (int at = 0; at < 8; at++) {
			volatile __u8 *p = area.at + at;
			int fd = open_watch(HW_BREAKPOINT_W, p, len);

			if (!bp_data_ok((uintptr_t)p, len)) {
				ASSERT_EQ(-EINVAL, fd);
				continue;
			}
			ASSERT_LE(0, fd) {
				TH_LOG("%d bytes at %d", len, at);
			}
			EXPECT_EQ(1, hit_in_reach(fd, p, len, 0));
			EXPECT_EQ(1, hit_in_reach(fd, p, len, len / 2));
			EXPECT_EQ(1, hit_in_reach(fd, p, len, len - 1)) {
				TH_LOG("%d bytes at %d", len, at);
			}
			EXPECT_EQ(0, hits_of_store(fd, p - 1, 1));
			EXPECT_EQ(0, hits_of_store(fd, p + len, 1));
			EXPECT_EQ(0, hits_of_load(fd, p, 1)) {
				TH_LOG("beside %d bytes at %d", len, at);
			}
			close(fd);
		}
	}
}

TEST(the_full_512_bytes)
{
	int fd;

	if (bp_tcg())
		SKIP(return, BP_TCG_RANGE);
	fd = open_watch(HW_BREAKPOINT_RW, area.at, BLOCK);
	ASSERT_LE(0, fd);
	for (int i = 0; i < BLOCK; i++)
		bp_store(area.at + i, 1);
	for (int i = 0; i < BLOCK; i += 8)
		bp_load(area.at + i, 8);
	EXPECT_EQ(BLOCK + BLOCK / 8, bp_hits(fd));
	EXPECT_EQ(0, hits_of_store(fd, area.at - 8, 8));
	EXPECT_EQ(0, hits_of_store(fd, area.at + BLOCK, 8));
	close(fd);
}

/* Before ISA 3.1 a range lies in one block. */
TEST(a_range_across_blocks_is_watched_or_refused)
{
	int fd = open_watch(HW_BREAKPOINT_W, area.at + BLOCK - 8, 16);

	if (!is_new()) {
		EXPECT_EQ(-EINVAL, fd);
		return;
	}
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, hits_of_store(fd, area.at + BLOCK - 8, 1));
	EXPECT_EQ(1, hit_in_reach(fd, area.at + BLOCK - 8, 16, 15));
	EXPECT_EQ(0, hits_of_store(fd, area.at + BLOCK - 9, 1));
	EXPECT_EQ(0, hits_of_store(fd, area.at + BLOCK + 8, 1));
	close(fd);
}

TEST(too_long_is_refused)
{
	static const struct {
		int at;
		__u64 len;
	} bad[] = {
		{ 0, 0 }, { 0, 513 }, { 1, 512 }, { 7, 506 }, { 0, 1024 }, { 0, 1ull << 40 },
	};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, open_watch(HW_BREAKPOINT_W, area.at + bad[i].at, bad[i].len)) {
			TH_LOG("%llu bytes at %d", (unsigned long long)bad[i].len, bad[i].at);
		}
	}
}

TEST(neighbours_in_the_same_doubleword_are_not_told_of)
{
	for (int watched = 0; watched < 8; watched++) {
		int fd = open_watch(HW_BREAKPOINT_RW, area.at + 8 + watched, 1);

		ASSERT_LE(0, fd);
		for (int width = 1; width <= 8; width *= 2) {
			for (int at = 0; at < 24; at += width) {
				bool in = at <= 8 + watched && 8 + watched < at + width;

				EXPECT_EQ(in, hits_of_store(fd, area.at + at, width));
				EXPECT_EQ(in, hits_of_load(fd, area.at + at, width)) {
					TH_LOG("watch %d, %d bytes at %d", 8 + watched, width, at);
				}
			}
		}
		close(fd);
	}
}

TEST(reads_alone_are_watched)
{
	int fd = open_watch(HW_BREAKPOINT_R, area.at + 3, 5);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, hits_of_load(fd, area.at + 3, 1));
	EXPECT_EQ(1, hits_of_load(fd, area.at, 8));
	EXPECT_EQ(0, hits_of_store(fd, area.at, 8));
	close(fd);
}

TEST(two_ranges_side_by_side_are_told_apart)
{
	int low, high;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	low = open_watch(HW_BREAKPOINT_W, area.at, 4);
	high = open_watch(HW_BREAKPOINT_W, area.at + 4, 4);
	ASSERT_LE(0, low);
	ASSERT_LE(0, high);
	for (int i = 0; i < TIMES; i++) {
		bp_store(area.at, 4);
		bp_store(area.at + 4, 4);
		bp_store(area.at + 4, 1);
		bp_store(area.at, 8);
	}
	EXPECT_EQ(2 * TIMES, bp_hits(low));
	EXPECT_EQ(3 * TIMES, bp_hits(high));
	close(low);
	close(high);
}

/*
 * Adds 1, by load and reserve and store conditional. It is given up, and missing
 * in the sum, when the two never come together.
 */
static void add_one(volatile __u32 *p)
{
	__u64 tries = 1000;
	__u32 v;

	asm volatile("	mtctr	%1\n"
		     "1:	lwarx	%0, 0, %2\n"
		     "	addi	%0, %0, 1\n"
		     "	stwcx.	%0, 0, %2\n"
		     "	bdnzf	2, 1b\n"
		     : "=&b"(v) : "b"(tries), "b"(p) : "cc", "ctr", "memory");
}

FIXTURE(reserve)
{
};

FIXTURE_VARIANT(reserve)
{
	unsigned int type, hits;
};

FIXTURE_VARIANT_ADD(reserve, w) { .type = HW_BREAKPOINT_W, .hits = 1 };
FIXTURE_VARIANT_ADD(reserve, r) { .type = HW_BREAKPOINT_R, .hits = 1 };
FIXTURE_VARIANT_ADD(reserve, rw) { .type = HW_BREAKPOINT_RW, .hits = 2 };

FIXTURE_SETUP(reserve)
{
}

FIXTURE_TEARDOWN(reserve)
{
}

/* Interrupts between the two cost a turn more; so not exactly. */
TEST_F(reserve, an_atomic_gets_done_and_is_seen)
{
	volatile __u32 *p = (volatile __u32 *)area.at;
	int fd = open_watch(variant->type, p, 4);
	__u64 hits;

	ASSERT_LE(0, fd);
	*p = 0;
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_RESET, 0));
	for (int i = 0; i < TIMES; i++)
		add_one(p);
	hits = bp_hits(fd);
	EXPECT_LE(variant->hits * TIMES, hits);
	EXPECT_GE(variant->hits * TIMES + TIMES, hits);
	close(fd);
	EXPECT_EQ(TIMES, *p);
}

/* What lies beside the word, in the same doubleword, is not seen. */
TEST_F(reserve, an_atomic_beside_it_gets_done_and_is_not_seen)
{
	int fd = open_watch(variant->type, area.at + 4, 4);
	volatile __u32 *p = (volatile __u32 *)area.at;

	ASSERT_LE(0, fd);
	*p = 0;
	for (int i = 0; i < TIMES; i++)
		add_one(p);
	EXPECT_EQ(TIMES, *p);
	EXPECT_EQ(0, bp_hits(fd));
	close(fd);
}

/* Each instruction once, 16 bytes at a time, watched in byte 13. */
#define EACH(name, insn, ...)						\
static void name(volatile void *p)					\
{									\
	asm volatile(insn : : "b"(p) : "memory", ##__VA_ARGS__);	\
}

EACH(do_stvx, "stvx 0, 0, %0")
EACH(do_lvx, "lvx 0, 0, %0", "v0")
EACH(do_stxvd2x, "stxvd2x 32, 0, %0")
EACH(do_lxvd2x, "lxvd2x 32, 0, %0", "v0")
EACH(do_stq, "stq 4, 0(%0)")
EACH(do_lq, "lq 4, 0(%0)", "r4", "r5")

static const struct {
	const char *name;
	void (*fn)(volatile void *p);
	unsigned int type;
} wide[] = {
	{ "stvx",	do_stvx,	HW_BREAKPOINT_W },
	{ "lvx",	do_lvx,		HW_BREAKPOINT_R },
	{ "stxvd2x",	do_stxvd2x,	HW_BREAKPOINT_W },
	{ "lxvd2x",	do_lxvd2x,	HW_BREAKPOINT_R },
	{ "stq",	do_stq,		HW_BREAKPOINT_W },
	{ "lq",		do_lq,		HW_BREAKPOINT_R },
};

TEST(vectors_and_quadwords_hit_a_byte_in_them_once)
{
	for (int i = 0; i < ARRAY_SIZE(wide); i++) {
		int fd = open_watch(wide[i].type, area.at + 16 + 13, 1);

		ASSERT_LE(0, fd);
		for (int n = 1; n <= TIMES; n++) {
			wide[i].fn(area.at + 16);
			EXPECT_EQ(n, bp_hits(fd)) {
				TH_LOG("%s", wide[i].name);
			}
		}
		wide[i].fn(area.at);
		wide[i].fn(area.at + 32);
		EXPECT_EQ(TIMES, bp_hits(fd)) {
			TH_LOG("%s beside it", wide[i].name);
		}
		close(fd);
	}
}

TEST(a_quadword_is_stored_and_loaded_whole)
{
	int fd = open_watch(HW_BREAKPOINT_RW, area.at + 16, 16);
	__u64 in[2] __attribute__((aligned(16))) = { 0x0123456789abcdef, ~0ull };

	ASSERT_LE(0, fd);
	for (int n = 1; n <= TIMES; n++) {
		in[0] += n;
		asm volatile("lq 4, 0(%0)\n\tstq 4, 0(%1)"
			     : : "b"(in), "b"(area.at + 16) : "r4", "r5", "memory");
		EXPECT_EQ(n, bp_hits(fd));
	}
	close(fd);
	EXPECT_EQ(0, memcmp(in, (void *)area.at + 16, 16));
}

TEST(zeroing_a_cache_block_hits_what_is_in_it)
{
	unsigned long block = getauxval(AT_DCACHEBSIZE) ?: 128;
	int fd;

	ASSERT_GE(BLOCK, block);
	fd = open_watch(HW_BREAKPOINT_W, area.at + block - 9, 2);
	ASSERT_LE(0, fd);
	memset((void *)area.at, 0xff, 4);
	for (int i = 1; i <= TIMES; i++) {
		asm volatile("dcbz 0, %0" : : "r"(area.at + 8) : "memory");
		EXPECT_EQ(i, bp_hits(fd));
		asm volatile("dcbz 0, %0" : : "r"(area.at + block) : "memory");
		EXPECT_EQ(i, bp_hits(fd));
	}
	EXPECT_EQ(0, area.at[0]);
	close(fd);
}

TEST(the_user_alone_is_watched)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, area.at, 8);
	int fd;

	if (!bp_can_exclude_kernel())
		SKIP(return, BP_TCG_USER);
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, hits_of_store(fd, area.at, 8));
	ASSERT_EQ(0, bp_kernel_store(area.at));
	EXPECT_EQ(1, bp_hits(fd));
	close(fd);
}

TEST_HARNESS_MAIN
