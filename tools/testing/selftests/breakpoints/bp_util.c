// SPDX-License-Identifier: GPL-2.0
/* Shared by the breakpoint tests; bp_util.h says what each part is for. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bp_util.h"

struct bp_area bp_area __attribute__((aligned(64), section(".bp_data")));

void bp_area_publish(void)
{
	bp_area.func = (uintptr_t)bp_func;
	bp_area.store_insn = (uintptr_t)bp_store_insn;
	bp_area.store_next = (uintptr_t)bp_store_next;
}

struct bp_caps bp_caps = BP_CAPS;

#ifdef BP_TCG_FILE
/* The file tells of QEMU's interpreter by a text. */
static bool bp_arch_is_tcg(void)
{
	FILE *f = fopen(BP_TCG_FILE, "r");
	char line[256];
	bool is = false;

	if (!f)
		return false;
	while (!is && fgets(line, sizeof(line), f))
		is = strstr(line, BP_TCG_TEXT);
	fclose(f);
#ifdef BP_TCG_NOT
	is = is && access(BP_TCG_NOT, F_OK);
#endif
	return is;
}
#endif

bool bp_tcg(void)
{
	static int is = -1;

	if (is < 0)
		is = bp_arch_is_tcg();
	return is;
}

bool bp_tcg_one_hit(void)
{
#ifdef BP_TCG_NAMES_ONE
	return bp_tcg();
#else
	return false;
#endif
}

bool bp_can_exclude_kernel(void)
{
#ifdef BP_TCG_DAWR
	return !bp_tcg();
#else
	return true;
#endif
}

__u64 bp_reach(__u64 addr, __u64 len)
{
	__u64 end = addr + len;
#ifdef BP_TCG_DAWR
	/* The field MRD is the number of doublewords less one. */
	__u64 begin = addr & ~7ull, mrd = (end - 1 - begin) / 8;

	if (bp_tcg() && begin + 8 * (1 + (mrd >> 5)) < end)
		return begin + 8 * (1 + (mrd >> 5));
#endif
	return end;
}

#ifdef BP_ARCH_COUNTS
/* A program that has something to do without defines it. */
extern const bool bp_no_registers_needed __attribute__((weak));

/*
 * Asks of a child, which stops for it: this program may be traced itself, and
 * its tracer must not see a SIGCHLD.
 */
static __attribute__((constructor)) void count_registers(void)
{
	struct signalfd_siginfo info;
	sigset_t set, before;
	pid_t pid;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = fork();
	if (!pid) {
		if (!ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			raise(SIGSTOP);
		_exit(0);
	}
	if (pid > 0) {
		if (waitpid(pid, NULL, 0) == pid)
			bp_arch_count(pid, &bp_caps);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	while (read(fd, &info, sizeof(info)) > 0)
		;
	close(fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (bp_caps.data_regs || &bp_no_registers_needed)
		return;
	printf("TAP version 13\n1..1\nok 1 data breakpoints # SKIP this CPU has none\n");
	fflush(stdout);
	_exit(0);
}
#endif

void bp_store(volatile void *p, unsigned int width)
{
	switch (width) {
	case 1:
		*(volatile __u8 *)p = 1;
		break;
	case 2:
		*(volatile __u16 *)p = 2;
		break;
	case 4:
		*(volatile __u32 *)p = 4;
		break;
	case 8:
		*(volatile __u64 *)p = 8;
		break;
	default:
		abort();
	}
	bp_area.never_watched = 0;
}

void bp_load(const volatile void *p, unsigned int width)
{
	switch (width) {
	case 1:
		(void)*(const volatile __u8 *)p;
		break;
	case 2:
		(void)*(const volatile __u16 *)p;
		break;
	case 4:
		(void)*(const volatile __u32 *)p;
		break;
	case 8:
		(void)*(const volatile __u64 *)p;
		break;
	default:
		abort();
	}
	bp_area.never_watched = 0;
}

void bp_store_labelled(volatile __u32 *p)
{
	__u32 v = 1;

	asm volatile(".globl bp_store_insn, bp_store_next\n"
		     "bp_store_insn:\n\t"
		     BP_STORE_INSN "\n"
		     "bp_store_next:"
		     : "=m"(*p) : "r"(v));
}

void bp_load_labelled(const volatile __u32 *p)
{
	__u32 v;

	asm volatile(".globl bp_load_insn, bp_load_next\n"
		     "bp_load_insn:\n\t"
		     BP_LOAD_INSN "\n"
		     "bp_load_next:"
		     : "=r"(v) : "m"(*p));
}

long bp_func(long x)
{
	return x + 1;
}

long bp_func2(long x)
{
	return x + 2;
}

/* The kernel answers FIONREAD with one put_user() of an int. */
int bp_kernel_store(volatile void *p)
{
	int fds[2], err;

	if (pipe(fds))
		return -errno;
	err = ioctl(fds[0], FIONREAD, (int *)p) ? -errno : 0;
	close(fds[0]);
	close(fds[1]);
	return err;
}

/* The kernel takes the argument of FIONBIO with one get_user() of an int. */
int bp_kernel_load(const volatile void *p)
{
	int fds[2], err;

	if (pipe(fds))
		return -errno;
	err = ioctl(fds[0], FIONBIO, (int *)p) ? -errno : 0;
	close(fds[0]);
	close(fds[1]);
	return err;
}

void bp_rare_syscall(void)
{
	syscall(SYS_sched_get_priority_max, SCHED_OTHER);
}

bool bp_kernel_has_kprobes(void)
{
	return !access("/sys/kernel/debug/kprobes", F_OK);
}

struct perf_event_attr bp_attr(unsigned int type, const volatile void *addr,
			       __u64 len)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_BREAKPOINT;
	attr.bp_type = type;
	attr.bp_addr = (uintptr_t)addr;
	attr.bp_len = len;
	attr.exclude_kernel = bp_can_exclude_kernel();
	attr.exclude_hv = 1;
	return attr;
}

struct perf_event_attr bp_attr_exec(long (*func)(long x))
{
	return bp_attr(HW_BREAKPOINT_X, (void *)func, bp_caps.exec_len);
}

int bp_open_flags(const struct perf_event_attr *attr, pid_t pid, int cpu,
		  int group, unsigned long flags)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, group, flags);

	return fd < 0 ? -errno : fd;
}

