// SPDX-License-Identifier: GPL-2.0
/*
 * What operations on breakpoints cost, seen from a user.  Meant for a guest
 * whose clock counts its instructions (QEMU -icount shift=0), where a
 * nanosecond of CLOCK_MONOTONIC is an instruction.
 *
 *	bench		prints one line an operation, tab-separated: name, number of
 *			CPUs, median, least and most of the repetitions
 *	bench counts	what else is done for an operation (bench-counts.c)
 *	bench memory	what a breakpoint takes of memory (bench-memory.c)
 *	bench profile OPERATION
 *			says where repeat_once() is, and does the operation until it is
 *			killed: QEMU looks at it (scripts/bench-profile.sh)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define REPETITIONS	9

int nr_cpus;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

int open_event(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, 0);

	if (fd < 0)
		die("perf_event_open");
	return fd;
}

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(unsigned long long *)a;
	unsigned long long y = *(unsigned long long *)b;

	return (x > y) - (x < y);
}

static void measure(const struct operation *op)
{
	unsigned long long cost[REPETITIONS];

	for (int i = -1; i < REPETITIONS; i++) {
		unsigned long long start;

		if (op->prepare)
			op->prepare();
		if (op->n > 1)
			op->run(op->n / 5 + 1);
		start = now();
		op->run(op->n);
		/* The first round warms up. */
		if (i >= 0)
			cost[i] = (now() - start) / op->n;
		if (op->finish)
			op->finish();
	}
	qsort(cost, REPETITIONS, sizeof(cost[0]), compare);
	printf("%s\t%d\t%llu\t%llu\t%llu\n", op->name, nr_cpus,
	       cost[REPETITIONS / 2], cost[0], cost[REPETITIONS - 1]);
	fflush(stdout);
}

static void measure_all(void)
{
	for (const struct operation *op = operations; op->name; op++)
		if (!op->possible || op->possible())
			measure(op);
}

/* Where an operation begins, to whoever looks on. */
static __attribute__((noinline)) void repeat_once(const struct operation *op)
{
	asm volatile("");
	op->run(1);
}

static void repeat(const char *name)
{
	/* powerpc has another entry for who calls it by its name */
	void (*volatile once)(const struct operation *op) = repeat_once;
	const struct operation *op = operations;

	while (op->name && strcmp(op->name, name))
		op++;
	if (!op->name || (op->possible && !op->possible())) {
		fprintf(stderr, "bench: no operation '%s' here\n", name);
		exit(2);
	}
	if (op->prepare)
		op->prepare();
	op->run(op->n);
	printf("ready %p\n", (void *)once);
	fflush(stdout);
	for (;;)
		once(op);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "times";
	cpu_set_t cpu0;

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_cpus > MAX_CPUS)
		nr_cpus = MAX_CPUS;

	/* Stay where the breakpoints of a CPU are, so that none is remote. */
	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	if (sched_setaffinity(0, sizeof(cpu0), &cpu0))
		die("sched_setaffinity");

	if (!strcmp(what, "times")) {
		measure_all();
	} else if (!strcmp(what, "counts")) {
		count_all();
	} else if (!strcmp(what, "memory")) {
		weigh_all();
	} else if (!strcmp(what, "profile") && argc == 3) {
		repeat(argv[2]);
	} else {
		fprintf(stderr, "usage: bench [times|counts|memory|profile OPERATION]\n");
		return 2;
	}
	return 0;
}
