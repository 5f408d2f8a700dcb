/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fuzzers share. What one calls depends on its seed alone: BP_FUZZ_SEED and
 * BP_FUZZ_CALLS in the environment choose that, and for how long, and a run's first
 * line says it.
 */
#ifndef BP_FUZZ_H
#define BP_FUZZ_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

struct bp_fuzz {
	__u64 state;
};

/* From the environment, or as many calls as take some seconds in an emulator. */
unsigned long bp_fuzz_calls(unsigned long calls);
/* Says how far a long run is. */
void bp_fuzz_progress(unsigned long done, unsigned long calls);
unsigned long long bp_fuzz_seed(void);
/* The @nr'th of the sequences that belong to a seed. */
struct bp_fuzz bp_fuzz_start(__u64 seed, int nr);

__u64 bp_random(struct bp_fuzz *f);
/* Below @n. */
static inline unsigned int bp_below(struct bp_fuzz *f, unsigned int n)
{
	return (bp_random(f) >> 11) % n;
}

/* True once in @n times. */
static inline bool bp_once_in(struct bp_fuzz *f, unsigned int n)
{
	return !bp_below(f, n);
}

/* Around powers of two, small, or any. */
__u64 bp_fuzz_number(struct bp_fuzz *f);
/* Mostly in bp_data; or around the end of the user's addresses, or anywhere. */
__u64 bp_fuzz_address(struct bp_fuzz *f);
/* Anywhere in the kernel's data, or code for HW_BREAKPOINT_X. */
__u64 bp_fuzz_kernel_address(struct bp_fuzz *f, unsigned int type);

/* Is @answer, -errno, one of @n errors? */
bool bp_is_among(long answer, const int *errors, int n);

/* How often each error was the answer; ENOTSUPP of the kernel's own is 524. */
#define BP_ERRNOS	600

struct bp_refusals {
	unsigned long nr[BP_ERRNOS];
};

/* Counts @answer if it is -errno. */
void bp_refusals_count(struct bp_refusals *refusals, long answer);
/* Those of @n processes together, to the end of the line. */
void bp_refusals_say(const struct bp_refusals *refusals, int n);

/*
 * When all that was held should have been let go of: can each CPU, and this task,
 * be given all registers, and does the kernel say that nobody holds any? Waits for
 * what is under way, and prints what is not so.
 */
bool bp_nothing_held(void);

#endif /* BP_FUZZ_H */
