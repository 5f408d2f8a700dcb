// SPDX-License-Identifier: GPL-2.0
/*
 * demo-watch PID VARIABLE: who writes a variable of another process?
 *
 * A perf event with a sample per hit says where. What was written has to be read
 * from the process before it runs on, so the event's owner is made the process
 * itself and its signal SIGSTOP: the kernel stops the process as it leaves the
 * hit, and we continue it when we have looked. It is not traced, and need not know.
 * On x86 that is behind the write, on arm64 before it. On POWER it is some
 * instructions later, for an interrupt has to come first: the value is that of then.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>

#include "demo.h"

#ifdef __powerpc__
#define STOPS_AT_ONCE	false
#else
#define STOPS_AT_ONCE	true
#endif

/* PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_ADDR */
struct hit {
	struct perf_event_header header;
	__u64 ip;
	__u32 pid, tid;
	__u64 addr;
};

static void stop_at_each_hit(int fd, pid_t pid)
{
	if (fcntl(fd, F_SETOWN, pid) || fcntl(fd, F_SETSIG, SIGSTOP) ||
	    fcntl(fd, F_SETFL, O_ASYNC))
		err(1, "signal of a perf event");
}

/* The record is there before the signal is sent. False: the process has ended. */
static bool wait_until_stopped(pid_t pid)
{
	char path[32], line[256], *state;
	int tries;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 50000; tries++) {
		f = fopen(path, "r");
		if (!f)
			return false;
		state = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		fclose(f);
		if (!state || state[2] == 'Z' || state[2] == 'X')
			return false;
		if (state[2] == 'T')
			return true;
		usleep(100);
	}
	errx(1, "process %d runs on after a hit: it has not got its SIGSTOP", pid);
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_BREAKPOINT,
		.bp_type	= HW_BREAKPOINT_W,
		.sample_period	= 1,
		.sample_type	= PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_ADDR,
		.wakeup_events	= 1,
	};
	const struct symbol *variable;
	struct symbols symbols;
	struct pollfd poller;
	struct ring ring;
	struct hit hit;
	int nr, hits = 0;
	long value;
	pid_t pid;

	if (argc != 3)
		errx(2, "usage: demo-watch PID VARIABLE");
	pid = atoi(argv[1]);
	symbols_of_process(&symbols, pid);
	variable = symbol_named(&symbols, argv[2]);
	value = value_of(pid, variable);

	attr.bp_addr = variable->addr;
	attr.bp_len = variable->size;
	ring_open(&ring, &attr, pid, -1);
	stop_at_each_hit(ring.fd, pid);
	setlinebuf(stdout);
	printf("watching %s of process %d, %lu bytes at 0x%lx, %ld now\n", variable->name, pid,
	       variable->size, variable->addr, value);

	poller.fd = ring.fd;
	poller.events = POLLIN;
	while (poll(&poller, 1, -1) > 0 && !(poller.revents & POLLHUP)) {
		if (!wait_until_stopped(pid))
			break;
		for (nr = 0; ring_next(&ring, &hit, sizeof(hit)); nr++) {
			if (hit.header.type != PERF_RECORD_SAMPLE)
				errx(1, "a record of type %u", hit.header.type);
			printf("hit %d: %s (0x%llx) = %ld", ++hits,
			       symbol_at(&symbols, hit.addr), hit.addr, value_of(pid, variable));
			printf(", by %s (0x%llx)\n", symbol_at(&symbols, hit.ip), hit.ip);
		}
		if (kill(pid, SIGCONT))
			err(1, "process %d", pid);
		if (nr != 1 && STOPS_AT_ONCE)
			errx(1, "%d hits in one stop: the value is that of the last", nr);
	}
	printf("process %d has ended after %d hits\n", pid, hits);
	return 0;
}
