// SPDX-License-Identifier: GPL-2.0
/* KUnit: breakpoints that change while they are armed, and what hits then. */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <trace/events/hw_breakpoint.h>

enum { OLD, NEW, WORDS };

/* What is watched; in no other's cache line, for no other's access to come near. */
static u64 words[WORDS] __aligned(64);

static DEFINE_PER_CPU(unsigned int, hits);

static void hit(struct perf_event *bp, struct perf_sample_data *data,
		struct pt_regs *regs)
{
	this_cpu_inc(hits);
}

static struct perf_event_attr watch(int word)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&words[word];
	attr.bp_len = sizeof(words[word]);
	attr.bp_type = HW_BREAKPOINT_W;
	return attr;
}

static void touch_here(void *word)
{
	WRITE_ONCE(*(u64 *)word, 1);
}

/* How many hits is one write of @word on @cpu? */
static unsigned int touch(int cpu, int word)
{
	unsigned int before = per_cpu(hits, cpu);

	smp_call_function_single(cpu, touch_here, &words[word], true);
	return per_cpu(hits, cpu) - before;
}

struct local {
	struct perf_event * __percpu	*events;
	struct perf_event_attr		attr;
	int				ret;
};

static void modify_here(void *data)
{
	struct local *local = data;

	local->ret = modify_wide_hw_breakpoint_local(*this_cpu_ptr(local->events),
						     &local->attr);
}

static struct perf_event * __percpu *register_wide(struct kunit *test)
{
	struct perf_event_attr attr = watch(OLD);
	struct perf_event * __percpu *events;

	events = register_wide_hw_breakpoint(&attr, hit, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)events));
	return events;
}

/* Re-aimed by whoever runs on a CPU, here in hard interrupts, one after the other. */
static void test_local(struct kunit *test)
{
	struct local local = { register_wide(test), watch(NEW) };
	int cpu, other, ret = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, modify_here, &local, true);
		ret = ret ?: local.ret;
		for_each_online_cpu(other) {
			bool done = other <= cpu;

			KUNIT_EXPECT_EQ(test, touch(other, OLD), !done);
			KUNIT_EXPECT_EQ(test, touch(other, NEW), done);
		}
	}
	cpus_read_unlock();
	KUNIT_EXPECT_EQ(test, ret, 0);
	unregister_wide_hw_breakpoint(local.events);
}

static void test_local_refused(struct kunit *test)
{
	struct local local = { register_wide(test), watch(NEW) };
	int cpu = cpumask_first(cpu_online_mask);
	int other = cpumask_next(cpu, cpu_online_mask);

	cpus_read_lock();
	local.attr.bp_len = 0;
	smp_call_function_single(cpu, modify_here, &local, true);
	KUNIT_EXPECT_NE(test, local.ret, 0);
	KUNIT_EXPECT_EQ(test, touch(cpu, OLD), 1);

	local.attr = watch(NEW);
	if (other < nr_cpu_ids) {
		struct perf_event *bp = *per_cpu_ptr(local.events, other);
		int ret;

		migrate_disable();
		ret = smp_processor_id() == other ? -EINVAL :
		      modify_wide_hw_breakpoint_local(bp, &local.attr);
		migrate_enable();
		KUNIT_EXPECT_EQ(test, ret, -EINVAL);
		KUNIT_EXPECT_EQ(test, touch(other, OLD), 1);
	}
	cpus_read_unlock();
	unregister_wide_hw_breakpoint(local.events);
}

/* Who interrupts a change, and wants others: what traces it is called in the middle. */
struct meanwhile {
	struct local	first;
	struct local	last;
	unsigned int	changes;
};

static void want_meanwhile(void *data, const struct perf_event *bp, u64 addr, u64 len,
			   u32 type, bool armed)
{
	struct meanwhile *meanwhile = data;

	if (meanwhile->changes++)
		return;
	modify_here(&meanwhile->first);
	modify_here(&meanwhile->last);
}

static void test_local_interrupted(struct kunit *test)
{
	struct local local = { register_wide(test), watch(OLD) };
	struct meanwhile meanwhile = {
		.first	= { local.events, watch(OLD), .ret = 1 },
		.last	= { local.events, watch(NEW), .ret = 1 },
	};
	int cpu;

	if (register_trace_hw_breakpoint_modify(want_meanwhile, &meanwhile)) {
		unregister_wide_hw_breakpoint(local.events);
		kunit_skip(test, "needs CONFIG_TRACEPOINTS");
	}
	cpus_read_lock();
	cpu = cpumask_first(cpu_online_mask);
	smp_call_function_single(cpu, modify_here, &local, true);
	KUNIT_EXPECT_EQ(test, meanwhile.first.ret, 0);
	KUNIT_EXPECT_EQ(test, meanwhile.last.ret, 0);
	/* The last one that was wanted, when the change was over, and once. */
	KUNIT_EXPECT_EQ(test, meanwhile.changes, 2);
	KUNIT_EXPECT_EQ(test, (*per_cpu_ptr(local.events, cpu))->attr.bp_addr,
			meanwhile.last.attr.bp_addr);
	KUNIT_EXPECT_EQ(test, touch(cpu, OLD), 0);
	KUNIT_EXPECT_EQ(test, touch(cpu, NEW), 1);
	/* Then nothing is wanted any more. */
	smp_call_function_single(cpu, modify_here, &local, true);
	KUNIT_EXPECT_EQ(test, meanwhile.changes, 3);
	KUNIT_EXPECT_EQ(test, touch(cpu, OLD), 1);
	KUNIT_EXPECT_EQ(test, touch(cpu, NEW), 0);
	cpus_read_unlock();
	unregister_trace_hw_breakpoint_modify(want_meanwhile, &meanwhile);
	tracepoint_synchronize_unregister();
	unregister_wide_hw_breakpoint(local.events);
}

