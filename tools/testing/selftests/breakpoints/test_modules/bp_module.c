// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints of the kernel's own, for tests in user space. Each watches a word
 * of its own in this module for writes; wide ones are on every CPU, bound ones on
 * one. In /sys/kernel/debug/bp_module:
 *
 *   wide	write N: register or unregister until N wide ones are held; the
 *		error of the first that is refused is that of write(), and those
 *		held by then stay. Read: how many are held.
 *   bound	write "CPU N": the same for those bound to CPU. Read: a line for
 *		each possible CPU, "CPU N".
 *   touch	write N: write to each word N times, on the CPU of the writer.
 *   hits	read: a line for each possible CPU: its number, how often it
 *		touched, how often each wide one hit there, and each bound one.
 *		Write anything: all are 0 again.
 *   waits	read: how often a writer of "wide" has waited for an RCU grace period.
 *   misplaced	read: hits on a CPU that is not the event's.
 *   storm	write 1: a thread registers and unregisters a wide one until 0 is
 *		written. Read: how many were granted, refused for want of a
 *		register, and failed otherwise.
 *   requests	write "CPU N": register and unregister N times on CPU, or until a
 *		signal comes. Read: as for storm, of the last write.
 *   dr7	read: a line for each online CPU, "CPU DR7" (x86).
 *   armed	read: a line for each online CPU, "CPU N": N of its registers are
 *		enabled. ENODEV where a guest's kernel cannot look (powerpc).
 *   has_cpu	read: Y if the kernel defines register_wide_hw_breakpoint_cpu(). If
 *		not, perf_event_create_kernel_counter() is called in its place.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#ifdef CONFIG_X86
#include <asm/debugreg.h>
#endif
#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#include <asm/sysreg.h>
#endif

/* More than any CPU has registers for data. */
#define MAX_HELD	17

/* In a page of their own: no other access comes near what is watched. */
static struct {
	u64 wide[MAX_HELD];
	u64 bound[MAX_HELD];
	u64 scratch;
	u64 never_watched;
} words __aligned(PAGE_SIZE);

struct counts {
	unsigned long touches;
	unsigned long wide[MAX_HELD];
	unsigned long bound[MAX_HELD];
};

static DEFINE_PER_CPU(struct counts, counts);
static atomic_long_t misplaced;

struct bound {
	struct perf_event *held[MAX_HELD];
	unsigned int nr;
};

/* What is held; by held_mutex. */
static DEFINE_MUTEX(held_mutex);
static struct perf_event * __percpu *wide[MAX_HELD];
static unsigned int nr_wide;
static DEFINE_PER_CPU(struct bound, bound);

struct answers {
	unsigned long granted, refused, failed;
};

static struct answers storm_answers, request_answers;
static struct task_struct *storm_thread;

static struct perf_event_attr watch(u64 *word)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)word;
	attr.bp_len = sizeof(long);
	attr.bp_type = HW_BREAKPOINT_W;
	return attr;
}

/* @context is the number of the word, bound ones' after the wide ones'. */
static void hit(struct perf_event *bp, struct perf_sample_data *data,
		struct pt_regs *regs)
{
	unsigned long nr = (unsigned long)bp->overflow_handler_context;

	if (bp->cpu != smp_processor_id())
		atomic_long_inc(&misplaced);
	if (nr < MAX_HELD)
		this_cpu_inc(counts.wide[nr]);
	else if (nr < 2 * MAX_HELD)
		this_cpu_inc(counts.bound[nr - MAX_HELD]);
}

#define SCRATCH		((void *)(2ul * MAX_HELD))

static void count_answer(struct answers *answers, long err)
{
	if (!err)
		answers->granted++;
	else if (err == -ENOSPC)
		answers->refused++;
	else
		answers->failed++;
}

static long register_wide(struct perf_event * __percpu **events, u64 *word,
			  void *context)
{
	struct perf_event_attr attr = watch(word);

	*events = register_wide_hw_breakpoint(&attr, hit, context);
	return PTR_ERR_OR_ZERO((void __force *)*events);
}

/* register_wide_hw_breakpoint_cpu(), if there is one. */
static typeof(register_wide_hw_breakpoint_cpu) *register_on_cpu;

