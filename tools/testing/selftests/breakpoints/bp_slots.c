// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets a register and who ENOSPC: on each CPU, what the CPU's own events
 * hold plus what any one task holds there is at most the number of registers;
 * a request is refused if it would break this, and for no other reason.
 */
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_util.h"

#define MAX_REGS	32
#define MAX_CPUS	64

static struct perf_event_attr data_attr(void)
{
	return bp_attr(HW_BREAKPOINT_W, bp_data, 4);
}

FIXTURE(scope)
{
	struct perf_event_attr attr;
	pid_t pid;
	int cpu, regs;
};

FIXTURE_VARIANT(scope)
{
	pid_t pid;
	int cpu;
	bool exec, pinned, disabled;
};

FIXTURE_VARIANT_ADD(scope, task) { .pid = BP_SELF, .cpu = BP_ANY_CPU };

FIXTURE_VARIANT_ADD(scope, task_exec) {
	.pid = BP_SELF, .cpu = BP_ANY_CPU, .exec = true
};

FIXTURE_VARIANT_ADD(scope, task_pinned) {
	.pid = BP_SELF, .cpu = BP_ANY_CPU, .pinned = true
};

FIXTURE_VARIANT_ADD(scope, task_disabled) {
	.pid = BP_SELF, .cpu = BP_ANY_CPU, .disabled = true
};

FIXTURE_VARIANT_ADD(scope, task_on_cpu) { .pid = BP_SELF, .cpu = 1 };

FIXTURE_VARIANT_ADD(scope, cpu) { .pid = BP_ANY_TASK, .cpu = 1 };

FIXTURE_VARIANT_ADD(scope, cpu_exec) {
	.pid = BP_ANY_TASK, .cpu = 1, .exec = true
};

FIXTURE_VARIANT_ADD(scope, cpu_pinned) {
	.pid = BP_ANY_TASK, .cpu = 1, .pinned = true
};

FIXTURE_SETUP(scope)
{
	if (variant->cpu >= bp_nr_cpus())
		SKIP(return, "needs two CPUs");
	if (variant->exec && !bp_caps.exec_regs)
		SKIP(return, BP_NEEDS_EXEC);
	self->attr = variant->exec ? bp_attr_exec(bp_func) : data_attr();
	self->attr.pinned = variant->pinned;
	self->attr.disabled = variant->disabled;
	self->regs = variant->exec ? bp_caps.exec_regs : bp_caps.data_regs;
	self->pid = variant->pid;
	self->cpu = variant->cpu;
}

FIXTURE_TEARDOWN(scope)
{
}

TEST_F(scope, the_one_after_the_last_is_refused_and_fits_after_a_close)
{
	int fds[MAX_REGS];

	ASSERT_EQ(self->regs, bp_open_many(&self->attr, self->pid, self->cpu,
					   fds, self->regs));
	for (int i = 0; i < self->regs; i++) {
		EXPECT_EQ(-ENOSPC, bp_open(&self->attr, self->pid, self->cpu));
		close(fds[i]);
		fds[i] = bp_open(&self->attr, self->pid, self->cpu);
		EXPECT_LE(0, fds[i]);
	}
	EXPECT_EQ(-ENOSPC, bp_open(&self->attr, self->pid, self->cpu));
	bp_close_many(fds, self->regs);
}

TEST_F(scope, refused_requests_hold_nothing)
{
	struct perf_event_attr bad = data_attr();
	int fds[MAX_REGS], n = self->regs;

	bad.bp_len = 0;
	for (int i = 0; i < 3 * n; i++)
		ASSERT_EQ(-EINVAL, bp_open(&bad, self->pid, self->cpu));
	ASSERT_EQ(n, bp_open_many(&self->attr, self->pid, self->cpu, fds, n));
	for (int i = 0; i < 3 * n; i++)
		ASSERT_EQ(-ENOSPC, bp_open(&self->attr, self->pid, self->cpu));
	bp_close_many(fds, n);
	ASSERT_EQ(n, bp_open_many(&self->attr, self->pid, self->cpu, fds, n));
	bp_close_many(fds, n);
}

