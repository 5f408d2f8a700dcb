// SPDX-License-Identifier: GPL-2.0
/*
 * What root can see in debugfs: hw_breakpoint/slots, who holds which registers,
 * and hw_breakpoint/limits, what the registers of this machine can do.
 *
 * "slots" is copied when it is opened.  A kernel address is shown to who may see
 * those of /proc/kallsyms, by the credentials that it was opened with.
 */
#include <linux/bits.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/log2.h>
#include <linux/perf_event.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include "hw_breakpoint_internal.h"
#include "hw_breakpoint_who.h"

static const char *class_name(u8 class)
{
	if (TYPE_INST == TYPE_DATA)
		return "any";
	return class == TYPE_INST ? "instruction" : "data";
}

static const char *type_name(u32 type)
{
	switch (type) {
	case HW_BREAKPOINT_R:
		return "r";
	case HW_BREAKPOINT_W:
		return "w";
	case HW_BREAKPOINT_RW:
		return "rw";
	case HW_BREAKPOINT_X:
		return "x";
	default:
		return "?";
	}
}

/*
 * slots
 */

static void show_totals(struct seq_file *m, const struct bp_snapshot *snapshot)
{
	seq_puts(m, "class       registers  wide  debugger  cpu  task  fullest\n");
	for (u8 class = 0; class < TYPE_MAX; class++) {
		const struct bp_totals *totals = &snapshot->totals[class];

		seq_printf(m, "%-11s %9d %5u %9u %4u %5u %8u\n",
			   class_name(class), hw_breakpoint_slots(class),
			   totals->wide - snapshot->debugger[class],
			   snapshot->debugger[class], totals->cpus,
			   totals->tasks, totals->fullest);
	}
	seq_puts(m, "\nid class weight kind task cpu owner state hits type length address\n");
}

/* A task's name may have anything in it. */
static void show_task(struct seq_file *m, const struct bp_owner *task)
{
	char name[4 * TASK_COMM_LEN];
	int len;

	if (!task->pid) {
		seq_puts(m, " -");
		return;
	}
	len = string_escape_mem(task->comm, strlen(task->comm), name, sizeof(name),
				ESCAPE_SPACE | ESCAPE_SPECIAL | ESCAPE_OCTAL |
				ESCAPE_NAP | ESCAPE_APPEND, " \\");
	seq_printf(m, " %.*s/%d", len, name, task->pid);
}

/* Just the name: the address is nobody's business. */
static void show_handler(struct seq_file *m, const void *handler)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name, (unsigned long)handler);
	/* "name [module]" is one word. */
	strreplace(name, ' ', ':');
	seq_printf(m, " %s", strstarts(name, "0x") ? "?" : name);
}

static void show_owner(struct seq_file *m, const struct bp_owner *owner)
{
	if (IS_ERR(owner->handler))
		seq_puts(m, " kgdb");
	else if (owner->handler)
		show_handler(m, owner->handler);
	else
		show_task(m, owner);
}

static void show_state(struct seq_file *m, const struct bp_line *line)
{
	if (line->kind == BP_KIND_WIDE || line->kind == BP_KIND_DEBUGGER)
		seq_printf(m, " armed:%u", line->armed);
	else if (line->armed)
		seq_puts(m, " armed");
	else if (line->state <= PERF_EVENT_STATE_EXIT)
		seq_puts(m, " dead");
	else if (line->state == PERF_EVENT_STATE_ERROR)
		seq_puts(m, " error");
	else if (line->state == PERF_EVENT_STATE_OFF)
		seq_puts(m, " disabled");
	else
		seq_puts(m, " waiting");
}

static void show_address(struct seq_file *m, const struct bp_line *line)
{
	bool visible = !line->is_kernel || kallsyms_show_value(m->file->f_cred);
	char name[KSYM_SYMBOL_LEN];

	seq_printf(m, " 0x%llx", visible ? line->addr : 0);
	if (!line->is_kernel)
		return;
	sprint_symbol(name, line->addr);
	if (!strstarts(name, "0x"))
		seq_printf(m, " %s", name);
}

