// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel debugger's hardware breakpoints.
 *
 * The debugger sets and removes them while it has stopped the machine, from NMI
 * or an exception that may have interrupted anything.  They are events that
 * perf core knows nothing of, one for all CPUs: they hold a slot as a wide
 * breakpoint does.  A CPU that is stopped, or goes offline, disarms all of
 * them; one that goes on, or comes online, arms those that are set by then.  So
 *
 *	an event changes, and gives its slot back, while no CPU has it armed.
 *
 * A hit is for the debugger, and not for perf: the architecture's exception
 * handler asks hw_breakpoint_kgdb_hit(), and leaves it to kgdb's notifier.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/hw_breakpoint_kgdb.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sprintf.h>

#define NR_BREAKPOINTS	16

/* Unless debug exceptions are masked in an exception anyway: asm/hw_breakpoint.h */
#ifndef arch_kgdb_hw_breakpoints_off
static inline void arch_kgdb_hw_breakpoints_off(void) { }
static inline void arch_kgdb_hw_breakpoints_on(void) { }
#endif

/*
 * One that holds a slot is set.  Written by the CPU that is the debugger's
 * master while the others are stopped, and read by each of them on its way out.
 */
static struct perf_event breakpoints[NR_BREAKPOINTS];
/* gdb's type of each; written as they are */
static enum kgdb_bptype types[NR_BREAKPOINTS];

/* Which of them are armed here; by the CPU, with interrupts disabled. */
static DEFINE_PER_CPU(unsigned long, armed);
/* The last one that was hit here, for gdb's stub; by the CPU, likewise. */
static DEFINE_PER_CPU(const struct perf_event *, last_hit);

static bool is_set(int i)
{
	return breakpoints[i].hw.slot.weight;
}

/* What perf calls gdb's type; 0 if it is none of a hardware breakpoint. */
static u32 generic_type(enum kgdb_bptype type)
{
	switch (type) {
	case BP_HARDWARE_BREAKPOINT:
		return HW_BREAKPOINT_X;
	case BP_WRITE_WATCHPOINT:
		return HW_BREAKPOINT_W;
	case BP_READ_WATCHPOINT:
		return HW_BREAKPOINT_R;
	case BP_ACCESS_WATCHPOINT:
		return HW_BREAKPOINT_RW;
	default:
		return 0;
	}
}

/* Encode what is asked for into an event. */
static int parse(struct perf_event *bp, unsigned long addr, int len,
		 enum kgdb_bptype type)
{
	struct arch_hw_breakpoint hw = { };
	int ret;

	hw_breakpoint_init(&bp->attr);
	bp->attr.bp_addr = addr;
	bp->attr.bp_len = len;
	bp->attr.bp_type = generic_type(type);
	if (bp->attr.bp_type == HW_BREAKPOINT_X) {
		/* What gdb says is the size of a software breakpoint, kdb says 1. */
		if (len != 1 && len != BREAK_INSTR_SIZE)
			return -EINVAL;
		bp->attr.bp_len = sizeof(long);
	}
	ret = hw_breakpoint_arch_parse(bp, &bp->attr, &hw);
	if (ret && bp->attr.bp_type == HW_BREAKPOINT_R) {
		/*
		 * Few processors tell reads from writes.  gdb expects that, and
		 * passes over an access that has changed the value.
		 */
		bp->attr.bp_type = HW_BREAKPOINT_RW;
		hw = (struct arch_hw_breakpoint) { };
		ret = hw_breakpoint_arch_parse(bp, &bp->attr, &hw);
	}
	bp->hw.info = hw;
	return ret;
}

/**
 * hw_breakpoint_kgdb_set() - set one of the debugger's breakpoints
 * @addr: address
 * @len:  bytes that are watched; for an instruction what gdb says
 * @type: gdb's type
 *
 * It is armed on every CPU that leaves the debugger, or comes online.
 *
 * Context: Any; all other CPUs are stopped.
 *
 * Return: 0; -ENOSPC if there are no registers left on some CPU; -EINVAL or
 * -EOPNOTSUPP if no register can express it, or one must not be used there.
 */
int hw_breakpoint_kgdb_set(unsigned long addr, int len, enum kgdb_bptype type)
{
	struct perf_event *bp;
	int ret, i;

	for (i = 0; i < NR_BREAKPOINTS; i++)
		if (!is_set(i))
			break;
	if (i == NR_BREAKPOINTS)
		return -ENOSPC;

	bp = &breakpoints[i];
	bp->cpu = -1;
	ret = parse(bp, addr, len, type);
	if (ret)
		return ret;
	types[i] = type;
	return dbg_reserve_bp_slot(bp);
}

/**
 * hw_breakpoint_kgdb_remove() - remove one of the debugger's breakpoints
 * @addr: as it was set
 * @len:  as it was set
 * @type: as it was set
 *
 * Context: Any; all other CPUs are stopped.
 *
 * Return: 0; -ENOENT if there is none like that.
 */
