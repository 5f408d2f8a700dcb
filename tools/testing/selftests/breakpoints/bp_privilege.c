// SPDX-License-Identifier: GPL-2.0
/*
 * What an ordinary user can watch: his own user memory, and nothing of the kernel.
 * Neither is a kernel address accepted by any path, nor told in a sample, nor does a
 * refusal say what stands there. Which registers he can have is bp_greedy's. Needs
 * root, to become less.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_nobody.h"
#include "bp_nobody_fixture.h"
#include "bp_tracee.h"
#include "bp_util.h"

#define TIMES		10
#define NEW_IMAGE	"--new-image"

/*
 * What differs between architectures: where the user's addresses end, and how a
 * debugger asks for a watch. The answer to that is 0 or -errno.
 */
#if defined(__x86_64__)
#include "bp_dr.h"

#define EXEC_CAN_BE_ASKED

/* The last page is nobody's. With five levels there are nine bits more. */
static __u64 user_end(void)
{
	const unsigned long four = 1ul << 47, page = sysconf(_SC_PAGESIZE);
	void *p = mmap((void *)four, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		       MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return four - page;
	munmap(p, page);
	return (1ul << 56) - page;
}

static int debugger_asks(pid_t pid, __u64 addr, bool exec)
{
	unsigned int rw = exec ? DR_RW_EXECUTE : DR_RW_WRITE;

	return bp_poke_dr(pid, DR_CONTROL, 0) ?: bp_poke_dr(pid, 0, 0) ?:
	       bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, rw, DR_LEN_1)) ?:
	       bp_poke_dr(pid, 0, addr);
}

/* A longer one must not reach beyond what was allowed. */
static int debugger_asks_for_more(pid_t pid, __u64 last)
{
	return bp_poke_dr(pid, DR_CONTROL, 0) ?: bp_poke_dr(pid, 0, last) ?:
	       bp_poke_dr(pid, DR_CONTROL, bp_dr7(0, DR_RW_WRITE, DR_LEN_8));
}

#elif defined(__aarch64__)
#include "bp_arm64.h"

#define EXEC_CAN_BE_ASKED

/* Of a kernel for 52 bits; on a CPU of 48 nobody has anything between the two. */
static __u64 user_end(void)
{
	return 1ul << 52;
}

static int debugger_asks(pid_t pid, __u64 addr, bool exec)
{
	return exec ? bp_hw_slot(pid, NT_ARM_HW_BREAK, 0, (void *)addr, BP_CTRL_EXEC) :
		      bp_hw_slot(pid, NT_ARM_HW_WATCH, 0, (void *)addr,
				 bp_ctrl(BP_CTRL_STORE, 0, 1));
}

static int debugger_asks_for_more(pid_t pid, __u64 last)
{
	/* Byte selects are of one doubleword: none reaches into the next. */
	return bp_hw_slot(pid, NT_ARM_HW_WATCH, 0, (void *)(last + 1),
			  bp_ctrl(BP_CTRL_STORE, 0, 8));
}

#elif defined(__powerpc64__)

/* What is below and no user's is not mapped by anybody. */
static __u64 user_end(void)
{
	return 0xc000000000000000ull;
}

static int debugger_asks_of(pid_t pid, __u64 addr, unsigned int len)
{
	struct ppc_hw_breakpoint bp = {
		.version = 1,
		.trigger_type = PPC_BREAKPOINT_TRIGGER_WRITE,
		.addr_mode = len > 1 ? PPC_BREAKPOINT_MODE_RANGE_INCLUSIVE :
				       PPC_BREAKPOINT_MODE_EXACT,
		.condition_mode = PPC_BREAKPOINT_CONDITION_NONE,
		.addr = addr,
		.addr2 = len > 1 ? addr + len : 0,
	};
	long handle = ptrace(PPC_PTRACE_SETHWDEBUG, pid, NULL, &bp);

	if (handle < 0)
		return -errno;
	ptrace(PPC_PTRACE_DELHWDEBUG, pid, NULL, handle);
	return 0;
}

static int debugger_asks(pid_t pid, __u64 addr, bool exec)
{
	return debugger_asks_of(pid, addr, 1);
}

static int debugger_asks_for_more(pid_t pid, __u64 last)
{
	return debugger_asks_of(pid, last - 7, 16);
}
#endif

/* For the new image that a setuid program is. */
static __attribute__((constructor)) void new_image(void)
{
	if (!bp_is_called(NEW_IMAGE))
		return;
	bp_do_stores(TIMES);
	_exit(0);
}

/*
 * Addresses. Those of the kernel are places where nobody knows what there is, and
 * some where a breakpoint is refused to everybody: to ask must not find these.
 */
