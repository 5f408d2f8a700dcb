// SPDX-License-Identifier: GPL-2.0
/*
 * x86: which addresses a privileged caller may watch. The ends of user space,
 * and the places in the kernel where a hit would come before the kernel can take
 * it: all refused with EINVAL.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define OK	0

static int answer(unsigned int type, __u64 addr, __u64 len, bool exclude_kernel)
{
	struct perf_event_attr attr = bp_attr(type, NULL, len);
	int fd;

	attr.bp_addr = addr;
	attr.exclude_kernel = exclude_kernel;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (fd < 0)
		return fd;
	close(fd);
	return OK;
}

static int data_answer(__u64 addr, __u64 len)
{
	return answer(HW_BREAKPOINT_W, addr, len, false);
}

static int exec_answer(__u64 addr)
{
	return answer(HW_BREAKPOINT_X, addr, bp_caps.exec_len, false);
}

/* The first address that is not the user's; la57 is five-level page tables. */
static __u64 user_end(void)
{
	return (1ull << (bp_cpu_has("la57") ? 56 : 47)) - 4096;
}

TEST(the_last_user_addresses_are_watched_like_others)
{
	__u64 end = user_end();

	for (int len = 1; len <= 8; len *= 2) {
		EXPECT_EQ(OK, answer(HW_BREAKPOINT_W, end - len, len, true));
		EXPECT_EQ(-EINVAL, answer(HW_BREAKPOINT_W, end, len, true));
		EXPECT_EQ(OK, answer(HW_BREAKPOINT_W, end, len, false));
	}
	/* An instruction breakpoint is one address, whatever its bp_len. */
	EXPECT_EQ(OK, answer(HW_BREAKPOINT_X, end - 1, 8, true));
	EXPECT_EQ(-EINVAL, answer(HW_BREAKPOINT_X, end, 8, true));
}

TEST(beyond_user_space_the_kernel_must_not_be_excluded)
{
	static const __u64 record[] = {
		1ull << 47,		/* not canonical with four levels, */
		1ull << 62,		/* and with five */
		0xffff800000000000,
		0xffffffff80000000,
		UINT64_MAX - 7,
	};

	for (int i = 0; i < ARRAY_SIZE(record); i++) {
		if (record[i] < user_end())
			continue;
		EXPECT_EQ(-EINVAL, answer(HW_BREAKPOINT_W, record[i], 8, true));
		EXPECT_EQ(OK, answer(HW_BREAKPOINT_W, record[i], 8, false)) {
			TH_LOG("address %#llx", (unsigned long long)record[i]);
		}
	}
}

TEST(nothing_reaches_around_the_top_of_memory)
{
	EXPECT_EQ(OK, data_answer(UINT64_MAX, 1));
	EXPECT_EQ(-EINVAL, data_answer(UINT64_MAX, 8));
	for (int i = 0; i < 7; i++)
		EXPECT_EQ(-EINVAL, exec_answer(UINT64_MAX - i));
}

TEST(the_cpu_entry_area_is_refused_for_all_cpus)
{
	static const __u64 begin = 0xfffffe0000000000, size = 1ull << 39;

	for (__u64 at = 0; at < size; at += size / 64) {
		EXPECT_EQ(-EINVAL, data_answer(begin + at, 8));
		EXPECT_EQ(-EINVAL, exec_answer(begin + at));
	}
	for (__u64 at = 0; at < 16 * 4096; at += 1024)
		EXPECT_EQ(-EINVAL, data_answer(begin + at, 1));
	EXPECT_EQ(-EINVAL, data_answer(begin + size - 8, 8));
	EXPECT_EQ(OK, data_answer(begin + size, 8));
	EXPECT_EQ(OK, data_answer(begin - 8, 8));
	/* Here, and at the top of memory, bp_len counts for instructions too. */
	EXPECT_EQ(-EINVAL, exec_answer(begin - 7));
}

TEST(the_table_of_per_cpu_offsets_is_refused)
{
	__u64 table;

	if (!bp_kernel_symbol("__per_cpu_offset", &table))
		SKIP(return, "kallsyms does not show __per_cpu_offset");
	for (int cpu = 0; cpu < bp_nr_cpus(); cpu++) {
		EXPECT_EQ(-EINVAL, data_answer(table + 8 * cpu, 8));
		EXPECT_EQ(-EINVAL, data_answer(table + 8 * cpu + 7, 1));
	}
}

