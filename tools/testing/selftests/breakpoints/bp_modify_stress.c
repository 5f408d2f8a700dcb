// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints are modified while they are hit, by several at a time, while their
 * tasks fork, exec and exit, while CPUs go and come back, and while they are closed.
 * Whoever hits has the address of what it touches in a register, which samples and
 * traps have with them: it is the address that they tell, and one that was set at
 * some time. At the end nothing is held.
 *
 * BP_STRESS_SECONDS in the environment says for how long.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_fuzz.h"
#include "bp_kernel.h"
#include "bp_ring.h"
#include "bp_tracee.h"
#include "bp_util.h"

#define SECONDS		5
#define NEW_IMAGE	"--new-image"
#define WORDS		16

/* The word number i is for those of the party i % OWNERS; the last are nobody's. */
enum { SHARED, PASSING, CPUS, NOBODYS, OWNERS };

#define WORD(i)		(bp_data + 8 * (i))

/*
 * The store with its address in a register: which one that is among those of
 * PERF_SAMPLE_REGS_USER, and how a debugger sees it and sets a watch. TRAPS is left
 * out where the debugger's part is another program's.
 */
#if defined(__x86_64__)
#include <asm/perf_regs.h>
#include <sys/user.h>
#include "bp_dr.h"

#define ADDRESS_REG	PERF_REG_X86_DI
#define TRAPS

static void store_at(volatile void *p)
{
	asm volatile("movl $1, (%0)" : : "D"(p) : "memory");
}

static int debugger_sets(pid_t pid, volatile void *p, unsigned int len)
{
	return bp_poke_dr(pid, 0, (uintptr_t)p) ?:
	       bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, bp_dr_len(len)));
}

static __u64 address_in_register(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, NULL, &regs) ? 0 : regs.rdi;
}

#elif defined(__aarch64__)
#include "bp_arm64.h"

#define ADDRESS_REG	0
#define TRAPS

static void store_at(volatile void *p)
{
	register volatile void *x0 asm("x0") = p;

	asm volatile("str wzr, [%0]" : : "r"(x0) : "memory");
}

static int debugger_sets(pid_t pid, volatile void *p, unsigned int len)
{
	return bp_hw_slot(pid, NT_ARM_HW_WATCH, 0, p, bp_ctrl(BP_CTRL_STORE, 0, len));
}

static __u64 address_in_register(pid_t pid)
{
	struct user_pt_regs regs;
	struct iovec iov = { &regs, sizeof(regs) };

	return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) ? 0 : regs.regs[0];
}

#elif defined(__powerpc64__)

#define ADDRESS_REG	3

static void store_at(volatile void *p)
{
	register volatile void *r3 asm("r3") = p;

	asm volatile("stw 0, 0(%0)" : : "b"(r3) : "memory");
}
#endif

static volatile struct {
	/* The parties; then who is hit, as until then a party may open one of theirs. */
	bool stop, stop_hitting;
	pid_t hitters[2];
	/* A hit that was none, an answer that was wrong, and how much was seen. */
	unsigned long strays, wrong, hits, modified, rounds;
} *arena;

static unsigned long count(volatile unsigned long *what)
{
	return __atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static bool stopped(void)
{
	return __atomic_load_n(&arena->stop, __ATOMIC_RELAXED);
}

static void expect(bool good, const char *what, long got)
{
	if (good)
		return;
	if (count(&arena->wrong) < 10)
		printf("# %s: %ld\n", what, got);
	fflush(stdout);
}

static void stray(const char *what, unsigned long long told, unsigned long long touched)
{
	if (count(&arena->strays) < 10)
		printf("# %s: told of %#llx, touched %#llx\n", what, told, touched);
	fflush(stdout);
}

/* All words, and what is never watched after each, see bp_tcg(). */
static void store_round(void)
{
	for (int i = 0; i < WORDS; i++) {
		store_at(WORD(i));
		bp_area.never_watched = 0;
	}
}

/* In a new image, or to its end. */
static __attribute__((constructor)) void new_image(void)
{
	if (!bp_is_called(NEW_IMAGE))
		return;
	for (int i = 0; i < 20; i++)
		store_round();
	_exit(0);
}

/* A setting for a word of @owner's, with all that can be modified. */
static struct perf_event_attr setting(struct bp_fuzz *f, int owner)
{
	int word = bp_below(f, WORDS / OWNERS) * OWNERS + owner;
	struct perf_event_attr attr;

	attr = bp_attr(bp_once_in(f, 2) ? HW_BREAKPOINT_W : HW_BREAKPOINT_RW,
		       WORD(word), 1ull << bp_below(f, 4));
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_ADDR | PERF_SAMPLE_REGS_USER;
	attr.sample_regs_user = 1ull << ADDRESS_REG;
	attr.disabled = bp_once_in(f, 8);
	return attr;
}

/* Takes all out that is in @ring. */
static void look_at_samples(struct bp_ring *ring, int owner)
{
	struct perf_event_header header;
	struct {
		__u64 addr, abi, touched;
	} s;

	while (bp_ring_next_raw(ring, &header, &s, sizeof(s))) {
		__u64 word = (s.addr - (uintptr_t)bp_data) / 8;

		count(&arena->hits);
		if (s.addr % 8 || word >= WORDS || word % OWNERS != owner ||
		    (s.abi != PERF_SAMPLE_REGS_ABI_NONE && s.touched != s.addr))
			stray("sample", s.addr, s.touched);
	}
}

/* @times it is modified; now and then into what it cannot be. */
static void modify_times(struct bp_fuzz *f, int fd, int owner, int times)
{
	while (times--) {
		struct perf_event_attr attr = setting(f, owner);
		bool bad = bp_once_in(f, 16);
		int err;

		if (bad)
			attr.bp_len = 0;
		err = bp_modify(fd, &attr);
		expect(err == (bad ? -EINVAL : 0), "modify", err);
		count(&arena->modified);
	}
}

/*
 * The parties, each in a process of its own.
 */

static void *hit(void *arg)
{
	volatile pid_t *tid = arg;

	*tid = syscall(SYS_gettid);
	while (!__atomic_load_n(&arena->stop_hitting, __ATOMIC_RELAXED)) {
		store_round();
		count(&arena->rounds);
	}
	return NULL;
}

static void hit_in_two_threads(struct bp_fuzz *f)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hit, (void *)&arena->hitters[1]);
	hit((void *)&arena->hitters[0]);
	pthread_join(thread, NULL);
}

