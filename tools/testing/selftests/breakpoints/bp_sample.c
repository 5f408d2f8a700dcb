// SPDX-License-Identifier: GPL-2.0
/*
 * What a sampling breakpoint tells about a hit: the watched address, the
 * instruction, the task and CPU, and whether it was the kernel's own access.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_ring.h"
#include "bp_util.h"

#define TIMES	10

static struct perf_event_attr sampling(struct perf_event_attr attr)
{
	attr.sample_period = 1;
	attr.sample_type = BP_RING_SAMPLE;
	return attr;
}

static __u64 event_id(int fd)
{
	__u64 id = 0;

	ioctl(fd, PERF_EVENT_IOC_ID, &id);
	return id;
}

static int drain(struct bp_ring *ring)
{
	struct bp_sample sample;
	int n = 0;

	while (bp_ring_next(ring, &sample))
		n++;
	return n;
}

static volatile __u32 *word(int i)
{
	return (volatile __u32 *)bp_data + i;
}

/* Where the reported instruction pointer of a data access stands. */
static __u64 data_ip(const char *insn, const char *next)
{
	return (uintptr_t)(bp_caps.data_after ? next : insn);
}

FIXTURE(hit)
{
	struct bp_ring ring;
	int fd;
};

FIXTURE_VARIANT(hit)
{
	unsigned int type, len;
};

FIXTURE_VARIANT_ADD(hit, write) { .type = HW_BREAKPOINT_W, .len = 4 };
FIXTURE_VARIANT_ADD(hit, read) { .type = HW_BREAKPOINT_RW, .len = 4 };
FIXTURE_VARIANT_ADD(hit, execute) { .type = HW_BREAKPOINT_X };

static void hit_once(unsigned int type)
{
	if (type == HW_BREAKPOINT_W)
		bp_store_labelled(word(0));
	else
		bp_load_labelled(word(0));
}

FIXTURE_SETUP(hit)
{
	struct perf_event_attr attr;

	if (variant->type == HW_BREAKPOINT_X && !bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	if (variant->type == HW_BREAKPOINT_X)
		attr = bp_attr(HW_BREAKPOINT_X, bp_load_insn, bp_caps.exec_len);
	else
		attr = bp_attr(variant->type, word(0), variant->len);
	attr = sampling(attr);
	self->fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bp_ring_map(&self->ring, self->fd));
}

FIXTURE_TEARDOWN(hit)
{
	bp_ring_unmap(&self->ring);
	close(self->fd);
}

TEST_F(hit, each_one_is_a_sample_with_the_watched_address)
{
	__u64 addr = variant->type == HW_BREAKPOINT_X ?
			(uintptr_t)bp_load_insn : (uintptr_t)word(0);
	struct bp_sample sample;

	for (int i = 0; i < TIMES; i++)
		hit_once(variant->type);
	for (int i = 0; i < TIMES; i++) {
		ASSERT_TRUE(bp_ring_next(&self->ring, &sample));
		EXPECT_EQ(addr, sample.addr);
		EXPECT_EQ(event_id(self->fd), sample.id);
	}
	EXPECT_FALSE(bp_ring_next(&self->ring, &sample));
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(hit, the_instruction_pointer_is_that_of_the_one_instruction)
{
	struct bp_sample sample;
	__u64 ip;

	if (variant->type == HW_BREAKPOINT_W)
		ip = data_ip(bp_store_insn, bp_store_next);
	else if (variant->type == HW_BREAKPOINT_RW)
		ip = data_ip(bp_load_insn, bp_load_next);
	else
		ip = (uintptr_t)bp_load_insn;
	hit_once(variant->type);
	ASSERT_TRUE(bp_ring_next(&self->ring, &sample));
	EXPECT_EQ(ip, sample.ip);
	EXPECT_EQ(PERF_RECORD_MISC_USER, sample.cpumode);
}

TEST_F(hit, task_and_cpu_are_where_it_happened)
{
	int last = bp_nr_cpus() - 1;
	struct bp_sample sample;

	ASSERT_EQ(0, bp_pin(last));
	hit_once(variant->type);
	ASSERT_EQ(0, bp_pin(0));
	hit_once(variant->type);
	ASSERT_TRUE(bp_ring_next(&self->ring, &sample));
	EXPECT_EQ(last, sample.cpu);
	EXPECT_EQ(getpid(), sample.pid);
	EXPECT_EQ(syscall(SYS_gettid), sample.tid);
	ASSERT_TRUE(bp_ring_next(&self->ring, &sample));
	EXPECT_EQ(0, sample.cpu);
}

TEST_F(hit, a_period_of_three_samples_every_third_and_counts_all)
{
	__u64 period = 3;

	/* The change of period may itself shift the phase: let it settle. */
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_PERIOD, &period));
	for (int i = 0; i < TIMES; i++)
		hit_once(variant->type);
	drain(&self->ring);
	for (int i = 0; i < 3 * TIMES; i++)
		hit_once(variant->type);
	EXPECT_EQ(TIMES, drain(&self->ring));
	EXPECT_EQ(4 * TIMES, bp_hits(self->fd));
}

