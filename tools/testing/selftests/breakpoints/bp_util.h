/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the breakpoint tests share: opening and reading breakpoint events, the
 * memory and code that they watch, and processes or threads that touch these
 * when told to. Failing calls return -errno: tests compare it with what the
 * ABI promises.
 */
#ifndef BP_UTIL_H
#define BP_UTIL_H

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "bp_arch.h"

#define BP_ANY_CPU	(-1)
#define BP_ANY_TASK	(-1)
#define BP_SELF		0

/*
 * What is watched, and what goes with it. The linker puts it at one address in
 * all these programs, and no others have anything there: a CPU's events, which
 * count all tasks, count the test's alone. The layout is that of 32-bit programs
 * too.
 */
extern struct bp_area {
	volatile __u8 data[256];
	/* For debuggees, see bp_tracee.h. */
	volatile __u32 stage;
	volatile __u8 never_watched;
	/* Addresses in the program, for others: bp_area_publish() sets them. */
	__u64 func, store_insn, store_next;
} bp_area;

#define bp_data	(bp_area.data)

void bp_area_publish(void);

/*
 * Whether the CPU is QEMU's interpreter (7.2 is meant here), which on x86
 * - names but one watchpoint for an access that touches several,
 * - sees no watchpoint in an atomic read-modify-write,
 * - after a single step over a watched access raises a second #DB in the kernel's
 *   entry code, which does not survive it, and does not know INT1,
 * - takes bytes near an unaligned access for accessed,
 * - still names a watchpoint that an access before the last one touched, unless
 *   there was an access to its page in between that touched none.
 * The last one is made up for in bp_store() and bp_load(); what needs the others
 * is skipped with one of these reasons. The second and the fourth hold everywhere.
 */
bool bp_tcg(void);
/* The first of these is x86's: elsewhere the next one hits on the step over it. */
bool bp_tcg_one_hit(void);
#define BP_TCG_ONE_HIT	"QEMU's TCG names one watchpoint for an access that touches several"
#define BP_TCG_STEP	"QEMU's TCG raises a second #DB after a step over a watched access"
#define BP_TCG_ICEBP	"QEMU's TCG has no INT1"
#define BP_TCG_ATOMIC	"QEMU's TCG sees no watchpoint in an atomic"

/*
 * On ppc64le QEMU's TCG (10.0 is meant) tests the supervisor's bit of a DAWR in
 * place of the user's: what excludes the kernel never hits. There bp_attr()
 * includes the kernel; that the user alone is watched cannot be shown.
 */
bool bp_can_exclude_kernel(void);
#define BP_TCG_USER	"QEMU's TCG has no watchpoint that excludes the kernel on ppc64le"

/*
 * There it also takes a DAWR's length from one bit of it: of what a watch of @len
 * bytes at @addr asks for, bytes from this address on may be missed. Their cases
 * are left out, and one that has no other is skipped with this reason.
 */
__u64 bp_reach(__u64 addr, __u64 len);
#define BP_TCG_RANGE	"QEMU's TCG watches one doubleword of a range on ppc64le, or two of 512 bytes"

/* For SKIP(): what not every CPU has. */
#define BP_NEEDS_EXEC	"no instruction breakpoints for perf on this architecture"
#define BP_NEEDS_TWO	"needs two registers for data"
#define BP_NEEDS_THREE	"needs three registers for data"

/*
 * Each access is one load or store of exactly @width bytes, aligned or not; an
 * 8-byte access is two of 4 bytes in a 32-bit program, see BP_MAX_WIDTH.
 */
void bp_store(volatile void *p, unsigned int width);
void bp_load(const volatile void *p, unsigned int width);

#define BP_MAX_WIDTH	sizeof(long)

/* The same with the address of the one instruction known, 4 bytes wide. */
void bp_store_labelled(volatile __u32 *p);
void bp_load_labelled(const volatile __u32 *p);
extern const char bp_store_insn[], bp_store_next[];
extern const char bp_load_insn[], bp_load_next[];