static long register_bound(struct perf_event **event, u64 *word, void *context,
			   int cpu)
{
	struct perf_event_attr attr = watch(word);

	if (register_on_cpu)
		*event = register_on_cpu(&attr, hit, context, cpu);
	else
		*event = perf_event_create_kernel_counter(&attr, cpu, NULL, hit,
							  context);
	return PTR_ERR_OR_ZERO(*event);
}

/*
 * The files: one number, or a CPU and a number.
 */

static ssize_t parse(const char __user *buf, size_t size, int *cpu, u32 *n)
{
	char line[32];

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, size))
		return -EFAULT;
	line[size] = '\0';
	if (cpu)
		return sscanf(line, "%d %u", cpu, n) == 2 ? 0 : -EINVAL;
	return kstrtouint(line, 0, n);
}

/* Who registers wide ones now, and how often it has waited; by held_mutex. */
static struct task_struct *wide_writer;
static unsigned int waits;

static int waits_for_rcu(struct kprobe *kp, struct pt_regs *regs)
{
	if (READ_ONCE(wide_writer) == current)
		waits++;
	return 0;
}

static struct kprobe wait_probe = {
	.symbol_name	= "synchronize_rcu",
	.pre_handler	= waits_for_rcu,
};

static int waits_show(struct seq_file *m, void *unused)
{
	if (!wait_probe.addr)
		return -ENODEV;
	seq_printf(m, "%u\n", READ_ONCE(waits));
	return 0;
}

static ssize_t wide_write(struct file *file, const char __user *buf, size_t size,
			  loff_t *pos)
{
	unsigned long nr;
	u32 want;
	long err = parse(buf, size, NULL, &want);

	if (err)
		return err;
	if (want > MAX_HELD)
		return -E2BIG;
	mutex_lock(&held_mutex);
	WRITE_ONCE(wide_writer, current);
	while (!err && nr_wide < want) {
		nr = nr_wide;
		err = register_wide(&wide[nr], &words.wide[nr], (void *)nr);
		if (!err)
			nr_wide++;
	}
	while (nr_wide > want)
		unregister_wide_hw_breakpoint(wide[--nr_wide]);
	WRITE_ONCE(wide_writer, NULL);
	mutex_unlock(&held_mutex);
	return err ?: size;
}

static int wide_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", READ_ONCE(nr_wide));
	return 0;
}

static ssize_t bound_write(struct file *file, const char __user *buf, size_t size,
			   loff_t *pos)
{
	struct perf_event *stray;
	struct bound *b;
	unsigned long nr;
	u32 want;
	int cpu;
	long err = parse(buf, size, &cpu, &want);

	if (err)
		return err;
	if (want > MAX_HELD)
		return -E2BIG;
	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_possible(cpu)) {
		/* The kernel is to say no. */
		err = register_bound(&stray, &words.scratch, SCRATCH, cpu);
		if (!err)
			unregister_hw_breakpoint(stray);
		return err ?: size;
	}
	mutex_lock(&held_mutex);
	b = per_cpu_ptr(&bound, cpu);
	while (!err && b->nr < want) {
		nr = b->nr;
		err = register_bound(&b->held[nr], &words.bound[nr],
				     (void *)(MAX_HELD + nr), cpu);
		if (!err)
			b->nr++;
	}
	while (b->nr > want)
		unregister_hw_breakpoint(b->held[--b->nr]);
	mutex_unlock(&held_mutex);
	return err ?: size;
}

static int bound_show(struct seq_file *m, void *unused)
{
	int cpu;

	for_each_possible_cpu(cpu)
		seq_printf(m, "%d %u\n", cpu, per_cpu(bound, cpu).nr);
	return 0;
}

/*
 * Between two writes one to a word that is not watched: QEMU's TCG takes a hit
 * for that of the access before otherwise.
 */
static void touch_words(u64 *word)
{
	int i;

	for (i = 0; i < MAX_HELD; i++) {
		WRITE_ONCE(word[i], i);
		WRITE_ONCE(words.never_watched, 0);
	}
}

static ssize_t touch_write(struct file *file, const char __user *buf, size_t size,
			   loff_t *pos)
{
	u32 n;
	long err = parse(buf, size, NULL, &n);

	if (err)
		return err;
	while (n--) {
		preempt_disable();
		touch_words(words.wide);
		touch_words(words.bound);
		this_cpu_inc(counts.touches);
		preempt_enable();
		cond_resched();
	}
	return size;
}

static int touch_show(struct seq_file *m, void *unused)
{
	return 0;
}

