// SPDX-License-Identifier: GPL-2.0
/*
 * How often an operation calls another CPU, waits for an RCU grace period, and
 * schedules an event context anew: by perf events at a tracepoint and at kernel
 * functions.  Calls and waits are those of this task; contexts are scheduled on any
 * CPU, on its behalf.  A run of its own, as they cost time.
 *
 * Prints one line an operation, tab-separated: name, number of CPUs, and how often
 * of each, for one operation; the median of the repetitions.
 */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

#define REPETITIONS	5

enum { CROSS_CALLS, GRACE_PERIODS, RESCHEDULES, NR_COUNTS };

static const struct {
	int		count;
	const char	*function;	/* or NULL: a call of another CPU */
} probes[] = {
	{ CROSS_CALLS,		NULL },
	{ GRACE_PERIODS,	"synchronize_rcu" },
	{ GRACE_PERIODS,	"synchronize_rcu_expedited" },
	{ GRACE_PERIODS,	"synchronize_srcu" },
	{ RESCHEDULES,		"ctx_resched" },
};

#define NR_PROBES	ARRAY_SIZE(probes)

/* One for this task, or one for each CPU; -1 behind the last one. */
static int fds[NR_PROBES][MAX_CPUS + 1];

static int number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	int n;

	if (!f || fscanf(f, "%d", &n) != 1)
		die(path);
	fclose(f);
	return n;
}

static void open_probe(int *fd, struct perf_event_attr *attr, bool everywhere)
{
	int nr = everywhere ? nr_cpus : 1;

	for (int i = 0; i < nr; i++)
		fd[i] = open_event(attr, everywhere ? -1 : 0, everywhere ? i : -1);
	fd[nr] = -1;
}

static void open_cross_calls(int *fd)
{
	struct perf_event_attr attr = {
		.size	= sizeof(attr),
		.type	= PERF_TYPE_TRACEPOINT,
		.config	= number_in("/sys/kernel/tracing/events/csd/csd_queue_cpu/id"),
	};

	open_probe(fd, &attr, false);
	/* Not those that wake a task there. */
	if (ioctl(*fd, PERF_EVENT_IOC_SET_FILTER, "func.function != sched_ttwu_pending"))
		die("filter of csd_queue_cpu");
}

static void open_calls_of(int *fd, const char *function, bool everywhere)
{
	struct perf_event_attr attr = {
		.size		= sizeof(attr),
		.type		= number_in("/sys/bus/event_source/devices/kprobe/type"),
		.kprobe_func	= (uintptr_t)function,
	};

	open_probe(fd, &attr, everywhere);
}

static void read_counts(uint64_t *counts)
{
	for (int i = 0; i < NR_COUNTS; i++)
		counts[i] = 0;
	for (int i = 0; i < (int)NR_PROBES; i++) {
		for (int *fd = fds[i]; *fd >= 0; fd++) {
			uint64_t n;

			if (read(*fd, &n, sizeof(n)) != sizeof(n))
				die("read of a count");
			counts[probes[i].count] += n;
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void count(const struct operation *op)
{
	uint64_t seen[NR_COUNTS][REPETITIONS];

	for (int i = 0; i < REPETITIONS; i++) {
		uint64_t before[NR_COUNTS], after[NR_COUNTS];

		if (op->prepare)
			op->prepare();
		if (op->n > 1)
			op->run(op->n / 5 + 1);
		read_counts(before);
		op->run(op->n);
		read_counts(after);
		if (op->finish)
			op->finish();
		for (int k = 0; k < NR_COUNTS; k++)
			seen[k][i] = after[k] - before[k];
	}
	printf("%s\t%d", op->name, nr_cpus);
	for (int k = 0; k < NR_COUNTS; k++) {
		qsort(seen[k], REPETITIONS, sizeof(seen[k][0]), compare);
		printf("\t%.4g", (double)seen[k][REPETITIONS / 2] / op->n);
	}
	putchar('\n');
	fflush(stdout);
}

void count_all(void)
{
	for (int i = 0; i < (int)NR_PROBES; i++) {
		if (probes[i].function)
			open_calls_of(fds[i], probes[i].function,
				      probes[i].count == RESCHEDULES);
		else
			open_cross_calls(fds[i]);
	}
	for (const struct operation *op = operations; op->name; op++)
		if (!op->possible || op->possible())
			count(op);
}