static void show_line(struct seq_file *m, const struct bp_line *line)
{
	static const char * const kind[] = {
		[BP_KIND_WIDE]		= "wide",
		[BP_KIND_DEBUGGER]	= "debugger",
		[BP_KIND_CPU]		= "cpu",
		[BP_KIND_TASK]		= "task",
	};

	seq_printf(m, "%llu %s %u %s", line->id, class_name(line->class),
		   line->weight, kind[line->kind]);
	show_task(m, &line->task);
	if (line->cpu < 0)
		seq_puts(m, " *");
	else
		seq_printf(m, " %d", line->cpu);
	show_owner(m, &line->owner);
	show_state(m, line);
	if (line->kind == BP_KIND_DEBUGGER)
		seq_puts(m, " -");
	else
		seq_printf(m, " %llu", line->hits);
	seq_printf(m, " %s %llu", type_name(line->type), line->len);
	show_address(m, line);
	seq_putc(m, '\n');
}

/* Position 0 is the totals, the lines follow. */
static void *slots_start(struct seq_file *m, loff_t *pos)
{
	const struct bp_snapshot *snapshot = m->private;

	return *pos <= snapshot->nr ? pos : NULL;
}

static void *slots_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return slots_start(m, pos);
}

static void slots_stop(struct seq_file *m, void *v)
{
}

static int slots_show(struct seq_file *m, void *v)
{
	const struct bp_snapshot *snapshot = m->private;
	loff_t pos = *(loff_t *)v;

	if (!pos)
		show_totals(m, snapshot);
	else
		show_line(m, &snapshot->lines[pos - 1]);
	return 0;
}

static const struct seq_operations slots_ops = {
	.start	= slots_start,
	.next	= slots_next,
	.stop	= slots_stop,
	.show	= slots_show,
};

static int compare_lines(const void *a, const void *b)
{
	const struct bp_line *one = a, *other = b;

	return one->id < other->id ? -1 : one->id > other->id;
}

static int slots_open(struct inode *inode, struct file *file)
{
	struct bp_snapshot *snapshot = bp_snapshot_take();
	int ret;

	if (!snapshot)
		return -ENOMEM;
	sort(snapshot->lines, snapshot->nr, sizeof(*snapshot->lines),
	     compare_lines, NULL);
	ret = seq_open(file, &slots_ops);
	if (ret)
		bp_snapshot_free(snapshot);
	else
		((struct seq_file *)file->private_data)->private = snapshot;
	return ret;
}

static int slots_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	bp_snapshot_free(m->private);
	return seq_release(inode, file);
}

static const struct file_operations slots_fops = {
	.owner		= THIS_MODULE,
	.open		= slots_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= slots_release,
};

/*
 * limits
 *
 * Nobody knows better what is accepted than who decides it: the architecture is
 * asked, for addresses around one that is aligned to any length.
 */

#define PROBE_ADDR	BIT(BITS_PER_LONG == 64 ? 32 : 30)
/* Every length up to here, and powers of two beyond */
#define PROBE_LEN	512
#define PROBE_MAX	BIT_ULL(32)

/* Unless asm/hw_breakpoint.h says that the access has happened by then. */
#ifndef arch_hw_breakpoint_reports_after
#define arch_hw_breakpoint_reports_after(type)	((void)(type), false)
#endif

static bool is_accepted(struct perf_event *probe, u64 offset, u64 len)
{
	struct arch_hw_breakpoint hw = { };

	probe->attr.bp_addr = PROBE_ADDR + offset;
	probe->attr.bp_len = len;
	return !hw_breakpoint_arch_parse(probe, &probe->attr, &hw);
}

/**
 * struct limit - what goes for some lengths of a type
 * @first:   the least of them
 * @last:    the greatest
 * @doubles: they are powers of two, and not all in between
 * @aligned: what their addresses have to be a multiple of; 0 for the length itself
 * @within:  they must not go beyond a multiple of that; 0 if they may
 */