int hw_breakpoint_kgdb_remove(unsigned long addr, int len,
			      enum kgdb_bptype type)
{
	for (int i = 0; i < NR_BREAKPOINTS; i++) {
		const struct perf_event_attr *attr = &breakpoints[i].attr;

		if (is_set(i) && types[i] == type && attr->bp_addr == addr &&
		    (attr->bp_type == HW_BREAKPOINT_X || attr->bp_len == len))
			return dbg_release_bp_slot(&breakpoints[i]);
	}
	return -ENOENT;
}

/**
 * hw_breakpoint_kgdb_remove_all() - remove all of them
 *
 * Context: Any; all other CPUs are stopped.
 */
void hw_breakpoint_kgdb_remove_all(void)
{
	for (int i = 0; i < NR_BREAKPOINTS; i++)
		dbg_release_bp_slot(&breakpoints[i]);
}

static void disarm_all(void)
{
	lockdep_assert_irqs_disabled();
	for (int i = 0; i < NR_BREAKPOINTS; i++) {
		if (!(this_cpu_read(armed) & BIT(i)))
			continue;
		arch_uninstall_hw_breakpoint(&breakpoints[i]);
		this_cpu_and(armed, ~BIT(i));
	}
}

static void arm_all(void)
{
	lockdep_assert_irqs_disabled();
	for (int i = 0; i < NR_BREAKPOINTS; i++) {
		if (!is_set(i) || this_cpu_read(armed) & BIT(i))
			continue;
		if (!arch_install_hw_breakpoint(&breakpoints[i]))
			this_cpu_or(armed, BIT(i));
	}
}

/**
 * hw_breakpoint_kgdb_enter() - this CPU is stopped
 * @regs: unused
 *
 * Context: Exception or NMI.
 */
void hw_breakpoint_kgdb_enter(struct pt_regs *regs)
{
	unsigned long flags;

	local_irq_save(flags);
	disarm_all();
	arch_kgdb_hw_breakpoints_off();
	local_irq_restore(flags);
}

/**
 * hw_breakpoint_kgdb_leave() - this CPU goes on
 *
 * Context: Exception or NMI, or a CPU that is being brought up; interrupts
 * disabled.
 */
void hw_breakpoint_kgdb_leave(void)
{
	this_cpu_write(last_hit, NULL);
	arm_all();
	arch_kgdb_hw_breakpoints_on();
}

/**
 * hw_breakpoint_kgdb_online() - this CPU has come online
 *
 * Context: Process context on the CPU.
 */
void hw_breakpoint_kgdb_online(void)
{
	unsigned long flags;

	local_irq_save(flags);
	/* It may have been stopped on its way down, and have gone on. */
	disarm_all();
	arm_all();
	local_irq_restore(flags);
}

/**
 * hw_breakpoint_kgdb_offline() - this CPU is going offline
 *
 * Context: Process context on the CPU.
 */
void hw_breakpoint_kgdb_offline(void)
{
	unsigned long flags;

	local_irq_save(flags);
	disarm_all();
	local_irq_restore(flags);
}

/**
 * hw_breakpoint_kgdb_look() - the debugger's breakpoints, one after the other
 * @i:        which
 * @armed_on: filled in: on how many CPUs it is armed
 *
 * Context: Any; the debugger may change it at any time.
 *
 * Return: it, which holds a slot if it is set; NULL if there is none of that
 * number.
 */
struct perf_event *hw_breakpoint_kgdb_look(int i, unsigned int *armed_on)
{
	unsigned int nr = 0;
	int cpu;

	if (i >= NR_BREAKPOINTS)
		return NULL;
	for_each_possible_cpu(cpu)
		if (READ_ONCE(per_cpu(armed, cpu)) & BIT(i))
			nr++;
	*armed_on = nr;
	return &breakpoints[i];
}

/**
 * hw_breakpoint_kgdb_hit() - is a hit for the debugger?
 * @bp: the event that was hit, on this CPU
 *
 * Context: Exception.
 *
 * Return: true if it is one of the debugger's.
 */
bool hw_breakpoint_kgdb_hit(const struct perf_event *bp)
{
	if (bp < breakpoints || bp >= breakpoints + NR_BREAKPOINTS)
		return false;
	this_cpu_write(last_hit, bp);
	return true;
}

/**
 * hw_breakpoint_kgdb_reason() - tell gdb that a watchpoint has stopped this CPU
 * @reply: where to append to gdb's stop reply (gdb manual, "Stop Reply
 *         Packets"); without it gdb shows a SIGTRAP out of the blue
 *
 * Context: The debugger's master.
 *
 * Return: the end of the reply.
 */
char *hw_breakpoint_kgdb_reason(char *reply)
{
	const struct perf_event *bp = this_cpu_read(last_hit);
	static const char * const name[] = {
		[BP_WRITE_WATCHPOINT]	= "watch",
		[BP_READ_WATCHPOINT]	= "rwatch",
		[BP_ACCESS_WATCHPOINT]	= "awatch",
	};

	if (!bp || bp->attr.bp_type == HW_BREAKPOINT_X)
		return reply;
	return reply + sprintf(reply, "%s:%llx;", name[types[bp - breakpoints]],
			       bp->attr.bp_addr);
}
