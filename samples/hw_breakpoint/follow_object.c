// SPDX-License-Identifier: GPL-2.0
/*
 * Who writes a field of an object while a function works on it?  Objects come and
 * go, and there are more of them than registers.  So the one watchpoint of each CPU
 * follows: a probe at the function's entry aims it at the object that the function
 * was given, and another one at its return aims it away again.
 *
 *	insmod follow_object.ko function=FUNCTION argument=0 offset=16 len=8
 *
 * watches len bytes, from the offset-th on, of what the argument points to, and
 * logs the stack of each write that is made on the CPU meanwhile.  Without
 * parameters it follows the parcels that it packs itself, when it is told how many:
 *
 *	echo 5 > /sys/module/follow_object/parameters/pack
 *
 * One of them has a label that is too long.  A task that is moved to another CPU
 * while it runs the function is not followed any further.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/slab.h>

/* What the module does with itself as an example. */
struct parcel {
	char	label[16];
	u64	seal;		/* nobody writes here once it is packed */
};

static struct kmem_cache *parcels;

static noinline void write_label(struct parcel *parcel, int nr)
{
	/* The bug: it has one character too many for the third. */
	int len = sizeof(parcel->label) + (nr == 3);

	for (int i = 0; i < len; i++)
		WRITE_ONCE(((char *)parcel)[i], 'a' + i);
}

static noinline void label_parcel(struct parcel *parcel, int nr)
{
	write_label(parcel, nr);
	barrier();
}

static int pack_parcels(const char *text, const struct kernel_param *param)
{
	struct parcel *parcel;
	int ret, nr, i;

	ret = kstrtoint(text, 0, &nr);
	for (i = 1; !ret && i <= nr; i++) {
		parcel = kmem_cache_alloc(parcels, GFP_KERNEL);
		if (!parcel)
			return -ENOMEM;
		WRITE_ONCE(parcel->seal, 0);
		label_parcel(parcel, i);
		kmem_cache_free(parcels, parcel);
	}
	return ret;
}

static const struct kernel_param_ops pack_ops = { .set = pack_parcels };

module_param_cb(pack, &pack_ops, NULL, 0200);
MODULE_PARM_DESC(pack, "written to: how many parcels to pack");

static char function[KSYM_NAME_LEN] = "label_parcel";
module_param_string(function, function, sizeof(function), 0444);
MODULE_PARM_DESC(function, "function that works on the objects");

static unsigned int argument;
module_param(argument, uint, 0444);
MODULE_PARM_DESC(argument, "which of its arguments points to the object, from 0");

static unsigned int offset = offsetof(struct parcel, seal);
module_param(offset, uint, 0444);
MODULE_PARM_DESC(offset, "where in the object the watched bytes begin");

static unsigned int len = sizeof(((struct parcel *)NULL)->seal);
module_param(len, uint, 0444);
MODULE_PARM_DESC(len, "how many bytes are watched");

/* Watched while there is no object to follow: nobody writes it. */
static u64 nothing;

static struct perf_event * __percpu *watch;
static atomic_t writes;

static void written(struct perf_event *bp, struct perf_sample_data *data,
		    struct pt_regs *regs)
{
	pr_info("write %d, by %s on CPU %d at %pS\n", atomic_inc_return(&writes),
		current->comm, raw_smp_processor_id(),
		(void *)instruction_pointer(regs));
	dump_stack();
}

static int aim(const void *object)
{
	struct perf_event_attr attr = {
		.bp_addr	= (unsigned long)object,
		.bp_len		= len,
		.bp_type	= HW_BREAKPOINT_W,
	};

	return modify_wide_hw_breakpoint_local(*this_cpu_ptr(watch), &attr);
}

/* Both in a probe: not preemptible. */
static int enter(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	char *object = (char *)regs_get_kernel_argument(regs, argument);

	if (aim(object + offset))
		pr_warn_once("%pK cannot be watched: is it aligned to %u?\n",
			     object + offset, len);
	return 0;
}

static int leave(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	aim(&nothing);
	return 0;
}

static struct kretprobe probe = {
	.entry_handler	= enter,
	.handler	= leave,
	.kp.symbol_name	= function,
};

static int __init follow_object_init(void)
{
	struct perf_event_attr attr;
	int ret = -ENOMEM;

	parcels = KMEM_CACHE(parcel, 0);
	if (!parcels)
		return ret;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&nothing;
	attr.bp_len = len;
	attr.bp_type = HW_BREAKPOINT_W;
	watch = register_wide_hw_breakpoint(&attr, written, NULL);
	ret = PTR_ERR_OR_ZERO((void __force *)watch);
	if (ret) {
		pr_err("%u bytes cannot be watched: %pe\n", len, ERR_PTR(ret));
		goto out_parcels;
	}
	ret = register_kretprobe(&probe);
	if (ret) {
		pr_err("%s cannot be probed: %pe\n", function, ERR_PTR(ret));
		goto out_watch;
	}
	pr_info("following argument %u of %s\n", argument, function);
	return 0;

out_watch:
	unregister_wide_hw_breakpoint(watch);
out_parcels:
	kmem_cache_destroy(parcels);
	return ret;
}

static void __exit follow_object_exit(void)
{
	unregister_kretprobe(&probe);
	unregister_wide_hw_breakpoint(watch);
	kmem_cache_destroy(parcels);
	pr_info("%d writes seen\n", atomic_read(&writes));
}

module_init(follow_object_init);
module_exit(follow_object_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Log the writes to the objects that a function works on");
