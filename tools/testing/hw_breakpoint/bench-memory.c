// SPDX-License-Identifier: GPL-2.0
/*
 * What a breakpoint takes of memory: what is allocated while it is opened, and not
 * freed by then, as the kernel's tracepoints tell it.  Each row is a task of its
 * own, which has no event before.
 *
 * Prints a line each, tab-separated: what it is, number of CPUs, bytes.
 */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define EVENTS		"/sys/kernel/tracing/events/"
#define RING_PAGES	256
#define MAX_HELD	8192

static struct source {
	const char	*name;
	bool		frees;
	int		fd;
	uint64_t	id;
	int		pointer, bytes;	/* where in the record */
} sources[] = {
	{ "kmem/kmalloc", false },
	{ "kmem/kmem_cache_alloc", false },
	{ "percpu/percpu_alloc_percpu", false },
	{ "kmem/kfree", true },
	{ "kmem/kmem_cache_free", true },
	{ "percpu/percpu_free_percpu", true },
};

#define NR_SOURCES	ARRAY_SIZE(sources)

/* What has been allocated since trace_begin(), and not freed. */
static struct {
	uint64_t	pointer, bytes;
} held[MAX_HELD];
static int nr_held;

static struct perf_event_mmap_page *ring;
static char *ring_data;
static size_t ring_size;

/* Where the record of a tracepoint has a field; and its number, if @field is NULL. */
static int number_of(const struct source *source, const char *field)
{
	char path[128], line[256], want[64];
	int found = -1;
	FILE *f;

	snprintf(path, sizeof(path), EVENTS "%s/format", source->name);
	f = fopen(path, "r");
	if (!f)
		die(path);
	snprintf(want, sizeof(want), "%s;", field ? field : "");
	while (found < 0 && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "offset:");

		if (!field)
			sscanf(line, "ID: %d", &found);
		else if (at && strstr(line, want))
			sscanf(at, "offset:%d", &found);
	}
	fclose(f);
	if (found < 0)
		die(path);
	return found;
}

static void open_source(struct source *source)
{
	struct perf_event_attr attr = {
		.size		= sizeof(attr),
		.type		= PERF_TYPE_TRACEPOINT,
		.config		= number_of(source, NULL),
		.sample_period	= 1,
		.sample_type	= PERF_SAMPLE_TID | PERF_SAMPLE_ID | PERF_SAMPLE_RAW,
		.disabled	= 1,
	};

	/* A CPU's: the task shall have no event of its own. */
	source->fd = open_event(&attr, -1, 0);
	if (ioctl(source->fd, PERF_EVENT_IOC_ID, &source->id))
		die("PERF_EVENT_IOC_ID");
	source->pointer = number_of(source, "ptr");
	if (!source->frees)
		source->bytes = number_of(source, "bytes_alloc");
}

static void trace_open(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	for (struct source *source = sources; source < sources + NR_SOURCES; source++) {
		open_source(source);
		if (source != sources &&
		    ioctl(source->fd, PERF_EVENT_IOC_SET_OUTPUT, sources->fd))
			die("PERF_EVENT_IOC_SET_OUTPUT");
		if (source != sources)
			continue;
		ring_size = RING_PAGES * page;
		ring = mmap(NULL, page + ring_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    source->fd, 0);
		if (ring == MAP_FAILED)
			die("mmap");
		ring_data = (char *)ring + page;
	}
}

static void trace_enable(bool on)
{
	for (struct source *source = sources; source < sources + NR_SOURCES; source++)
		if (ioctl(source->fd, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0))
			die("enabling a tracepoint");
}

static void ring_read(uint64_t at, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ring_data[(at + i) % ring_size];
}

static const struct source *find_source(uint64_t id)
{
	for (struct source *source = sources; source < sources + NR_SOURCES; source++)
		if (source->id == id)
			return source;
	fprintf(stderr, "bench: a sample of an unknown event\n");
	exit(1);
}

static void forget(uint64_t pointer)
{
	for (int i = 0; i < nr_held; i++)
		if (held[i].pointer == pointer) {
			held[i] = held[--nr_held];
			return;
		}
}