TEST(opened_with_a_period_of_three_the_third_hit_is_the_first_sample)
{
	struct perf_event_attr attr = sampling(bp_attr(HW_BREAKPOINT_W, bp_data, 4));
	struct bp_ring ring;
	int fd;

	attr.sample_period = 3;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_ring_map(&ring, fd));
	for (int i = 1; i <= TIMES; i++) {
		bp_do_stores(1);
		EXPECT_EQ(i % 3 == 0, drain(&ring));
	}
	EXPECT_EQ(TIMES, bp_hits(fd));
	bp_ring_unmap(&ring);
	close(fd);
}

/* A sample that tells the period it stands for is taken at each hit. */
TEST(a_sample_that_carries_its_period_is_taken_at_each_hit)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	struct {
		struct perf_event_header header;
		__u64 period;
	} *rec;
	struct perf_event_mmap_page *page;
	size_t size = 2 * sysconf(_SC_PAGESIZE);
	int fd;

	attr.sample_period = 3;
	attr.sample_type = PERF_SAMPLE_PERIOD;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	bp_do_stores(TIMES);
	rec = (void *)page + size / 2;
	ASSERT_EQ(TIMES * sizeof(*rec), page->data_head);
	for (int i = 0; i < TIMES; i++)
		EXPECT_EQ(1, rec[i].period);
	munmap(page, size);
	close(fd);
}

/* Four neighbours, each hit a different number of times, in one shared ring. */
TEST(each_sample_belongs_to_the_target_that_was_hit)
{
	int n = bp_caps.data_regs, fds[32], seen[32] = { 0 };
	struct bp_sample sample;
	struct bp_ring ring;

	for (int i = 0; i < n; i++) {
		struct perf_event_attr attr;

		attr = sampling(bp_attr(HW_BREAKPOINT_W, word(i), 4));
		fds[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, i ? ioctl(fds[i], PERF_EVENT_IOC_SET_OUTPUT, fds[0]) :
				 bp_ring_map(&ring, fds[0]));
	}
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++)
			bp_store(word(i), 4);
	}
	while (bp_ring_next(&ring, &sample)) {
		int i = (sample.addr - (uintptr_t)bp_data) / 4;

		ASSERT_GT(n, i);
		EXPECT_EQ((uintptr_t)word(i), sample.addr);
		EXPECT_EQ(event_id(fds[i]), sample.id);
		seen[i]++;
	}
	for (int i = 0; i < n; i++)
		EXPECT_EQ(i + 1, seen[i]);
	bp_ring_unmap(&ring);
	bp_close_many(fds, n);
}

TEST(an_access_across_two_targets_samples_both)
{
	struct perf_event_attr attr;
	struct bp_sample sample;
	struct bp_ring ring[2];
	int fds[2];

	if (bp_tcg_one_hit())
		SKIP(return, BP_TCG_ONE_HIT);
	if (bp_caps.data_regs < 2)
		SKIP(return, BP_NEEDS_TWO);
	for (int i = 0; i < 2; i++) {
		attr = sampling(bp_attr(HW_BREAKPOINT_W, word(i), 4));
		fds[i] = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, bp_ring_map(&ring[i], fds[i]));
	}
	bp_store((__u8 *)word(1) - 1, 2);
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(bp_ring_next(&ring[i], &sample));
		EXPECT_EQ((uintptr_t)word(i), sample.addr);
		EXPECT_FALSE(bp_ring_next(&ring[i], &sample));
		bp_ring_unmap(&ring[i]);
	}
	bp_close_many(fds, 2);
}