static int hits_show(struct seq_file *m, void *unused)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct counts *c = per_cpu_ptr(&counts, cpu);

		seq_printf(m, "%d %lu", cpu, c->touches);
		for (i = 0; i < MAX_HELD; i++)
			seq_printf(m, " %lu", c->wide[i]);
		for (i = 0; i < MAX_HELD; i++)
			seq_printf(m, " %lu", c->bound[i]);
		seq_putc(m, '\n');
	}
	return 0;
}

static ssize_t hits_write(struct file *file, const char __user *buf, size_t size,
			  loff_t *pos)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&counts, cpu), 0, sizeof(struct counts));
	atomic_long_set(&misplaced, 0);
	return size;
}

static int misplaced_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%ld\n", atomic_long_read(&misplaced));
	return 0;
}

static int show_answers(struct seq_file *m, struct answers *answers)
{
	seq_printf(m, "%lu %lu %lu\n", READ_ONCE(answers->granted),
		   READ_ONCE(answers->refused), READ_ONCE(answers->failed));
	return 0;
}

static int storm_loop(void *unused)
{
	while (!kthread_should_stop()) {
		struct perf_event * __percpu *events;
		long err = register_wide(&events, &words.scratch, SCRATCH);

		count_answer(&storm_answers, err);
		if (!err)
			unregister_wide_hw_breakpoint(events);
		cond_resched();
	}
	return 0;
}

static ssize_t storm_write(struct file *file, const char __user *buf, size_t size,
			   loff_t *pos)
{
	struct task_struct *thread;
	u32 on;
	long err = parse(buf, size, NULL, &on);

	if (err)
		return err;
	mutex_lock(&held_mutex);
	if (on && !storm_thread) {
		storm_answers = (struct answers) { };
		thread = kthread_run(storm_loop, NULL, "bp_storm");
		err = PTR_ERR_OR_ZERO(thread);
		if (!err)
			storm_thread = thread;
	} else if (!on && storm_thread) {
		kthread_stop(storm_thread);
		storm_thread = NULL;
	}
	mutex_unlock(&held_mutex);
	return err ?: size;
}

static int storm_show(struct seq_file *m, void *unused)
{
	return show_answers(m, &storm_answers);
}

static ssize_t requests_write(struct file *file, const char __user *buf,
			      size_t size, loff_t *pos)
{
	struct perf_event *event;
	int cpu;
	u32 n;
	long err = parse(buf, size, &cpu, &n);

	if (err)
		return err;
	request_answers = (struct answers) { };
	while (n-- && !signal_pending(current)) {
		err = register_bound(&event, &words.scratch, SCRATCH, cpu);
		count_answer(&request_answers, err);
		if (!err)
			unregister_hw_breakpoint(event);
		cond_resched();
	}
	return size;
}

static int requests_show(struct seq_file *m, void *unused)
{
	return show_answers(m, &request_answers);
}

static void read_dr7(void *dr7)
{
#ifdef CONFIG_X86
	get_debugreg(*(unsigned long *)dr7, 7);
#endif
}

static int dr7_show(struct seq_file *m, void *unused)
{
	unsigned long dr7 = 0;
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_dr7, &dr7, true);
		seq_printf(m, "%d %#lx\n", cpu, dr7);
	}
	cpus_read_unlock();
	return 0;
}

