// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel finds in the debug registers when it has booted, of which
 * nobody has asked for any yet. Of interest after kexec, when the kernel before
 * had all armed; and that it can use them.
 */
#include <errno.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_util.h"

FIXTURE(boot)
{
};

FIXTURE_SETUP(boot)
{
	const char *missing = bpk_load();

	if (missing)
		SKIP(return, "%s", missing);
}

FIXTURE_TEARDOWN(boot)
{
	bpk_unload();
}

TEST_F(boot, no_register_is_enabled_on_any_cpu)
{
	unsigned long armed[2 * BPK_MAX_CPUS];
	int n = bpk_read("armed", armed, 2 * BPK_MAX_CPUS);

	if (n == -ENODEV)
		SKIP(return, "the registers are the hypervisor's, and cannot be looked at");
	ASSERT_EQ(2 * bpk_possible_cpus(), n);
	for (int i = 0; i < n; i += 2) {
		EXPECT_EQ(0, armed[i + 1]) {
			TH_LOG("CPU %lu", armed[i]);
		}
	}
}

TEST_F(boot, all_can_be_used_on_every_cpu)
{
	ASSERT_EQ(0, bpk_wide(bp_caps.data_regs));
	ASSERT_EQ(0, bpk_touch_all(3));
	EXPECT_TRUE(bpk_all_seen(bp_caps.data_regs));
}

TEST_F(boot, a_tasks_can_be_used)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	bp_do_stores(3);
	EXPECT_EQ(3, bp_hits(fd));
}

TEST_HARNESS_MAIN
