// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend to memory, which no CPU's registers survive: whoever had a breakpoint
 * has it afterwards. The other CPUs go offline for it, so that what is bound to
 * one of them is as dead as bp_hotplug.c shows; the first one stays.
 *
 * A machine may sleep but once: QEMU's q35 (7.2) wakes from the second time on
 * before it has lost anything. So there is one suspend, with all that is to be
 * tried armed; what is seen before and after is recorded, and the tests judge it.
 * It counts only in a machine that has not slept yet.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_dr.h"
#include "bp_util.h"

/* Until the alarm: with less than two the kernel will not even try. */
#define SECONDS		3
#define STORES		5

/* Registers: one wide, one bound to the first CPU, and a task's. */
static struct observed {
	const char *missing;
	/* The first thing that failed, none of it what is tried here. */
	const char *failed;
	int err;

	int cpus;
	unsigned long touches[BPK_MAX_CPUS], wide[BPK_MAX_CPUS], bound;
	__u64 own[2], other[2], traps[2];
	unsigned long dr3;
	bool settable;
	int wide_room;
} seen;

static bool done(const char *what, int err)
{
	if (err && !seen.failed) {
		seen.failed = what;
		seen.err = err;
	}
	return !err;
}

/* What each one counts for @when, before or after. */
static bool exercise(int when, struct bp_worker *other, pid_t debuggee,
		     int own_fd, int other_fd)
{
	/* At once, before anything has been scheduled anew. */
	bp_do_stores(STORES);
	seen.own[when] = bp_hits(own_fd);
	if (!done("touch CPU 0", bpk_touch(1)) ||
	    !done("touch", bpk_touch_all(1)) ||
	    !done("other stores", bp_worker_call(other, bp_do_stores, STORES)))
		return false;
	seen.other[when] = bp_hits(other_fd);
	seen.traps[when] = bp_round_traps(debuggee);
	return true;
}

static void look_after(pid_t debuggee)
{
	for (int cpu = 0; cpu < seen.cpus; cpu++) {
		seen.touches[cpu] = bpk_touches(cpu);
		seen.wide[cpu] = bpk_wide_hits(cpu, 0);
	}
	seen.bound = bpk_bound_hits(0, 0);
	seen.dr3 = bp_dr(debuggee, 3);
	seen.settable = !bp_dr_watch(debuggee, 1, bp_data + 4, DR_RW_WRITE, DR_LEN_2) &&
			bp_round_traps(debuggee) == BP_STORES(4, 2);
}

static void observe(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int own_fd, other_fd;
	struct bp_worker other;
	pid_t debuggee;

	seen.missing = bpk_load();
	if (!seen.missing && !bpk_has_suspend())
		seen.missing = "this machine, or kernel, has no suspend to memory (S3)";
	if (seen.missing)
		return;
	seen.cpus = bpk_possible_cpus();
	debuggee = bp_tracee_start(bp_rounds);
	if (!done("debuggee", debuggee < 0 ? debuggee : 0) ||
	    !done("other process", bp_worker_fork(&other)))
		return;
	own_fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	other_fd = bp_open(&attr, other.tid, BP_ANY_CPU);
	/* It is in a register of the CPU that loses power with a task on it. */
	if (done("pin", bp_pin(0)) && done("wide", bpk_wide(1)) &&
	    done("bound", bpk_bound(0, 1)) &&
	    done("own", own_fd < 0 ? own_fd : 0) &&
	    done("other", other_fd < 0 ? other_fd : 0) &&
	    done("DR3", bp_dr_watch(debuggee, 3, bp_data + 12, DR_RW_WRITE, DR_LEN_4)) &&
	    exercise(0, &other, debuggee, own_fd, other_fd) &&
	    done("suspend", bpk_suspend(SECONDS)) &&
	    exercise(1, &other, debuggee, own_fd, other_fd))
		look_after(debuggee);
	bp_tracee_end(debuggee);
	bp_worker_end(&other);
	close(own_fd);
	close(other_fd);
	if (!done("unregister", bpk_wide(0) ?: bpk_bound(0, 0)))
		return;
	seen.wide_room = bpk_wide_room();
}

FIXTURE(suspend)
{
};

FIXTURE_SETUP(suspend)
{
	if (seen.missing)
		SKIP(return, "%s", seen.missing);
	ASSERT_EQ(NULL, seen.failed) {
		TH_LOG("%s: %s", seen.failed, seen.err == -EAGAIN ?
		       "it did not sleep; has it before, since it was started?" :
		       strerror(-seen.err));
	}
}

FIXTURE_TEARDOWN(suspend)
{
}

TEST_F(suspend, a_wide_one_works_on_every_cpu_the_first_included)
{
	for (int cpu = 0; cpu < seen.cpus; cpu++) {
		/* The first was touched by itself as well. */
		EXPECT_EQ(cpu ? 2 : 4, seen.touches[cpu]);
		EXPECT_EQ(seen.touches[cpu], seen.wide[cpu]) {
			TH_LOG("CPU %d", cpu);
		}
	}
}

TEST_F(suspend, one_bound_to_the_first_cpu_works)
{
	EXPECT_EQ(seen.touches[0], seen.bound);
}

TEST_F(suspend, the_suspending_tasks_own_works)
{
	EXPECT_EQ(STORES, seen.own[0]);
	EXPECT_EQ(2 * STORES, seen.own[1]);
}

TEST_F(suspend, another_processs_own_works)
{
	EXPECT_EQ(STORES, seen.other[0]);
	EXPECT_EQ(2 * STORES, seen.other[1]);
}

TEST_F(suspend, a_stopped_debuggees_works_and_can_be_set)
{
	EXPECT_EQ(BP_STORES(12, 4), seen.traps[0]);
	EXPECT_EQ(BP_STORES(12, 4), seen.traps[1]);
	EXPECT_EQ((uintptr_t)bp_data + 12, seen.dr3);
	EXPECT_TRUE(seen.settable);
}

TEST_F(suspend, all_registers_are_free_again)
{
	EXPECT_EQ(bp_caps.data_regs, seen.wide_room);
}

int main(int argc, char **argv)
{
	int ret;

	observe();
	ret = test_harness_run(argc, argv);
	if (!seen.missing)
		bpk_unload();
	return ret;
}