TEST_F(scope, a_register_is_held_until_the_last_descriptor_is_closed)
{
	int fds[MAX_REGS], n = self->regs, copy;

	ASSERT_EQ(n, bp_open_many(&self->attr, self->pid, self->cpu, fds, n));
	copy = dup(fds[0]);
	ASSERT_LE(0, copy);
	close(fds[0]);
	EXPECT_EQ(-ENOSPC, bp_open(&self->attr, self->pid, self->cpu));
	close(copy);
	fds[0] = bp_open(&self->attr, self->pid, self->cpu);
	EXPECT_LE(0, fds[0]);
	bp_close_many(fds, n);
}

TEST(data_and_instructions_share_registers_or_have_their_own)
{
	struct perf_event_attr data = data_attr(), insn = bp_attr_exec(bp_func);
	int d[MAX_REGS], x[MAX_REGS], left;

	for (int n = 0; n <= bp_caps.data_regs; n++) {
		ASSERT_EQ(n, bp_open_many(&data, BP_SELF, BP_ANY_CPU, d, n));
		left = bp_open_many(&insn, BP_SELF, BP_ANY_CPU, x, MAX_REGS);
		EXPECT_EQ(bp_caps.shared ? bp_caps.data_regs - n : bp_caps.exec_regs,
			  left);
		bp_close_many(x, left);
		bp_close_many(d, n);
	}
}

/*
 * All ways to have some of each kind on CPU 0 at once, with the same task: the
 * sum is what counts, and each kind has the same room left.
 */
TEST(cpu_task_and_task_on_cpu_events_add_up_on_a_cpu)
{
	struct perf_event_attr attr = data_attr();
	int fds[3][MAX_REGS], regs = bp_caps.data_regs;

	for (int all = 0; all <= regs; all++) {
		for (int here = 0; all + here <= regs; here++) {
			for (int cpu = 0; all + here + cpu <= regs; cpu++) {
				int left = regs - all - here - cpu;

				ASSERT_EQ(all, bp_open_many(&attr, BP_SELF, BP_ANY_CPU,
							    fds[0], all));
				ASSERT_EQ(here, bp_open_many(&attr, BP_SELF, 0,
							     fds[1], here));
				ASSERT_EQ(cpu, bp_open_many(&attr, BP_ANY_TASK, 0,
							    fds[2], cpu));
				EXPECT_EQ(left, bp_room(BP_SELF, BP_ANY_CPU));
				EXPECT_EQ(left, bp_room(BP_SELF, 0));
				EXPECT_EQ(left, bp_room(BP_ANY_TASK, 0));
				bp_close_many(fds[0], all);
				bp_close_many(fds[1], here);
				bp_close_many(fds[2], cpu);
			}
		}
	}
}

TEST(an_any_cpu_event_needs_room_on_each_cpu)
{
	struct perf_event_attr attr = data_attr();
	int last = bp_nr_cpus() - 1, regs = bp_caps.data_regs;
	int fds[MAX_REGS];

	for (int held = 0; held <= regs; held++) {
		ASSERT_EQ(held, bp_open_many(&attr, BP_ANY_TASK, last, fds, held));
		EXPECT_EQ(regs - held, bp_room(BP_SELF, BP_ANY_CPU));
		EXPECT_EQ(regs - held, bp_room(BP_SELF, last));
		if (last)
			EXPECT_EQ(regs, bp_room(BP_SELF, 0));
		bp_close_many(fds, held);

		ASSERT_EQ(held, bp_open_many(&attr, BP_SELF, last, fds, held));
		EXPECT_EQ(regs - held, bp_room(BP_SELF, BP_ANY_CPU));
		EXPECT_EQ(regs - held, bp_room(BP_ANY_TASK, last));
		if (last)
			EXPECT_EQ(regs, bp_room(BP_ANY_TASK, 0));
		bp_close_many(fds, held);
	}
}

