// SPDX-License-Identifier: GPL-2.0
/*
 * Debug registers where a virtual machine runs: the host's breakpoints belong to
 * the host, a guest's to the guest, whichever of them is armed when KVM enters
 * and leaves. Wants /dev/kvm; KTAP on stdout.
 *
 * Much of it is for QEMU's SVM (7.2 is meant), whose VMRUN and #VMEXIT exchange
 * DR7, but not what QEMU made of it when it was last loaded with MOV:
 * - a guest's watchpoint that is armed when KVM restores the host's crashes QEMU,
 *   which takes it for an instruction breakpoint, as the host's DR7 has none yet;
 *   an instruction breakpoint of the guest is forgotten then, at any interrupt;
 * - one that VMRUN loads for KVM_SET_GUEST_DEBUG never hits, unless it is there
 *   from the guest;
 * - and as it is in the CPU, it stays there when the thread moves to another.
 * So with the host's armed the guest arms instruction breakpoints, anew until
 * they have hit; with its watchpoints armed the host's event is disabled; those of
 * KVM_SET_GUEST_DEBUG the guest has loaded itself before; and all stays on one
 * CPU. What is left is skipped there.
 */
#include <cpuid.h>
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_vm.h"

#define EXITS	5000
#define HITS	500
#define ROUNDS	100

static volatile sig_atomic_t sigtraps;

static bool same(const char *what, __u64 want, __u64 got)
{
	if (want == got)
		return true;
	ksft_print_msg("%s: expected 0x%llx (%llu), seen 0x%llx (%llu)\n", what,
		       want, want, got, got);
	return false;
}

/* The host's: events of this thread, its own accesses in user mode. */

static int host_watch_of(pid_t tid, __u32 address)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = address,
		.bp_len = HW_BREAKPOINT_LEN_4,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		ksft_print_msg("perf_event_open: %s\n", strerror(errno));
	return fd;
}

static int host_watch(__u32 address)
{
	return host_watch_of(0, address);
}

/* The hits so far are to be @want. */
static bool host_hits(int fd, __u64 want)
{
	__u64 hits;

	if (fd < 0)
		return false;
	if (read(fd, &hits, sizeof(hits)) != sizeof(hits))
		hits = ~0ull;
	return same("hits that the host's event counted", want, hits);
}

/* The guest's */

#define DR6_RESET	0xffff0ff0u

static const struct vm_debugregs reset = { .dr7 = DR7_RESET };

/* All four, on what is never executed */
static const struct vm_debugregs idle = {
	{ VM_BASE + 0x100, VM_BASE + 0x201, VM_BASE + 0x302, VM_BASE + 0x403 },
	DR7_RESET | DR7_ENABLE(0) | DR7_ENABLE(1) | DR7_ENABLE(2) | DR7_ENABLE(3)
};

static bool guest_sets(struct vm *vm, const struct vm_debugregs *regs)
{
	vm_mem->tables.set = *regs;
	return vm_call(vm, vm_guest_set, 0, 0);
}

/* What the guest reads back is to be @want. */
static bool guest_has(struct vm *vm, const struct vm_debugregs *want)
{
	static const char *const names[] = { "DR0", "DR1", "DR2", "DR3" };
	struct vm_debugregs *got = &vm_mem->tables.got;
	bool ok = true;

	memset(got, 0xee, sizeof(*got));
	if (!vm_call(vm, vm_guest_get, 0, 0))
		return false;
	for (int i = 0; i < 4; i++)
		ok &= same(names[i], want->dr[i], got->dr[i]);
	return same("DR7", want->dr7, got->dr7) && ok;
}

/* The guest's handler was called @count times, if so at last for register @i. */
static bool guest_hits(__u32 count, int i, const char *at)
{
	struct vm_hits hits = vm_mem->tables.hits;

	if (!same("#DB that the guest's handler counted", count, hits.count))
		return false;
	return !count ||
	       (same("EIP of the guest's #DB", vm_address(at), hits.eip) &
		same("DR6 of the guest's #DB", DR6_HIT(i), hits.dr6 & DR6_HITS));
}

/* Idle but for register @i, which alone is enabled: for writes to watched[0], */
static struct vm_debugregs watch_by(int i)
{
	struct vm_debugregs regs = idle;

	regs.dr[i] = VM_WATCHED(0);
	regs.dr7 = DR7_RESET | DR7_ENABLE(i) | DR7_WRITE_4(i);
	return regs;
}

/* and for calls of the target. */
static struct vm_debugregs breakpoint_by(int i)
{
	struct vm_debugregs regs = idle;