/* Targets of instruction breakpoints: return @x plus 1, and plus 2. */
long bp_func(long x);
long bp_func2(long x);

/* Accesses to user memory at @p, 4 bytes, that the kernel makes. */
int bp_kernel_store(volatile void *p);
int bp_kernel_load(const volatile void *p);

/*
 * A system call that programs hardly make, and the kernel function of its own:
 * what breakpoints on kernel code are tried on. These need CONFIG_KPROBES, for
 * the list of code where a breakpoint would recurse.
 */
void bp_rare_syscall(void);
#define BP_RARE_SYSCALL_SYMBOL	BP_SYSCALL_PREFIX "sched_get_priority_max"
bool bp_kernel_has_kprobes(void);
#define BP_NEEDS_KPROBES	"breakpoints on kernel code need CONFIG_KPROBES"

/* A counting event, user mode only if that can be, that starts enabled. */
struct perf_event_attr bp_attr(unsigned int type, const volatile void *addr,
			       __u64 len);
/* The same for an instruction breakpoint on @func. */
struct perf_event_attr bp_attr_exec(long (*func)(long x));

/* The same, with a SIGTRAP at each hit. */
struct perf_event_attr bp_attr_trapping(struct perf_event_attr attr);

int bp_open_flags(const struct perf_event_attr *attr, pid_t pid, int cpu,
		  int group, unsigned long flags);
int bp_open(const struct perf_event_attr *attr, pid_t pid, int cpu);
/* For the caller, who is told of each hit by @sig, SIGTRAP or SIGIO; or 0. */
int bp_open_told(struct perf_event_attr attr, int sig);
/* Opens until refused or @max are open, and returns how many that were. */
int bp_open_many(const struct perf_event_attr *attr, pid_t pid, int cpu,
		 int *fds, int max);
void bp_close_many(const int *fds, int n);
/* How many more data events (@pid, @cpu) can hold: opens and closes them. */
int bp_room(pid_t pid, int cpu);
int bp_modify(int fd, const struct perf_event_attr *attr);
/* All hits so far; UINT64_MAX if the event cannot be read. */
__u64 bp_hits(int fd);

/* Restricts the calling thread to @cpu: 0 or -errno. */
int bp_pin(int cpu);
int bp_nr_cpus(void);

/* perf_event_paranoid: whether it could be read; 0 or -errno. */
bool bp_get_paranoid(int *level);
int bp_set_paranoid(int level);

/* Was this program executed by the name of @name? Before main() as well. */
bool bp_is_called(const char *name);

/* Whether /proc/cpuinfo lists @flag. */
bool bp_cpu_has(const char *flag);

/*
 * The value of kernel symbol @name, a per-CPU variable's is its offset; false if
 * kallsyms does not list it.
 */
bool bp_kernel_symbol(const char *name, __u64 *value);

/* A process or thread that runs one function at a time for its maker. */
struct bp_worker {
	pid_t tid;
	bool is_thread;
	pthread_t thread;
	int to, from;			/* maker's ends */
	int worker_in, worker_out;	/* worker's ends */
};

int bp_worker_fork(struct bp_worker *w);
int bp_worker_thread(struct bp_worker *w);
/* Runs fn(arg) there and returns its result; -EPIPE if the worker is gone. */
long bp_worker_call(struct bp_worker *w, long (*fn)(long arg), long arg);
/* The same in two steps. */
int bp_worker_send(struct bp_worker *w, long (*fn)(long arg), long arg);
long bp_worker_result(struct bp_worker *w);
/* Lets the worker exit, and waits for it. */
void bp_worker_end(struct bp_worker *w);
/* SIGKILLs a forked worker, and waits for it. */
void bp_worker_kill(struct bp_worker *w);

/* Functions for bp_worker_call(). */
long bp_do_stores(long n);	/* stores 4 bytes to bp_data @n times */
long bp_do_loads(long n);
long bp_do_calls(long n);	/* calls bp_func() @n times */
long bp_do_pin(long cpu);

#endif /* BP_UTIL_H */
