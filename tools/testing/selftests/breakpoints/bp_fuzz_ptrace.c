// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzing the debug registers of a stopped tracee, as a debugger sets them: through
 * PTRACE_POKEUSER on x86, register sets on arm64, PPC_PTRACE_SETHWDEBUG and its kin
 * on powerpc. perf takes registers of the tracee in between, so that there may be
 * none left; the tracee runs, hits, and is killed. What is accepted is a user's
 * address and a setting that there is; on x86, where registers can be read back, a
 * refusal leaves them as they were. At the end nothing is held.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_fuzz.h"
#include "bp_tracee.h"
#include "bp_util.h"

#define CALLS		5000

static struct {
	struct bp_fuzz f;
	pid_t pid;
	int rivals[4];
	unsigned long wrong, done;
	struct bp_refusals refused;
} me;

static bool wrong(const char *what, unsigned long long a, unsigned long long b, long answer)
{
	if (me.wrong++ < 10)
		printf("# %s: %#llx, %#llx: %ld\n", what, a, b, answer);
	fflush(stdout);
	return false;
}

/* Of a call that answers with 0, or a number above, or -errno. */
static void note(long answer, const int *errors, int n, const char *what)
{
	if (answer >= 0) {
		me.done++;
		return;
	}
	bp_refusals_count(&me.refused, answer);
	if (!bp_is_among(answer, errors, n))
		wrong(what, 0, 0, answer);
}

#if defined(__x86_64__) || defined(__i386)
#include <sys/user.h>
#include "bp_dr.h"

/* Where five levels of page tables end; the kernel's are all above. */
static bool is_kernels(__u64 addr)
{
	return addr >= (sizeof(long) == 8 ? 1ull << 56 : 1ull << 32);
}

/* As the tracee should have them. */
static unsigned long regs[8];

static void arch_new_tracee(void)
{
	memset(regs, 0, sizeof(regs));
	/* What it reads as before any. */
	regs[6] = bp_dr(me.pid, 6);
}

/* As DR7 says of register @i; true if that is not enabled. */
static bool field_is_good(unsigned long dr7, int i)
{
	static const unsigned int lens[] = { 1, 2, 8, 4 };
	unsigned int bits = dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE) & 0xf;
	unsigned int rw = bits & 3, len = lens[bits >> 2];

	if (!(dr7 >> i * DR_ENABLE_SIZE & 3))
		return true;
	switch (rw) {
	case DR_RW_EXECUTE:
		return len == 1;
	case DR_RW_WRITE:
	case DR_RW_READ:
		return regs[i] % len == 0;
	default:
		return false;
	}
}

static unsigned long any_dr7(void)
{
	static const unsigned int good[] = { 0x0, 0x1, 0x3, 0x5, 0x7, 0xd, 0xf, 0x9, 0xb };
	unsigned long dr7 = 0;

	if (bp_once_in(&me.f, 8))
		return bp_fuzz_number(&me.f);
	for (int i = 0; i < 4; i++) {
		unsigned long bits = good[bp_below(&me.f, ARRAY_SIZE(good))];

		if (bp_once_in(&me.f, 2))
			continue;
		dr7 |= bits << (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE);
		dr7 |= (1 + bp_below(&me.f, 3)) << i * DR_ENABLE_SIZE;
	}
	return dr7;
}

static bool all_as_they_were(const char *what)
{
	for (int i = 0; i < 8; i++) {
		unsigned long now = bp_dr(me.pid, i);

		if (now != regs[i])
			return wrong(what, i, regs[i], now);
	}
	return true;
}

static void arch_call(void)
{
	static const int errors[] = { EINVAL, EIO, ENOSPC };
	int nr = bp_below(&me.f, 10), err;
	unsigned long value;
	bool good = true;

	if (nr >= 8)
		nr = bp_below(&me.f, 4);
	value = nr == 7 ? any_dr7() : nr == 6 ? bp_fuzz_number(&me.f) :
						 bp_fuzz_address(&me.f);
	err = bp_poke_dr(me.pid, nr, value);
	note(err, errors, ARRAY_SIZE(errors), "poke");
	for (int i = 0; nr == 7 && i < 4; i++)
		good = good && field_is_good(value, i);
	if (!err) {
		if (nr == 4 || nr == 5 || !good || (nr < 4 && is_kernels(value)))
			wrong("accepted", nr, value, err);
		regs[nr] = value;
	} else if (nr == 6) {
		wrong("refused", nr, value, err);
	}
	if (err || bp_once_in(&me.f, 8))
		all_as_they_were(err ? "changed by a refusal" : "not as it was set");
}

