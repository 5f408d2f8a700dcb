// SPDX-License-Identifier: GPL-2.0
/*
 * The operations that are measured.  Each does its work @n times; what it needs
 * around that is made and unmade outside of the measured part.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define LOADED_TASKS	256

/* QEMU takes a watchpoint of POWER's that is for user mode alone for nobody's. */
#ifdef __powerpc__
#define EXCLUDE_KERNEL	0
#else
#define EXCLUDE_KERNEL	1
#endif

static volatile unsigned int target[2];

static struct perf_event_attr attributes(void)
{
	return (struct perf_event_attr) {
		.type		= PERF_TYPE_BREAKPOINT,
		.size		= sizeof(struct perf_event_attr),
		.bp_type	= HW_BREAKPOINT_W,
		.bp_addr	= (unsigned long)&target[0],
		.bp_len		= HW_BREAKPOINT_LEN_4,
		.pinned		= 1,
		.exclude_kernel	= EXCLUDE_KERNEL,
	};
}

int open_breakpoint(pid_t pid, int cpu)
{
	struct perf_event_attr attr = attributes();

	return open_event(&attr, pid, cpu);
}

static void open_close(pid_t pid, int cpu, int n)
{
	while (n--)
		close(open_breakpoint(pid, cpu));
}

static void bench_task(int n)
{
	open_close(0, -1, n);
}

static void bench_cpu(int n)
{
	open_close(-1, 0, n);
}

static void bench_task_on_cpu(int n)
{
	open_close(0, 0, n);
}

static void bench_each_cpu(int n)
{
	int fds[MAX_CPUS];

	while (n--) {
		for (int cpu = 0; cpu < nr_cpus; cpu++)
			fds[cpu] = open_breakpoint(-1, cpu);
		for (int cpu = 0; cpu < nr_cpus; cpu++)
			close(fds[cpu]);
	}
}

static int held[MAX_CPUS];

static void hold_each_cpu(void)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		held[cpu] = open_breakpoint(0, cpu);
}

static void drop_each_cpu(void)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		close(held[cpu]);
}

static pid_t loaded[LOADED_TASKS];

/* Other tasks, each with a breakpoint of its own. */
static void hold_loaded(void)
{
	for (int i = 0; i < LOADED_TASKS; i++) {
		int ready[2];
		char c;

		if (pipe(ready))
			die("pipe");
		loaded[i] = fork();
		if (loaded[i] < 0)
			die("fork");
		if (!loaded[i]) {
			open_breakpoint(0, -1);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			pause();
			_exit(0);
		}
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			die("a loaded task");
		close(ready[0]);
	}
}

static void drop_loaded(void)
{
	for (int i = 0; i < LOADED_TASKS; i++) {
		kill(loaded[i], SIGKILL);
		waitpid(loaded[i], NULL, 0);
	}
}

static void hold_mixed_loaded(void)
{
	hold_loaded();
	hold_each_cpu();
}

static void drop_mixed_loaded(void)
{
	drop_each_cpu();
	drop_loaded();
}

/* The first reservation for a CPU after everything has been idle. */
static void hold_idle(void)
{
	/* Perf core itself waits when its first event is opened. */
	held[0] = open_breakpoint(0, -1);
	sleep(2);
}

static void drop_idle(void)
{
	close(held[0]);
}

static int first_fd;

static void bench_first(int n)
{
	(void)n;
	first_fd = open_breakpoint(-1, 0);
}

static void drop_first(void)
{
	close(first_fd);
	drop_idle();
}

/*
 * Breakpoints of the kernel's on every CPU, by the kselftests' modules.
 */

#define WIDE	"/sys/kernel/debug/bp_module/wide"
#define BENCH	"/sys/kernel/debug/bp_bench/"

/* False if the kernel cannot do that at all. */
static bool write_number(int fd, int n)
{
	char number[16];
	int len = snprintf(number, sizeof(number), "%d", n);

	if (write(fd, number, len) == len)
		return true;
	if (errno != ENODEV)
		die("write to a file in " BENCH);
	return false;
}

static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		die(path);
	return fd;
}

/* Opened once: just what the kernel does is to be measured. */
void set_wide(bool on)
{
	static int fd = -1;

	if (fd < 0)
		fd = open_file(WIDE);
	if (write(fd, on ? "1" : "0", 1) != 1)
		die(WIDE);
}

static void bench_wide(int n)
{
	while (n--) {
		set_wide(true);
		set_wide(false);
	}
}

static int retarget_fd;

static void hold_wide(int n)
{
	int fd = open_file(BENCH "hold");

	write_number(fd, n);
	close(fd);
}

static void hold_retarget_here(void)
{
	hold_wide(1);
	retarget_fd = open_file(BENCH "retarget_local");
}

static void hold_retarget(void)
{
	hold_wide(1);
	retarget_fd = open_file(BENCH "retarget");
}

/* The module does it so often. */
static void bench_retarget(int n)
{
	write_number(retarget_fd, n);
}

static void drop_retarget(void)
{
	close(retarget_fd);
	hold_wide(0);
}

/* Stock cannot. */
static bool can_retarget(void)
{
	bool can;

	hold_retarget_here();
	can = write_number(retarget_fd, 1);
	drop_retarget();
	return can;
}

/*
 * A live breakpoint is changed, back and forth.
 */

static int changed_fd;
static unsigned int changes;

static void hold_own(void)
{
	changed_fd = open_breakpoint(0, -1);
}

static void hold_other_cpu(void)
{
	changed_fd = open_breakpoint(-1, 1);
}