/* One word of kernel memory, by way of the ELF core that /proc/kcore is. */
static int kernel_word(__u64 addr, __u64 *word)
{
	int fd = open("/proc/kcore", O_RDONLY), err = -EFAULT;
	Elf64_Ehdr head;
	Elf64_Phdr seg;

	if (fd < 0)
		return -errno;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		goto out;
	for (int i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &seg, sizeof(seg), head.e_phoff + i * sizeof(seg)) !=
		    sizeof(seg))
			break;
		if (seg.p_type != PT_LOAD || addr < seg.p_vaddr ||
		    addr - seg.p_vaddr >= seg.p_filesz)
			continue;
		if (pread64(fd, word, sizeof(*word),
			    seg.p_offset + addr - seg.p_vaddr) == sizeof(*word))
			err = 0;
		break;
	}
out:
	close(fd);
	return err;
}

/*
 * What each CPU touches on its way into the kernel, before it can have turned
 * the debug registers off, or to turn them off.
 */
TEST(the_entry_codes_own_data_is_refused_on_each_cpu)
{
	static const char *const entry_data[] = {
		"gdt_page", "cpu_tss_rw", "cpu_tlbstate", "cpu_dr7",
	};
	__u64 table, offset, var;

	if (!bp_kernel_symbol("__per_cpu_offset", &table) ||
	    kernel_word(table, &offset))
		SKIP(return, "needs /proc/kcore and kallsyms of all symbols");
	for (int cpu = 0; cpu < bp_nr_cpus(); cpu++) {
		ASSERT_EQ(0, kernel_word(table + 8 * cpu, &offset));
		for (int i = 0; i < ARRAY_SIZE(entry_data); i++) {
			ASSERT_TRUE(bp_kernel_symbol(entry_data[i], &var));
			EXPECT_EQ(-EINVAL, data_answer(offset + var, 8)) {
				TH_LOG("%s of CPU %d", entry_data[i], cpu);
			}
		}
		/* Its neighbourhood is not refused wholesale. */
		ASSERT_TRUE(bp_kernel_symbol("process_counts", &var));
		EXPECT_EQ(OK, data_answer(offset + var, 8));
	}
}

TEST(ordinary_kernel_data_and_code_are_accepted)
{
	__u64 data, code;

	if (!bp_kernel_symbol("jiffies", &data) ||
	    !bp_kernel_symbol(BP_RARE_SYSCALL_SYMBOL, &code))
		SKIP(return, "kallsyms does not show jiffies and a system call");
	EXPECT_EQ(OK, data_answer(data, 8));
	if (!bp_kernel_has_kprobes())
		SKIP(return, BP_NEEDS_KPROBES);
	EXPECT_EQ(OK, exec_answer(code));
}

TEST(all_that_kprobes_avoid_is_refused_as_an_instruction)
{
	unsigned long long begin, end;
	char line[256];
	int fields, n = 0;
	FILE *f;

	f = fopen("/sys/kernel/debug/kprobes/blacklist", "r");
	if (!f)
		SKIP(return, "needs debugfs and CONFIG_KPROBES");
	while (fgets(line, sizeof(line), f)) {
		fields = sscanf(line, "%llx-%llx", &begin, &end);
		ASSERT_EQ(2, fields);
		ASSERT_EQ(-EINVAL, exec_answer(begin)) {
			TH_LOG("%s", line);
		}
		ASSERT_EQ(-EINVAL, exec_answer(end - 1)) {
			TH_LOG("%s", line);
		}
		n++;
	}
	fclose(f);
	EXPECT_LT(10, n);
}

TEST(entry_code_is_refused_as_an_instruction)
{
	static const char *const code[] = {
		"entry_SYSCALL_64", "asm_exc_debug", "asm_exc_page_fault",
		"asm_exc_nmi", "exc_debug", "exc_nmi",
	};

	for (int i = 0; i < ARRAY_SIZE(code); i++) {
		__u64 addr;

		if (!bp_kernel_symbol(code[i], &addr))
			SKIP(return, "kallsyms does not show %s", code[i]);
		EXPECT_EQ(-EINVAL, exec_answer(addr)) {
			TH_LOG("%s", code[i]);
		}
	}
}

TEST_HARNESS_MAIN