/* What hit is in DR6, if that is wanted or not. */
static void arch_has_run(void)
{
	regs[6] = bp_dr(me.pid, 6);
}

#elif defined(__aarch64__)
#include "bp_arm64.h"

#define SLOTS	(sizeof(((struct user_hwdebug_state *)0)->dbg_regs) / \
		 sizeof(((struct user_hwdebug_state *)0)->dbg_regs[0]))

static void arch_new_tracee(void)
{
}

static void arch_has_run(void)
{
}

static void check_set(int set, const char *what)
{
	struct user_hwdebug_state s = { 0 };
	long len = bp_hw_get(me.pid, set, &s, sizeof(s));

	if (len < 0) {
		wrong("cannot be read", set, 0, len);
		return;
	}
	for (int i = 0; i < (s.dbg_info & 0xff) && i < SLOTS; i++) {
		__u32 ctrl = s.dbg_regs[i].ctrl, bas = ctrl >> 5 & 0xff;
		bool data = ctrl & (BP_CTRL_LOAD | BP_CTRL_STORE);
		bool watch = set == NT_ARM_HW_WATCH;

		if (!(ctrl & BP_CTRL_ENABLE))
			continue;
		if (s.dbg_regs[i].addr >> 52 || !bas || data != watch)
			wrong(what, s.dbg_regs[i].addr, ctrl, i);
	}
}

static void arch_call(void)
{
	static const int errors[] = { EINVAL, EIO, ENOSPC, EOPNOTSUPP };
	int set = bp_once_in(&me.f, 2) ? NT_ARM_HW_WATCH : NT_ARM_HW_BREAK;
	struct user_hwdebug_state s = { .dbg_info = bp_fuzz_number(&me.f) };
	size_t len = BP_HW_LEN(1 + bp_below(&me.f, SLOTS));
	int err;

	bp_hw_get(me.pid, set, &s, sizeof(s));
	for (int n = 1 + bp_below(&me.f, 3); n; n--) {
		int i = bp_below(&me.f, (s.dbg_info & 0xff) ?: SLOTS);

		s.dbg_regs[i].addr = bp_fuzz_address(&me.f);
		s.dbg_regs[i].ctrl = set == NT_ARM_HW_BREAK ? BP_CTRL_EXEC :
			bp_ctrl(8u << bp_below(&me.f, 2), bp_below(&me.f, 4),
				1 + bp_below(&me.f, 4));
		if (bp_once_in(&me.f, 3))
			s.dbg_regs[i].ctrl ^= 1u << bp_below(&me.f, 32);
		if (bp_once_in(&me.f, 3))
			s.dbg_regs[i].ctrl &= ~BP_CTRL_ENABLE;
		if (bp_once_in(&me.f, 16))
			s.dbg_regs[i].ctrl = bp_random(&me.f);
	}
	if (bp_once_in(&me.f, 8))
		len = bp_below(&me.f, sizeof(s) + 1);
	err = bp_hw_set(me.pid, set, &s, len);
	note(err, errors, ARRAY_SIZE(errors), "set");
	check_set(set, err ? "set by a refusal" : "accepted");
}

#elif defined(__powerpc64__)

/* Linux's own, not errno.h's. */
#define ENOTSUPP_KERNEL	524
#define KERNEL		0xc000000000000000ull

static void arch_new_tracee(void)
{
}

static void arch_has_run(void)
{
}

static void set_hwdebug(void)
{
	static const int errors[] = { EINVAL, EIO, ENOSPC, EOPNOTSUPP, ENOTSUPP_KERNEL };
	struct ppc_hw_breakpoint bp = {
		.version = bp_once_in(&me.f, 16) ? bp_fuzz_number(&me.f) : 1,
		.trigger_type = bp_once_in(&me.f, 8) ? bp_fuzz_number(&me.f) :
				2 + 2 * bp_below(&me.f, 3),
		.addr_mode = bp_below(&me.f, bp_once_in(&me.f, 8) ? 5 : 2),
		.condition_mode = bp_once_in(&me.f, 16) ? bp_fuzz_number(&me.f) : 0,
		.addr = bp_fuzz_address(&me.f),
		.condition_value = bp_once_in(&me.f, 16) ? bp_fuzz_number(&me.f) : 0,
	};
	long handle;

	if (bp.addr_mode != PPC_BREAKPOINT_MODE_EXACT)
		bp.addr2 = bp_once_in(&me.f, 4) ? bp_fuzz_address(&me.f) :
						   bp.addr + bp_below(&me.f, 600);
	handle = ptrace(PPC_PTRACE_SETHWDEBUG, me.pid, NULL, &bp);
	if (handle < 0)
		handle = -errno;
	note(handle, errors, ARRAY_SIZE(errors), "SETHWDEBUG");
	if (handle >= 0 && (bp.version != 1 || bp.addr >= KERNEL ||
			    (bp.addr2 >= KERNEL && bp.addr_mode) ||
			    bp.addr_mode > PPC_BREAKPOINT_MODE_RANGE_INCLUSIVE))
		wrong("accepted", bp.addr, bp.addr2, bp.addr_mode);
}