int bp_open(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	return bp_open_flags(attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

struct perf_event_attr bp_attr_trapping(struct perf_event_attr attr)
{
	attr.sample_period = 1;
	attr.sigtrap = 1;
	attr.remove_on_exec = 1;
	return attr;
}

int bp_open_told(struct perf_event_attr attr, int sig)
{
	int fd;

	if (sig == SIGTRAP)
		attr = bp_attr_trapping(attr);
	else if (sig)
		attr.sample_period = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (fd < 0 || sig != SIGIO)
		return fd;
	if (fcntl(fd, F_SETFL, O_ASYNC) || fcntl(fd, F_SETOWN, getpid()))
		return -errno;
	return fd;
}

int bp_open_many(const struct perf_event_attr *attr, pid_t pid, int cpu,
		 int *fds, int max)
{
	int n;

	for (n = 0; n < max; n++) {
		fds[n] = bp_open(attr, pid, cpu);
		if (fds[n] < 0)
			break;
	}
	return n;
}

void bp_close_many(const int *fds, int n)
{
	while (n--)
		close(fds[n]);
}

int bp_room(pid_t pid, int cpu)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fds[32], n = bp_open_many(&attr, pid, cpu, fds, 32);

	bp_close_many(fds, n);
	return n;
}

int bp_modify(int fd, const struct perf_event_attr *attr)
{
	return ioctl(fd, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, attr) ? -errno : 0;
}

__u64 bp_hits(int fd)
{
	__u64 hits;

	return read(fd, &hits, sizeof(hits)) == sizeof(hits) ? hits : UINT64_MAX;
}

#define PARANOID	"/proc/sys/kernel/perf_event_paranoid"

bool bp_get_paranoid(int *level)
{
	FILE *f = fopen(PARANOID, "r");
	bool known = f && fscanf(f, "%d", level) == 1;

	if (f)
		fclose(f);
	return known;
}

int bp_set_paranoid(int level)
{
	FILE *f = fopen(PARANOID, "w");

	if (!f)
		return -errno;
	fprintf(f, "%d\n", level);
	return fclose(f) ? -errno : 0;
}

bool bp_is_called(const char *name)
{
	char command[256] = "";
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t len = read(fd, command, sizeof(command) - 1);

	close(fd);
	return len >= 0 && !strcmp(command, name);
}

int bp_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int bp_nr_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

bool bp_kernel_symbol(const char *name, __u64 *value)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long v;
	char line[256], sym[128];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		found = sscanf(line, "%llx %*c %127s", &v, sym) == 2 &&
			!strcmp(sym, name);
	}
	fclose(f);
	if (found)
		*value = v;
	return found;
}

