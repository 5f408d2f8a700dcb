// SPDX-License-Identifier: GPL-2.0
/*
 * PERF_EVENT_IOC_MODIFY_ATTRIBUTES: a live breakpoint gets another address,
 * length or type, keeps its register and its count, and on bad input goes on as
 * it was.
 */
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	10

/* For bp_worker_call(): one access of @width at bp_data + @at. */
#define ACCESS(at, width)	((at) << 8 | (width))

static long store_at(long access)
{
	bp_store(bp_data + (access >> 8), access & 0xff);
	return 0;
}

static long load_at(long access)
{
	bp_load(bp_data + (access >> 8), access & 0xff);
	return 0;
}

/*
 * The one whose accesses count is the worker, on CPU 1 if there is one: the
 * change has to reach a register of another CPU, or of a task not running.
 */
FIXTURE(modify)
{
	struct perf_event_attr attr;
	struct bp_worker w, *by;
	int fd;
};

FIXTURE_VARIANT(modify)
{
	bool own, task, cpu;
};

FIXTURE_VARIANT_ADD(modify, own) { .own = true };
FIXTURE_VARIANT_ADD(modify, task) { .task = true };
FIXTURE_VARIANT_ADD(modify, cpu) { .cpu = true };
FIXTURE_VARIANT_ADD(modify, task_on_cpu) { .task = true, .cpu = true };

FIXTURE_SETUP(modify)
{
	int cpu = bp_nr_cpus() > 1;

	ASSERT_EQ(0, bp_pin(0));
	ASSERT_EQ(0, bp_worker_fork(&self->w));
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_pin, cpu));
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	self->by = variant->own ? NULL : &self->w;
	if (variant->own)
		self->fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	else
		self->fd = bp_open(&self->attr, variant->task ? self->w.tid : BP_ANY_TASK,
				   variant->cpu ? cpu : BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(modify)
{
	bp_worker_end(&self->w);
	close(self->fd);
}

/* Hits of one call of @fn, by a worker or else by this task. */
static __u64 hits_of(int fd, struct bp_worker *by, long (*fn)(long arg), long arg)
{
	__u64 before = bp_hits(fd);

	if (by)
		bp_worker_call(by, fn, arg);
	else
		fn(arg);
	return bp_hits(fd) - before;
}

TEST_F(modify, a_new_address_replaces_the_old_one)
{
	for (int i = 1; i <= TIMES; i++) {
		int old = (i - 1) % 8 * 4, new = i % 8 * 4;

		self->attr.bp_addr = (uintptr_t)bp_data + new;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(0, hits_of(self->fd, self->by, store_at, ACCESS(old, 4)));
		EXPECT_EQ(1, hits_of(self->fd, self->by, store_at, ACCESS(new, 4)));
		EXPECT_EQ(i, bp_hits(self->fd));
	}
}

TEST_F(modify, a_new_length_covers_exactly_that_much)
{
	for (int len = 1; len <= 8; len++) {
		if (!bp_data_ok(self->attr.bp_addr, len))
			continue;
		self->attr.bp_len = len;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		for (int at = 0; at < 9; at++)
			EXPECT_EQ(at < len, hits_of(self->fd, self->by, store_at, ACCESS(at, 1)));
	}
}

TEST_F(modify, a_new_type_changes_what_counts)
{
	for (int i = 0; i < 3; i++) {
		self->attr.bp_type = HW_BREAKPOINT_RW;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(1, hits_of(self->fd, self->by, load_at, ACCESS(0, 4)));
		EXPECT_EQ(1, hits_of(self->fd, self->by, store_at, ACCESS(0, 4)));
		self->attr.bp_type = HW_BREAKPOINT_W;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(0, hits_of(self->fd, self->by, load_at, ACCESS(0, 4)));
		EXPECT_EQ(1, hits_of(self->fd, self->by, store_at, ACCESS(0, 4)));
	}
}

TEST_F(modify, data_becomes_instruction_and_back)
{
	struct perf_event_attr exec = bp_attr_exec(bp_func);

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, bp_modify(self->fd, &exec));
		EXPECT_EQ(TIMES, hits_of(self->fd, self->by, bp_do_calls, TIMES));
		EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_stores, TIMES));
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_calls, TIMES));
		EXPECT_EQ(TIMES, hits_of(self->fd, self->by, bp_do_stores, TIMES));
	}
}

TEST_F(modify, disabled_stops_it_and_not_disabled_starts_it)
{
	for (int i = 0; i < 3; i++) {
		self->attr.disabled = 1;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_stores, TIMES));
		self->attr.disabled = 0;
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(TIMES, hits_of(self->fd, self->by, bp_do_stores, TIMES));
	}
}

TEST_F(modify, a_disabled_one_is_changed_and_stays_disabled)
{
	self->attr.disabled = 1;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	self->attr.bp_addr += 8;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(0, hits_of(self->fd, self->by, store_at, ACCESS(8, 4)));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_EQ(1, hits_of(self->fd, self->by, store_at, ACCESS(8, 4)));
	EXPECT_EQ(0, hits_of(self->fd, self->by, store_at, ACCESS(0, 4)));
}

