// SPDX-License-Identifier: GPL-2.0
/*
 * demo-kvar VARIABLE LENGTH COMMAND: who writes a variable of the kernel?
 *
 * Watches it on every CPU while the shell runs COMMAND, then prints who wrote it
 * and the kernel's stack of each write. Needs to be root.
 */
#include "demo.h"

#define COLUMNS	92

union record {
	struct perf_event_header header;
	/* PERF_SAMPLE_TID | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN */
	struct {
		struct perf_event_header header;
		__u32 pid, tid;
		__u32 cpu, unused;
		__u64 nr;
		__u64 chain[512];
	} sample;
	/* on this CPU a process was given this name, by exec or by itself */
	struct {
		struct perf_event_header header;
		__u32 pid, tid;
		char name[16];
	} comm;
};

static void print_stack(const struct symbols *symbols, const __u64 *chain, __u64 nr)
{
	const char *arrow = " ";
	int column = COLUMNS;
	const char *name;
	__u64 i;

	for (i = 0; i < nr; i++) {
		if (chain[i] >= PERF_CONTEXT_MAX)	/* a marker, no address */
			continue;
		name = symbol_at(symbols, chain[i]);
		if (column + 3 + strlen(name) > COLUMNS)
			column = printf("\n   ") - 1;
		column += printf("%s%s", arrow, name);
		arrow = " < ";
	}
	printf("\n");
}

static int print_hits(struct ring *ring, const struct symbols *symbols, const char *variable)
{
	char comm[16] = "?";
	union record record;
	__u32 pid, comm_pid = 0;
	int hits = 0;

	while (ring_next(ring, &record, sizeof(record))) {
		if (record.header.type == PERF_RECORD_COMM) {
			comm_pid = record.comm.pid;
			memcpy(comm, record.comm.name, sizeof(comm));
		}
		if (record.header.type != PERF_RECORD_SAMPLE)
			continue;
		pid = record.sample.pid;
		printf("CPU %u: %.16s (process %u) wrote %s:", record.sample.cpu,
		       pid == comm_pid ? comm : "?", pid, variable);
		print_stack(symbols, record.sample.chain, record.sample.nr);
		hits++;
	}
	return hits;
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_BREAKPOINT,
		.bp_type	= HW_BREAKPOINT_W,
		.sample_period	= 1,
		.sample_type	= PERF_SAMPLE_TID | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN,
		.exclude_callchain_user = 1,
		.comm		= 1,
	};
	int cpu, status, hits = 0, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct symbols symbols;
	struct ring *rings = calloc(cpus, sizeof(*rings));

	if (argc != 4 || !rings)
		errx(2, "usage: demo-kvar VARIABLE LENGTH COMMAND");
	symbols_of_kernel(&symbols);
	attr.bp_addr = symbol_named(&symbols, argv[1])->addr;
	attr.bp_len = atoi(argv[2]);
	for (cpu = 0; cpu < cpus; cpu++)
		ring_open(&rings[cpu], &attr, -1, cpu);
	printf("watching %s, %llu bytes at 0x%llx, on %d CPUs\n", argv[1], attr.bp_len,
	       attr.bp_addr, cpus);
	fflush(stdout);

	status = system(argv[3]);
	for (cpu = 0; cpu < cpus; cpu++)
		hits += print_hits(&rings[cpu], &symbols, argv[1]);
	printf("%d hits\n", hits);
	return status != 0;
}
