/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test is to main.c, and has from it.
 */
#ifndef _HW_BREAKPOINT_TEST_H
#define _HW_BREAKPOINT_TEST_H

#include "kernel.h"

struct test {
	const char	*name;
	/* Returns if all is well; ends in kernel_bug() otherwise. */
	void		(*run)(const void *arg);
	const void	*arg;
	/* also part of the short run that mutate.sh judges mutants by */
	bool		quick;
	/* a shell command, in place of run() */
	const char	*command;
};

extern const struct test case_tests[];
extern const struct test exhaustive_tests[];
extern const struct test interleave_tests[];
extern const struct test random_tests[];
extern const struct test misuse_tests[];
extern const struct test thread_tests[];

/* --quick, --seed */
extern bool test_quick;
extern u64 test_seed;

/* The figures that follow the name in the test's result line. */
__printf(1, 2)
void test_figures(const char *fmt, ...);

/* Tell how far it is, on stderr; every few seconds. */
__printf(1, 2)
void test_progress(const char *fmt, ...);

/* xorshift64*: repeats from its seed, on every machine. */
static inline u64 test_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* From 0 to @n - 1. */
static inline unsigned int test_random_below(u64 *state, unsigned int n)
{
	return (test_random(state) >> 32) * n >> 32;
}

#endif /* _HW_BREAKPOINT_TEST_H */
