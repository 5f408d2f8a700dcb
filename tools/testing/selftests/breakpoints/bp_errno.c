// SPDX-License-Identifier: GPL-2.0
/*
 * The record of what perf_event_open() and the ioctls answer to bad requests
 * for a breakpoint: the errno is part of the ABI. Kernel addresses are in
 * bp_zones, rights in bp_rights, MODIFY_ATTRIBUTES in bp_modify.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define OK		0

/* The answer to a request; what it opened is closed again. */
static int answer(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = bp_open(attr, pid, cpu);

	if (fd < 0)
		return fd;
	close(fd);
	return OK;
}

/*
 * Lengths by types. Here o is opened, E is EINVAL, N is EOPNOTSUPP: a range,
 * which of x86 only AMD's debug registers have (bpext), and ? is either.
 */
static const char *const types = "nothing R W RW X RX WX RWX 8";

static const struct {
	__u64 len;
	const char *answers;	/* one per type, 0 to 8 */
} lengths[] = {
#if defined(__x86_64__) || defined(__i386)
	{ 0,		"EEEEEEEEE" },
	{ 1,		"EEooEEEEE" },
	{ 2,		"EEooEEEEE" },
	{ 3,		"EEEEEEEEE" },
	{ 4,		"EEooEEEEE" },
	{ 5,		"EEEEEEEEE" },
	{ 6,		"EEEEEEEEE" },
	{ 7,		"EEEEEEEEE" },
	{ 8,		"EEoooEEEE" },
	{ 9,		"EEEEEEEEE" },
	{ 12,		"EEEEEEEEE" },
	{ 16,		"EENNEEEEE" },
	{ 32,		"EENNEEEEE" },
	{ 64,		"EENNEEEEE" },
	{ 1ull << 12,	"EENNEEEEE" },
#elif defined(__aarch64__)
	/* Instructions: 4, and what others take for the length of one. */
	{ 0,		"EEEEEEEEE" },
	{ 1,		"Eooo?EEEE" },
	{ 2,		"Eooo?EEEE" },
	{ 3,		"Eooo?EEEE" },
	{ 4,		"EooooEEEE" },
	{ 5,		"Eooo?EEEE" },
	{ 6,		"Eooo?EEEE" },
	{ 7,		"Eooo?EEEE" },
	{ 8,		"EooooEEEE" },
	{ 9,		"EEEEEEEEE" },
	{ 12,		"EEEEEEEEE" },
	{ 16,		"EoooEEEEE" },
	{ 32,		"EoooEEEEE" },
	{ 64,		"EoooEEEEE" },
	{ 1ull << 12,	"EoooEEEEE" },
#elif defined(__powerpc64__)
	/* bp_data begins a block of 512 bytes. */
	{ 0,		"EEEEEEEEE" },
	{ 1,		"EoooE???E" },
	{ 2,		"EoooE???E" },
	{ 3,		"EoooE???E" },
	{ 4,		"EoooE???E" },
	{ 8,		"EoooE???E" },
	{ 9,		"EoooE???E" },
	{ 64,		"EoooE???E" },
	{ 511,		"EoooE???E" },
	{ 512,		"EoooE???E" },
	{ 513,		"EEEEEEEEE" },
	{ 1ull << 12,	"EEEEEEEEE" },
#endif
	{ 1ull << 32,	"EEEEEEEEE" },
	{ (1ull << 32) + 4, "EEEEEEEEE" },
	{ 1ull << 63,	"EEEEEEEEE" },
	{ UINT64_MAX,	"EEEEEEEEE" },
};

/* What has to do with data needs a register for data, anything else one for code. */
static bool has_no_class(__u32 type)
{
	return !(type & HW_BREAKPOINT_RW) && !bp_caps.exec_regs;
}

TEST(each_length_with_each_type)
{
	bool ranges = bp_cpu_has("bpext");

	for (int i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (int type = 0; lengths[i].answers[type]; type++) {
			struct perf_event_attr attr;
			int expect = OK, got;

			attr = bp_attr(type, bp_data, lengths[i].len);
			got = answer(&attr, BP_SELF, BP_ANY_CPU);
			switch (has_no_class(type) ? 'C' : lengths[i].answers[type]) {
			case 'E':
				expect = -EINVAL;
				break;
			case 'C':
				expect = -EOPNOTSUPP;
				break;
			case 'N':
				if (!ranges)
					expect = -EOPNOTSUPP;
				break;
			case '?':
				expect = got == -EINVAL ? -EINVAL : OK;
				break;
			}
			EXPECT_EQ(expect, got) {
				TH_LOG("type %d (of %s), length %llu", type, types,
				       (unsigned long long)lengths[i].len);
			}
		}
	}
}

