// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of what NMIs may do: as the debugger reserve and release, arm and
 * disarm, or re-aim an event of the CPU that they interrupt, while the CPUs do
 * little else than just that.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/hw_breakpoint.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/irq_vectors.h>
#include <asm/nmi.h>

/* Turns of the debugger; fewer if the machine is so busy that they take longer than this. */
#define MAX_TURNS	4000
#define MIN_TURNS	400
#define MAX_TIME	(20 * HZ)

static unsigned long target, words[3];

/* What the NMI does, and what came of it. */
static struct {
	struct perf_event	debugger;
	/* The CPU that is meant, or -1; set by the test, reset by the NMI. */
	int			cpu;
	/* Does the debugger hold its slot?  Only while this says so. */
	bool			holds;
	bool			arms;
	unsigned int		nr_turns;
	/* Events to be re-aimed instead, and how often that was done. */
	struct perf_event * __percpu *aims;
	unsigned int		nr_aims;
	int			ret;
	unsigned long		granted;
	unsigned long		refused;
} nmi = { .cpu = -1 };

/* One of the CPUs that are interrupted. */
struct stormer {
	struct task_struct	*thread;
	int			cpu;
	/* which claims it makes, and how many it may hold at once */
	void			(*run)(struct stormer *s);
	struct perf_event	*events;
	int			nr_held;
	unsigned long		granted;
	unsigned long		refused;
	unsigned long		overcommitted;
};

#define MAX_HELD	HBP_NUM

static struct perf_event_attr watch_attr(void)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&target;
	attr.bp_len = sizeof(target);
	attr.bp_type = HW_BREAKPOINT_W;
	return attr;
}

/*
 * What a CPU's event is aimed at, by the CPU at the first two, by NMIs at the third.
 * No two have anything in common, so a mixture can be told.
 */
static const struct aim {
	unsigned long		*word;
	u8			len;
	u8			type;
} aims[] = {
	{ &words[0], HW_BREAKPOINT_LEN_8, HW_BREAKPOINT_W },
	{ &words[1], HW_BREAKPOINT_LEN_4, HW_BREAKPOINT_RW },
	{ &words[2], HW_BREAKPOINT_LEN_2, HW_BREAKPOINT_W },
};

static int aim_here(const struct aim *aim)
{
	struct perf_event_attr attr = {
		.bp_addr	= (unsigned long)aim->word,
		.bp_len		= aim->len,
		.bp_type	= aim->type,
	};

	return modify_wide_hw_breakpoint_local(*this_cpu_ptr(nmi.aims), &attr);
}

static int debugger_nmi(unsigned int cmd, struct pt_regs *regs)
{
	if (READ_ONCE(nmi.cpu) != smp_processor_id())
		return NMI_DONE;

	if (nmi.aims) {
		nmi.ret = aim_here(&aims[2]);
		WRITE_ONCE(nmi.nr_aims, nmi.nr_aims + 1);
	} else if (nmi.holds) {
		WRITE_ONCE(nmi.holds, false);
		if (nmi.arms)
			arch_uninstall_hw_breakpoint(&nmi.debugger);
		nmi.ret = dbg_release_bp_slot(&nmi.debugger);
	} else {
		nmi.ret = dbg_reserve_bp_slot(&nmi.debugger);
		if (!nmi.ret && nmi.arms)
			nmi.ret = arch_install_hw_breakpoint(&nmi.debugger);
		WRITE_ONCE(nmi.holds, !nmi.ret);
		nmi.granted += !nmi.ret;
		nmi.refused += !!nmi.ret;
	}
	/* Pairs with the acquire in send_nmi(). */
	smp_store_release(&nmi.cpu, -1);
	return NMI_HANDLED;
}

static void send_nmi(struct kunit *test, int cpu)
{
	WRITE_ONCE(nmi.cpu, cpu);
	preempt_disable();
	__apic_send_IPI(cpu, NMI_VECTOR);
	preempt_enable();
	/* Pairs with the release in debugger_nmi(). */
	while (smp_load_acquire(&nmi.cpu) != -1)
		cpu_relax();
	if (nmi.ret != -ENOSPC)
		KUNIT_EXPECT_EQ(test, nmi.ret, 0);
}

/*
 * A slot of the CPU's own, and one of its task, everywhere or there; one CPU
 * has a wide one instead.  With the debugger's that makes four, and there are
 * four: nobody may ever be refused.
 */
static void storm_of_few(struct stormer *s)
{
	for (int i = 0; i < 2; i++) {
		if (reserve_bp_slot(&s->events[i]))
			s->refused++;
		else
			s->granted++;
	}
	for (int i = 0; i < 2; i++)
		release_bp_slot(&s->events[i]);
}