#define MAX_ADDRS	256

static struct {
	__u64 end;			/* of the user's */
	__u64 at[MAX_ADDRS];		/* the kernel's */
	int nr;
} addrs;

static void add_symbol(const char *name)
{
	__u64 value;

	if (bp_kernel_symbol(name, &value))
		addrs.at[addrs.nr++] = value;
}

/* By root: /proc/kallsyms has no addresses for others. */
static void find_addresses(void)
{
	__u64 random = 88172645463325252ull;

	addrs.nr = 0;
	addrs.end = user_end();
	for (int i = 0; i < 8; i++)
		addrs.at[addrs.nr++] = addrs.end + 8 * i;
	addrs.at[addrs.nr++] = BP_KERNEL_ADDRESS;
	addrs.at[addrs.nr++] = -8ull;
	add_symbol("jiffies_64");
	add_symbol("init_task");
	add_symbol("__per_cpu_offset");
	add_symbol("__entry_text_start");
	add_symbol("entry_SYSCALL_64");
	add_symbol("exc_debug");
	add_symbol("do_debug_exception");
	add_symbol("vectors");
	add_symbol("system_call_common");
	add_symbol("do_sys_open");
	while (addrs.nr < 128) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		addrs.at[addrs.nr++] = (random & ~7ull) |
				       (BP_KERNEL_ADDRESS & 0xffff800000000000ull);
	}
}

static struct perf_event_attr attr_at(__u64 addr, __u64 len, unsigned int type)
{
	struct perf_event_attr attr = bp_attr(type, (void *)0, len);

	attr.bp_addr = addr;
	attr.exclude_kernel = 1;
	return attr;
}

static bool is_users(__u64 addr, __u64 len)
{
	return addr + len - 1 >= addr && addr + len - 1 < addrs.end;
}

static const unsigned int types[] = {
	HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_X,
};

/* Around the end of the user's addresses: only what is below it all. */
static int ask_around_the_end(void *unused)
{
	struct perf_event_attr own = bp_nobodys_attr();
	int bad = 0, fd = bp_open(&own, BP_SELF, BP_ANY_CPU);

	/* It is not that all is refused. */
	if (fd < 0)
		bad += bp_wrong("open", own.bp_addr, 4, fd);
	close(fd);
	for (int at = -520; at < 16; at++) {
		for (__u64 len = 1; len <= 512; len += len < 8 ? 1 : len) {
			struct perf_event_attr attr =
				attr_at(addrs.end + at, len, HW_BREAKPOINT_W);

			fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
			if (fd >= 0 && !is_users(attr.bp_addr, len))
				bad += bp_wrong("open", attr.bp_addr, len, fd);
			close(fd);
		}
	}
	return bad;
}

TEST_F(nobody, what_reaches_beyond_the_users_addresses_is_refused)
{
	find_addresses();
	EXPECT_EQ(0, bp_as_nobody(ask_around_the_end, NULL));
}

/*
 * At 2 there is one answer to a question for a kernel address, whatever it has. At 1
 * who asks may profile the kernel, and see addresses of its code in that way: EINVAL
 * for what nobody can watch tells him nothing new.
 */
static int ask_for_the_kernels(void *paranoid)
{
	int bad = 0, fd;

	for (int i = 0; i < addrs.nr; i++) {
		for (int t = 0; t < ARRAY_SIZE(types); t++) {
			__u64 len = types[t] == HW_BREAKPOINT_X ? bp_caps.exec_len : 1;
			struct perf_event_attr attr = attr_at(addrs.at[i], len, types[t]);

			if (types[t] == HW_BREAKPOINT_X && !bp_caps.exec_regs)
				continue;
			fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
			if (fd != -EINVAL)
				bad += bp_wrong("excluded", attr.bp_addr, len, fd);
			close(fd);
			attr.exclude_kernel = 0;
			fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
			if (*(int *)paranoid > 1 ? fd != -EACCES :
						   fd != -EPERM && fd != -EINVAL)
				bad += bp_wrong("not excluded", attr.bp_addr, len, fd);
			close(fd);
		}
	}
	return bad;
}

TEST_F(nobody, no_kernel_address_is_accepted_nor_told_from_another)
{
	int paranoid = variant->paranoid;

	find_addresses();
	EXPECT_EQ(0, bp_as_nobody(ask_for_the_kernels, &paranoid));
}

