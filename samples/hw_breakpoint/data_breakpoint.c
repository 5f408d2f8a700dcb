// SPDX-License-Identifier: GPL-2.0
/*
 * Who writes this kernel variable?  Watches a symbol on every CPU, and logs the
 * stack of each write:
 *
 *	insmod data_breakpoint.ko ksym=jiffies limit=2
 *
 * The length that is watched is that of a long, or of the parameter len.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/sched.h>

static char ksym[KSYM_NAME_LEN] = "jiffies";
module_param_string(ksym, ksym, sizeof(ksym), 0444);
MODULE_PARM_DESC(ksym, "kernel symbol whose writes are logged");

static unsigned int len = sizeof(long);
module_param(len, uint, 0444);
MODULE_PARM_DESC(len, "how many bytes of it, as far as the processor can");

static int limit = 10;
module_param(limit, int, 0444);
MODULE_PARM_DESC(limit, "log so many writes, then only count");

static struct perf_event * __percpu *watch;
static atomic_t writes;

static void written(struct perf_event *bp, struct perf_sample_data *data,
		    struct pt_regs *regs)
{
	int nr = atomic_inc_return(&writes);

	if (nr > limit)
		return;
	pr_info("%s: write %d, by %s on CPU %d at %pS\n", ksym, nr,
		current->comm, raw_smp_processor_id(),
		(void *)instruction_pointer(regs));
	dump_stack();
}

static int __init data_breakpoint_init(void)
{
	void *addr = __symbol_get(ksym);
	struct perf_event_attr attr;

	if (!addr) {
		pr_err("%s: no such symbol, or it is not exported\n", ksym);
		return -ENXIO;
	}

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)addr;
	attr.bp_len = len;
	attr.bp_type = HW_BREAKPOINT_W;

	watch = register_wide_hw_breakpoint(&attr, written, NULL);
	if (IS_ERR((void __force *)watch)) {
		int err = PTR_ERR((void __force *)watch);

		pr_err("%s: cannot be watched: %pe\n", ksym, ERR_PTR(err));
		__symbol_put(ksym);
		return err;
	}
	pr_info("%s: watched on every CPU, %u bytes at %pK\n", ksym, len, addr);
	return 0;
}

static void __exit data_breakpoint_exit(void)
{
	unregister_wide_hw_breakpoint(watch);
	__symbol_put(ksym);
	pr_info("%s: %d writes seen\n", ksym, atomic_read(&writes));
}

module_init(data_breakpoint_init);
module_exit(data_breakpoint_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Log the writes to a kernel variable, with their stacks");