TEST(each_cpu_has_its_own_registers)
{
	struct perf_event_attr attr = data_attr();
	int cpus = bp_nr_cpus(), regs = bp_caps.data_regs;
	int fds[MAX_CPUS][MAX_REGS];

	if (cpus > MAX_CPUS)
		cpus = MAX_CPUS;
	for (int cpu = 0; cpu < cpus; cpu++) {
		ASSERT_EQ(regs, bp_open_many(&attr, BP_ANY_TASK, cpu, fds[cpu], regs));
		EXPECT_EQ(0, bp_room(BP_ANY_TASK, cpu));
	}
	EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
	for (int cpu = 0; cpu < cpus; cpu++) {
		bp_close_many(fds[cpu], regs);
		EXPECT_EQ(regs, bp_room(BP_ANY_TASK, cpu));
		EXPECT_EQ(cpu == cpus - 1 ? regs : 0, bp_room(BP_SELF, BP_ANY_CPU));
	}
}

TEST(a_task_may_fill_each_cpu_separately)
{
	struct perf_event_attr attr = data_attr();
	int cpus = bp_nr_cpus(), regs = bp_caps.data_regs;
	int fds[MAX_CPUS][MAX_REGS];

	if (cpus > MAX_CPUS)
		cpus = MAX_CPUS;
	for (int cpu = 0; cpu < cpus; cpu++)
		ASSERT_EQ(regs, bp_open_many(&attr, BP_SELF, cpu, fds[cpu], regs));
	EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
	for (int cpu = 0; cpu < cpus; cpu++)
		close(fds[cpu][0]);
	EXPECT_EQ(1, bp_room(BP_SELF, BP_ANY_CPU));
	for (int cpu = 0; cpu < cpus; cpu++)
		bp_close_many(fds[cpu] + 1, regs - 1);
}

TEST(tasks_do_not_take_registers_from_each_other)
{
	struct perf_event_attr attr = data_attr();
	int regs = bp_caps.data_regs, fds[5][MAX_REGS];
	struct bp_worker w[5];

	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, i % 2 ? bp_worker_thread(&w[i]) : bp_worker_fork(&w[i]));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(regs, bp_open_many(&attr, w[i].tid, BP_ANY_CPU, fds[i], regs));
		EXPECT_EQ(0, bp_room(w[i].tid, BP_ANY_CPU));
	}
	EXPECT_EQ(regs, bp_room(BP_SELF, BP_ANY_CPU));
	for (int i = 0; i < 5; i++) {
		bp_close_many(fds[i], regs);
		EXPECT_EQ(regs, bp_room(w[i].tid, BP_ANY_CPU));
		bp_worker_end(&w[i]);
	}
}

TEST(a_cpus_room_is_what_the_fullest_task_leaves)
{
	struct perf_event_attr attr = data_attr();
	int regs = bp_caps.data_regs, a[MAX_REGS], b[MAX_REGS];
	struct bp_worker w;

	ASSERT_EQ(0, bp_worker_fork(&w));
	for (int mine = 0; mine <= regs; mine++) {
		ASSERT_EQ(mine, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, a, mine));
		for (int its = 0; its <= regs; its++) {
			int fullest = mine > its ? mine : its;

			ASSERT_EQ(its, bp_open_many(&attr, w.tid, BP_ANY_CPU, b, its));
			EXPECT_EQ(regs - fullest, bp_room(BP_ANY_TASK, 0));
			EXPECT_EQ(regs - fullest, bp_room(BP_ANY_TASK, bp_nr_cpus() - 1));
			bp_close_many(b, its);
		}
		bp_close_many(a, mine);
	}
	bp_worker_end(&w);
}