struct call {
	long (*fn)(long arg);	/* NULL: the end */
	long arg;
};

static void *work(void *arg)
{
	struct bp_worker *w = arg;
	struct call call;
	long result = 0;

	/* The first result says that it is ready, and its tid set. */
	w->tid = syscall(SYS_gettid);
	while (write(w->worker_out, &result, sizeof(result)) > 0) {
		if (read(w->worker_in, &call, sizeof(call)) != sizeof(call) ||
		    !call.fn)
			break;
		result = call.fn(call.arg);
	}
	return NULL;
}

static int make_pipes(struct bp_worker *w)
{
	int to[2], from[2], err;

	/* A worker may be gone when it is called: then bp_worker_call says so. */
	signal(SIGPIPE, SIG_IGN);
	if (pipe(to))
		return -errno;
	if (pipe(from)) {
		err = -errno;
		close(to[0]);
		close(to[1]);
		return err;
	}
	w->to = to[1];
	w->worker_in = to[0];
	w->from = from[0];
	w->worker_out = from[1];
	return 0;
}

int bp_worker_fork(struct bp_worker *w)
{
	pid_t parent = getpid();
	int err = make_pipes(w);
	pid_t pid;

	if (err)
		return err;
	w->is_thread = false;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(w->to);
		close(w->from);
		work(w);
		_exit(0);
	}
	close(w->worker_in);
	close(w->worker_out);
	w->tid = pid;
	return bp_worker_result(w);
}

int bp_worker_thread(struct bp_worker *w)
{
	int err = make_pipes(w);

	if (err)
		return err;
	w->is_thread = true;
	err = pthread_create(&w->thread, NULL, work, w);
	return err ? -err : bp_worker_result(w);
}

int bp_worker_send(struct bp_worker *w, long (*fn)(long arg), long arg)
{
	struct call call = { fn, arg };

	return write(w->to, &call, sizeof(call)) == sizeof(call) ? 0 : -EPIPE;
}

long bp_worker_result(struct bp_worker *w)
{
	long result;

	if (read(w->from, &result, sizeof(result)) != sizeof(result))
		return -EPIPE;
	return result;
}

long bp_worker_call(struct bp_worker *w, long (*fn)(long arg), long arg)
{
	return bp_worker_send(w, fn, arg) ?: bp_worker_result(w);
}

static void reap(struct bp_worker *w)
{
	if (w->is_thread) {
		pthread_join(w->thread, NULL);
		close(w->worker_in);
		close(w->worker_out);
	} else {
		waitpid(w->tid, NULL, 0);
	}
	close(w->to);
	close(w->from);
}

/*
 * Told by a message: end of file would not come while a worker that was forked
 * later holds the other end of the pipe too.
 */
void bp_worker_end(struct bp_worker *w)
{
	struct call end = { NULL, 0 };

	if (write(w->to, &end, sizeof(end)) < 0 && errno != EPIPE)
		abort();
	reap(w);
}

void bp_worker_kill(struct bp_worker *w)
{
	kill(w->tid, SIGKILL);
	reap(w);
}

long bp_do_stores(long n)
{
	while (n--)
		bp_store(bp_data, 4);
	return 0;
}

long bp_do_loads(long n)
{
	while (n--)
		bp_load(bp_data, 4);
	return 0;
}

long bp_do_calls(long n)
{
	long x = 0;

	while (n--)
		x = bp_func(x);
	return x;
}

long bp_do_pin(long cpu)
{
	return bp_pin(cpu);
}

bool bp_cpu_has(const char *flag)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	bool has = false;
	char line[4096];
	char *word;

	if (!f)
		return false;
	while (!has && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5))
			continue;
		for (word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n"))
			has = has || !strcmp(word, flag);
		break;
	}
	fclose(f);
	return has;
}

#ifndef __LP64__
/* The C library's threads abort without, and do not say why. */
static __attribute__((constructor)) void warn_of_missing_futex(void)
{
	int word = 0;

	if (syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 0) < 0)
		fprintf(stderr, "# 32-bit threads need CONFIG_COMPAT_32BIT_TIME\n");
}
#endif
