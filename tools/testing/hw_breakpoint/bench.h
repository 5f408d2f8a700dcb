/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of the benchmark's client: bench.c, which times operations,
 * bench-operations.c, which has them, and bench-counts.c and bench-memory.c, which
 * tell what else they cost.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/types.h>

#define MAX_CPUS	256

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * struct operation - what is measured
 * @name:     of the row
 * @n:        how often it is done in a run
 * @prepare:  makes what it needs, or NULL
 * @run:      does it so often
 * @finish:   unmakes what is left, or NULL
 * @possible: is there all that it needs? NULL if always
 */
struct operation {
	const char	*name;
	int		n;
	void		(*prepare)(void);
	void		(*run)(int n);
	void		(*finish)(void);
	bool		(*possible)(void);
};

/* Ends with one that has no name. */
extern const struct operation operations[];

/* CPUs that are online; at most MAX_CPUS */
extern int nr_cpus;

_Noreturn void die(const char *what);
int open_event(struct perf_event_attr *attr, pid_t pid, int cpu);

/* bench-operations.c */
int open_breakpoint(pid_t pid, int cpu);
void set_wide(bool on);

/* bench-counts.c */
void count_all(void);

/* bench-memory.c */
void weigh_all(void);

#endif /* _BENCH_H */