	regs.dr[i] = vm_address(vm_guest_target);
	regs.dr7 = DR7_RESET | DR7_ENABLE(i);
	return regs;
}

/* @times exits; after each the host writes where the guest has just written. */
static bool exits(struct vm *vm, __u32 times)
{
	if (!vm_start(vm, vm_guest_exits, VM_WATCHED(0), times))
		return false;
	for (__u32 i = times; i; i--) {
		if (!vm_run(vm, KVM_EXIT_IO) ||
		    !same("what the guest has written", i, vm_mem->data.watched[0]))
			return false;
		vm_host_write();
	}
	return vm_run(vm, KVM_EXIT_HLT);
}

static bool pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* The cases */

static bool host_watch_lasts_over_exits(struct vm *vm)
{
	int fd = host_watch(VM_WATCHED(0));
	bool ok = exits(vm, EXITS) && host_hits(fd, EXITS) && guest_hits(0, 0, NULL);

	close(fd);
	return ok;
}

static bool host_watch_lasts_over_exits_of_a_guest_with_its_own(struct vm *vm)
{
	int fd = host_watch(VM_WATCHED(0));
	bool ok = guest_sets(vm, &idle) && exits(vm, EXITS) && host_hits(fd, EXITS) &&
		  guest_hits(0, 0, NULL) && guest_has(vm, &idle);

	close(fd);
	return ok;
}

static bool host_and_guest_registers_follow_from_cpu_to_cpu(struct vm *vm)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int fd = host_watch(VM_WATCHED(0));
	bool ok = guest_sets(vm, &idle);

	for (int i = 0; ok && i < ROUNDS; i++)
		ok = pin(i % cpus) && exits(vm, 3) && guest_has(vm, &idle);
	ok = ok && host_hits(fd, 3 * ROUNDS);
	close(fd);
	return pin(0) && ok;
}

static bool guest_reads_none_of_the_hosts_registers(struct vm *vm)
{
	int fds[4];
	bool ok = true;

	for (int i = 0; i < 4; i++)
		fds[i] = host_watch(VM_WATCHED(i));
	ok = guest_has(vm, &reset) && guest_sets(vm, &idle) && guest_has(vm, &idle) &&
	     exits(vm, HITS) && guest_has(vm, &idle) && guest_sets(vm, &reset) &&
	     guest_has(vm, &reset);
	ok = ok && host_hits(fds[0], HITS);
	for (int i = 0; i < 4; i++) {
		ok = ok && (!i || host_hits(fds[i], 0));
		close(fds[i]);
	}
	return ok;
}

static bool guest_watch_hits_in_the_guest(struct vm *vm)
{
	bool ok = true;

	for (int i = 0; ok && i < 4; i++) {
		struct vm_debugregs regs = watch_by(i);

		vm_mem->tables.hits.count = 0;
		ok = guest_sets(vm, &regs) &&
		     vm_call(vm, vm_guest_write, VM_WATCHED(0), HITS) &&
		     guest_hits(HITS, i, vm_guest_wrote) && guest_has(vm, &regs);
		vm_host_write();
	}
	return guest_sets(vm, &reset) && ok;
}

static bool guest_breakpoint_hits_beside_the_hosts_watch(struct vm *vm)
{
	int fd = host_watch(VM_WATCHED(0));
	bool ok = true;

	for (int i = 0; ok && i < ROUNDS; i++) {
		struct vm_debugregs regs = breakpoint_by(i % 4);

		vm_mem->tables.hits.count = 0;
		ok = guest_sets(vm, &regs) && exits(vm, 2) &&
		     vm_call(vm, vm_guest_arms_and_calls, 0, 5) &&
		     guest_hits(5, i % 4, vm_guest_target) && guest_has(vm, &regs);
	}
	ok = ok && host_hits(fd, 2 * ROUNDS);
	close(fd);
	return ok;
}

static bool guest_and_host_watch_the_same_address(struct vm *vm)
{
	struct vm_debugregs regs = watch_by(2);
	int fd = host_watch(VM_WATCHED(0));
	bool ok = guest_sets(vm, &regs);

	for (int i = 1; ok && i <= ROUNDS; i++) {
		ok = vm_call(vm, vm_guest_write, VM_WATCHED(0), 5) &&
		     guest_hits(5 * i, 2, vm_guest_wrote);
		vm_host_write();
	}
	ok = ok && host_hits(fd, ROUNDS) && guest_has(vm, &regs);
	close(fd);
	return ok;
}