static int modify_into_the_kernel(void *arg)
{
	struct perf_event_attr own = bp_nobodys_attr(), attr;
	int fd = bp_open(&own, BP_SELF, BP_ANY_CPU), bad = 0, err;

	if (fd < 0)
		return bp_wrong("own", own.bp_addr, 4, fd);
	for (int i = 0; i < addrs.nr; i++) {
		for (int t = 0; t < ARRAY_SIZE(types); t++) {
			__u64 len = types[t] == HW_BREAKPOINT_X ? bp_caps.exec_len : 1;

			attr = attr_at(addrs.at[i], len, types[t]);
			err = bp_modify(fd, &attr);
			if (err != -EINVAL)
				bad += bp_wrong("modify", attr.bp_addr, len, err);
		}
	}
	attr = own;
	attr.exclude_kernel = 0;
	err = bp_modify(fd, &attr);
	if (err != -EINVAL)
		bad += bp_wrong("exclude_kernel off", attr.bp_addr, 4, err);
	bp_do_stores(TIMES);
	if (bp_can_exclude_kernel() && bp_hits(fd) != TIMES)
		bad += bp_wrong("hits", own.bp_addr, 4, bp_hits(fd));
	return bad;
}

TEST_F(nobody, modifies_nothing_into_the_kernel)
{
	find_addresses();
	EXPECT_EQ(0, bp_as_nobody(modify_into_the_kernel, NULL));
}

static void do_nothing(void)
{
}

/* Of a child of his own. */
static int debug_the_kernel(void *unused)
{
	pid_t pid = bp_tracee_start(do_nothing);
	int bad = 0, err;

	if (pid < 0)
		return bp_wrong("tracee", 0, 0, pid);
	err = debugger_asks(pid, (uintptr_t)bp_data, false);
	if (err)
		bad += bp_wrong("debugger, own", (uintptr_t)bp_data, 1, err);
	for (int exec = 0; exec < 2; exec++) {
		int answer = 0;

#ifndef EXEC_CAN_BE_ASKED
		if (exec)
			break;
#endif
		for (int i = 0; i < addrs.nr; i++) {
			err = debugger_asks(pid, addrs.at[i], exec);
			answer = answer ?: err;
			if (!err || err != answer)
				bad += bp_wrong("debugger", addrs.at[i], 1, err);
		}
	}
	err = debugger_asks_for_more(pid, addrs.end - 1);
	if (!err)
		bad += bp_wrong("debugger, beyond the end", addrs.end - 1, 8, err);
	bp_tracee_end(pid);
	return bad;
}

TEST_F(nobody, a_debugger_gets_one_answer_for_all_kernel_addresses)
{
	find_addresses();
	EXPECT_EQ(0, bp_as_nobody(debug_the_kernel, NULL));
}

/*
 * A root of a user namespace of his own has all capabilities, there.
 */
static int as_root_of_a_namespace(int (*fn)(void *arg), void *arg)
{
	int fd;

	if (access("/proc/self/uid_map", F_OK))
		return 250;
	if (unshare(CLONE_NEWUSER))
		return 251;
	fd = open("/proc/self/uid_map", O_WRONLY);
	if (write(fd, "0 65534 1", 9) != 9 || close(fd) || setresuid(0, 0, 0))
		return 251;
	return fn(arg);
}

static int fake_root_asks(void *paranoid)
{
	return ask_for_the_kernels(paranoid) + debug_the_kernel(NULL) + bp_ask_for_roots();
}

static int ask_as_fake_root(void *paranoid)
{
	return as_root_of_a_namespace(fake_root_asks, paranoid);
}

TEST_F(nobody, who_is_root_in_a_user_namespace_gets_the_same_answers)
{
	int paranoid = variant->paranoid, bad;

	find_addresses();
	bad = bp_as_nobody(ask_as_fake_root, &paranoid);
	if (bad == 250)
		SKIP(return, "needs CONFIG_USER_NS");
	EXPECT_EQ(0, bad);
}

/* Every word of every record, but for the marks in a call chain. */
static int kernel_words_in_ring(const struct perf_event_mmap_page *page)
{
	const __u64 *data = (void *)page + page->data_offset;
	int n = 0;

	for (__u64 i = 0; i < page->data_head / 8; i++) {
		if (data[i] >= (BP_KERNEL_ADDRESS & 0xffff800000000000ull) &&
		    data[i] < (__u64)PERF_CONTEXT_MAX)
			n += bp_wrong("in a sample", data[i], 8, i);
	}
	return n;
}

/*
 * The kernel writes to what is watched, and reads it, in system calls of the
 * one who watches: none of that is a hit.
 */
