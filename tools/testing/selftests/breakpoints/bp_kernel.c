// SPDX-License-Identifier: GPL-2.0
/* Shared by the tests of kernel breakpoints; bp_kernel.h says what each is for. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bp_kernel.h"
#include "bp_util.h"

#define DIRECTORY	"/sys/kernel/debug/bp_module/"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), n, all = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + all, size - 1 - all)) > 0)
		all += n;
	close(fd);
	text[all] = '\0';
	return n < 0 ? -errno : all;
}

int bpk_unload(void)
{
	return syscall(SYS_delete_module, "bp_module", O_NONBLOCK) ? -errno : 0;
}

/* Beside the program, whatever the current directory. */
static int open_module(void)
{
	char program[4096], path[4200];
	int n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (n < 0)
		return -1;
	program[n] = '\0';
	*strrchr(program, '/') = '\0';
	snprintf(path, sizeof(path), "%s/test_modules/bp_module.ko", program);
	return open(path, O_RDONLY | O_CLOEXEC);
}

const char *bpk_load(void)
{
	static char reason[128];
	int fd;

	if (geteuid())
		return "needs root";
	bpk_unload();
	fd = open_module();
	if (fd < 0)
		return "needs test_modules/bp_module.ko where the program is";
	if (syscall(SYS_finit_module, fd, "", 0)) {
		snprintf(reason, sizeof(reason), "bp_module.ko cannot be loaded: %s",
			 strerror(errno));
		close(fd);
		return reason;
	}
	close(fd);
	return access(DIRECTORY, F_OK) ? "needs debugfs on /sys/kernel/debug" : NULL;
}

int bpk_write(const char *file, const char *format, ...)
{
	char path[64], text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(path, sizeof(path), DIRECTORY "%s", file);
	return write_text(path, text);
}

int bpk_read(const char *file, unsigned long *numbers, int max)
{
	char path[64], *text, *at, *end;
	const int size = 1 << 16;
	int n = 0, err;

	snprintf(path, sizeof(path), DIRECTORY "%s", file);
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	err = read_text(path, text, size);
	for (at = text; err >= 0 && n < max; at = end) {
		numbers[n] = strtoul(at, &end, 0);
		if (end == at)
			break;
		n++;
	}
	free(text);
	return err < 0 ? err : n;
}

int bpk_wide(int n)
{
	return bpk_write("wide", "%d", n);
}

int bpk_wide_held(void)
{
	unsigned long n;

	return bpk_read("wide", &n, 1) == 1 ? n : -EIO;
}

int bpk_bound(int cpu, int n)
{
	return bpk_write("bound", "%d %d", cpu, n);
}

int bpk_bound_held(int cpu)
{
	unsigned long n[2 * BPK_MAX_CPUS];
	int nr = bpk_read("bound", n, 2 * BPK_MAX_CPUS);

	for (int i = 0; i + 1 < nr; i += 2) {
		if (n[i] == cpu)
			return n[i + 1];
	}
	return -ENXIO;
}

int bpk_wide_room(void)
{
	int before = bpk_wide_held(), all, err;

	err = bpk_wide(BPK_MAX_HELD);
	all = bpk_wide_held();
	if (bpk_wide(before) || err != -ENOSPC)
		return err ?: -EIO;
	return all - before;
}

struct bpk_answers bpk_answers(const char *file)
{
	unsigned long n[3] = { 0, 0, ~0ul };

	bpk_read(file, n, 3);
	return (struct bpk_answers) { n[0], n[1], n[2] };
}

int bpk_touch(int times)
{
	return bpk_write("touch", "%d", times);
}