/* Two at a time. */
static int shared_fd;

static void modify_shared(struct bp_fuzz *f)
{
	while (!stopped())
		modify_times(f, shared_fd, SHARED, 10);
}

static void modify_shared_and_look(struct bp_fuzz *f)
{
	struct bp_ring ring;
	int err = bp_ring_map(&ring, shared_fd);

	expect(!err, "map", err);
	while (!stopped()) {
		modify_times(f, shared_fd, SHARED, 10);
		look_at_samples(&ring, SHARED);
	}
	bp_ring_unmap(&ring);
}

static void open_modify_close(struct bp_fuzz *f)
{
	while (!stopped()) {
		struct perf_event_attr attr = setting(f, PASSING);
		int fd = bp_open(&attr, arena->hitters[1], BP_ANY_CPU), err;
		struct bp_ring ring;

		expect(fd >= 0, "open", fd);
		if (fd < 0)
			break;
		err = bp_ring_map(&ring, fd);
		expect(!err, "map", err);
		modify_times(f, fd, PASSING, 10);
		look_at_samples(&ring, PASSING);
		close(fd);
		/* The ring keeps it. */
		look_at_samples(&ring, PASSING);
		bp_ring_unmap(&ring);
	}
}

/* All tasks on the last CPU, which comes and goes: then an event is dead. */
static int last_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) - 1;
}

static void modify_on_cpu(struct bp_fuzz *f)
{
	while (!stopped()) {
		struct perf_event_attr attr = setting(f, CPUS);
		int fd = bp_open(&attr, BP_ANY_TASK, last_cpu()), err;
		struct bp_ring ring;

		expect(fd >= 0 || fd == -ENODEV, "open of a CPU's", fd);
		if (fd < 0)
			continue;
		err = bp_ring_map(&ring, fd);
		expect(!err, "map", err);
		for (int i = 0; i < 5; i++) {
			modify_times(f, fd, CPUS, 10);
			look_at_samples(&ring, CPUS);
		}
		bp_ring_unmap(&ring);
		close(fd);
	}
}

static void turn_cpu_off_and_on(struct bp_fuzz *f)
{
	while (bpk_has_hotplug() && !stopped()) {
		bpk_set_online(last_cpu(), false);
		usleep(bp_below(f, 20000));
		bpk_set_online(last_cpu(), true);
		usleep(bp_below(f, 100000));
	}
	bpk_all_online();
}

/* The children that hold copies change with it, at whatever they are. */
static void modify_amid_forks(struct bp_fuzz *f)
{
	while (!stopped()) {
		struct perf_event_attr attr = setting(f, PASSING);
		pid_t pids[4];
		int fd;

		attr.inherit = 1;
		attr.inherit_stat = 1;
		fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		expect(fd >= 0, "open to inherit", fd);
		for (int i = 0; i < ARRAY_SIZE(pids); i++) {
			pids[i] = fork();
			if (!pids[i]) {
				if (!fork()) {
					store_round();
					_exit(0);
				}
				store_round();
				_exit(0);
			}
			for (int n = 0; n < 5; n++) {
				struct perf_event_attr to = setting(f, PASSING);
				int err;

				attr.bp_addr = to.bp_addr;
				attr.bp_len = to.bp_len;
				attr.bp_type = to.bp_type;
				attr.disabled = to.disabled;
				err = bp_modify(fd, &attr);
				expect(!err, "modify with children", err);
				count(&arena->modified);
			}
		}
		for (int i = 0; i < ARRAY_SIZE(pids); i++)
			waitpid(pids[i], NULL, 0);
		close(fd);
	}
}