TEST(a_cpus_registers_are_taken_from_every_task)
{
	struct perf_event_attr attr = data_attr();
	int regs = bp_caps.data_regs, fds[MAX_REGS];
	struct bp_worker w;

	ASSERT_EQ(0, bp_worker_fork(&w));
	for (int held = 0; held <= regs; held++) {
		ASSERT_EQ(held, bp_open_many(&attr, BP_ANY_TASK, 0, fds, held));
		EXPECT_EQ(regs - held, bp_room(BP_SELF, BP_ANY_CPU));
		EXPECT_EQ(regs - held, bp_room(w.tid, BP_ANY_CPU));
		EXPECT_EQ(regs - held, bp_room(w.tid, 0));
		bp_close_many(fds, held);
	}
	bp_worker_end(&w);
}

/* A forked child has a copy of each descriptor too: not what is tried here. */
static int copied[MAX_REGS];

static long close_copied(long n)
{
	bp_close_many(copied, n);
	return 0;
}

TEST(an_inherited_event_holds_a_register_of_the_child_until_closed)
{
	struct perf_event_attr attr = data_attr();
	int regs = bp_caps.data_regs, *fds = copied;
	struct bp_worker w;

	attr.inherit = 1;
	for (int held = 0; held <= regs; held++) {
		ASSERT_EQ(held, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, held));
		ASSERT_EQ(0, bp_worker_fork(&w));
		ASSERT_EQ(0, bp_worker_call(&w, close_copied, held));
		EXPECT_EQ(regs - held, bp_room(w.tid, BP_ANY_CPU));
		EXPECT_EQ(regs - held, bp_room(BP_ANY_TASK, 0));
		bp_close_many(fds, held);
		EXPECT_EQ(regs, bp_room(w.tid, BP_ANY_CPU));
		bp_worker_end(&w);
	}
}

static long open_all_on_myself(long unused)
{
	struct perf_event_attr attr = data_attr();
	static int fds[MAX_REGS];

	attr.inherit = 1;
	return bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, MAX_REGS);
}

static long open_all_on(long tid)
{
	struct perf_event_attr attr = data_attr();
	static int fds[MAX_REGS];

	return bp_open_many(&attr, tid, BP_ANY_CPU, fds, MAX_REGS);
}

TEST(a_task_that_exits_gives_its_registers_back)
{
	struct bp_worker w;

	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_EQ(bp_caps.data_regs, bp_worker_call(&w, open_all_on_myself, 0));
	EXPECT_EQ(0, bp_room(BP_ANY_TASK, 0));
	bp_worker_end(&w);
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_ANY_TASK, 0));
}

TEST(a_task_that_is_killed_gives_its_registers_back)
{
	struct bp_worker w;

	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_EQ(bp_caps.data_regs, bp_worker_call(&w, open_all_on_myself, 0));
	EXPECT_EQ(0, bp_room(BP_ANY_TASK, 0));
	bp_worker_kill(&w);
	EXPECT_EQ(bp_caps.data_regs, bp_room(BP_ANY_TASK, 0));
}

TEST(an_opener_that_is_killed_gives_back_the_registers_of_its_target)
{
	struct bp_worker opener, target;

	ASSERT_EQ(0, bp_worker_fork(&target));
	ASSERT_EQ(0, bp_worker_fork(&opener));
	ASSERT_EQ(bp_caps.data_regs, bp_worker_call(&opener, open_all_on, target.tid));
	EXPECT_EQ(0, bp_room(target.tid, BP_ANY_CPU));
	bp_worker_kill(&opener);
	EXPECT_EQ(bp_caps.data_regs, bp_room(target.tid, BP_ANY_CPU));
	bp_worker_end(&target);
}

TEST(an_inherited_child_that_is_killed_gives_its_registers_back)
{
	struct perf_event_attr attr = data_attr();
	int fds[MAX_REGS], regs = bp_caps.data_regs;
	struct bp_worker w;

	attr.inherit = 1;
	ASSERT_EQ(regs, bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, regs));
	ASSERT_EQ(0, bp_worker_fork(&w));
	bp_worker_kill(&w);
	bp_close_many(fds, regs);
	EXPECT_EQ(regs, bp_room(BP_ANY_TASK, 0));
}

TEST_HARNESS_MAIN
