// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of hardware breakpoints from inside the kernel: registration,
 * modification and hits, on the machine that it runs on.  The suite wants the
 * registers for itself.
 */
#include <kunit/test.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/hw_breakpoint.h>
#include <linux/kthread.h>
#include <linux/perf_event.h>
#include <linux/workqueue.h>

#define MAX_SLOTS	16
#define MAX_EVENTS	(2 * MAX_SLOTS)

/* Watched by the cases, and written only to be hit. */
static unsigned long target[2];

struct fixture {
	int			slots;
	struct task_struct	*tasks[2];
	struct perf_event	*events[MAX_EVENTS];
	int			nr_events;
};

static int idle_thread(void *unused)
{
	return 0;
}

static struct perf_event_attr watch_attr(int which)
{
	struct perf_event_attr attr;

	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&target[which];
	attr.bp_len = HW_BREAKPOINT_LEN_4;
	attr.bp_type = HW_BREAKPOINT_W;
	return attr;
}

/* Take a slot for @task on @cpu, as perf_event_open() names them. */
static int take(struct fixture *f, struct task_struct *task, int cpu)
{
	struct perf_event_attr attr = watch_attr(0);
	struct perf_event *bp;

	bp = perf_event_create_kernel_counter(&attr, cpu, task, NULL, NULL);
	if (IS_ERR(bp))
		return PTR_ERR(bp);
	f->events[f->nr_events++] = bp;
	return 0;
}

static void give(struct fixture *f)
{
	unregister_hw_breakpoint(f->events[--f->nr_events]);
}

static int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int ret;

	if (!f)
		return -ENOMEM;
	test->priv = f;
	if (hw_breakpoint_is_used())
		kunit_skip(test, "somebody else holds breakpoints");

	f->slots = hw_breakpoint_slots(TYPE_DATA);
	if (!f->slots)
		kunit_skip(test, "this machine has no watchpoint registers");
	KUNIT_ASSERT_LE(test, f->slots, MAX_SLOTS);
	/* POWER9's are not to be used, unless the administrator says so. */
	ret = take(f, current, -1);
	if (ret == -ENODEV)
		kunit_skip(test, "this machine's watchpoint registers are out of use");
	KUNIT_ASSERT_EQ(test, ret, 0);
	give(f);

	/* Tasks that never run. */
	for (int i = 0; i < ARRAY_SIZE(f->tasks); i++) {
		struct task_struct *task;

		task = kthread_create(idle_thread, NULL, "hwbp_test/%d", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		f->tasks[i] = get_task_struct(task);
	}
	return 0;
}

static void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	for (int i = 0; i < f->nr_events; i++)
		unregister_hw_breakpoint(f->events[i]);
	for (int i = 0; i < ARRAY_SIZE(f->tasks); i++) {
		if (!f->tasks[i])
			continue;
		kthread_stop(f->tasks[i]);
		put_task_struct(f->tasks[i]);
	}
	/* Whatever the case did, nothing is lost. */
	KUNIT_EXPECT_FALSE(test, hw_breakpoint_is_used());
}

/* Take all @n that there should be, and see that there are no more. */
static void take_all(struct kunit *test, struct task_struct *task, int cpu,
		     int n)
{
	struct fixture *f = test->priv;

	for (int i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test, take(f, task, cpu), 0);
	KUNIT_ASSERT_EQ(test, take(f, task, cpu), -ENOSPC);
}

static void test_task(struct kunit *test)
{
	struct fixture *f = test->priv;

	take_all(test, f->tasks[0], -1, f->slots);
	take_all(test, f->tasks[1], -1, f->slots);
	give(f);
	take_all(test, f->tasks[1], -1, 1);
}

static void test_cpu(struct kunit *test)
{
	struct fixture *f = test->priv;
	int cpu = cpumask_first(cpu_online_mask);

	take_all(test, NULL, cpu, f->slots);
	KUNIT_EXPECT_EQ(test, take(f, f->tasks[0], -1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, take(f, f->tasks[0], cpu), -ENOSPC);
	give(f);
	take_all(test, f->tasks[0], -1, 1);
	take_all(test, f->tasks[1], -1, 1);
}

static void test_task_on_cpu(struct kunit *test)
{
	struct fixture *f = test->priv;
	int cpu = cpumask_first(cpu_online_mask);
	int other = cpumask_next(cpu, cpu_online_mask);

	if (other >= nr_cpu_ids)
		kunit_skip(test, "takes two CPUs");
	take_all(test, f->tasks[0], cpu, f->slots);
	KUNIT_EXPECT_EQ(test, take(f, f->tasks[0], -1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, take(f, NULL, cpu), -ENOSPC);
	KUNIT_EXPECT_EQ(test, take(f, NULL, other), 0);
	KUNIT_EXPECT_EQ(test, take(f, f->tasks[1], cpu), 0);
}

static void test_task_on_each_cpu_and_on_all(struct kunit *test)
{
	struct fixture *f = test->priv;
	int cpu, used = 0;

	for_each_online_cpu(cpu)
		if (used++ < MAX_SLOTS - 1)
			KUNIT_ASSERT_EQ(test, take(f, f->tasks[0], cpu), 0);
	take_all(test, f->tasks[0], -1, f->slots - 1);
}

static void test_wide(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct perf_event_attr attr = watch_attr(0);
	struct perf_event * __percpu *wide;
	int cpu = cpumask_last(cpu_online_mask);

	wide = register_wide_hw_breakpoint(&attr, NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)wide));
	KUNIT_EXPECT_EQ(test, take(f, NULL, cpu), f->slots > 1 ? 0 : -ENOSPC);
	unregister_wide_hw_breakpoint(wide);

	/* With one CPU full, none keeps anything. */
	take_all(test, NULL, cpu, f->slots - f->nr_events);
	wide = register_wide_hw_breakpoint(&attr, NULL, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR((void __force *)wide), -ENOSPC);
	if (cpu != cpumask_first(cpu_online_mask))
		take_all(test, NULL, cpumask_first(cpu_online_mask), f->slots);
}