TEST_F(modify, not_disabled_also_undoes_the_disable_ioctl)
{
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_DISABLE, 0));
	EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_stores, TIMES));
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(TIMES, hits_of(self->fd, self->by, bp_do_stores, TIMES));
}

TEST_F(modify, disabled_also_undoes_the_enable_ioctl)
{
	self->attr.disabled = 1;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_EQ(TIMES, hits_of(self->fd, self->by, bp_do_stores, TIMES));
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_stores, TIMES));
}

TEST_F(modify, the_same_again_changes_nothing)
{
	for (int i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
		EXPECT_EQ(1, hits_of(self->fd, self->by, bp_do_stores, 1));
	}
	EXPECT_EQ(TIMES, bp_hits(self->fd));
}

TEST_F(modify, works_while_every_register_is_taken)
{
	int fds[32], n = bp_caps.data_regs - 1;
	struct perf_event_attr attr = self->attr;
	pid_t pid = self->by ? self->w.tid : BP_SELF;

	ASSERT_EQ(n, bp_open_many(&attr, pid, BP_ANY_CPU, fds, n + 1));
	self->attr.bp_addr += 8;
	self->attr.bp_len = 1;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(1, hits_of(self->fd, self->by, store_at, ACCESS(8, 1)));
	EXPECT_EQ(-ENOSPC, bp_open(&attr, pid, BP_ANY_CPU));
	bp_close_many(fds, n);
}

/* What is changed in a good setting, and the answer. */
static const struct bad {
	const char *what;
	int err;
	__u64 add_addr;
	__u64 len;				/* if not 0 */
	bool set_type;
	__u32 type;
	enum { NOTHING, ADDRESS, PERIOD, USER, KERNEL, INHERIT, KIND, SIZE, RESERVED } other;
} bad[] = {
	{ "address not aligned",	-EINVAL, .add_addr = 1 },
	{ "not aligned for the length",	-EINVAL, .add_addr = 4, .len = 8 },
	{ "excluded kernel's address",	-EINVAL, .other = ADDRESS },
	{ "length 3",			-EINVAL, .len = 3 },
	{ "length 5",			-EINVAL, .len = 5 },
	{ "length 9",			-EINVAL, .len = 9 },
	{ "length 2^33",		-EINVAL, .len = 1ull << 33 },
	{ "no type",			-EINVAL, .set_type = true, .type = HW_BREAKPOINT_EMPTY },
	{ "all types",			-EINVAL, .set_type = true, .type = HW_BREAKPOINT_INVALID },
	{ "instruction of length 1",	-EINVAL, .len = 1, .set_type = true,
							   .type = HW_BREAKPOINT_X },
	{ "another sample_period",	-EINVAL, .other = PERIOD },
	{ "another exclude_user",	-EINVAL, .other = USER },
	{ "another exclude_kernel",	-EINVAL, .other = KERNEL },
	{ "another inherit",		-EINVAL, .other = INHERIT },
	{ "another kind of event",	-EINVAL, .other = KIND },
	{ "a size beyond all known",	-E2BIG, .other = SIZE },
	{ "a reserved bit",		-EINVAL, .other = RESERVED },
};

static void spoil(struct perf_event_attr *attr, const struct bad *b)
{
	attr->bp_addr += b->add_addr;
	if (b->len)
		attr->bp_len = b->len;
	if (b->set_type)
		attr->bp_type = b->type;
	switch (b->other) {
	case NOTHING:
		break;
	case ADDRESS:
		attr->bp_addr = BP_KERNEL_ADDRESS;
		break;
	case PERIOD:
		attr->sample_period = 7;
		break;
	case USER:
		attr->exclude_user = 1;
		break;
	case KERNEL:
		attr->exclude_kernel = !attr->exclude_kernel;
		break;
	case INHERIT:
		attr->inherit = !attr->inherit;
		break;
	case KIND:
		attr->type = PERF_TYPE_SOFTWARE;
		break;
	case SIZE:
		attr->size = 1u << 20;
		break;
	case RESERVED:
		attr->__reserved_1 = 1;
		break;
	}
}

/* Some architectures can do what others refuse, and x86's lengths are its own. */
static bool is_bad(const struct bad *b, const struct perf_event_attr *good)
{
	if (b->other == ADDRESS)
		return good->exclude_kernel;
	if (b->set_type && b->type == HW_BREAKPOINT_X)
		return bp_caps.shared;
	if (b->add_addr || b->len)
		return !bp_data_ok(good->bp_addr + b->add_addr, b->len ?: good->bp_len);
	return true;
}

TEST_F(modify, bad_input_is_refused_and_the_old_setting_goes_on_counting)
{
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct perf_event_attr attr = self->attr;

		if (!is_bad(&bad[i], &attr))
			continue;
		spoil(&attr, &bad[i]);
		EXPECT_EQ(bad[i].err, bp_modify(self->fd, &attr)) {
			TH_LOG("%s", bad[i].what);
		}
		EXPECT_EQ(1, hits_of(self->fd, self->by, bp_do_stores, 1)) {
			TH_LOG("after %s", bad[i].what);
		}
		EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_loads, 1));
	}
	EXPECT_EQ(-EFAULT, bp_modify(self->fd, NULL));
	EXPECT_EQ(1, hits_of(self->fd, self->by, bp_do_stores, 1));
}