static void test_wide(struct kunit *test)
{
	struct perf_event * __percpu *events = register_wide(test);
	struct perf_event_attr attr = watch(NEW);
	int cpu;

	KUNIT_EXPECT_EQ(test, modify_wide_hw_breakpoint(events, &attr), 0);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		KUNIT_EXPECT_EQ(test, touch(cpu, OLD), 0);
		KUNIT_EXPECT_EQ(test, touch(cpu, NEW), 1);
	}
	attr.bp_type = 0;
	cpus_read_unlock();
	KUNIT_EXPECT_EQ(test, modify_wide_hw_breakpoint(events, &attr), -EINVAL);
	cpus_read_lock();
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, touch(cpu, NEW), 1);
	cpus_read_unlock();
	unregister_wide_hw_breakpoint(events);
}

/* Hits counted where the task is: it does not move in between. */
static unsigned int touch_own(int word)
{
	unsigned int before, after;

	migrate_disable();
	before = this_cpu_read(hits);
	touch_here(&words[word]);
	after = this_cpu_read(hits);
	migrate_enable();
	return after - before;
}

static void test_task(struct kunit *test)
{
	struct perf_event_attr attr = watch(OLD);
	struct perf_event *bp;

	bp = register_user_hw_breakpoint(&attr, hit, NULL, current);
	if (IS_ERR(bp))
		kunit_skip(test, "no breakpoint of a task in the kernel: %pe", bp);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 1);

	attr = watch(NEW);
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &attr), 0);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 0);
	KUNIT_EXPECT_EQ(test, touch_own(NEW), 1);

	attr.bp_len = 0;
	KUNIT_EXPECT_NE(test, modify_user_hw_breakpoint(bp, &attr), 0);
	KUNIT_EXPECT_EQ(test, touch_own(NEW), 1);

	attr = watch(OLD);
	attr.disabled = 1;
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &attr), 0);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 0);
	attr.disabled = 0;
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &attr), 0);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 1);
	unregister_hw_breakpoint(bp);
}

/* What hit_and_go_on() makes of its event, and how that went. */
static struct {
	struct perf_event_attr	attr;
	int			ret;
} next;

static void hit_and_go_on(struct perf_event *bp, struct perf_sample_data *data,
			  struct pt_regs *regs)
{
	this_cpu_inc(hits);
	next.ret = modify_user_hw_breakpoint(bp, &next.attr);
}

static struct perf_event *register_that_goes_on(struct kunit *test)
{
	struct perf_event_attr attr = watch(OLD);
	struct perf_event *bp;

	bp = register_user_hw_breakpoint(&attr, hit_and_go_on, NULL, current);
	if (IS_ERR(bp))
		kunit_skip(test, "no breakpoint of a task in the kernel: %pe", bp);
	next.ret = 1;
	return bp;
}

/* By its own handler, which the exception has called. */
static void test_handler(struct kunit *test)
{
	struct perf_event *bp;

	next.attr = watch(NEW);
	bp = register_that_goes_on(test);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 1);
	KUNIT_EXPECT_EQ(test, next.ret, 0);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 0);
	KUNIT_EXPECT_EQ(test, touch_own(NEW), 1);
	unregister_hw_breakpoint(bp);
}

/* To where the access is that it is called for, which may still have to be made. */
static void test_handler_stays(struct kunit *test)
{
	struct perf_event *bp;

	next.attr = watch(OLD);
	next.attr.bp_len = HW_BREAKPOINT_LEN_4;
	bp = register_that_goes_on(test);
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 1);
	KUNIT_EXPECT_EQ(test, next.ret, 0);
	next.attr.bp_len = HW_BREAKPOINT_LEN_8;
	KUNIT_EXPECT_EQ(test, touch_own(OLD), 1);
	KUNIT_EXPECT_EQ(test, next.ret, 0);
	unregister_hw_breakpoint(bp);
}

/* POWER9's registers are not to be used, unless the administrator says so. */
static int modify_init(struct kunit *test)
{
	struct perf_event_attr attr = watch(OLD);
	struct perf_event * __percpu *events;

	events = register_wide_hw_breakpoint(&attr, hit, NULL);
	if (IS_ERR((void __force *)events) && PTR_ERR((void __force *)events) == -ENODEV)
		kunit_skip(test, "this machine has no watchpoint registers to be used");
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)events));
	unregister_wide_hw_breakpoint(events);
	return 0;
}

static struct kunit_case hw_breakpoint_modify_cases[] = {
	KUNIT_CASE(test_local),
	KUNIT_CASE(test_local_refused),
	KUNIT_CASE(test_local_interrupted),
	KUNIT_CASE(test_wide),
	KUNIT_CASE(test_task),
	KUNIT_CASE(test_handler),
	KUNIT_CASE(test_handler_stays),
	{ }
};

static struct kunit_suite hw_breakpoint_modify_suite = {
	.name		= "hw_breakpoint_modify",
	.init		= modify_init,
	.test_cases	= hw_breakpoint_modify_cases,
};

kunit_test_suites(&hw_breakpoint_modify_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of breakpoints that change while they are armed");