static void test_wide_cpu(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct perf_event_attr attr = watch_attr(0);
	struct perf_event *bp;
	int cpu = cpumask_first(cpu_online_mask);

	bp = register_wide_hw_breakpoint_cpu(&attr, NULL, NULL, cpu);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bp));
	f->events[f->nr_events++] = bp;
	KUNIT_EXPECT_EQ(test, bp->cpu, cpu);
	take_all(test, NULL, cpu, f->slots - 1);
}

/*
 * Hits.
 */

struct hits {
	atomic_t	nr;
	int		cpu;
	unsigned long	addr;
};

static void count_hit(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs)
{
	struct hits *hits = bp->overflow_handler_context;

	atomic_inc(&hits->nr);
	hits->cpu = raw_smp_processor_id();
	hits->addr = data->addr;
}

static long write_target(void *which)
{
	WRITE_ONCE(target[(long)which], 1);
	return 0;
}

static long read_target(void *which)
{
	(void)READ_ONCE(target[(long)which]);
	return 0;
}

static void test_wide_hits(struct kunit *test)
{
	struct perf_event_attr attr = watch_attr(1);
	struct perf_event * __percpu *wide;
	struct hits hits = { };
	int cpu, want = 0;

	wide = register_wide_hw_breakpoint(&attr, count_hit, &hits);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)wide));

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		work_on_cpu(cpu, write_target, (void *)1);
		KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), ++want);
		KUNIT_EXPECT_EQ(test, hits.cpu, cpu);
		KUNIT_EXPECT_EQ(test, hits.addr, (unsigned long)&target[1]);

		work_on_cpu(cpu, write_target, (void *)0);
		work_on_cpu(cpu, read_target, (void *)1);
		KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), want);
	}
	cpus_read_unlock();

	unregister_wide_hw_breakpoint(wide);
	write_target((void *)1);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), want);
}

static void test_modify(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct perf_event_attr attr = watch_attr(0), bad;
	struct hits hits = { };
	struct perf_event *bp;

	bp = register_user_hw_breakpoint(&attr, count_hit, &hits, current);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bp));
	f->events[f->nr_events++] = bp;
	write_target((void *)0);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), 1);

	attr = watch_attr(1);
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &attr), 0);
	write_target((void *)0);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), 1);
	write_target((void *)1);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), 2);

	/* What cannot be leaves what is. */
	bad = attr;
	bad.bp_type = HW_BREAKPOINT_EMPTY;
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &bad), -EINVAL);
	bad = attr;
	bad.bp_addr = ULONG_MAX;
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &bad), -EINVAL);
	write_target((void *)1);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), 3);
	KUNIT_EXPECT_EQ(test, hw_breakpoint_addr(bp), (unsigned long)&target[1]);

	attr.disabled = 1;
	KUNIT_EXPECT_EQ(test, modify_user_hw_breakpoint(bp, &attr), 0);
	write_target((void *)1);
	KUNIT_EXPECT_EQ(test, atomic_read(&hits.nr), 3);

	/* Disabled, it still holds its slot. */
	take_all(test, current, -1, f->slots - 1);
}

static struct kunit_case hw_breakpoint_test_cases[] = {
	KUNIT_CASE(test_task),
	KUNIT_CASE(test_cpu),
	KUNIT_CASE(test_task_on_cpu),
	KUNIT_CASE(test_task_on_each_cpu_and_on_all),
	KUNIT_CASE(test_wide),
	KUNIT_CASE(test_wide_cpu),
	KUNIT_CASE(test_wide_hits),
	KUNIT_CASE(test_modify),
	{ },
};

static struct kunit_suite hw_breakpoint_test_suite = {
	.name = "hw_breakpoint",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = hw_breakpoint_test_cases,
};

kunit_test_suites(&hw_breakpoint_test_suite);