/* A task wants all registers, and gives them back. */
static void storm_of_many(struct stormer *s)
{
	for (int i = 0; i < MAX_HELD; i++) {
		if (reserve_bp_slot(&s->events[i])) {
			s->refused++;
			break;
		}
		s->granted++;
		if (++s->nr_held == MAX_HELD && READ_ONCE(nmi.holds))
			s->overcommitted++;
	}
	while (s->nr_held)
		release_bp_slot(&s->events[--s->nr_held]);
}

/* Registered for real, armed and disarmed. */
static void storm_of_registers(struct stormer *s)
{
	struct perf_event_attr attr = watch_attr();
	struct perf_event *bp;

	bp = register_wide_hw_breakpoint_cpu(&attr, NULL, NULL, s->cpu);
	if (IS_ERR(bp)) {
		s->refused++;
		return;
	}
	s->granted++;
	WRITE_ONCE(target, s->cpu);
	unregister_hw_breakpoint(bp);
}

/* Is what the registers have one of the aims? */
static bool is_an_aim(unsigned long dr7, const unsigned long *address)
{
	unsigned int len, type;
	int x86_len, x86_type, i;

	/* There is just one: all else would be a second one. */
	i = __ffs(dr7 & DR_GLOBAL_ENABLE_MASK) / DR_ENABLE_SIZE;
	if (hweight_long(dr7 & DR_GLOBAL_ENABLE_MASK) != 1)
		return false;
	decode_dr7(dr7, i, &len, &type);
	if (arch_bp_generic_fields(len, type, &x86_len, &x86_type))
		return false;
	for (int n = 0; n < ARRAY_SIZE(aims); n++)
		if (aims[n].len == x86_len && aims[n].type == x86_type)
			return (unsigned long)aims[n].word == address[i];
	return false;
}

/* Not inline: the compiler takes what a register has for what it will always have. */
static noinline void read_registers(unsigned long *dr7, unsigned long *address)
{
	get_debugreg(*dr7, 7);
	get_debugreg(address[0], 0);
	get_debugreg(address[1], 1);
	get_debugreg(address[2], 2);
	get_debugreg(address[3], 3);
	barrier();
}

static void storm_of_aims(struct stormer *s)
{
	unsigned long dr7, address[HBP_NUM];
	unsigned int nr_aims;

	preempt_disable();
	if (aim_here(&aims[s->granted++ & 1]))
		s->refused++;
	/* As it was at one moment, between NMIs. */
	do {
		nr_aims = READ_ONCE(nmi.nr_aims);
		read_registers(&dr7, address);
	} while (nr_aims != READ_ONCE(nmi.nr_aims));
	if (!is_an_aim(dr7, address))
		s->overcommitted++;
	preempt_enable();
}

static int stormer_thread(void *arg)
{
	struct stormer *s = arg;

	while (!kthread_should_stop()) {
		s->run(s);
		cond_resched();
	}
	return 0;
}

static void stormer_start(struct kunit *test, struct stormer *s, int cpu,
			  void (*run)(struct stormer *s))
{
	s->cpu = cpu;
	s->run = run;
	s->events = kunit_kcalloc(test, MAX_HELD, sizeof(*s->events), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->events);
	s->thread = kthread_create_on_cpu(stormer_thread, s, cpu,
					  "hwbp_storm/%u");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s->thread);
	for (int i = 0; i < MAX_HELD; i++) {
		s->events[i].attr = watch_attr();
		s->events[i].cpu = -1;
		s->events[i].hw.target = s->thread;
	}
	if (run == storm_of_few) {
		if (cpu == cpumask_last(cpu_online_mask))
			s->events[0].hw.target = NULL;
		else if (cpu % 2)
			s->events[0].cpu = cpu;
		s->events[1].hw.target = NULL;
		s->events[1].cpu = cpu;
	}
	wake_up_process(s->thread);
}

static void nothing_is_armed(void *arg)
{
	unsigned long dr7;

	get_debugreg(dr7, 7);
	if (dr7 & (DR_GLOBAL_ENABLE_MASK | DR_LOCAL_ENABLE_MASK) ||
	    hw_breakpoint_active())
		atomic_inc(arg);
}