static void drop_changed(void)
{
	close(changed_fd);
}

static void modify(const struct perf_event_attr *attr)
{
	if (ioctl(changed_fd, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, attr))
		die("PERF_EVENT_IOC_MODIFY_ATTRIBUTES");
}

static void bench_modify_address(int n)
{
	struct perf_event_attr attr = attributes();

	while (n--) {
		attr.bp_addr = (unsigned long)&target[changes++ & 1];
		modify(&attr);
	}
}

static void bench_modify_type(int n)
{
	struct perf_event_attr attr = attributes();

	while (n--) {
		attr.bp_type = changes++ & 1 ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W;
		modify(&attr);
	}
}

static void bench_modify_length(int n)
{
	struct perf_event_attr attr = attributes();

	while (n--) {
		attr.bp_len = changes++ & 1 ? HW_BREAKPOINT_LEN_2 : HW_BREAKPOINT_LEN_4;
		modify(&attr);
	}
}

/*
 * Hits.
 */

static void *ring;

static void hold_sampling(void)
{
	struct perf_event_attr attr = attributes();

	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_ADDR;
	/* one that is never full */
	attr.write_backward = 1;
	changed_fd = open_event(&attr, 0, -1);
	ring = mmap(NULL, 3 * sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, changed_fd, 0);
	if (ring == MAP_FAILED)
		die("mmap");
}

static void drop_sampling(void)
{
	munmap(ring, 3 * sysconf(_SC_PAGESIZE));
	drop_changed();
}

static void bench_hit(int n)
{
	while (n--)
		target[0] = n;
}

/*
 * A byte goes to another task on this CPU and back: two switches, to and from a
 * task with so many breakpoints.
 */

static pid_t partner;
static int there[2], back[2];
static int switch_fds[MAX_CPUS], nr_switch_fds;

static void hold_switch(int nr)
{
	struct perf_event_attr attr = attributes();
	char c;

	if (pipe(there) || pipe(back))
		die("pipe");
	partner = fork();
	if (partner < 0)
		die("fork");
	if (!partner) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
	for (nr_switch_fds = 0; nr_switch_fds < nr; nr_switch_fds++) {
		attr.bp_addr = (unsigned long)&target[1];
		switch_fds[nr_switch_fds] = open_event(&attr, 0, -1);
	}
}

static void hold_switch_0(void)
{
	hold_switch(0);
}

static void hold_switch_1(void)
{
	hold_switch(1);
}

static void hold_switch_4(void)
{
	hold_switch(4);
}

static void bench_switch(int n)
{
	char c = 0;

	while (n--)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			die("pipe");
}

static void drop_switch(void)
{
	while (nr_switch_fds)
		close(switch_fds[--nr_switch_fds]);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	waitpid(partner, NULL, 0);
}

/* Whether there are registers enough, and CPUs. */
static bool has_4_registers(void)
{
	int fds[4], nr = 0, got;
	struct perf_event_attr attr = attributes();

	while (nr < 4) {
		fds[nr] = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
		if (fds[nr] < 0)
			break;
		nr++;
	}
	got = nr;
	while (nr)
		close(fds[--nr]);
	return got == 4;
}

static bool has_2_cpus(void)
{
	return nr_cpus > 1;
}

const struct operation operations[] = {
	{ "task",			50, NULL, bench_task, NULL },
	{ "task, 256 loaded tasks",	50, hold_loaded, bench_task, drop_loaded },
	{ "cpu",			50, NULL, bench_cpu, NULL },
	{ "cpu, 256 loaded tasks",	50, hold_loaded, bench_cpu, drop_loaded },
	{ "task on one cpu",		50, NULL, bench_task_on_cpu, NULL },
	{ "task on one cpu, 256 loaded tasks", 50, hold_loaded, bench_task_on_cpu,
	  drop_loaded },
	{ "mixed",			20, hold_each_cpu, bench_task, drop_each_cpu },
	{ "mixed, 256 loaded tasks",	20, hold_mixed_loaded, bench_task, drop_mixed_loaded },
	{ "each cpu",			3, NULL, bench_each_cpu, NULL },
	{ "first cpu after 2 s idle",	1, hold_idle, bench_first, drop_first },
	{ "wide",			3, NULL, bench_wide, NULL },
	{ "first wide after 2 s idle",	1, hold_idle, bench_wide, drop_idle },
	{ "modify address",		50, hold_own, bench_modify_address, drop_changed },
	{ "modify type",		50, hold_own, bench_modify_type, drop_changed },
	{ "modify length",		50, hold_own, bench_modify_length, drop_changed },
	{ "modify on another cpu",	50, hold_other_cpu, bench_modify_address, drop_changed,
	  has_2_cpus },
	{ "retarget wide, this cpu",	1000, hold_retarget_here, bench_retarget,
	  drop_retarget, can_retarget },
	{ "retarget wide, all cpus",	20, hold_retarget, bench_retarget,
	  drop_retarget, can_retarget },
	{ "hit, counting",		50, hold_own, bench_hit, drop_changed },
	{ "hit, sampling",		50, hold_sampling, bench_hit, drop_sampling },
	{ "switch and back, 0 breakpoints", 50, hold_switch_0, bench_switch, drop_switch },
	{ "switch and back, 1 breakpoint", 50, hold_switch_1, bench_switch, drop_switch },
	{ "switch and back, 4 breakpoints", 50, hold_switch_4, bench_switch, drop_switch,
	  has_4_registers },
	{ }
};

