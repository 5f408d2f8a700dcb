// SPDX-License-Identifier: GPL-2.0
/*
 * What a counting breakpoint counts: which accesses, of which bytes, by whom.
 * One task watches itself; the other scopes are in bp_scope.
 */
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10

static bool overlap(int a, int a_len, int b, int b_len)
{
	return a < b + b_len && b < a + a_len;
}

FIXTURE(data)
{
	int fd;
};

FIXTURE_VARIANT(data)
{
	unsigned int type, len;
};

FIXTURE_VARIANT_ADD(data, w1) { .type = HW_BREAKPOINT_W, .len = 1 };
FIXTURE_VARIANT_ADD(data, w2) { .type = HW_BREAKPOINT_W, .len = 2 };
FIXTURE_VARIANT_ADD(data, w4) { .type = HW_BREAKPOINT_W, .len = 4 };
FIXTURE_VARIANT_ADD(data, w8) { .type = HW_BREAKPOINT_W, .len = 8 };
FIXTURE_VARIANT_ADD(data, rw1) { .type = HW_BREAKPOINT_RW, .len = 1 };
FIXTURE_VARIANT_ADD(data, rw2) { .type = HW_BREAKPOINT_RW, .len = 2 };
FIXTURE_VARIANT_ADD(data, rw4) { .type = HW_BREAKPOINT_RW, .len = 4 };
FIXTURE_VARIANT_ADD(data, rw8) { .type = HW_BREAKPOINT_RW, .len = 8 };

FIXTURE_SETUP(data)
{
	struct perf_event_attr attr = bp_attr(variant->type, bp_data, variant->len);

	if (!bp_len_ok(variant->len))
		SKIP(return, "no watchpoint of %u bytes here", variant->len);
	self->fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(data)
{
	close(self->fd);
}

/* An access of the watched length; as two halves where the program has none. */
static unsigned int width_of(unsigned int len)
{
	return len < BP_MAX_WIDTH ? len : BP_MAX_WIDTH;
}

TEST_F(data, counts_each_write_exactly)
{
	for (int i = 0; i < TIMES; i++)
		bp_store(bp_data, width_of(variant->len));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(data, counts_each_read_exactly_if_reads_are_watched)
{
	for (int i = 0; i < TIMES; i++)
		bp_load(bp_data, width_of(variant->len));
	EXPECT_EQ(variant->type & HW_BREAKPOINT_R ? TIMES : 0, bp_hits(self->fd));
}

/*
 * Every position of the watch in 16 bytes, every width of access, every
 * distance between the two (in QEMU's TCG every aligned one): a hit if and only
 * if they share a byte.
 */
TEST_F(data, hits_exactly_the_accesses_that_overlap)
{
	__u64 seen = 0, hits;
	int pos, at, len = variant->len;
	unsigned int width;

	for (pos = 16; pos < 32; pos += len) {
		struct perf_event_attr attr = bp_attr(variant->type, bp_data + pos, len);

		ASSERT_EQ(0, bp_modify(self->fd, &attr));
		for (width = 1; width <= BP_MAX_WIDTH; width *= 2) {
			for (at = pos - 9; at <= pos + len; at++) {
				if (at % (int)width && bp_tcg())
					continue;
				bp_store(bp_data + at, width);
				hits = bp_hits(self->fd);
				ASSERT_EQ(overlap(pos, len, at, width), hits - seen) {
					TH_LOG("watch %d+%d, access %d+%u",
					       pos, len, at, width);
				}
				seen = hits;
			}
		}
	}
}

TEST_F(data, address_and_length_of_another_watch_do_not_matter)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data + 32, 1);
	int other;

	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	other = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, other);
	for (int i = 0; i < TIMES; i++) {
		bp_store(bp_data + 32, 1);
		bp_store(bp_data, width_of(variant->len));
		bp_load(bp_data, width_of(variant->len));
	}
	EXPECT_EQ(TIMES * __builtin_popcount(variant->type), bp_hits(self->fd));
	EXPECT_EQ(TIMES, bp_hits(other));
	close(other);
}

TEST(a_read_only_watch_counts_reads_or_is_refused)
{
	for (unsigned int len = 1; len <= 8; len *= 2) {
		struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_R, bp_data, len);
		int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);

		if (!bp_caps.read_only || !bp_len_ok(len)) {
			ASSERT_EQ(-EINVAL, fd);
			continue;
		}
		ASSERT_LE(0, fd);
		bp_do_stores(TIMES);
		EXPECT_EQ(0, bp_hits(fd));
		bp_do_loads(TIMES);
		EXPECT_EQ(TIMES, bp_hits(fd));
		close(fd);
	}
}

