// SPDX-License-Identifier: GPL-2.0
/* What root sees in debugfs of what registers can do: hw_breakpoint/limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_shown.h"
#include "bp_util.h"

struct limit {
	char type[4], class[16], step[4], aligned[24], within[24], report[8];
	unsigned long long from, to;
};

static struct limit limits[64];
static int nr_limits;

static bool read_limits(void)
{
	char *s, *end;

	s = bp_read_file(BP_SHOWN "/limits");
	nr_limits = 0;
	s = s ? strstr(s, "\ntype ") : NULL;
	for (s = s ? strchr(s + 1, '\n') : NULL; s && s[1]; s = end) {
		struct limit *l = &limits[nr_limits];

		end = strchr(s + 1, '\n');
		if (nr_limits++ == ARRAY_SIZE(limits) ||
		    sscanf(s + 1, "%3s %15s %llu %llu %3s %23s %23s %7s", l->type,
			   l->class, &l->from, &l->to, l->step, l->aligned, l->within,
			   l->report) != 8)
			return false;
	}
	return true;
}

static const char *type_name(int type)
{
	static const char *const names[] = { "", "r", "w", "rw", "x" };

	return names[type];
}

/* Does a line say that this is accepted? */
static bool limits_have(int type, __u64 addr, __u64 len)
{
	for (int i = 0; i < nr_limits; i++) {
		const struct limit *l = &limits[i];
		__u64 aligned = strcmp(l->aligned, "length") ? strtoull(l->aligned, NULL, 0) : len;
		__u64 within = strcmp(l->within, "-") ? strtoull(l->within, NULL, 0) : 0;

		if (strcmp(l->type, type_name(type)) || len < l->from || len > l->to)
			continue;
		if (!strcmp(l->step, "x2") && (len & (len - 1)))
			continue;
		return addr % aligned == 0 &&
		       (!within || addr % within + len <= within);
	}
	return false;
}

static bool opens(int type, __u64 addr, __u64 len)
{
	struct perf_event_attr attr = bp_attr(type, NULL, len);
	int fd;

	attr.bp_addr = addr;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static const int types[] = {
	HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_X
};

static const unsigned int offsets[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 505, 508, 511, 512, 1024, 1536, 4095
};

/* All up to beyond what a DAWR holds, then powers of two. */
static __u64 next_length(__u64 len)
{
	__u64 power = 1024;

	if (len < 520)
		return len + 1;
	while (power <= len)
		power *= 2;
	return power;
}

/*
 * POWER10 counts 512 bytes in doublewords, from wherever they begin.  Of what may
 * be too many of these, limits names the addresses in one block of 512, where all
 * is accepted: there is more that is.
 */
static bool says_less(__u64 len)
{
#ifdef __powerpc__
	return len > 504;
#else
	(void)len;
	return false;
#endif
}

TEST(they_are_what_perf_event_open_accepts)
{
	const __u64 base = 1ull << 32;

	if (access(BP_SHOWN, F_OK))
		SKIP(return, BP_NEEDS_SHOWN);
	ASSERT_TRUE(read_limits());
	for (int i = 0; i < ARRAY_SIZE(types); i++) {
		for (__u64 len = 1; len <= 1ull << 33; len = next_length(len)) {
			/* A few lengths in full, of the others the first address. */
			bool full = len <= 17 || len > 505;

			for (int j = 0; j < (full ? ARRAY_SIZE(offsets) : 1); j++) {
				__u64 addr = base + offsets[j];
				bool said = limits_have(types[i], addr, len);

				if (!said && says_less(len))
					continue;
				EXPECT_EQ(opens(types[i], addr, len), said) {
					TH_LOG("type %s, %llu bytes at %u", type_name(types[i]),
					       (unsigned long long)len, offsets[j]);
				}
			}
		}
	}
}

TEST(they_say_when_a_hit_is_reported)
{
	if (access(BP_SHOWN, F_OK))
		SKIP(return, BP_NEEDS_SHOWN);
	ASSERT_TRUE(read_limits());
	EXPECT_LT(0, nr_limits);
	for (int i = 0; i < nr_limits; i++) {
		bool after = bp_caps.data_after && strcmp(limits[i].type, "x");

		EXPECT_STREQ(after ? "after" : "before", limits[i].report) {
			TH_LOG("type %s", limits[i].type);
		}
	}
}

TEST_HARNESS_MAIN