/* Before and after its exec, and after its end. */
static void modify_over_exec(struct bp_fuzz *f)
{
	while (!stopped()) {
		struct perf_event_attr attr = setting(f, PASSING);
		int fd, status, to[2];
		struct bp_ring ring;
		char byte = 0;
		pid_t pid;

		if (pipe(to))
			exit(1);
		pid = fork();
		if (!pid) {
			if (read(to[0], &byte, 1) == 1)
				execl("/proc/self/exe", NEW_IMAGE, NULL);
			_exit(1);
		}
		fd = bp_open(&attr, pid, BP_ANY_CPU);
		expect(fd >= 0 && !bp_ring_map(&ring, fd), "open for exec", fd);
		expect(write(to[1], &byte, 1) == 1, "write", errno);
		do {
			modify_times(f, fd, PASSING, 2);
			look_at_samples(&ring, PASSING);
		} while (!waitpid(pid, &status, WNOHANG));
		expect(!status, "exec", status);
		modify_times(f, fd, PASSING, 2);
		bp_ring_unmap(&ring);
		close(fd);
		close(to[0]);
		close(to[1]);
	}
}

#ifdef TRAPS
static void stores_for_ever(void)
{
	for (;;)
		store_round();
}

/*
 * The debugger's watch is where it was set when its tracee was last stopped; perf's
 * of the same task is modified while that runs.
 */
static void debug(struct bp_fuzz *f)
{
	struct perf_event_attr attr = setting(f, PASSING);
	pid_t pid = bp_tracee_start(stores_for_ever);
	struct bp_ring ring;
	int fd, err, status;

	expect(pid > 0, "tracee", pid);
	fd = bp_open(&attr, pid, BP_ANY_CPU);
	expect(fd >= 0 && !bp_ring_map(&ring, fd), "open of a tracee's", fd);
	while (!stopped()) {
		volatile __u8 *word = WORD(bp_below(f, WORDS / OWNERS) * OWNERS + SHARED);

		err = debugger_sets(pid, word, 1u << bp_below(f, 4));
		expect(!err, "debugger", err);
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		modify_times(f, fd, PASSING, 3);
		expect(waitpid(pid, &status, 0) == pid && bp_stopped_by(status, SIGTRAP),
		       "stop", status);
		if (!WIFSTOPPED(status))
			break;
		if (address_in_register(pid) != (uintptr_t)word)
			stray("trap", (uintptr_t)word, address_in_register(pid));
		count(&arena->hits);
		look_at_samples(&ring, PASSING);
	}
	bp_tracee_end(pid);
	bp_ring_unmap(&ring);
	close(fd);
}
#endif

static void (* const parties[])(struct bp_fuzz *f) = {
	hit_in_two_threads, modify_shared, modify_shared_and_look, open_modify_close,
	modify_on_cpu, turn_cpu_off_and_on, modify_amid_forks, modify_over_exec,
#ifdef TRAPS
	debug,
#endif
};

static pid_t start(int nr, __u64 seed)
{
	struct bp_fuzz f = bp_fuzz_start(seed, nr);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	parties[nr](&f);
	exit(0);
}

/* Two registers of a task, and one of the CPU. */
#define NEEDED	3

FIXTURE(modify)
{
};

FIXTURE_SETUP(modify)
{
}

FIXTURE_TEARDOWN(modify)
{
}

TEST_F_TIMEOUT(modify, each_hit_is_of_a_setting_and_nothing_is_held_afterwards, 3600)
{
	const char *seconds = getenv("BP_STRESS_SECONDS");
	pid_t pids[ARRAY_SIZE(parties)];
	struct perf_event_attr attr;
	struct bp_fuzz f;
	int status;

	if (geteuid())
		SKIP(return, "needs root");
	if (bp_caps.data_regs < NEEDED)
		SKIP(return, BP_NEEDS_THREE);
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(arena != MAP_FAILED);
	printf("# BP_FUZZ_SEED=%llu\n", bp_fuzz_seed());
	fflush(stdout);
	f = bp_fuzz_start(bp_fuzz_seed(), ARRAY_SIZE(parties));
	pids[0] = start(0, bp_fuzz_seed());
	while (!arena->hitters[0] || !arena->hitters[1])
		sched_yield();
	attr = setting(&f, SHARED);
	shared_fd = bp_open(&attr, arena->hitters[0], BP_ANY_CPU);
	ASSERT_LE(0, shared_fd);
	for (int i = 1; i < ARRAY_SIZE(parties); i++)
		pids[i] = start(i, bp_fuzz_seed());
	sleep(seconds ? atoi(seconds) : SECONDS);
	arena->stop = true;
	/* The hitters, party 0, last. */
	for (int i = ARRAY_SIZE(parties) - 1; i >= 0; i--) {
		arena->stop_hitting = !i;
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("party %d", i);
		}
	}
	close(shared_fd);
	printf("# %lu rounds of stores, %lu modified, %lu hits looked at\n",
	       arena->rounds, arena->modified, arena->hits);
	EXPECT_EQ(0, arena->strays);
	EXPECT_EQ(0, arena->wrong);
	EXPECT_LT(0, arena->hits);
	EXPECT_LT(0, arena->modified);
	EXPECT_TRUE(bp_nothing_held());
}

TEST_HARNESS_MAIN