/* NMIs to every CPU but this one, while @run runs there. */
static struct stormer nmi_storm(struct kunit *test,
				void (*run)(struct stormer *s), bool arms)
{
	struct stormer *stormers, sum = { };
	unsigned long end = jiffies + MAX_TIME;
	int nr = 0, this = get_cpu(), cpu;
	atomic_t armed = ATOMIC_INIT(0);

	put_cpu();
	stormers = kunit_kcalloc(test, nr_cpu_ids, sizeof(*stormers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stormers);
	nmi.debugger = (struct perf_event) { .attr = watch_attr(), .cpu = -1 };
	KUNIT_ASSERT_EQ(test, hw_breakpoint_arch_parse(&nmi.debugger,
						       &nmi.debugger.attr,
						       &nmi.debugger.hw.info), 0);
	/* Hit by nobody: it is not perf's to handle. */
	nmi.debugger.hw.state = PERF_HES_STOPPED;
	nmi.arms = arms;
	nmi.nr_turns = 0;
	nmi.granted = 0;
	nmi.refused = 0;

	for_each_online_cpu(cpu)
		if (cpu != this)
			stormer_start(test, &stormers[nr++], cpu, run);
	while (nmi.nr_turns < (time_before(jiffies, end) ? MAX_TURNS : MIN_TURNS)) {
		cpu = stormers[nmi.nr_turns++ % nr].cpu;
		send_nmi(test, cpu);
		if (nmi.holds)
			send_nmi(test, cpu);
		cond_resched();
	}
	for (int i = 0; i < nr; i++) {
		kthread_stop(stormers[i].thread);
		sum.granted += stormers[i].granted;
		sum.refused += stormers[i].refused;
		sum.overcommitted += stormers[i].overcommitted;
	}
	kunit_info(test, "debugger: %u turns, %lu granted, %lu refused; others: %lu granted, %lu refused",
		   nmi.nr_turns, nmi.granted, nmi.refused, sum.granted, sum.refused);
	KUNIT_EXPECT_GT(test, sum.granted, 0);
	if (nmi.aims)
		return sum;
	on_each_cpu(nothing_is_armed, &armed, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&armed), 0);
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_is_used());
	return sum;
}

static void test_nobody_is_refused(struct kunit *test)
{
	struct stormer sum = nmi_storm(test, storm_of_few, false);

	KUNIT_EXPECT_EQ(test, nmi.granted, nmi.nr_turns);
	KUNIT_EXPECT_EQ(test, sum.refused, 0);
}

static void test_never_overcommitted(struct kunit *test)
{
	struct stormer sum = nmi_storm(test, storm_of_many, false);

	KUNIT_EXPECT_GT(test, nmi.granted, 0);
	KUNIT_EXPECT_GT(test, nmi.refused, 0);
	KUNIT_EXPECT_GT(test, sum.refused, 0);
	KUNIT_EXPECT_EQ(test, sum.overcommitted, 0);
}

static void test_registers(struct kunit *test)
{
	struct stormer sum = nmi_storm(test, storm_of_registers, true);

	KUNIT_EXPECT_EQ(test, nmi.granted, nmi.nr_turns);
	KUNIT_EXPECT_EQ(test, sum.refused, 0);
}

static void test_aims(struct kunit *test)
{
	struct perf_event_attr attr = watch_attr();
	struct stormer sum;

	nmi.aims = register_wide_hw_breakpoint(&attr, NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)nmi.aims));
	nmi.nr_aims = 0;
	sum = nmi_storm(test, storm_of_aims, false);
	unregister_wide_hw_breakpoint(nmi.aims);
	nmi.aims = NULL;
	KUNIT_EXPECT_EQ(test, nmi.nr_aims, nmi.nr_turns);
	KUNIT_EXPECT_EQ(test, sum.refused, 0);
	/* mixtures */
	KUNIT_EXPECT_EQ(test, sum.overcommitted, 0);
}

static int nmi_test_init(struct kunit *test)
{
	int ret;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is no other CPU to interrupt");
	if (hw_breakpoint_is_used())
		kunit_skip(test, "somebody else holds breakpoints");
	ret = register_nmi_handler(NMI_LOCAL, debugger_nmi, 0,
				   "hw_breakpoint_nmi_test");
	if (!ret)
		test->priv = &nmi;
	return ret;
}

static void nmi_test_exit(struct kunit *test)
{
	if (test->priv)
		unregister_nmi_handler(NMI_LOCAL, "hw_breakpoint_nmi_test");
}

static struct kunit_case nmi_test_cases[] = {
	KUNIT_CASE_SLOW(test_nobody_is_refused),
	KUNIT_CASE_SLOW(test_never_overcommitted),
	KUNIT_CASE_SLOW(test_registers),
	KUNIT_CASE_SLOW(test_aims),
	{ }
};

static struct kunit_suite nmi_test_suite = {
	.name		= "hw_breakpoint_nmi",
	.init		= nmi_test_init,
	.exit		= nmi_test_exit,
	.test_cases	= nmi_test_cases,
};

kunit_test_suites(&nmi_test_suite);

MODULE_DESCRIPTION("KUnit test of the debugger's path to hardware breakpoints");
MODULE_LICENSE("GPL");