/* The address is the watch's own, wherever in it the access fell. */
TEST(an_access_inside_a_wide_watch_reports_the_address_of_the_watch)
{
	struct perf_event_attr attr = sampling(bp_attr(HW_BREAKPOINT_W, bp_data, 8));
	struct bp_sample sample;
	struct bp_ring ring;
	int fd;

	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_ring_map(&ring, fd));
	for (int at = 0; at < 8; at++) {
		bp_store(bp_data + at, 1);
		ASSERT_TRUE(bp_ring_next(&ring, &sample));
		EXPECT_EQ((uintptr_t)bp_data, sample.addr);
	}
	bp_ring_unmap(&ring);
	close(fd);
}

TEST(an_access_by_the_kernel_is_a_kernel_sample)
{
	struct perf_event_attr attr = sampling(bp_attr(HW_BREAKPOINT_W, bp_data, 4));
	struct bp_sample sample;
	struct bp_ring ring;
	int fd;

	attr.exclude_kernel = 0;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_ring_map(&ring, fd));
	ASSERT_EQ(0, bp_kernel_store(bp_data));
	ASSERT_TRUE(bp_ring_next(&ring, &sample));
	EXPECT_EQ(PERF_RECORD_MISC_KERNEL, sample.cpumode);
	EXPECT_EQ((uintptr_t)bp_data, sample.addr);
	/* Kernel addresses are the upper half. */
	EXPECT_EQ(1, sample.ip >> 63);
	EXPECT_FALSE(bp_ring_next(&ring, &sample));
	bp_ring_unmap(&ring);
	close(fd);
}

TEST(a_thread_that_is_watched_by_another_is_named_in_the_sample)
{
	struct perf_event_attr attr = sampling(bp_attr(HW_BREAKPOINT_W, bp_data, 4));
	struct bp_sample sample;
	struct bp_worker w;
	struct bp_ring ring;
	int fd;

	ASSERT_EQ(0, bp_worker_thread(&w));
	fd = bp_open(&attr, w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_ring_map(&ring, fd));
	bp_do_stores(1);
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, 1));
	ASSERT_TRUE(bp_ring_next(&ring, &sample));
	EXPECT_EQ(getpid(), sample.pid);
	EXPECT_EQ(w.tid, sample.tid);
	EXPECT_EQ(0, drain(&ring));
	bp_worker_end(&w);
	bp_ring_unmap(&ring);
	close(fd);
}

static void call_chain_leaf(void)
{
	bp_store_labelled(word(0));
}

static void call_chain_middle(void)
{
	call_chain_leaf();
}

TEST(the_user_call_chain_leads_to_the_access)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, word(0), 4);
	struct {
		struct perf_event_header header;
		__u64 nr, ips[8];
	} *rec;
	struct perf_event_mmap_page *page;
	size_t size = 2 * sysconf(_SC_PAGESIZE);
	int fd, i = 3;

	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_CALLCHAIN;
	attr.exclude_callchain_kernel = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	call_chain_middle();
	ASSERT_NE(0, page->data_head);
	rec = (void *)page + size / 2;
	ASSERT_EQ(PERF_RECORD_SAMPLE, rec->header.type);
	ASSERT_LE(4, rec->nr);
	EXPECT_EQ(PERF_CONTEXT_USER, rec->ips[0]);
	EXPECT_EQ(data_ip(bp_store_insn, bp_store_next), rec->ips[1]);
	/* Return addresses: inside the callers, a few instructions in. */
	EXPECT_LT((uintptr_t)call_chain_leaf, rec->ips[2]);
	EXPECT_GT((uintptr_t)call_chain_leaf + 64, rec->ips[2]);
#ifdef BP_CHAIN_OF_LEAF
	i++;
#endif
	ASSERT_LT(i, rec->nr);
	EXPECT_LT((uintptr_t)call_chain_middle, rec->ips[i]);
	EXPECT_GT((uintptr_t)call_chain_middle + 64, rec->ips[i]);
	munmap(page, size);
	close(fd);
}

TEST_HARNESS_MAIN