int bpk_touch_all(int times)
{
	cpu_set_t before;
	int err = 0;

	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	for (int cpu = 0; !err && cpu < bpk_possible_cpus(); cpu++) {
		if (bpk_online(cpu))
			err = bp_pin(cpu) ?: bpk_touch(times);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}

int bpk_reset_hits(void)
{
	return bpk_write("hits", "0");
}

/* A line of "hits". */
#define CPU_NR		0
#define TOUCHES		1
#define WIDE		2
#define BOUND		(WIDE + BPK_MAX_HELD)
#define COLUMNS		(BOUND + BPK_MAX_HELD)

static int read_hits(unsigned long (*hits)[COLUMNS])
{
	int n = bpk_read("hits", *hits, BPK_MAX_CPUS * COLUMNS);

	return n < 0 ? n : n / COLUMNS;
}

/* Says of each CPU but the first thing that is wrong. */
static bool check_cpu(const unsigned long *line, const char *what, int from,
		      int expected)
{
	for (int nr = 0; nr < BPK_MAX_HELD; nr++) {
		unsigned long hits = nr < expected ? line[TOUCHES] : 0;

		if (line[from + nr] == hits)
			continue;
		printf("# CPU %lu: %s %d hit %lu times, not %lu\n", line[CPU_NR], what,
		       nr, line[from + nr], hits);
		return false;
	}
	return true;
}

bool bpk_all_seen(int wide)
{
	unsigned long hits[BPK_MAX_CPUS][COLUMNS], misplaced = ~0ul;
	int n = read_hits(hits);
	bool good = n > 0;

	for (int i = 0; i < n; i++) {
		int bound = bpk_bound_held(hits[i][CPU_NR]);

		good &= check_cpu(hits[i], "wide", WIDE, wide) &&
			check_cpu(hits[i], "bound", BOUND, bound);
	}
	bpk_read("misplaced", &misplaced, 1);
	if (misplaced)
		printf("# %ld hits on a CPU that is not the event's\n", misplaced);
	return good && !misplaced;
}

static unsigned long column(int cpu, int nr)
{
	unsigned long hits[BPK_MAX_CPUS][COLUMNS];
	int n = read_hits(hits);

	for (int i = 0; i < n; i++) {
		if (hits[i][CPU_NR] == cpu)
			return hits[i][nr];
	}
	return ~0ul;
}

unsigned long bpk_touches(int cpu)
{
	return column(cpu, TOUCHES);
}

unsigned long bpk_wide_hits(int cpu, int nr)
{
	return column(cpu, WIDE + nr);
}

unsigned long bpk_bound_hits(int cpu, int nr)
{
	return column(cpu, BOUND + nr);
}

#define CPU_DIRECTORY	"/sys/devices/system/cpu/"

/* The list is "0-3", or "0" on a machine of one. */
int bpk_possible_cpus(void)
{
	char text[64];
	int first, last, n;

	if (read_text(CPU_DIRECTORY "possible", text, sizeof(text)) < 0)
		return 0;
	n = sscanf(text, "%d-%d", &first, &last);
	if (n < 2)
		return n == 1;
	return last < BPK_MAX_CPUS ? last + 1 : BPK_MAX_CPUS;
}

static const char *online_file(int cpu)
{
	static __thread char path[64];

	snprintf(path, sizeof(path), CPU_DIRECTORY "cpu%d/online", cpu);
	return path;
}

/* The first CPU may have no such file: then it is always there. */
bool bpk_online(int cpu)
{
	char text[8] = "1";

	if (access(online_file(cpu), F_OK))
		return cpu == 0;
	return read_text(online_file(cpu), text, sizeof(text)) > 0 && text[0] == '1';
}

int bpk_set_online(int cpu, bool online)
{
	return write_text(online_file(cpu), online ? "1" : "0");
}

int bpk_all_online(void)
{
	int err = 0;

	for (int cpu = 0; cpu < bpk_possible_cpus(); cpu++) {
		if (!bpk_online(cpu))
			err = bpk_set_online(cpu, true) ?: err;
	}
	return err;
}

bool bpk_has_hotplug(void)
{
	return bpk_possible_cpus() > 1 && !access(online_file(1), W_OK);
}

bool bpk_has_suspend(void)
{
	char text[64];

	return read_text("/sys/power/state", text, sizeof(text)) > 0 &&
	       strstr(text, "mem");
}

/* For how long the machine has been asleep since it was started. */
static double slept(void)
{
	struct timespec all, awake;

	clock_gettime(CLOCK_BOOTTIME, &all);
	clock_gettime(CLOCK_MONOTONIC, &awake);
	return all.tv_sec - awake.tv_sec + (all.tv_nsec - awake.tv_nsec) / 1e9;
}

/* The kernel sets the real-time clock's alarm for the first of such timers. */
int bpk_suspend(int seconds)
{
	struct itimerspec when = { .it_value.tv_sec = seconds };
	double before = slept();
	int fd, err;

	fd = timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, 0, &when, NULL))
		err = -errno;
	else
		err = write_text("/sys/power/state", "mem");
	close(fd);
	if (!err && slept() - before < 0.5)
		err = -EAGAIN;
	return err;
}