static void take_sample(uint64_t at)
{
	struct {
		struct perf_event_header	header;
		uint32_t			pid, tid;
		uint64_t			id;
		uint32_t			raw_size;
	} __attribute__((packed)) sample;
	const struct source *source;
	uint64_t raw = at + sizeof(sample), pointer, bytes;

	ring_read(at, &sample, sizeof(sample));
	if (sample.tid != (uint32_t)getpid())
		return;
	source = find_source(sample.id);
	ring_read(raw + source->pointer, &pointer, sizeof(pointer));
	if (source->frees) {
		forget(pointer);
		return;
	}
	ring_read(raw + source->bytes, &bytes, sizeof(bytes));
	if (nr_held == MAX_HELD) {
		fprintf(stderr, "bench: more allocations than there is room for\n");
		exit(1);
	}
	held[nr_held].pointer = pointer;
	held[nr_held++].bytes = bytes;
}

/* What has been allocated since the last call, and is held. */
static uint64_t trace_read(void)
{
	uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	uint64_t sum = 0;

	nr_held = 0;
	for (uint64_t at = ring->data_tail; at < head;) {
		struct perf_event_header header;

		ring_read(at, &header, sizeof(header));
		if (header.type == PERF_RECORD_LOST) {
			fprintf(stderr, "bench: the ring was too small\n");
			exit(1);
		}
		if (header.type == PERF_RECORD_SAMPLE)
			take_sample(at);
		at += header.size;
	}
	__atomic_store_n(&ring->data_tail, head, __ATOMIC_RELEASE);
	for (int i = 0; i < nr_held; i++)
		sum += held[i].bytes;
	return sum;
}

/* What one more takes, @nr of them being opened. */
static uint64_t weigh(void (*open_nr)(int nr), int nr)
{
	uint64_t sum;

	trace_enable(true);
	open_nr(nr);
	trace_enable(false);
	sum = trace_read();
	return sum / nr;
}

static void open_task(int nr)
{
	while (nr--)
		open_breakpoint(0, -1);
}

static void open_task_on_cpu(int nr)
{
	while (nr--)
		open_breakpoint(0, 0);
}

static void open_cpu(int nr)
{
	while (nr--)
		open_breakpoint(-1, 0);
}

static void open_wide(int nr)
{
	(void)nr;
	set_wide(true);
}

static void show(const char *what, uint64_t bytes)
{
	printf("%s\t%d\t%llu\n", what, nr_cpus, (unsigned long long)bytes);
}

static void weigh_task(void)
{
	show("a task's first breakpoint", weigh(open_task, 1));
	show("a task's further breakpoint", weigh(open_task, 1));
}

static void weigh_task_on_cpu(void)
{
	show("a task's first on one CPU", weigh(open_task_on_cpu, 1));
	show("a task's further on one CPU", weigh(open_task_on_cpu, 1));
}

static void weigh_cpu(void)
{
	show("a CPU's breakpoint", weigh(open_cpu, 1));
}

static void weigh_wide(void)
{
	/* The first takes what is then there for all: percpu's chunks, say. */
	set_wide(true);
	set_wide(false);
	show("a wide breakpoint, per CPU", weigh(open_wide, 1) / nr_cpus);
	set_wide(false);
}

static void in_new_task(void (*weigh_some)(void))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		trace_open();
		/* What the first use of a tracepoint takes is nobody's. */
		trace_enable(true);
		trace_enable(false);
		trace_read();
		weigh_some();
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("a task to be weighed");
}

static void copy_out(const char *path)
{
	char name[128];
	unsigned long bytes;
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	while (fscanf(f, "%127[^\t]\t%lu\n", name, &bytes) == 2)
		show(name, bytes);
	fclose(f);
}

void weigh_all(void)
{
	copy_out("/sys/kernel/debug/bp_bench/sizes");
	fflush(stdout);
	in_new_task(weigh_task);
	in_new_task(weigh_task_on_cpu);
	in_new_task(weigh_cpu);
	in_new_task(weigh_wide);
}