static void arch_call(void)
{
	static const int del_errors[] = { EINVAL, ENOENT };
	static const int set_errors[] = { EINVAL, EIO, ENOSPC, EOPNOTSUPP };
	long answer;

	switch (bp_below(&me.f, 4)) {
	case 0:
		answer = ptrace(PPC_PTRACE_DELHWDEBUG, me.pid, NULL,
				bp_once_in(&me.f, 8) ? bp_fuzz_number(&me.f) :
						       bp_below(&me.f, 4));
		note(answer ? -errno : 0, del_errors, ARRAY_SIZE(del_errors), "DELHWDEBUG");
		break;
	case 1: {
		__u64 value = bp_once_in(&me.f, 4) ? 0 :
			      bp_fuzz_address(&me.f) | bp_below(&me.f, 8);

		answer = ptrace(PTRACE_SET_DEBUGREG, me.pid, NULL, value);
		note(answer ? -errno : 0, set_errors, ARRAY_SIZE(set_errors), "SET_DEBUGREG");
		if (!answer && value >= KERNEL)
			wrong("accepted by SET_DEBUGREG", value, 0, 0);
		break;
	}
	default:
		set_hwdebug();
	}
}
#endif

static void stop_in_rounds(void)
{
	for (;;) {
		for (int i = 0; i < 8; i++) {
			bp_store(bp_data + 8 * i, 4);
			bp_load(bp_data + 8 * i, 4);
		}
		bp_func(0);
		raise(SIGSTOP);
	}
}

static void new_tracee(void)
{
	if (me.pid > 0)
		bp_tracee_end(me.pid);
	me.pid = bp_tracee_start(stop_in_rounds);
	if (me.pid < 0)
		wrong("tracee", 0, 0, me.pid);
	else
		arch_new_tracee();
}

/* To its next stop, whatever that is for; signals of traps are not passed on. */
static void run(void)
{
	int status = bp_tracee_resume(me.pid, PTRACE_CONT);

	if (WIFSTOPPED(status) && (WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP))
		arch_has_run();
	else
		new_tracee();
}

/* Takes one of the tracee's registers, or gives one back. */
static void rival(void)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 128, 4);
	int *fd = &me.rivals[bp_below(&me.f, ARRAY_SIZE(me.rivals))];

	if (*fd >= 0)
		close(*fd);
	*fd = bp_once_in(&me.f, 2) ? bp_open(&attr, me.pid, BP_ANY_CPU) : -1;
	if (*fd < 0 && *fd != -1 && *fd != -ENOSPC)
		wrong("perf", 0, 0, *fd);
}

FIXTURE(fuzz)
{
};

FIXTURE_SETUP(fuzz)
{
}

FIXTURE_TEARDOWN(fuzz)
{
}

TEST_F_TIMEOUT(fuzz, no_call_answers_wrongly_and_nothing_is_held_afterwards, 10800)
{
	unsigned long calls = bp_fuzz_calls(CALLS);

	printf("# BP_FUZZ_SEED=%llu BP_FUZZ_CALLS=%lu\n", bp_fuzz_seed(), calls);
	fflush(stdout);
	me.f = bp_fuzz_start(bp_fuzz_seed(), 0);
	for (int i = 0; i < ARRAY_SIZE(me.rivals); i++)
		me.rivals[i] = -1;
	new_tracee();
	for (unsigned long i = 0; i < calls && me.pid > 0; i++) {
		bp_fuzz_progress(i, calls);
		arch_call();
		if (bp_once_in(&me.f, 16))
			rival();
		if (bp_once_in(&me.f, 32))
			run();
		if (bp_once_in(&me.f, 1000))
			new_tracee();
	}
	bp_tracee_end(me.pid);
	for (int i = 0; i < ARRAY_SIZE(me.rivals); i++)
		close(me.rivals[i]);
	printf("# %lu done;", me.done);
	bp_refusals_say(&me.refused, 1);
	EXPECT_EQ(0, me.wrong);
	EXPECT_LT(0, me.done);
	EXPECT_TRUE(bp_nothing_held());
}

TEST_HARNESS_MAIN