struct limit {
	u64	first;
	u64	last;
	bool	doubles;
	u64	aligned;
	u64	within;
};

static struct limit limit_of(struct perf_event *probe, u64 len)
{
	struct limit limit = { .first = len, .last = len, .aligned = 1 };

	while (limit.aligned < len && !is_accepted(probe, limit.aligned, len))
		limit.aligned *= 2;
	if (limit.aligned == len && len > 1)
		limit.aligned = 0;
	if (limit.aligned != 1 || len == 1)
		return limit;
	for (u64 block = roundup_pow_of_two(len); block <= 8 * PROBE_LEN; block *= 2)
		if (!is_accepted(probe, block - 1, len)) {
			limit.within = block;
			break;
		}
	return limit;
}

/* Does @next go on where @limit ends?  A single byte goes with anything. */
static bool limit_extend(struct limit *limit, const struct limit *next)
{
	bool one = limit->last == 1;

	if (!one && (limit->aligned != next->aligned || limit->within != next->within))
		return false;
	if (next->first == limit->last + 1 && next->aligned && !limit->doubles) {
		*limit = (struct limit) { limit->first, next->first, false,
					  next->aligned, next->within };
		return true;
	}
	if (next->first == 2 * limit->last && !next->aligned &&
	    (limit->doubles || limit->first == limit->last)) {
		*limit = (struct limit) { limit->first, next->first, true, 0, 0 };
		return true;
	}
	return false;
}

static void show_limit(struct seq_file *m, u32 type, const struct limit *limit)
{
	if (!limit->last)
		return;
	seq_printf(m, "%-4s %-11s %6llu %10llu %-5s ", type_name(type),
		   class_name(bp_class(type)), limit->first, limit->last,
		   limit->doubles ? "x2" : "+1");
	if (limit->aligned)
		seq_printf(m, "%7llu ", limit->aligned);
	else
		seq_puts(m, " length ");
	if (limit->within)
		seq_printf(m, "%6llu ", limit->within);
	else
		seq_puts(m, "     - ");
	seq_puts(m, arch_hw_breakpoint_reports_after(type) ? "after\n" : "before\n");
}

static void show_type(struct seq_file *m, struct perf_event *probe, u32 type)
{
	struct limit now = { };

	probe->attr.bp_type = type;
	for (u64 len = 1; len <= PROBE_MAX; len = len < PROBE_LEN ? len + 1 : 2 * len) {
		struct limit next;

		if (len > ULONG_MAX || !is_accepted(probe, 0, len))
			continue;
		next = limit_of(probe, len);
		if (now.last && limit_extend(&now, &next))
			continue;
		show_limit(m, type, &now);
		now = next;
	}
	show_limit(m, type, &now);
}

static int limits_show(struct seq_file *m, void *unused)
{
	static const u32 types[] = {
		HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_RW, HW_BREAKPOINT_X
	};
	struct perf_event *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	probe->attr.type = PERF_TYPE_BREAKPOINT;
	probe->cpu = -1;
	seq_puts(m, "class       registers\n");
	for (u8 class = 0; class < TYPE_MAX; class++)
		seq_printf(m, "%-11s %9d\n", class_name(class),
			   hw_breakpoint_slots(class));
	seq_puts(m, "\ntype class         from         to step  aligned within report\n");
	for (int i = 0; i < ARRAY_SIZE(types); i++)
		show_type(m, probe, types[i]);
	kfree(probe);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(limits);

static int __init hw_breakpoint_debugfs_init(void)
{
	struct dentry *dir;

	/* If init_hw_breakpoint() failed, there are none. */
	if (!bp_slots.shards)
		return 0;
	dir = debugfs_create_dir("hw_breakpoint", NULL);
	debugfs_create_file("slots", 0400, dir, NULL, &slots_fops);
	debugfs_create_file("limits", 0400, dir, NULL, &limits_fops);
	return 0;
}
late_initcall(hw_breakpoint_debugfs_init);