#if defined(CONFIG_X86)
static void count_armed(void *armed)
{
	unsigned long dr7;

	get_debugreg(dr7, 7);
	/* Two enable bits each, local and global. */
	dr7 &= 0xff;
	*(unsigned int *)armed = hweight_long((dr7 | dr7 >> 1) & 0x55);
}
#elif defined(CONFIG_ARM64)
/* E is bit 0 of a control register; the numbers of the registers are those less 1. */
#define ENABLED(kind, n, count) \
	((n) <= (count) && read_sysreg(dbg ## kind ## cr ## n ## _el1) & 1)

static unsigned int breaks_armed(unsigned int last)
{
	return ENABLED(b, 0, last) + ENABLED(b, 1, last) + ENABLED(b, 2, last) +
	       ENABLED(b, 3, last) + ENABLED(b, 4, last) + ENABLED(b, 5, last) +
	       ENABLED(b, 6, last) + ENABLED(b, 7, last) + ENABLED(b, 8, last) +
	       ENABLED(b, 9, last) + ENABLED(b, 10, last) + ENABLED(b, 11, last) +
	       ENABLED(b, 12, last) + ENABLED(b, 13, last) + ENABLED(b, 14, last) +
	       ENABLED(b, 15, last);
}

static unsigned int watches_armed(unsigned int last)
{
	return ENABLED(w, 0, last) + ENABLED(w, 1, last) + ENABLED(w, 2, last) +
	       ENABLED(w, 3, last) + ENABLED(w, 4, last) + ENABLED(w, 5, last) +
	       ENABLED(w, 6, last) + ENABLED(w, 7, last) + ENABLED(w, 8, last) +
	       ENABLED(w, 9, last) + ENABLED(w, 10, last) + ENABLED(w, 11, last) +
	       ENABLED(w, 12, last) + ENABLED(w, 13, last) + ENABLED(w, 14, last) +
	       ENABLED(w, 15, last);
}

static void count_armed(void *armed)
{
	u64 features = read_sysreg(id_aa64dfr0_el1);
	unsigned int brps = features >> 12 & 0xf, wrps = features >> 20 & 0xf;

	*(unsigned int *)armed = breaks_armed(brps) + watches_armed(wrps);
}
#else
#define count_armed	NULL
#endif

static int armed_show(struct seq_file *m, void *unused)
{
	smp_call_func_t count = count_armed;
	unsigned int armed = 0;
	int cpu;

	if (!count)
		return -ENODEV;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, count, &armed, true);
		seq_printf(m, "%d %u\n", cpu, armed);
	}
	cpus_read_unlock();
	return 0;
}

static int has_cpu_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%c\n", register_on_cpu ? 'Y' : 'N');
	return 0;
}

DEFINE_SHOW_STORE_ATTRIBUTE(wide);
DEFINE_SHOW_STORE_ATTRIBUTE(bound);
DEFINE_SHOW_STORE_ATTRIBUTE(touch);
DEFINE_SHOW_STORE_ATTRIBUTE(hits);
DEFINE_SHOW_STORE_ATTRIBUTE(storm);
DEFINE_SHOW_STORE_ATTRIBUTE(requests);
DEFINE_SHOW_ATTRIBUTE(waits);
DEFINE_SHOW_ATTRIBUTE(misplaced);
DEFINE_SHOW_ATTRIBUTE(dr7);
DEFINE_SHOW_ATTRIBUTE(armed);
DEFINE_SHOW_ATTRIBUTE(has_cpu);

static struct dentry *dir;

static int __init bp_module_init(void)
{
	/* Stock declares it, and does not define it: no reference is to be left. */
	register_on_cpu = symbol_get(register_wide_hw_breakpoint_cpu);

	/* Without it there is just no answer. */
	if (register_kprobe(&wait_probe))
		wait_probe.addr = NULL;

	dir = debugfs_create_dir("bp_module", NULL);
	debugfs_create_file("wide", 0600, dir, NULL, &wide_fops);
	debugfs_create_file("bound", 0600, dir, NULL, &bound_fops);
	debugfs_create_file("touch", 0600, dir, NULL, &touch_fops);
	debugfs_create_file("hits", 0600, dir, NULL, &hits_fops);
	debugfs_create_file("storm", 0600, dir, NULL, &storm_fops);
	debugfs_create_file("requests", 0600, dir, NULL, &requests_fops);
	debugfs_create_file("waits", 0400, dir, NULL, &waits_fops);
	debugfs_create_file("misplaced", 0400, dir, NULL, &misplaced_fops);
	debugfs_create_file("dr7", 0400, dir, NULL, &dr7_fops);
	debugfs_create_file("armed", 0400, dir, NULL, &armed_fops);
	debugfs_create_file("has_cpu", 0400, dir, NULL, &has_cpu_fops);
	return 0;
}

static void __exit bp_module_exit(void)
{
	int cpu;

	debugfs_remove(dir);
	if (storm_thread)
		kthread_stop(storm_thread);
	while (nr_wide)
		unregister_wide_hw_breakpoint(wide[--nr_wide]);
	for_each_possible_cpu(cpu) {
		struct bound *b = per_cpu_ptr(&bound, cpu);

		while (b->nr)
			unregister_hw_breakpoint(b->held[--b->nr]);
	}
	if (wait_probe.addr)
		unregister_kprobe(&wait_probe);
	if (register_on_cpu)
		symbol_put(register_wide_hw_breakpoint_cpu);
}

module_init(bp_module_init);
module_exit(bp_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Breakpoints of the kernel's own, for tests in user space");