static int sample_all(void *paranoid)
{
	static const __u64 all[] = {
		PERF_SAMPLE_IP, PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR,
		PERF_SAMPLE_READ, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU,
		PERF_SAMPLE_PERIOD, PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_REGS_USER,
		PERF_SAMPLE_STACK_USER, PERF_SAMPLE_WEIGHT, PERF_SAMPLE_DATA_SRC,
		PERF_SAMPLE_TRANSACTION, PERF_SAMPLE_REGS_INTR,
		PERF_SAMPLE_DATA_PAGE_SIZE, PERF_SAMPLE_CODE_PAGE_SIZE,
	};
	const size_t size = 64 * sysconf(_SC_PAGESIZE);
	struct perf_event_mmap_page *page;
	int bad = 0, fd;

	for (int i = 0; i < ARRAY_SIZE(all); i++) {
		struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_RW, bp_data, 4);

		attr.sample_period = 1;
		attr.sample_type = all[i] | PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN;
		attr.sample_regs_user = 0xff;
		attr.sample_regs_intr = 0xff;
		attr.sample_stack_user = 64;
		fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		if (*(int *)paranoid > 1) {
			/* He has to say that he wants none of the kernel's callers. */
			if (fd != -EACCES)
				bad += bp_wrong("kernel's callers", all[i], 4, fd);
			attr.exclude_callchain_kernel = 1;
			fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
		}
		if (fd == -EOPNOTSUPP)
			continue;
		if (fd < 0) {
			bad += bp_wrong("open to sample", all[i], 4, fd);
			continue;
		}
		page = mmap(NULL, size + sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);
		if (page == MAP_FAILED) {
			bad += bp_wrong("map", all[i], 4, errno);
			close(fd);
			continue;
		}
		for (int n = 0; n < TIMES; n++) {
			if (bp_kernel_store(bp_data) || bp_kernel_load(bp_data))
				bad += bp_wrong("kernel's access", 0, 4, n);
			bp_store(bp_data, 4);
		}
		if (bp_hits(fd) != TIMES)
			bad += bp_wrong("hits", all[i], 4, bp_hits(fd));
		if (!page->data_head)
			bad += bp_wrong("nothing sampled", all[i], 4, 0);
		bad += kernel_words_in_ring(page);
		munmap(page, size + sysconf(_SC_PAGESIZE));
		close(fd);
	}
	return bad;
}

TEST_F(nobody, no_sample_has_a_kernel_address)
{
	int paranoid = variant->paranoid;

	if (!bp_can_exclude_kernel())
		SKIP(return, BP_TCG_USER);
	EXPECT_EQ(0, bp_as_nobody(sample_all, &paranoid));
}

/*
 * A setuid program does as it does, unwatched: what its user watched, himself and
 * his children, ends with his image.
 */
#define COPY	"/tmp/bp_privilege_copy"

static int copy_self(mode_t mode)
{
	int from = open("/proc/self/exe", O_RDONLY), to;

	unlink(COPY);
	to = open(COPY, O_CREAT | O_EXCL | O_WRONLY, 0600);
	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	close(from);
	if (fchmod(to, mode) || close(to))
		return -errno;
	return 0;
}

/* The hits of a child that execs the copy: inherited, and its own. */
static int watch_child_exec(void *expected)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int inherited, own, status, bad = 0, to[2];
	char byte = 0;
	pid_t pid;

	attr.inherit = 1;
	inherited = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (pipe(to) || inherited < 0)
		return bp_wrong("open", attr.bp_addr, 4, inherited);
	pid = fork();
	if (!pid) {
		if (read(to[0], &byte, 1) == 1)
			execl(COPY, NEW_IMAGE, NULL);
		_exit(1);
	}
	attr.inherit = 0;
	own = -1;
	if (bp_caps.data_regs > 1 && !bp_tcg_one_hit()) {
		own = bp_open(&attr, pid, BP_ANY_CPU);
		bad += own < 0 && bp_wrong("open of a child", attr.bp_addr, 4, own);
	}
	if (write(to[1], &byte, 1) != 1 || waitpid(pid, &status, 0) != pid || status)
		return bp_wrong("exec", 0, 0, status);
	if (bp_hits(inherited) != *(int *)expected)
		bad += bp_wrong("inherited hits", 0, 0, bp_hits(inherited));
	if (own >= 0 && bp_hits(own) != *(int *)expected)
		bad += bp_wrong("hits", 0, 0, bp_hits(own));
	return bad;
}

TEST_F(nobody, a_setuid_program_is_not_watched)
{
	int expected = TIMES;

	if (variant->paranoid > 1 && !bp_can_exclude_kernel())
		SKIP(return, BP_TCG_USER);
	ASSERT_EQ(0, copy_self(0755));
	EXPECT_EQ(0, bp_as_nobody(watch_child_exec, &expected));
	expected = 0;
	ASSERT_EQ(0, copy_self(04755));
	EXPECT_EQ(0, bp_as_nobody(watch_child_exec, &expected));
	unlink(COPY);
}

TEST_HARNESS_MAIN
