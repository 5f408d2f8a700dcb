// SPDX-License-Identifier: GPL-2.0
/*
 * What only the kernel can do with a breakpoint, for the benchmark
 * (tools/testing/hw_breakpoint). In /sys/kernel/debug/bp_bench:
 *
 *   hold	write 1 or 0: register or unregister a breakpoint on every CPU.
 *   retarget_local  write N: re-aim that on this CPU N times, at another word and
 *		back, by modify_wide_hw_breakpoint_local(). ENODEV if the kernel
 *		does not define that; ENXIO if none is held.
 *   retarget	the same on all CPUs, by modify_wide_hw_breakpoint().
 *   sizes	read: a line for each structure that breakpoints are a part of: its
 *		name, a tab, its bytes.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

/*
 * Stock defines neither, so no reference is to be left; where they are defined they
 * have these prototypes.
 */
int modify_wide_hw_breakpoint_local(struct perf_event *bp,
				    struct perf_event_attr *attr);
int modify_wide_hw_breakpoint(struct perf_event *__percpu *cpu_events,
			      struct perf_event_attr *attr);

static typeof(modify_wide_hw_breakpoint_local) *modify_local;
static typeof(modify_wide_hw_breakpoint) *modify_all;

/* What is watched: nobody writes to them. */
static u64 words[2];

/* By held_mutex. */
static DEFINE_MUTEX(held_mutex);
static struct perf_event * __percpu *held;

static struct perf_event_attr watch(u32 i)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&words[i & 1];
	attr.bp_len = sizeof(long);
	attr.bp_type = HW_BREAKPOINT_W;
	return attr;
}

static void hit(struct perf_event *bp, struct perf_sample_data *data,
		struct pt_regs *regs)
{
}

static int hold_set(void *unused, u64 on)
{
	struct perf_event_attr attr = watch(0);
	int err = 0;

	mutex_lock(&held_mutex);
	if (on && !held) {
		held = register_wide_hw_breakpoint(&attr, hit, NULL);
		err = PTR_ERR_OR_ZERO((void __force *)held);
		if (err)
			held = NULL;
	} else if (!on && held) {
		unregister_wide_hw_breakpoint(held);
		held = NULL;
	}
	mutex_unlock(&held_mutex);
	return err;
}

static int retarget_local_set(void *unused, u64 n)
{
	struct perf_event_attr attr = watch(0);
	struct perf_event *bp;
	int err = 0;

	if (!modify_local)
		return -ENODEV;
	mutex_lock(&held_mutex);
	if (!held)
		err = -ENXIO;
	preempt_disable();
	bp = err ? NULL : *this_cpu_ptr(held);
	while (!err && n--) {
		attr.bp_addr = (unsigned long)&words[n & 1];
		err = modify_local(bp, &attr);
	}
	preempt_enable();
	mutex_unlock(&held_mutex);
	return err;
}

static int retarget_set(void *unused, u64 n)
{
	struct perf_event_attr attr = watch(0);
	int err = 0;

	if (!modify_all)
		return -ENODEV;
	mutex_lock(&held_mutex);
	if (!held)
		err = -ENXIO;
	while (!err && n--) {
		attr.bp_addr = (unsigned long)&words[n & 1];
		err = modify_all(held, &attr);
	}
	mutex_unlock(&held_mutex);
	return err;
}

static int sizes_show(struct seq_file *m, void *unused)
{
#define SHOW_SIZE(type)	seq_printf(m, #type "\t%zu\n", sizeof(type))
	SHOW_SIZE(struct perf_event);
	SHOW_SIZE(struct hw_perf_event);
	SHOW_SIZE(struct arch_hw_breakpoint);
	SHOW_SIZE(struct thread_struct);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(hold_fops, NULL, hold_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(retarget_local_fops, NULL, retarget_local_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(retarget_fops, NULL, retarget_set, "%llu\n");
DEFINE_SHOW_ATTRIBUTE(sizes);

static struct dentry *dir;

static int __init bp_bench_init(void)
{
	modify_local = symbol_get(modify_wide_hw_breakpoint_local);
	modify_all = symbol_get(modify_wide_hw_breakpoint);

	dir = debugfs_create_dir("bp_bench", NULL);
	debugfs_create_file("hold", 0200, dir, NULL, &hold_fops);
	debugfs_create_file("retarget_local", 0200, dir, NULL, &retarget_local_fops);
	debugfs_create_file("retarget", 0200, dir, NULL, &retarget_fops);
	debugfs_create_file("sizes", 0400, dir, NULL, &sizes_fops);
	return 0;
}

static void __exit bp_bench_exit(void)
{
	debugfs_remove(dir);
	if (held)
		unregister_wide_hw_breakpoint(held);
	if (modify_local)
		symbol_put(modify_wide_hw_breakpoint_local);
	if (modify_all)
		symbol_put(modify_wide_hw_breakpoint);
}

module_init(bp_bench_init);
module_exit(bp_bench_exit);
MODULE_DESCRIPTION("Hardware breakpoints of the kernel's own, for the benchmark");
MODULE_LICENSE("GPL");