/* The guest's as a debugger or a migration reads and writes them. */
static bool userspace_sets_and_gets_the_guests_beside_its_own(struct vm *vm)
{
	struct vm_debugregs regs = watch_by(1);
	struct kvm_debugregs set = { .dr6 = DR6_RESET, .dr7 = regs.dr7 }, got = {};
	int fd = host_watch(VM_WATCHED(0));
	bool ok;

	for (int i = 0; i < 4; i++)
		set.db[i] = regs.dr[i];
	ok = !ioctl(vm->vcpu, KVM_SET_DEBUGREGS, &set) && guest_has(vm, &regs) &&
	     exits(vm, HITS) && host_hits(fd, HITS) && guest_has(vm, &regs) &&
	     !ioctl(vm->vcpu, KVM_GET_DEBUGREGS, &got);
	for (int i = 0; ok && i < 4; i++)
		ok = same("an address of KVM_GET_DEBUGREGS", set.db[i], got.db[i]);
	ok = ok && same("DR7 of KVM_GET_DEBUGREGS", set.dr7, got.dr7);
	close(fd);
	return ok;
}

/* A second thread arms and disarms the first one's while that is in the guest. */
struct rival {
	pid_t tid;
	volatile bool stop;
	__u32 opened;
	bool ok;
};

static void *rival_thread(void *arg)
{
	struct rival *r = arg;
	int fd;

	r->ok = pin(1 % sysconf(_SC_NPROCESSORS_ONLN));
	while (r->ok && !r->stop) {
		fd = host_watch_of(r->tid, VM_WATCHED(0));
		r->ok = host_hits(fd, 0);
		close(fd);
		r->opened++;
	}
	return NULL;
}

static bool host_watch_armed_while_the_guest_runs_sees_none_of_its_writes(struct vm *vm)
{
	struct rival r = { .tid = gettid(), .ok = true };
	pthread_t thread;
	bool ok = true;

	if (pthread_create(&thread, NULL, rival_thread, &r))
		return false;
	for (int i = 0; ok && (i < ROUNDS || r.opened < 20); i++)
		ok = vm_call(vm, vm_guest_write, VM_WATCHED(0), 10000);
	r.stop = true;
	pthread_join(thread, NULL);
	ksft_print_msg("armed and disarmed %u times\n", r.opened);
	return ok && r.ok;
}

/* KVM_GUESTDBG_USE_HW_BP: userspace debugs the guest with the registers. */

static bool debug_guest(struct vm *vm, const struct vm_debugregs *regs)
{
	struct kvm_guest_debug debug = {};

	if (regs) {
		debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
		for (int i = 0; i < 4; i++)
			debug.arch.debugreg[i] = regs->dr[i];
		debug.arch.debugreg[7] = regs->dr7;
	}
	if (!ioctl(vm->vcpu, KVM_SET_GUEST_DEBUG, &debug))
		return true;
	ksft_print_msg("KVM_SET_GUEST_DEBUG: %s\n", strerror(errno));
	return false;
}

static bool debug_exit(struct vm *vm, int i, const char *at)
{
	struct kvm_debug_exit_arch *debug = &vm->run->debug.arch;

	return vm_run(vm, KVM_EXIT_DEBUG) &&
	       same("exception of KVM_EXIT_DEBUG", 1, debug->exception) &
	       same("PC of KVM_EXIT_DEBUG", vm_address(at), debug->pc) &
	       same("DR6 of KVM_EXIT_DEBUG", DR6_HIT(i), debug->dr6 & DR6_HITS);
}

/*
 * What the debugger uses, and the guest has in the same register; the others
 * differ, and the guest is to see its own.
 */
static struct vm_debugregs as_a_debugger(struct vm_debugregs regs, int i)
{
	for (int j = 0; j < 4; j++)
		if (j != i)
			regs.dr[j] = VM_WATCHED(j);
	return regs;
}

static bool writes_exit(struct vm *vm, const struct vm_debugregs *guest, int i, int fd)
{
	struct vm_debugregs regs = as_a_debugger(*guest, i);
	bool ok = debug_guest(vm, &regs) &&
		  vm_start(vm, vm_guest_write, VM_WATCHED(0), 5);

	for (int n = 0; ok && n < 5; n++) {
		ok = debug_exit(vm, i, vm_guest_wrote);
		if (fd >= 0)
			vm_host_write();
	}
	ok = ok && vm_run(vm, KVM_EXIT_HLT) && guest_has(vm, guest);
	return debug_guest(vm, NULL) && ok && guest_has(vm, guest);
}