TEST(types_beyond_the_known_bits)
{
	static const __u32 junk[] = { 16, 0x10000002, 0x80000000, UINT32_MAX };

	for (int i = 0; i < ARRAY_SIZE(junk); i++) {
		struct perf_event_attr attr = bp_attr(junk[i], bp_data, 4);

		EXPECT_EQ(has_no_class(junk[i]) ? -EOPNOTSUPP : -EINVAL,
			  answer(&attr, BP_SELF, BP_ANY_CPU));
	}
}

/* x86: to the length; arm64: inside a doubleword; powerpc: anywhere. */
TEST(data_addresses_are_aligned_as_the_registers_are)
{
	for (unsigned int len = 1; len <= 8; len++) {
		if (!bp_data_ok((uintptr_t)bp_data, len))
			continue;
		for (int at = 0; at < 16; at++) {
			struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W,
							      bp_data + at, len);
			bool good = bp_data_ok(attr.bp_addr, len);

			EXPECT_EQ(good ? OK : -EINVAL,
				  answer(&attr, BP_SELF, BP_ANY_CPU)) {
				TH_LOG("%u bytes at %d", len, at);
			}
		}
	}
}

TEST(instruction_addresses_are_those_of_instructions)
{
	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	for (int at = 0; at < 16; at++) {
		struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_X,
						      (char *)bp_func + at,
						      bp_caps.exec_len);

		EXPECT_EQ(at % bp_caps.exec_align ? -EINVAL : OK,
			  answer(&attr, BP_SELF, BP_ANY_CPU)) {
			TH_LOG("%d beyond the first", at);
		}
	}
}

TEST(unmapped_addresses_are_accepted)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, NULL, 8);

	EXPECT_EQ(OK, answer(&attr, BP_SELF, BP_ANY_CPU));
	attr.bp_addr = 0x1000;
	EXPECT_EQ(OK, answer(&attr, BP_SELF, BP_ANY_CPU));
}

/* Each line of a record: the answer, and what was changed in a good request. */
#define TRY(expected, change) do {					\
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4); \
									\
	(void)(change);							\
	EXPECT_EQ(expected, answer(&attr, BP_SELF, BP_ANY_CPU)) {	\
		TH_LOG("%s", #change);					\
	}								\
} while (0)

TEST(what_else_an_attr_may_say)
{
	TRY(OK, 0);
	TRY(OK, attr.config = 0xdeadbeef);
	TRY(OK, attr.exclude_user = 1);
	TRY(OK, attr.exclude_hv = 0);
	TRY(OK, attr.exclude_idle = 1);
	TRY(OK, attr.exclude_host = 1);
	TRY(OK, attr.exclude_guest = 1);
	TRY(OK, attr.precise_ip = 3);
	TRY(OK, attr.pinned = 1);
	TRY(OK, attr.exclusive = 1);
	TRY(OK, (attr.freq = 1, attr.sample_freq = 100));
	TRY(OK, (attr.sigtrap = 1, attr.remove_on_exec = 1));

	TRY(-EINVAL, attr.__reserved_1 = 1);
	TRY(-EINVAL, attr.sample_period = 1ull << 63);
	TRY(-EINVAL, (attr.freq = 1, attr.sample_freq = UINT32_MAX));
	TRY(-EINVAL, attr.sample_type = 1ull << 62);
	TRY(-EINVAL, attr.read_format = 1ull << 62);
	TRY(-EINVAL, attr.sigtrap = 1);
	TRY(-EINVAL, (attr.remove_on_exec = 1, attr.enable_on_exec = 1));
	TRY(-EINVAL, attr.inherit_thread = 1);
	/* The first published size, also meant by 0: bp_len is beyond, so 0. */
	TRY(-EINVAL, attr.size = PERF_ATTR_SIZE_VER0);
	TRY(-EINVAL, attr.size = 0);
	TRY(-E2BIG, attr.size = PERF_ATTR_SIZE_VER0 - 8);
	TRY(-E2BIG, attr.size = 1u << 20);
	TRY(-EOPNOTSUPP, attr.aux_output = 1);
	TRY(-EOPNOTSUPP, (attr.sample_type = PERF_SAMPLE_BRANCH_STACK,
			  attr.branch_sample_type = PERF_SAMPLE_BRANCH_ANY,
			  attr.sample_period = 1));
}

TEST(the_type_is_that_of_the_breakpoint_pmu_in_sysfs)
{
	FILE *f = fopen("/sys/bus/event_source/devices/breakpoint/type", "r");
	int type = -1;

	ASSERT_TRUE(!!f);
	ASSERT_EQ(1, fscanf(f, "%d", &type));
	EXPECT_EQ(PERF_TYPE_BREAKPOINT, type);
	fclose(f);
}