TEST(two_watches_of_one_address_both_count)
{
	struct perf_event_attr w = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct perf_event_attr rw = bp_attr(HW_BREAKPOINT_RW, bp_data, 1);
	int w_fd, rw_fd;

	if (bp_tcg_one_hit())
		SKIP(return, BP_TCG_ONE_HIT);
	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	w_fd = bp_open(&w, BP_SELF, BP_ANY_CPU);
	rw_fd = bp_open(&rw, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, w_fd);
	ASSERT_LE(0, rw_fd);
	bp_do_stores(TIMES);
	bp_do_loads(TIMES);
	EXPECT_EQ(TIMES, bp_hits(w_fd));
	EXPECT_EQ(2 * TIMES, bp_hits(rw_fd));
}

TEST(one_access_across_two_watches_hits_both)
{
	struct perf_event_attr low = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct perf_event_attr high = bp_attr(HW_BREAKPOINT_W, bp_data + 4, 4);
	int low_fd, high_fd;

	if (bp_tcg_one_hit())
		SKIP(return, BP_TCG_ONE_HIT);
	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	low_fd = bp_open(&low, BP_SELF, BP_ANY_CPU);
	high_fd = bp_open(&high, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, low_fd);
	ASSERT_LE(0, high_fd);
	for (int i = 0; i < TIMES; i++)
		bp_store(bp_data + 3, 2);
	EXPECT_EQ(TIMES, bp_hits(low_fd));
	EXPECT_EQ(TIMES, bp_hits(high_fd));
}

TEST(an_atomic_read_modify_write_is_one_hit)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data, 4);
	volatile __u32 *p = (volatile __u32 *)bp_data;
	int fd;

	if (!bp_caps.one_atomic)
		SKIP(return, "an atomic is a sequence of loads and stores here");
	if (bp_tcg())
		SKIP(return, BP_TCG_ATOMIC);
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(TIMES, bp_hits(fd));
}

TEST(every_register_is_used_at_once_and_counts_its_own)
{
	int fds[32], n = bp_caps.data_regs;

	ASSERT_LE(n, (int)sizeof(bp_data) / 8);
	for (int i = 0; i < n; i++) {
		struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8 * i, 8);

		fds[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
	}
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++)
			bp_store(bp_data + 8 * i, 1);
	}
	for (int i = 0; i < n; i++)
		EXPECT_EQ(i + 1, bp_hits(fds[i]));
	bp_close_many(fds, n);
}

TEST(an_accepted_breakpoint_is_always_in_a_register)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct {
		__u64 hits, enabled, running;
	} v;
	int fds[32], n = bp_caps.data_regs;

	attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	for (int i = 0; i < n; i++) {
		attr.bp_addr = (uintptr_t)bp_data + 8 * i;
		fds[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
	}
	for (int i = 0; i < 2 * TIMES; i++) {
		for (int j = 0; j < n; j++)
			bp_store(bp_data + 8 * j, 4);
		usleep(100);
	}
	for (int i = 0; i < n; i++) {
		ASSERT_EQ(sizeof(v), read(fds[i], &v, sizeof(v)));
		EXPECT_EQ(2 * TIMES, v.hits);
		EXPECT_EQ(v.enabled, v.running);
		EXPECT_NE(0, v.enabled);
	}
	bp_close_many(fds, n);
}

TEST(an_instruction_breakpoint_counts_each_execution)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	EXPECT_EQ(TIMES, bp_do_calls(TIMES)) {
		TH_LOG("the function did not run to its end each time");
	}
	EXPECT_EQ(TIMES, bp_hits(fd));
	EXPECT_EQ(3, bp_func2(1));
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST(two_instruction_breakpoints_at_one_address_both_count)
{
	struct perf_event_attr attr = bp_attr_exec(bp_func);
	int fds[2];

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	ASSERT_EQ(2, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, 2));
	EXPECT_EQ(TIMES, bp_do_calls(TIMES));
	EXPECT_EQ(TIMES, bp_hits(fds[0]));
	EXPECT_EQ(TIMES, bp_hits(fds[1]));
	bp_close_many(fds, 2);
}

TEST(two_instruction_breakpoints_in_a_row_are_both_stepped_past)
{
	struct perf_event_attr first, second;
	int fd1, fd2;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	first = bp_attr(HW_BREAKPOINT_X, bp_store_insn, bp_caps.exec_len);
	second = bp_attr(HW_BREAKPOINT_X, bp_store_next, bp_caps.exec_len);
	fd1 = bp_open(&first, BP_SELF, BP_ANY_CPU);
	fd2 = bp_open(&second, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd1);
	ASSERT_LE(0, fd2);
	for (int i = 0; i < TIMES; i++)
		bp_store_labelled((volatile __u32 *)bp_data);
	EXPECT_EQ(TIMES, bp_hits(fd1));
	EXPECT_EQ(TIMES, bp_hits(fd2));
}

