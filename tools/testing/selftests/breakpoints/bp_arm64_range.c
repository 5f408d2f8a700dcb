// SPDX-License-Identifier: GPL-2.0
/*
 * arm64: which bytes a watchpoint watches. Any run of bytes of one doubleword
 * (BAS), or an aligned power of two up to 2 GiB (MASK); and accesses that begin
 * before the watched bytes.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define GIB	(1024ull * 1024 * 1024)

static int open_watch(unsigned int type, const volatile void *p, __u64 len)
{
	struct perf_event_attr attr = bp_attr(type, p, len);

	return bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

/* Hits by one store of a byte. */
static __u64 hits_of_store(int fd, volatile void *p)
{
	__u64 before = bp_hits(fd);

	bp_store(p, 1);
	return bp_hits(fd) - before;
}

static __u64 hits_of_load(int fd, volatile void *p)
{
	__u64 before = bp_hits(fd);

	bp_load(p, 1);
	return bp_hits(fd) - before;
}

FIXTURE(bytes)
{
};

FIXTURE_VARIANT(bytes)
{
	unsigned int type;
};

FIXTURE_VARIANT_ADD(bytes, w) { .type = HW_BREAKPOINT_W };
FIXTURE_VARIANT_ADD(bytes, r) { .type = HW_BREAKPOINT_R };
FIXTURE_VARIANT_ADD(bytes, rw) { .type = HW_BREAKPOINT_RW };

FIXTURE_SETUP(bytes)
{
}

FIXTURE_TEARDOWN(bytes)
{
}

TEST_F(bytes, every_run_inside_a_doubleword_is_exactly_that)
{
	for (int at = 0; at < 8; at++) {
		for (int len = 1; at + len <= 8; len++) {
			int fd = open_watch(variant->type, bp_data + 16 + at, len);

			ASSERT_LE(0, fd);
			for (int i = 0; i < 40; i++) {
				bool in = i >= 16 + at && i < 16 + at + len;

				ASSERT_EQ(in && variant->type & HW_BREAKPOINT_W,
					  hits_of_store(fd, bp_data + i)) {
					TH_LOG("watch %d+%d, store to %d", 16 + at, len, i);
				}
				ASSERT_EQ(in && variant->type & HW_BREAKPOINT_R,
					  hits_of_load(fd, bp_data + i)) {
					TH_LOG("watch %d+%d, load of %d", 16 + at, len, i);
				}
			}
			close(fd);
		}
	}
}

TEST(a_run_across_doublewords_is_refused)
{
	for (int at = 0; at < 8; at++) {
		for (int len = 9 - at; len <= 8; len++) {
			EXPECT_EQ(-EINVAL, open_watch(HW_BREAKPOINT_W, bp_data + at, len)) {
				TH_LOG("%d+%d", at, len);
			}
		}
	}
}

TEST(every_register_holds_a_run_of_its_own)
{
	int n = bp_caps.data_regs, fds[16];

	ASSERT_GE(16, n);
	for (int i = 0; i < n; i++) {
		fds[i] = open_watch(HW_BREAKPOINT_W, bp_data + 8 * i + i % 6, 3);
		ASSERT_LE(0, fds[i]);
	}
	for (int i = 0; i < 8 * n; i++)
		bp_store(bp_data + i, 1);
	for (int i = 0; i < n; i++)
		EXPECT_EQ(3, bp_hits(fds[i]));
	bp_close_many(fds, n);
}

/* Reserved, hardly touched: what a range is laid over, with room on both sides. */
FIXTURE(range)
{
	volatile __u8 *map, *base;
};

#define MAP_SIZE	(6 * GIB)

FIXTURE_SETUP(range)
{
	self->map = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_TRUE(self->map != MAP_FAILED);
	/* Two GiB, aligned, with more than a page before them. */
	self->base = (void *)(((uintptr_t)self->map + 4096 + 2 * GIB - 1) & ~(2 * GIB - 1));
}

FIXTURE_TEARDOWN(range)
{
	munmap((void *)self->map, MAP_SIZE);
}