TEST_F(modify, bad_input_leaves_a_disabled_one_disabled)
{
	self->attr.disabled = 1;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct perf_event_attr attr = self->attr;

		if (!is_bad(&bad[i], &attr))
			continue;
		spoil(&attr, &bad[i]);
		EXPECT_EQ(bad[i].err, bp_modify(self->fd, &attr));
		EXPECT_EQ(0, hits_of(self->fd, self->by, bp_do_stores, 1)) {
			TH_LOG("after %s", bad[i].what);
		}
	}
	ASSERT_EQ(0, ioctl(self->fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_EQ(1, hits_of(self->fd, self->by, bp_do_stores, 1));
}

/*
 * Opened disabled, then enabled: attr.disabled, as last set, does not say that
 * it is running. The stock 6.12 kernel goes by attr.disabled, and disarms it.
 */
TEST(bad_input_leaves_one_that_the_enable_ioctl_started_counting)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd;

	attr.disabled = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	attr.bp_len = 0;
	ASSERT_EQ(-EINVAL, bp_modify(fd, &attr));
	bp_do_stores(TIMES);
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST_F(modify, a_software_event_cannot_be_modified)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, bp_modify(fd, &attr));
	EXPECT_EQ(-EINVAL, bp_modify(fd, &self->attr));
	close(fd);
}

/* The event of a parent stands for those of its children: all change or none. */
#define CHILDREN	3

FIXTURE(family)
{
	struct perf_event_attr attr;
	struct bp_worker w[CHILDREN];
	int fd;
};

FIXTURE_SETUP(family)
{
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	self->attr.inherit = 1;
	self->fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, self->fd);
	for (int i = 0; i < CHILDREN; i++)
		ASSERT_EQ(0, i % 2 ? bp_worker_thread(&self->w[i]) :
				     bp_worker_fork(&self->w[i]));
}

FIXTURE_TEARDOWN(family)
{
	for (int i = 0; i < CHILDREN; i++)
		bp_worker_end(&self->w[i]);
	close(self->fd);
}

/* Hits of one call of @fn by each child and by this task. */
static __u64 family_hits(int fd, struct bp_worker *w, long (*fn)(long arg), long arg)
{
	__u64 before = bp_hits(fd);

	fn(arg);
	for (int i = 0; i < CHILDREN; i++)
		bp_worker_call(&w[i], fn, arg);
	return bp_hits(fd) - before;
}

#define FAMILY	(1 + CHILDREN)

TEST_F(family, every_child_follows_a_change)
{
	EXPECT_EQ(FAMILY, family_hits(self->fd, self->w, store_at, ACCESS(0, 4)));
	self->attr.bp_addr += 8;
	self->attr.bp_len = 2;
	self->attr.bp_type = HW_BREAKPOINT_RW;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(0, family_hits(self->fd, self->w, store_at, ACCESS(0, 4)));
	EXPECT_EQ(0, family_hits(self->fd, self->w, store_at, ACCESS(10, 1)));
	EXPECT_EQ(FAMILY, family_hits(self->fd, self->w, store_at, ACCESS(9, 1)));
	EXPECT_EQ(FAMILY, family_hits(self->fd, self->w, load_at, ACCESS(8, 1)));
}

TEST_F(family, every_child_is_disabled_and_enabled)
{
	self->attr.disabled = 1;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(0, family_hits(self->fd, self->w, bp_do_stores, 1));
	self->attr.disabled = 0;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	EXPECT_EQ(FAMILY, family_hits(self->fd, self->w, bp_do_stores, 1));
}

TEST_F(family, bad_input_leaves_every_child_as_it_was)
{
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct perf_event_attr attr = self->attr;

		if (!is_bad(&bad[i], &attr))
			continue;
		spoil(&attr, &bad[i]);
		EXPECT_EQ(bad[i].err, bp_modify(self->fd, &attr)) {
			TH_LOG("%s", bad[i].what);
		}
		EXPECT_EQ(FAMILY, family_hits(self->fd, self->w, bp_do_stores, 1)) {
			TH_LOG("after %s", bad[i].what);
		}
	}
}

TEST_F(family, a_child_made_after_a_change_has_the_new_setting)
{
	struct bp_worker w;

	self->attr.bp_addr += 8;
	ASSERT_EQ(0, bp_modify(self->fd, &self->attr));
	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_EQ(0, bp_worker_call(&w, store_at, ACCESS(0, 4)));
	EXPECT_EQ(0, bp_hits(self->fd));
	ASSERT_EQ(0, bp_worker_call(&w, store_at, ACCESS(8, 4)));
	EXPECT_EQ(1, bp_hits(self->fd));
	bp_worker_end(&w);
}

TEST_HARNESS_MAIN
