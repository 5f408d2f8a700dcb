// SPDX-License-Identifier: GPL-2.0
/*
 * demo-exhaust [REGISTERS]: what happens when the debug registers run out, when each
 * CPU has so many for data and nobody else holds one; it counts them if it is not told.
 *
 * Two tasks and a CPU get watchpoints until none is left. Then the tasks run, and
 * every watchpoint that was granted must have counted its hits.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>

#include "demo.h"

#define MAX_WATCHES	64
#define CPUS		2	/* CPU 0 and CPU 1 are enough to show it */
#define ANY		(-1)

enum { TASK_A, TASK_B, TASKS };

static const char * const task_name[] = { "task A", "task B" };
static pid_t pids[TASKS];

/* The tasks' own: each watch has its own, so that its hits are its own. */
static long variables[MAX_WATCHES];

static struct watch {
	int fd;		/* -1: closed */
	int task;	/* or ANY */
	int cpu;	/* or ANY */
} watches[MAX_WATCHES];
static int nr_watches;
static bool failed;

/* When it is told to run on, a task writes every variable once on each CPU. */
static void start_task(int task)
{
	cpu_set_t set;
	int cpu, i;

	pids[task] = fork();
	if (pids[task] < 0)
		err(1, "fork");
	if (pids[task]) {
		waitpid(pids[task], NULL, WUNTRACED);
		return;
	}
	raise(SIGSTOP);
	for (cpu = 0; cpu < CPUS; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			err(1, "CPU %d", cpu);
		for (i = 0; i < MAX_WATCHES; i++)
			(*(volatile long *)&variables[i])++;
	}
	_exit(0);
}

static void run_task(int task)
{
	int status;

	kill(pids[task], SIGCONT);
	if (waitpid(pids[task], &status, 0) != pids[task] || status)
		errx(1, "%s failed", task_name[task]);
}

static int open_watch(const void *variable, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_BREAKPOINT,
		.size		= sizeof(attr),
		.bp_type	= HW_BREAKPOINT_W,
		.bp_addr	= (unsigned long)variable,
		.bp_len		= sizeof(variables[0]),
		.pinned		= 1,
	};

	return syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0);
}

/* As many as this process is granted. */
static int count_registers(void)
{
	int fds[MAX_WATCHES], nr = 0, i;

	while (nr < MAX_WATCHES && (fds[nr] = open_watch(&variables[nr], 0, -1)) >= 0)
		nr++;
	for (i = 0; i < nr; i++)
		close(fds[i]);
	return nr;
}

static const char *holder(int task, int cpu)
{
	static char text[40];

	snprintf(text, sizeof(text), cpu == ANY ? "%s, on any CPU" : "%s, on CPU %d",
		 task == ANY ? "any task" : task_name[task], cpu);
	return text;
}

/* Asks @nr times, and wants each answer to be @error. */
static void request(int nr, int task, int cpu, int error, const char *why)
{
	int fd, i, got = error;

	for (i = 0; i < nr && got == error; i++) {
		fd = open_watch(&variables[nr_watches], task == ANY ? -1 : pids[task], cpu);
		got = fd < 0 ? errno : 0;
		if (!got)
			watches[nr_watches++] = (struct watch){ fd, task, cpu };
	}
	printf("  %-18s %d x %-24s %s%s\n", holder(task, cpu), i,
	       got ? strerror(got) : "granted", got == error ? "" : "WRONG: ", why);
	failed |= got != error;
}

static void release(int task)
{
	int i;

	for (i = nr_watches - 1; i >= 0; i--) {
		if (watches[i].fd >= 0 && watches[i].task == task) {
			close(watches[i].fd);
			watches[i].fd = -1;
			printf("  %s closes one\n", task_name[task]);
			return;
		}
	}
}

static int held(int task, int cpu)
{
	int i, nr = 0;

	for (i = 0; i < nr_watches; i++)
		nr += watches[i].fd >= 0 && watches[i].task == task && watches[i].cpu == cpu;
	return nr;
}

static void print_table(int registers)
{
	int cpu, task;

	printf("\n  held by  %8s %11s %11s %11s %13s %13s\n", "any task", "A, any CPU",
	       "A, this one", "B, any CPU", "while A runs", "while B runs");
	for (cpu = 0; cpu < CPUS; cpu++) {
		printf("  CPU %-3d  %8d %11d %11d %11d", cpu, held(ANY, cpu), held(TASK_A, ANY),
		       held(TASK_A, cpu), held(TASK_B, ANY));
		for (task = 0; task < TASKS; task++)
			printf("%9d of %d", held(ANY, cpu) + held(task, ANY) + held(task, cpu),
			       registers);
		printf("\n");
	}
	printf("\n");
}

/* The same as root can read it, of whoever holds registers; not on every kernel. */
static void print_slots(void)
{
	FILE *slots = fopen("/sys/kernel/debug/hw_breakpoint/slots", "r");
	char line[256];

	if (!slots)
		return;
	printf("  /sys/kernel/debug/hw_breakpoint/slots has it so:\n\n");
	while (fgets(line, sizeof(line), slots))
		printf("  %s", line);
	printf("\n");
	fclose(slots);
}

/* Each watch sees one write of each task on each CPU that it is for. */
static void check_counts(void)
{
	__u64 count, sum = 0;
	int i, nr = 0;

	for (i = 0; i < nr_watches; i++) {
		const struct watch *w = &watches[i];
		__u64 want = (w->task == ANY ? TASKS : 1) * (w->cpu == ANY ? CPUS : 1);

		if (w->fd < 0)
			continue;
		if (read(w->fd, &count, sizeof(count)) != sizeof(count))
			count = 0;	/* pinned, and had no register */
		if (count != want) {
			printf("  %s: WRONG: %llu hits, not %llu\n", holder(w->task, w->cpu),
			       count, want);
			failed = true;
		}
		sum += count;
		nr++;
	}
	printf("  A and B have run on both CPUs: %d watchpoints, %llu hits\n", nr, sum);
}

int main(int argc, char **argv)
{
	int registers = argc == 2 ? atoi(argv[1]) : count_registers();

	if (argc > 2 || registers < 1 || registers > MAX_WATCHES / 4)
		errx(2, "usage: demo-exhaust [REGISTERS]");
	if (sysconf(_SC_NPROCESSORS_ONLN) < CPUS)
		errx(1, "this needs %d CPUs", CPUS);
	setlinebuf(stdout);
	start_task(TASK_A);
	start_task(TASK_B);

	request(registers, TASK_A, ANY, 0, "registers are the task's own while it runs");
	request(1, TASK_A, ANY, ENOSPC, "it holds all that a CPU has");
	request(registers, TASK_B, ANY, 0, "another task still has all of its own");
	request(1, ANY, 1, ENOSPC, "A or B may run there, and then none is left");
	release(TASK_A);
	release(TASK_B);
	request(1, ANY, 1, 0, "now it fits");
	request(1, TASK_A, ANY, ENOSPC, "on CPU 1 none is left for it");
	request(1, TASK_A, 0, 0, "on CPU 0 there was one");
	print_table(registers);
	print_slots();

	run_task(TASK_A);
	run_task(TASK_B);
	check_counts();
	return failed;
}
