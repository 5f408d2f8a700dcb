// SPDX-License-Identifier: GPL-2.0
/*
 * Who may watch what: the record of answers by capability and by
 * perf_event_paranoid. Needs root, to become less.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_nobody.h"
#include "bp_util.h"

#define OK		0

#ifndef CAP_PERFMON
#define CAP_PERFMON	38
#endif

/* Becomes an ordinary user with the one capability, if any. */
static int become(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };

	if (cap >= 0) {
		caps[cap / 32].permitted = 1u << cap % 32;
		caps[cap / 32].effective = 1u << cap % 32;
	}
	if (prctl(PR_SET_KEEPCAPS, 1) || !bp_become_nobody() ||
	    syscall(SYS_capset, &head, caps))
		return -errno;
	return 0;
}

enum request {
	OWN,			/* a user address of the asker */
	OWN_AND_KERNEL,		/* the same, the kernel's accesses too */
	KERNEL,			/* a kernel address */
	KERNEL_EXCLUDED,	/* a kernel address, yet excluding the kernel */
	CPU,			/* a user address in all tasks of a CPU */
	CPU_AND_KERNEL,
	OTHER,			/* a user address of a process that stayed root */
	REQUESTS
};

static const char *const names[] = {
	"own", "own and kernel", "kernel", "kernel excluded", "cpu",
	"cpu and kernel", "other",
};

static int ask(enum request request, pid_t other)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);

	attr.exclude_kernel = request == OWN || request == KERNEL_EXCLUDED ||
			      request == CPU || request == OTHER;
	if (request == KERNEL || request == KERNEL_EXCLUDED)
		attr.bp_addr = BP_KERNEL_ADDRESS;
	switch (request) {
	case CPU:
	case CPU_AND_KERNEL:
		return bp_open(&attr, BP_ANY_TASK, 0);
	case OTHER:
		return bp_open(&attr, other, BP_ANY_CPU);
	default:
		return bp_open(&attr, BP_SELF, BP_ANY_CPU);
	}
}

/* In a process of its own, for there is no way back. */
static int answer_to(int cap, enum request request)
{
	pid_t other = getpid(), pid;
	int status, err;

	pid = fork();
	if (!pid) {
		err = become(cap);
		if (err)
			_exit(255);
		err = ask(request, other);
		_exit(err < 0 ? -err : 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return -WEXITSTATUS(status);
}

FIXTURE(rights)
{
	int paranoid;
};

FIXTURE_VARIANT(rights)
{
	int paranoid, cap;
	int answers[REQUESTS];
};

/* Ordinary users, by what the administrator lets them do. */
FIXTURE_VARIANT_ADD(rights, nobody_at_2)
{
	.paranoid = 2, .cap = -1,
	.answers = { OK, -EACCES, -EACCES, -EINVAL, -EACCES, -EACCES, -EACCES },
};

FIXTURE_VARIANT_ADD(rights, nobody_at_1)
{
	.paranoid = 1, .cap = -1,
	.answers = { OK, OK, -EPERM, -EINVAL, -EACCES, -EACCES, -EACCES },
};

FIXTURE_VARIANT_ADD(rights, nobody_at_0)
{
	.paranoid = 0, .cap = -1,
	.answers = { OK, OK, -EPERM, -EINVAL, OK, OK, -EACCES },
};

FIXTURE_VARIANT_ADD(rights, nobody_at_minus_1)
{
	.paranoid = -1, .cap = -1,
	.answers = { OK, OK, -EPERM, -EINVAL, OK, OK, -EACCES },
};

/* CAP_PERFMON gives all but the kernel's addresses. */
FIXTURE_VARIANT_ADD(rights, perfmon_at_2)
{
	.paranoid = 2, .cap = CAP_PERFMON,
	.answers = { OK, OK, -EPERM, -EINVAL, OK, OK, OK },
};

FIXTURE_VARIANT_ADD(rights, sys_admin_at_2)
{
	.paranoid = 2, .cap = CAP_SYS_ADMIN,
	.answers = { OK, OK, OK, -EINVAL, OK, OK, OK },
};

FIXTURE_VARIANT_ADD(rights, sys_ptrace_at_2)
{
	.paranoid = 2, .cap = CAP_SYS_PTRACE,
	.answers = { OK, -EACCES, -EACCES, -EINVAL, -EACCES, -EACCES, OK },
};

FIXTURE_SETUP(rights)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(bp_get_paranoid(&self->paranoid));
	ASSERT_EQ(0, bp_set_paranoid(variant->paranoid));
}

FIXTURE_TEARDOWN_PARENT(rights)
{
	bp_set_paranoid(self->paranoid);
}

TEST_F(rights, each_request_is_answered_as_recorded)
{
	for (int i = 0; i < REQUESTS; i++) {
		EXPECT_EQ(variant->answers[i], answer_to(variant->cap, i)) {
			TH_LOG("%s", names[i]);
		}
	}
}

/* The descriptor was opened with rights that the one who modifies lacks. */
TEST_F(rights, a_descriptor_does_not_let_its_user_modify_it_into_the_kernel)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	bool may = variant->answers[KERNEL] == OK;
	int fd, status;
	pid_t pid;

	attr.exclude_kernel = 0;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	attr.bp_addr = BP_KERNEL_ADDRESS;
	pid = fork();
	if (!pid)
		_exit(become(variant->cap) ? 255 : -bp_modify(fd, &attr));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(may ? 0 : EPERM, WEXITSTATUS(status));
	bp_do_stores(1);
	EXPECT_EQ(!may, bp_hits(fd));
	close(fd);
}

TEST_HARNESS_MAIN