TEST_F(range, each_power_of_two_is_watched_from_end_to_end)
{
	for (__u64 len = 8; len <= 2 * GIB; len *= 2) {
		int fd = open_watch(HW_BREAKPOINT_W, self->base, len);

		ASSERT_LE(0, fd) {
			TH_LOG("length %llu", len);
		}
		EXPECT_EQ(1, hits_of_store(fd, self->base));
		EXPECT_EQ(1, hits_of_store(fd, self->base + 7));
		EXPECT_EQ(1, hits_of_store(fd, self->base + len / 2));
		EXPECT_EQ(1, hits_of_store(fd, self->base + len - 1));
		EXPECT_EQ(0, hits_of_load(fd, self->base + len / 2));
		EXPECT_EQ(0, hits_of_store(fd, self->base - 1));
		EXPECT_EQ(0, hits_of_store(fd, self->base + len));
		EXPECT_EQ(4, bp_hits(fd)) {
			TH_LOG("length %llu", len);
		}
		close(fd);
	}
}

TEST_F(range, reads_are_watched_where_asked_for)
{
	for (__u64 len = 8; len <= 2 * GIB; len *= 16) {
		int fd = open_watch(HW_BREAKPOINT_R, self->base, len);

		ASSERT_LE(0, fd);
		EXPECT_EQ(1, hits_of_load(fd, self->base));
		EXPECT_EQ(1, hits_of_load(fd, self->base + len - 1));
		EXPECT_EQ(0, hits_of_store(fd, self->base + len - 1));
		EXPECT_EQ(0, hits_of_load(fd, self->base + len));
		close(fd);
	}
}

TEST_F(range, not_a_power_of_two_not_aligned_and_too_long_are_refused)
{
	static const __u64 lens[] = { 9, 10, 12, 15, 24, 96, 4095, 3 * GIB, 4 * GIB, 1ull << 40 };

	for (int i = 0; i < ARRAY_SIZE(lens); i++)
		EXPECT_EQ(-EINVAL, open_watch(HW_BREAKPOINT_W, self->base, lens[i]));
	for (__u64 len = 16; len <= 2 * GIB; len *= 2) {
		EXPECT_EQ(-EINVAL, open_watch(HW_BREAKPOINT_W, self->base + len / 2, len));
		EXPECT_EQ(-EINVAL, open_watch(HW_BREAKPOINT_W, self->base + 1, len));
	}
}

TEST_F(range, a_small_watch_inside_a_range_and_the_range_both_hit)
{
	int range = open_watch(HW_BREAKPOINT_W, self->base, 4096);
	int small = open_watch(HW_BREAKPOINT_W, self->base + 1026, 2);

	ASSERT_LE(0, range);
	ASSERT_LE(0, small);
	bp_store(self->base + 1024, 1);
	bp_store(self->base + 1026, 2);
	bp_store(self->base + 1028, 4);
	EXPECT_EQ(3, bp_hits(range));
	EXPECT_EQ(1, bp_hits(small));
	close(range);
	close(small);
}

TEST_F(range, modify_moves_between_bytes_and_ranges)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, self->base + 1, 3);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	for (int i = 0; i < 3; i++) {
		attr.bp_addr = (uintptr_t)self->base;
		attr.bp_len = 1 << 20;
		ASSERT_EQ(0, bp_modify(fd, &attr));
		EXPECT_EQ(1, hits_of_store(fd, self->base + (1 << 20) - 1));
		EXPECT_EQ(1, hits_of_store(fd, self->base + 4));
		attr.bp_addr = (uintptr_t)self->base + 1;
		attr.bp_len = 3;
		ASSERT_EQ(0, bp_modify(fd, &attr));
		EXPECT_EQ(0, hits_of_store(fd, self->base + (1 << 20) - 1));
		EXPECT_EQ(0, hits_of_store(fd, self->base + 4));
		EXPECT_EQ(1, hits_of_store(fd, self->base + 3));
	}
	close(fd);
}