static bool calls_exit(struct vm *vm, const struct vm_debugregs *guest, int i)
{
	struct vm_debugregs regs = as_a_debugger(*guest, i);
	/* twice: it is a fault, and nothing lets the instruction pass */
	bool ok = debug_guest(vm, &regs) && vm_start(vm, vm_guest_calls, 0, 1) &&
		  debug_exit(vm, i, vm_guest_target) &&
		  debug_exit(vm, i, vm_guest_target) && guest_has(vm, guest);

	return debug_guest(vm, NULL) && ok && guest_has(vm, guest);
}

/* In turn with the host's event, which is armed in between. */
static bool kvm_debug_exits_in_turn(struct vm *vm, bool watch)
{
	int fd = host_watch(VM_WATCHED(0));
	bool ok = true;

	for (int i = 0; ok && i < ROUNDS; i++) {
		struct vm_debugregs regs = watch ? watch_by(i % 4) : breakpoint_by(i % 4);

		ok = exits(vm, 2) && !ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) &&
		     guest_sets(vm, &regs) &&
		     (watch ? writes_exit(vm, &regs, i % 4, -1) :
			      calls_exit(vm, &regs, i % 4));
		ok = guest_sets(vm, &reset) && ok &&
		     !ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	}
	ok = ok && host_hits(fd, 2 * ROUNDS) && guest_hits(0, 0, NULL);
	close(fd);
	return ok;
}

static bool kvm_debug_exits_after_each_write(struct vm *vm)
{
	return kvm_debug_exits_in_turn(vm, true);
}

static bool kvm_debug_exits_before_an_instruction(struct vm *vm)
{
	return kvm_debug_exits_in_turn(vm, false);
}

static bool kvm_debug_exits_beside_the_hosts_watch(struct vm *vm)
{
	int fd = host_watch(VM_WATCHED(0));
	bool ok = guest_sets(vm, &idle);

	for (int i = 0; ok && i < ROUNDS; i++) {
		struct vm_debugregs regs = watch_by(i % 4);

		ok = guest_sets(vm, &regs) && writes_exit(vm, &regs, i % 4, fd);
	}
	ok = ok && host_hits(fd, 5 * ROUNDS) && guest_hits(0, 0, NULL);
	close(fd);
	return ok;
}

static const struct {
	const char *name;
	bool (*run)(struct vm *vm);
	bool crashes_qemu;
} cases[] = {
#define CASE(c, ...)	{ #c, c, __VA_ARGS__ }
	CASE(host_watch_lasts_over_exits),
	CASE(host_watch_lasts_over_exits_of_a_guest_with_its_own),
	CASE(host_and_guest_registers_follow_from_cpu_to_cpu),
	CASE(host_watch_armed_while_the_guest_runs_sees_none_of_its_writes),
	CASE(guest_reads_none_of_the_hosts_registers),
	CASE(guest_watch_hits_in_the_guest),
	CASE(guest_breakpoint_hits_beside_the_hosts_watch),
	CASE(guest_and_host_watch_the_same_address, true),
	CASE(userspace_sets_and_gets_the_guests_beside_its_own),
	CASE(kvm_debug_exits_after_each_write),
	CASE(kvm_debug_exits_before_an_instruction),
	CASE(kvm_debug_exits_beside_the_hosts_watch, true),
};

static bool tcg(void)
{
	__u32 eax, ebx, ecx, edx;

	__cpuid(0x40000000, eax, ebx, ecx, edx);
	return ebx == 0x54474354 /* TCGT... */;
}

static void count_sigtrap(int sig)
{
	(void)sig;
	sigtraps++;
}

/* kvm_debug [CASE...]: all, or those named */
static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct vm vm;
	unsigned int n = 0;
	bool ok;

	(void)argc;
	ksft_print_header();
	if (access("/dev/kvm", R_OK | W_OK))
		ksft_exit_skip("no /dev/kvm: %s\n", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		n += wanted(cases[i].name, argv + 1);
	if (!n)
		ksft_exit_fail_msg("no case has such a name\n");
	ksft_set_plan(n);
	signal(SIGTRAP, count_sigtrap);
	if (!pin(0))
		ksft_exit_fail_msg("sched_setaffinity: %s\n", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!wanted(cases[i].name, argv + 1))
			continue;
		if (cases[i].crashes_qemu && tcg()) {
			ksft_test_result_code(KSFT_SKIP, cases[i].name,
					      "QEMU's emulation of SVM would crash");
			continue;
		}
		sigtraps = 0;
		ok = vm_open(&vm) && cases[i].run(&vm) &&
		     same("SIGTRAPs to the host's process", 0, sigtraps);
		vm_close(&vm);
		ksft_test_result(ok, "%s\n", cases[i].name);
	}
	ksft_finished();
}
