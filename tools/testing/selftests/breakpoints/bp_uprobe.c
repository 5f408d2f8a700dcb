// SPDX-License-Identifier: GPL-2.0
/*
 * A uprobe where a breakpoint hits. To get past a probe the kernel steps the
 * instruction, somewhere else; to get past a hit, where that comes before the
 * access, it steps it too. Probe and hit are seen once each, and neither step is
 * left over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define TIMES	100

#define UPROBE_TYPE	"/sys/bus/event_source/devices/uprobe/type"

static int uprobe_type(void)
{
	FILE *f = fopen(UPROBE_TYPE, "r");
	int type;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &type) != 1)
		type = -1;
	fclose(f);
	return type;
}

/* Where in the program's file @addr is; 0 if it is not of the program. */
static __u64 file_offset(uintptr_t addr)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end, offset;
	__u64 found = 0;
	char line[512];

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    addr >= start && addr < end)
			found = addr - start + offset;
	}
	fclose(f);
	return found;
}

/* A probe that counts. */
static int probe(const void *insn)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return -errno;
	path[n] = 0;
	attr.type = uprobe_type();
	attr.uprobe_path = (uintptr_t)path;
	attr.probe_offset = file_offset((uintptr_t)insn);
	return bp_open(&attr, BP_SELF, BP_ANY_CPU);
}

static volatile int caught;

static void on_trap(int sig)
{
	caught++;
}

FIXTURE(uprobe)
{
	int store, func;
};

/* How a hit is told: not at all, or by SIGTRAP. */
FIXTURE_VARIANT(uprobe)
{
	int sig;
};

FIXTURE_VARIANT_ADD(uprobe, counting) { .sig = 0 };
FIXTURE_VARIANT_ADD(uprobe, sigtrap) { .sig = SIGTRAP };

FIXTURE_SETUP(uprobe)
{
	if (uprobe_type() < 0)
		SKIP(return, "no " UPROBE_TYPE ": it takes CONFIG_UPROBE_EVENTS");
	self->store = probe(bp_store_insn);
	ASSERT_LE(0, self->store);
	self->func = probe(bp_func);
	ASSERT_LE(0, self->func);
	ASSERT_NE(SIG_ERR, signal(SIGTRAP, on_trap));
}

FIXTURE_TEARDOWN(uprobe)
{
	close(self->store);
	close(self->func);
	/* Any signal of a step that is left over would end the program. */
	signal(SIGTRAP, SIG_DFL);
	bp_store_labelled((volatile __u32 *)bp_data);
	EXPECT_EQ(TIMES, bp_do_calls(TIMES));
	bp_rare_syscall();
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_SELF, BP_ANY_CPU));
}

TEST_F(uprobe, a_probed_store_that_is_watched_is_seen_by_both)
{
	volatile __u32 *p = (volatile __u32 *)bp_data;
	int fd;

#if defined(__x86_64__)
	if (bp_tcg())
		SKIP(return, BP_TCG_STEP);
#endif
	fd = bp_open_told(bp_attr(HW_BREAKPOINT_W, p, 4), variant->sig);
	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++) {
		*p = 0;
		bp_store_labelled(p);
		ASSERT_EQ(1, *p);
	}
	EXPECT_EQ(TIMES, bp_hits(self->store));
	EXPECT_EQ(2 * TIMES, bp_hits(fd));
	if (variant->sig)
		EXPECT_EQ(2 * TIMES, caught);
	close(fd);
}

/* The break is on the probe itself, and comes first. */
TEST_F(uprobe, a_probed_function_with_a_break_is_seen_by_both)
{
	int fd;

	if (!bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	fd = bp_open_told(bp_attr_exec(bp_func), variant->sig);
	ASSERT_LE(0, fd);
	EXPECT_EQ(TIMES, bp_do_calls(TIMES));
	EXPECT_EQ(TIMES, bp_hits(self->func));
	EXPECT_EQ(TIMES, bp_hits(fd));
	if (variant->sig)
		EXPECT_EQ(TIMES, caught);
	close(fd);
}

/* And a watch is hit, next to the probe, by an instruction that is not probed. */
TEST_F(uprobe, a_watched_store_behind_a_probe_is_seen_once)
{
	int fd = bp_open_told(bp_attr(HW_BREAKPOINT_W, bp_data, 4), variant->sig);

	ASSERT_LE(0, fd);
	for (int i = 0; i < TIMES; i++) {
		bp_func(0);
		bp_store(bp_data, 4);
	}
	EXPECT_EQ(TIMES, bp_hits(self->func));
	EXPECT_EQ(TIMES, bp_hits(fd));
	if (variant->sig)
		EXPECT_EQ(TIMES, caught);
	close(fd);
}

TEST_HARNESS_MAIN