TEST_F(range, an_access_that_begins_before_it_hits)
{
	int fd = open_watch(HW_BREAKPOINT_W, self->base + 4096, 64);
	volatile __u8 *begin = self->base + 4096;

	ASSERT_LE(0, fd);
	asm volatile("stp xzr, xzr, [%0]" : : "r"(begin - 8) : "memory");
	EXPECT_EQ(1, bp_hits(fd));
	asm volatile("stp xzr, xzr, [%0]" : : "r"(begin - 16) : "memory");
	EXPECT_EQ(1, bp_hits(fd));
	asm volatile("stp xzr, xzr, [%0]" : : "r"(begin + 56) : "memory");
	EXPECT_EQ(2, bp_hits(fd));
	asm volatile("stp xzr, xzr, [%0]" : : "r"(begin + 64) : "memory");
	EXPECT_EQ(2, bp_hits(fd));
	close(fd);
}

/* Each access begins before the watched bytes, and ends with or behind them. */
TEST(wider_accesses_hit_a_byte_in_the_middle_of_them)
{
	int fd = open_watch(HW_BREAKPOINT_RW, bp_data + 29, 1);
	volatile __u8 *p = bp_data + 16;
	__u64 a, b, hits = 0;

	ASSERT_LE(0, fd);
	bp_store(bp_data + 24, 8);
	EXPECT_EQ(++hits, bp_hits(fd));
	bp_load(bp_data + 28, 4);
	EXPECT_EQ(++hits, bp_hits(fd));
	bp_store(bp_data + 28, 2);
	EXPECT_EQ(++hits, bp_hits(fd));
	asm volatile("stp xzr, xzr, [%0]" : : "r"(p) : "memory");
	EXPECT_EQ(++hits, bp_hits(fd));
	asm volatile("ldp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(p) : "memory");
	EXPECT_EQ(++hits, bp_hits(fd));
	asm volatile("movi v0.2d, #0\n\tstr q0, [%0]" : : "r"(p) : "v0", "memory");
	EXPECT_EQ(++hits, bp_hits(fd));
	asm volatile("ldr q0, [%0]" : : "r"(p) : "v0", "memory");
	EXPECT_EQ(++hits, bp_hits(fd));
	/* And those that end right before it do not. */
	bp_store(bp_data + 28, 1);
	bp_store(bp_data + 24, 4);
	asm volatile("stp wzr, wzr, [%0]" : : "r"(p) : "memory");
	EXPECT_EQ(hits, bp_hits(fd));
	close(fd);
}

/* The block that DC ZVA zeroes; 0 if it is not for user space. */
static unsigned int zva_block(void)
{
	__u64 dczid;

	asm("mrs %0, dczid_el0" : "=r"(dczid));
	return dczid & 0x10 ? 0 : 4u << (dczid & 0xf);
}

TEST_F(range, zeroing_a_block_hits_each_watch_in_it_once)
{
	unsigned int block = zva_block(), at[2] = { 8, 40 };
	int fds[2];

	if (!block)
		SKIP(return, "no DC ZVA for user space here");
	at[1] = block - 3;
	for (int i = 0; i < 2; i++) {
		fds[i] = open_watch(HW_BREAKPOINT_W, self->base + at[i], 2);
		ASSERT_LE(0, fds[i]);
	}
	memset((void *)self->base, 0xff, 2 * block);
	EXPECT_LE(1, bp_hits(fds[0]));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, ioctl(fds[i], PERF_EVENT_IOC_RESET, 0));
	for (int i = 1; i <= 3; i++) {
		asm volatile("dc zva, %0" : : "r"(self->base + 24) : "memory");
		EXPECT_EQ(i, bp_hits(fds[0]));
		EXPECT_EQ(i, bp_hits(fds[1]));
		asm volatile("dc zva, %0" : : "r"(self->base + block) : "memory");
		EXPECT_EQ(i, bp_hits(fds[0]));
	}
	EXPECT_EQ(0, self->base[block - 1]);
	bp_close_many(fds, 2);
}

/* An address with a tag (TBI) is the same address. */
TEST(an_access_through_a_tagged_pointer_hits)
{
	__u64 tag = 0x5aull << 56;
	int fd;

	if (bp_tcg())
		SKIP(return, "QEMU's TCG compares the tag of an address too");
	fd = open_watch(HW_BREAKPOINT_W, bp_data + 1, 3);
	ASSERT_LE(0, fd);
	bp_store((void *)((uintptr_t)bp_data + 2 + tag), 1);
	EXPECT_EQ(1, bp_hits(fd));
	close(fd);
}

TEST_HARNESS_MAIN
