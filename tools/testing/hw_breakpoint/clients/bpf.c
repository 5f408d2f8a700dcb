// SPDX-License-Identifier: GPL-2.0
/*
 * BPF programs on breakpoint events (PERF_EVENT_IOC_SET_BPF): they are called at each
 * hit instead of perf's own handler, with the registers and the address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#if defined(__x86_64__)
#define CTX_IP		offsetof(struct bpf_perf_event_data, regs.rip)
#define SETHOSTNAME	"__x64_sys_sethostname"
#elif defined(__aarch64__)
#define CTX_IP		offsetof(struct bpf_perf_event_data, regs.pc)
#define SETHOSTNAME	"__arm64_sys_sethostname"
#elif defined(__powerpc64__)
#define CTX_IP		offsetof(struct bpf_perf_event_data, regs.nip)
#endif

/* What the program keeps in its map, for us to read. */
struct seen {
	__u64 hits, ip, addr;
};

static volatile long watched[2];

/* Longer than the function, shorter than the way to the next one that writes. */
#define CODE_OF_PUT	64

static __attribute__((noinline)) void put(volatile long *to, long value)
{
	*to = value;
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int new_map(void)
{
	union bpf_attr attr = {
		.map_type	= BPF_MAP_TYPE_ARRAY,
		.key_size	= sizeof(__u32),
		.value_size	= sizeof(struct seen),
		.max_entries	= 1,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

#define INSN(c, d, s, o, i) \
	((struct bpf_insn) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_IMM(d, i)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define LOAD(d, s, o)	INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE(d, o, s)	INSN(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)

/*
 * seen.hits++, and where the last hit was.  @ret is what it returns: 0 keeps the hit to
 * itself, 1 lets perf go on with it.
 */
static int new_program(int map, int ret)
{
	const struct bpf_insn insns[] = {
		MOV(BPF_REG_6, BPF_REG_1),
		INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
		MOV(BPF_REG_2, BPF_REG_10),
		ADD_IMM(BPF_REG_2, -4),
		/* two instructions' place: the address of the map */
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 7, 0),
		LOAD(BPF_REG_1, BPF_REG_0, offsetof(struct seen, hits)),
		ADD_IMM(BPF_REG_1, 1),
		STORE(BPF_REG_0, offsetof(struct seen, hits), BPF_REG_1),
		LOAD(BPF_REG_1, BPF_REG_6, CTX_IP),
		STORE(BPF_REG_0, offsetof(struct seen, ip), BPF_REG_1),
		LOAD(BPF_REG_1, BPF_REG_6, offsetof(struct bpf_perf_event_data, addr)),
		STORE(BPF_REG_0, offsetof(struct seen, addr), BPF_REG_1),
		MOV_IMM(BPF_REG_0, ret),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type	= BPF_PROG_TYPE_PERF_EVENT,
		.insns		= (unsigned long)insns,
		.insn_cnt	= ARRAY_SIZE(insns),
		.license	= (unsigned long)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static struct seen look(int map)
{
	struct seen seen = { .hits = -1 };
	__u32 key = 0;
	union bpf_attr attr = {
		.map_fd	= map,
		.key	= (unsigned long)&key,
		.value	= (unsigned long)&seen,
	};

	bpf(BPF_MAP_LOOKUP_ELEM, &attr);
	return seen;
}

static struct perf_event_attr watch(unsigned long addr, int type, int len)
{
	return (struct perf_event_attr) {
		.type		= PERF_TYPE_BREAKPOINT,
		.size		= sizeof(struct perf_event_attr),
		.bp_type	= type,
		.bp_addr	= addr,
		.bp_len		= len,
		.sample_period	= 1,
		.sample_type	= PERF_SAMPLE_IP,
	};
}

static unsigned long symbol(const char *name)
{
	char line[256], found[128];
	unsigned long addr, ret = 0;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !ret && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %*c %127s", &addr, found) == 2 &&
		    !strcmp(found, name))
			ret = addr;
	if (f)
		fclose(f);
	return ret;
}

static int set_panic_timeout(const char *value)
{
	int fd = open("/proc/sys/kernel/panic", O_WRONLY);
	int ret = write(fd, value, strlen(value));

	close(fd);
	return ret;
}

FIXTURE(bpf) {
	int map, program, event;
};

FIXTURE_SETUP(bpf)
{
	self->event = -1;
	self->program = -1;
	self->map = -1;
	if (access("/sys/fs/bpf", F_OK))
		SKIP(return, "needs CONFIG_BPF_SYSCALL");
	self->map = new_map();
	ASSERT_GE(self->map, 0) TH_LOG("BPF_MAP_CREATE: %s", strerror(errno));
	self->program = new_program(self->map, 0);
	ASSERT_GE(self->program, 0) TH_LOG("BPF_PROG_LOAD: %s", strerror(errno));
}

FIXTURE_TEARDOWN(bpf)
{
	close(self->event);
	close(self->program);
	close(self->map);
}

/* An event with a program attached, or -1. */
static int attach(int program, struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int event = syscall(SYS_perf_event_open, attr, pid, cpu, -1, 0);

	if (event >= 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, program)) {
		close(event);
		return -1;
	}
	return event;
}

TEST_F(bpf, a_users_variable)
{
	struct perf_event_attr attr = watch((unsigned long)&watched[0], HW_BREAKPOINT_W,
					    sizeof(long));
	struct seen seen;
	int i;

	self->event = attach(self->program, &attr, 0, -1);
	ASSERT_LE(0, self->event);
	for (i = 0; i < 1000; i++)
		put(&watched[0], i);
	put(&watched[1], 1);
	seen = look(self->map);
	EXPECT_EQ(1000, seen.hits);
	EXPECT_EQ((unsigned long)&watched[0], seen.addr);
	EXPECT_LE((unsigned long)put, seen.ip);
	EXPECT_GT((unsigned long)put + CODE_OF_PUT, seen.ip);
	EXPECT_EQ(999, watched[0]);

	close(self->event);
	self->event = -1;
	put(&watched[0], 1);
	EXPECT_EQ(1000, look(self->map).hits);
}

TEST_F(bpf, a_childs_hits_too)
{
	struct perf_event_attr attr = watch((unsigned long)&watched[0], HW_BREAKPOINT_W,
					    sizeof(long));
	int status;
	pid_t pid;

	attr.inherit = 1;
	self->event = attach(self->program, &attr, 0, -1);
	ASSERT_LE(0, self->event);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		put(&watched[0], 1);
		put(&watched[0], 2);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	put(&watched[0], 3);
	EXPECT_EQ(3, look(self->map).hits);
}

TEST_F(bpf, a_variable_of_the_kernel)
{
	unsigned long addr = symbol("panic_timeout");
	struct perf_event_attr attr = watch(addr, HW_BREAKPOINT_W, sizeof(int));
	struct seen seen;
	int i;

	ASSERT_NE(0, addr);
	self->event = attach(self->program, &attr, 0, -1);
	ASSERT_LE(0, self->event);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, set_panic_timeout("7"));
	seen = look(self->map);
	EXPECT_EQ(100, seen.hits);
	EXPECT_EQ(addr, seen.addr);
	/* the kernel's half of the address space */
	EXPECT_NE(0, seen.ip >> 63);
	set_panic_timeout("-1");
}

TEST_F(bpf, a_function_of_the_kernel_on_a_cpu)
{
#ifdef SETHOSTNAME
	unsigned long addr = symbol(SETHOSTNAME);
	struct perf_event_attr attr = watch(addr, HW_BREAKPOINT_X, sizeof(long));
	struct seen seen;
	cpu_set_t cpus;
	int i;

	ASSERT_NE(0, addr);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	self->event = attach(self->program, &attr, -1, 0);
	ASSERT_LE(0, self->event);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, sethostname("guest", 5));
	seen = look(self->map);
	EXPECT_EQ(100, seen.hits);
	EXPECT_EQ(addr, seen.ip);
	EXPECT_EQ(addr, seen.addr);
#else
	SKIP(return, "no registers for instructions");
#endif
}

TEST_F(bpf, goes_on_when_the_address_is_modified)
{
	struct perf_event_attr attr = watch((unsigned long)&watched[0], HW_BREAKPOINT_W,
					    sizeof(long));

	self->event = attach(self->program, &attr, 0, -1);
	ASSERT_LE(0, self->event);
	put(&watched[0], 1);
	EXPECT_EQ(1, look(self->map).hits);
	attr.bp_addr = (unsigned long)&watched[1];
	ASSERT_EQ(0, ioctl(self->event, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, &attr));
	put(&watched[0], 2);
	EXPECT_EQ(1, look(self->map).hits);
	put(&watched[1], 3);
	EXPECT_EQ(2, look(self->map).hits);
	EXPECT_EQ((unsigned long)&watched[1], look(self->map).addr);
}

TEST_F(bpf, decides_whether_there_is_a_sample)
{
	struct perf_event_attr attr = watch((unsigned long)&watched[0], HW_BREAKPOINT_W,
					    sizeof(long));
	volatile struct perf_event_mmap_page *page;
	size_t size = 2 * sysconf(_SC_PAGESIZE);
	int ret;

	for (ret = 0; ret < 2; ret++) {
		close(self->program);
		self->program = new_program(self->map, ret);
		ASSERT_LE(0, self->program);
		self->event = attach(self->program, &attr, 0, -1);
		ASSERT_LE(0, self->event);
		page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->event, 0);
		ASSERT_NE(MAP_FAILED, page);
		put(&watched[0], 1);
		EXPECT_EQ(ret + 1, look(self->map).hits);
		/* a header and an instruction pointer */
		EXPECT_EQ(ret ? 16 : 0, page->data_head);
		munmap((void *)page, size);
		close(self->event);
		self->event = -1;
	}
}

TEST_HARNESS_MAIN