TEST(tasks_and_cpus_that_do_not_exist)
{
	static const struct {
		pid_t pid;
		int cpu, answer;
	} record[] = {
		{ BP_SELF,	0,		OK },
		{ BP_SELF,	-2,		-EINVAL },
		{ BP_SELF,	1 << 20,	-EINVAL },
		{ BP_SELF,	INT_MAX,	-EINVAL },
		{ BP_ANY_TASK,	0,		OK },
		{ BP_ANY_TASK,	BP_ANY_CPU,	-EINVAL },
		{ BP_ANY_TASK,	-2,		-EINVAL },
		{ BP_ANY_TASK,	1 << 20,	-EINVAL },
		{ -2,		BP_ANY_CPU,	-ESRCH },
		{ -2,		0,		-ESRCH },
		{ INT_MAX,	BP_ANY_CPU,	-ESRCH },
		/* init, and a kernel thread */
		{ 1,		BP_ANY_CPU,	OK },
		{ 2,		BP_ANY_CPU,	OK },
	};
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	for (int i = 0; i < ARRAY_SIZE(record); i++) {
		EXPECT_EQ(record[i].answer,
			  answer(&attr, record[i].pid, record[i].cpu)) {
			TH_LOG("pid %d, cpu %d", record[i].pid, record[i].cpu);
		}
	}
}

TEST(a_task_that_has_exited)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	siginfo_t info;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(0);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(-ESRCH, answer(&attr, pid, BP_ANY_CPU));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(-ESRCH, answer(&attr, pid, BP_ANY_CPU));
}

TEST(arguments_that_point_nowhere)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	EXPECT_EQ(-EFAULT, bp_open(NULL, BP_SELF, BP_ANY_CPU));
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, -1, 1ul << 10));
	EXPECT_EQ(-EBADF, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, 1000, 0));
	EXPECT_EQ(-EBADF, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, STDOUT_FILENO, 0));
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_ANY_TASK, 0, -1, PERF_FLAG_PID_CGROUP));
}

TEST(groups_that_do_not_fit_together)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int leader, member;

	if (bp_caps.data_regs < 3)
		SKIP(return, BP_NEEDS_THREE);
	leader = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, leader);
	/* Another CPU, another task, no task. */
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, 0, leader, 0));
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, 1, BP_ANY_CPU, leader, 0));
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_ANY_TASK, 0, leader, 0));
	attr.pinned = 1;
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0));
	attr.pinned = 0;
	attr.exclusive = 1;
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0));
	attr.exclusive = 0;
	attr.inherit = 1;
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0));
	attr.inherit = 0;
	member = bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, leader, 0);
	ASSERT_LE(0, member);
	/* A member does not lead. */
	EXPECT_EQ(-EINVAL, bp_open_flags(&attr, BP_SELF, BP_ANY_CPU, member, 0));
	close(member);
	close(leader);
}

#define TRY_IOCTL(expected, fd, ...) do {				\
	int err = ioctl(fd, __VA_ARGS__) ? -errno : 0;			\
									\
	EXPECT_EQ(expected, err) {					\
		TH_LOG("ioctl " #__VA_ARGS__);				\
	}								\
} while (0)

TEST(ioctls_that_do_not_apply)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int counting, sampling, inherited;
	__u64 none = 0, one = 1, top = 1ull << 63;

	if (bp_caps.data_regs < 3)
		SKIP(return, BP_NEEDS_THREE);
	counting = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	attr.sample_period = 1;
	sampling = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	attr.inherit = 1;
	inherited = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, counting);
	ASSERT_LE(0, sampling);
	ASSERT_LE(0, inherited);

	TRY_IOCTL(-EINVAL, counting, PERF_EVENT_IOC_REFRESH, 1);
	TRY_IOCTL(OK, sampling, PERF_EVENT_IOC_REFRESH, 1);
	TRY_IOCTL(-EINVAL, inherited, PERF_EVENT_IOC_REFRESH, 1);
	TRY_IOCTL(-EINVAL, counting, PERF_EVENT_IOC_PERIOD, &one);
	TRY_IOCTL(-EINVAL, sampling, PERF_EVENT_IOC_PERIOD, &none);
	TRY_IOCTL(-EINVAL, sampling, PERF_EVENT_IOC_PERIOD, &top);
	TRY_IOCTL(-EFAULT, sampling, PERF_EVENT_IOC_PERIOD, NULL);
	TRY_IOCTL(-EINVAL, counting, PERF_EVENT_IOC_SET_FILTER, "x");
	TRY_IOCTL(-EBADF, counting, PERF_EVENT_IOC_SET_OUTPUT, STDOUT_FILENO);
	TRY_IOCTL(-ENOTTY, counting, _IO('$', 99), 0);
	bp_close_many((int []){ counting, sampling, inherited }, 3);
}

TEST(reads_and_writes_that_do_not_apply)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	__u64 hits = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &hits, sizeof(hits) - 1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, write(fd, &hits, sizeof(hits)));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

TEST_HARNESS_MAIN
