// SPDX-License-Identifier: GPL-2.0
/* Shared by the fuzzers; bp_fuzz.h says what each part is for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "bp_fuzz.h"
#include "bp_shown.h"
#include "bp_util.h"

static unsigned long long from_environment(const char *name,
					   unsigned long long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

unsigned long bp_fuzz_calls(unsigned long calls)
{
	return from_environment("BP_FUZZ_CALLS", calls);
}

void bp_fuzz_progress(unsigned long done, unsigned long calls)
{
	if (!done || done % 50000)
		return;
	printf("# %lu of %lu calls\n", done, calls);
	fflush(stdout);
}

unsigned long long bp_fuzz_seed(void)
{
	return from_environment("BP_FUZZ_SEED", 20261122);
}

/* SplitMix64: any seed will do, small ones too. */
__u64 bp_random(struct bp_fuzz *f)
{
	__u64 z = f->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

struct bp_fuzz bp_fuzz_start(__u64 seed, int nr)
{
	struct bp_fuzz f = { seed };

	while (nr--)
		f.state = bp_random(&f);
	return f;
}

__u64 bp_fuzz_number(struct bp_fuzz *f)
{
	__u64 power = 1ull << bp_below(f, 64);

	switch (bp_below(f, 6)) {
	case 0:
		return power;
	case 1:
		return power - 1;
	case 2:
		return -power;
	case 3:
		return bp_random(f);
	case 4:
		return bp_random(f) >> bp_below(f, 64);
	default:
		return bp_below(f, 16);
	}
}

__u64 bp_fuzz_address(struct bp_fuzz *f)
{
	static const __u64 ends[] = {
		0, 1ull << 32, 1ull << 47, 0x7ffffffff000ull, 1ull << 48, 1ull << 52,
		BP_KERNEL_ADDRESS, 0xffff800000000000ull, 0xc000000000000000ull,
	};
	__u64 data = (uintptr_t)bp_data;

	switch (bp_below(f, 16)) {
	case 0:
		return ends[bp_below(f, ARRAY_SIZE(ends))] + bp_below(f, 32) - 16;
	case 1:
		return bp_fuzz_number(f);
	case 2:
		return (uintptr_t)bp_func + bp_below(f, 4);
	case 3:
		return data + bp_below(f, 64);
	default:
		return data + 8 * bp_below(f, 8);
	}
}

__u64 bp_fuzz_kernel_address(struct bp_fuzz *f, unsigned int type)
{
	bool code = type == HW_BREAKPOINT_X;
	static struct {
		__u64 start, end;
	} area[2];
	__u64 addr;

	if (!area[0].end) {
		if (!bp_kernel_symbol("_sdata", &area[0].start) ||
		    !bp_kernel_symbol("_end", &area[0].end) ||
		    !bp_kernel_symbol("_stext", &area[1].start) ||
		    !bp_kernel_symbol("_etext", &area[1].end))
			abort();
	}
	addr = area[code].start + bp_random(f) % (area[code].end - area[code].start);
	return addr - addr % (code ? bp_caps.exec_align : 8);
}

bool bp_is_among(long answer, const int *errors, int n)
{
	while (n--)
		if (errors[n] == -answer)
			return true;
	return false;
}

void bp_refusals_count(struct bp_refusals *refusals, long answer)
{
	if (answer < 0)
		refusals->nr[-answer % BP_ERRNOS]++;
}

void bp_refusals_say(const struct bp_refusals *refusals, int n)
{
	printf(" refused:");
	for (int err = 1; err < BP_ERRNOS; err++) {
		const char *name = strerrorname_np(err);
		unsigned long times = 0;

		for (int i = 0; i < n; i++)
			times += refusals[i].nr[err];
		if (times && name)
			printf(" %lu %s", times, name);
		else if (times)
			printf(" %lu of error %d", times, err);
	}
	printf("\n");
}

static bool all_free(bool say)
{
	int cpus = bp_nr_cpus(), room;
	bool free = true;

	for (int cpu = -1; cpu < cpus; cpu++) {
		room = cpu < 0 ? bp_room(BP_SELF, BP_ANY_CPU) : bp_room(BP_ANY_TASK, cpu);
		if (room == bp_caps.data_regs)
			continue;
		free = false;
		if (say)
			printf("# CPU %d: room for %d, not %d\n", cpu, room,
			       bp_caps.data_regs);
	}
	return free;
}

/* The breakpoints that the kernel lists, if it does; -1 if that cannot be understood. */
static int lines_of_slots(bool say)
{
	static struct bp_shown shown;

	if (access(BP_SHOWN, F_OK))
		return 0;
	if (!bp_read_slots(&shown))
		return -1;
	for (int i = 0; say && i < shown.nr; i++) {
		const struct bp_line *l = &shown.lines[i];

		printf("# still listed: %llu, %s of %s, CPU %s, by %s, %s: %s %llu at %#llx%s%s\n",
		       l->id, l->kind, l->task, l->cpu, l->owner, l->state, l->type,
		       l->len, l->addr, l->symbol[0] ? ", " : "", l->symbol);
	}
	return shown.nr;
}

bool bp_nothing_held(void)
{
	for (int i = 0, n = 0; i < 500 && n >= 0; i++) {
		n = lines_of_slots(false);
		if (!n && all_free(false))
			return true;
		usleep(10000);
	}
	return all_free(true) & !lines_of_slots(true);
}