TEST(an_instruction_breakpoint_and_the_data_it_stores_both_count)
{
	struct perf_event_attr data, insn;
	int data_fd, insn_fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	data = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	insn = bp_attr(HW_BREAKPOINT_X, bp_store_insn, bp_caps.exec_len);
	data_fd = bp_open(&data, BP_SELF, BP_ANY_CPU);
	insn_fd = bp_open(&insn, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, data_fd);
	ASSERT_LE(0, insn_fd);
	for (int i = 0; i < TIMES; i++)
		bp_store_labelled((volatile __u32 *)bp_data);
	EXPECT_EQ(TIMES, bp_hits(data_fd));
	EXPECT_EQ(TIMES, bp_hits(insn_fd));
}

TEST(reading_code_is_not_executing_it_and_the_reverse)
{
	struct perf_event_attr insn = bp_attr_exec(bp_func);
	struct perf_event_attr data = bp_attr(HW_BREAKPOINT_RW, (void *)bp_func, 1);
	int insn_fd, data_fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	insn_fd = bp_open(&insn, BP_SELF, BP_ANY_CPU);
	data_fd = bp_open(&data, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, insn_fd);
	ASSERT_LE(0, data_fd);
	bp_do_calls(TIMES);
	EXPECT_EQ(TIMES, bp_hits(insn_fd));
	EXPECT_EQ(0, bp_hits(data_fd));
	bp_load((void *)bp_func, 1);
	EXPECT_EQ(TIMES, bp_hits(insn_fd));
	EXPECT_EQ(1, bp_hits(data_fd));
}

/*
 * User memory that the kernel touches for a system call is watched too, unless
 * the event excludes the kernel.
 */
FIXTURE(who)
{
	int fd;
};

FIXTURE_VARIANT(who)
{
	bool no_user, no_kernel;
};

FIXTURE_VARIANT_ADD(who, user_and_kernel) { };
FIXTURE_VARIANT_ADD(who, user_only) { .no_kernel = true };
FIXTURE_VARIANT_ADD(who, kernel_only) { .no_user = true };
FIXTURE_VARIANT_ADD(who, nobody) { .no_user = true, .no_kernel = true };

FIXTURE_SETUP(who)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data, 4);

	if (variant->no_kernel && !variant->no_user && !bp_can_exclude_kernel())
		SKIP(return, BP_TCG_USER);
	memset((void *)bp_data, 0, sizeof(bp_data));
	attr.exclude_user = variant->no_user;
	attr.exclude_kernel = variant->no_kernel;
	self->fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(who)
{
	close(self->fd);
}

TEST_F(who, user_accesses_count_unless_excluded)
{
	bp_do_stores(TIMES);
	bp_do_loads(TIMES);
	EXPECT_EQ(variant->no_user ? 0 : 2 * TIMES, bp_hits(self->fd));
}

TEST_F(who, kernel_writes_to_user_memory_count_unless_excluded)
{
	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(0, bp_kernel_store(bp_data));
	EXPECT_EQ(variant->no_kernel ? 0 : TIMES, bp_hits(self->fd));
}

TEST_F(who, kernel_reads_of_user_memory_count_unless_excluded)
{
	for (int i = 0; i < TIMES; i++)
		ASSERT_EQ(0, bp_kernel_load(bp_data));
	EXPECT_EQ(variant->no_kernel ? 0 : TIMES, bp_hits(self->fd));
}

TEST_F(who, a_read_into_and_a_write_from_a_watched_buffer_complete)
{
	char out[16], in[16];
	int fds[2];

	memset((void *)bp_data, 'x', sizeof(out));
	memcpy(out, (void *)bp_data, sizeof(out));
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(sizeof(out), write(fds[1], (void *)bp_data, sizeof(out)));
	ASSERT_EQ(sizeof(in), read(fds[0], in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
	memset(out, 'y', sizeof(out));
	ASSERT_EQ(sizeof(out), write(fds[1], out, sizeof(out)));
	ASSERT_EQ(sizeof(in), read(fds[0], (void *)bp_data, sizeof(in)));
	EXPECT_EQ(0, memcmp((void *)bp_data, out, sizeof(out)));
	close(fds[0]);
	close(fds[1]);
}

TEST(a_kernel_function_counts_each_call_of_the_watched_task)
{
	struct perf_event_attr attr;
	__u64 addr;
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	attr = bp_attr(HW_BREAKPOINT_X, NULL, bp_caps.exec_len);
	attr.exclude_kernel = 0;
	if (!bp_kernel_symbol(BP_RARE_SYSCALL_SYMBOL, &addr))
		SKIP(return, "kallsyms does not show " BP_RARE_SYSCALL_SYMBOL);
	attr.bp_addr = addr;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (fd == -EINVAL && !bp_kernel_has_kprobes())
		SKIP(return, BP_NEEDS_KPROBES);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++)
		bp_rare_syscall();
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST_HARNESS_MAIN
