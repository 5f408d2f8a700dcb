// SPDX-License-Identifier: GPL-2.0
/*
 * CPUs that go offline and come back: what was promised for every CPU holds again
 * from when there can be tasks on it, a register is nobody else's meanwhile, and
 * none is lost, whatever is registered and unregistered at the same time.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_kernel.h"
#include "bp_util.h"

FIXTURE(hotplug)
{
	int regs, cpus, last;
};

FIXTURE_SETUP(hotplug)
{
	const char *missing = bpk_load();

	if (missing)
		SKIP(return, "%s", missing);
	if (!bpk_has_hotplug())
		SKIP(return, "needs a CPU that can go offline: CONFIG_HOTPLUG_CPU");
	self->regs = bp_caps.data_regs;
	self->cpus = bpk_possible_cpus();
	self->last = self->cpus - 1;
	ASSERT_EQ(0, bpk_all_online());
	/* The one that never goes: here nobody is moved about. */
	ASSERT_EQ(0, bp_pin(0));
}

FIXTURE_TEARDOWN(hotplug)
{
	EXPECT_EQ(0, bpk_all_online());
	bpk_unload();
	for (int cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, cpu));
	EXPECT_EQ(self->regs, bp_room(BP_SELF, BP_ANY_CPU));
}

/* Each CPU but the first goes, and comes back. */
static int around(int cpus)
{
	int err = 0;

	for (int cpu = 1; !err && cpu < cpus; cpu++)
		err = bpk_set_online(cpu, false) ?: bpk_set_online(cpu, true);
	return err;
}

TEST_F(hotplug, a_wide_one_sees_the_writes_of_a_cpu_that_is_back)
{
	ASSERT_EQ(0, bpk_wide(self->regs));
	for (int round = 0; round < 3; round++) {
		ASSERT_EQ(0, around(self->cpus));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(self->regs));
	}
}

TEST_F(hotplug, while_a_cpu_is_off_the_others_writes_are_seen)
{
	ASSERT_EQ(0, bpk_wide(self->regs));
	for (int cpu = 1; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bpk_set_online(cpu, false));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(self->regs));
	}
	for (int cpu = 1; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bpk_set_online(cpu, true));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(self->regs));
	}
}

TEST_F(hotplug, one_registered_while_a_cpu_is_off_sees_its_writes_when_it_comes)
{
	for (int cpu = 1; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bpk_set_online(cpu, false));
		ASSERT_EQ(0, bpk_wide(self->regs));
		ASSERT_EQ(-ENOSPC, bpk_wide(self->regs + 1));
		ASSERT_EQ(0, bpk_set_online(cpu, true));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(self->regs));
		ASSERT_EQ(0, bpk_wide(0));
		ASSERT_EQ(0, bpk_reset_hits());
	}
}

TEST_F(hotplug, one_unregistered_while_a_cpu_is_off_is_gone_when_it_comes)
{
	for (int cpu = 1; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bpk_wide(self->regs));
		ASSERT_EQ(0, bpk_set_online(cpu, false));
		ASSERT_EQ(0, bpk_wide(0));
		ASSERT_EQ(0, bpk_set_online(cpu, true));
		ASSERT_EQ(0, bpk_touch_all(1));
		EXPECT_TRUE(bpk_all_seen(0));
		EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, cpu));
		EXPECT_EQ(self->regs, bpk_wide_room());
		ASSERT_EQ(0, bpk_reset_hits());
	}
}

TEST_F(hotplug, an_offline_cpus_register_stays_taken)
{
	ASSERT_EQ(0, bpk_wide(1));
	ASSERT_EQ(0, bpk_set_online(self->last, false));
	EXPECT_EQ(self->regs - 1, bp_room(BP_SELF, BP_ANY_CPU));
	EXPECT_EQ(self->regs - 1, bpk_wide_room());
	EXPECT_EQ(self->regs - 1, bp_room(BP_ANY_TASK, 0));
	ASSERT_EQ(0, bpk_set_online(self->last, true));
	EXPECT_EQ(self->regs - 1, bp_room(BP_ANY_TASK, self->last));
	ASSERT_EQ(0, bpk_touch_all(1));
	EXPECT_TRUE(bpk_all_seen(1));
}

/* Were it granted while the CPU is off, it would be in no register later. */
TEST_F(hotplug, a_wide_one_needs_room_on_an_offline_cpu_too)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fds[32];

	/* A task that is only there: its events are no CPU's, and stay alive. */
	ASSERT_EQ(self->regs, bp_open_many(&attr, BP_SELF, self->last, fds, self->regs));
	ASSERT_EQ(0, bpk_set_online(self->last, false));
	EXPECT_EQ(-ENOSPC, bpk_wide(1));
	EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, 0));
	close(fds[0]);
	EXPECT_EQ(1, bpk_wide_room());
	bp_close_many(fds + 1, self->regs - 1);
	EXPECT_EQ(self->regs, bpk_wide_room());
	ASSERT_EQ(0, bpk_set_online(self->last, true));
	/* Dead ones, see below, are as good. */
	ASSERT_EQ(0, bpk_bound(self->last, self->regs));
	ASSERT_EQ(0, bpk_set_online(self->last, false));
	EXPECT_EQ(-ENOSPC, bpk_wide(1));
	EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, 0));
	ASSERT_EQ(0, bpk_bound(self->last, 0));
	EXPECT_EQ(self->regs, bpk_wide_room());
}

/* As all of perf's: it counts no more, but is there until it is closed. */
TEST_F(hotplug, a_cpus_event_is_dead_when_the_cpu_has_gone_and_holds_its_register)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_ANY_TASK, self->last), other;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_pin(self->last));
	bp_do_stores(3);
	ASSERT_EQ(0, bp_pin(0));
	EXPECT_EQ(3, bp_hits(fd));
	ASSERT_EQ(0, bpk_set_online(self->last, false));
	EXPECT_EQ(3, bp_hits(fd));
	/* That there is no register left is found out first. */
	EXPECT_EQ(self->regs > 1 ? -ENODEV : -ENOSPC, bp_open(&attr, BP_ANY_TASK, self->last));
	EXPECT_EQ(self->regs - 1, bp_room(BP_SELF, BP_ANY_CPU));
	ASSERT_EQ(0, bpk_set_online(self->last, true));
	ASSERT_EQ(0, bp_pin(self->last));
	bp_do_stores(3);
	EXPECT_EQ(3, bp_hits(fd));
	/* Enabling it is no way back. */
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	bp_do_stores(3);
	EXPECT_EQ(3, bp_hits(fd));
	EXPECT_EQ(self->regs - 1, bp_room(BP_ANY_TASK, self->last));
	/* A new one in its place does. */
	close(fd);
	EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, self->last));
	other = bp_open(&attr, BP_ANY_TASK, self->last);
	ASSERT_LE(0, other);
	bp_do_stores(3);
	EXPECT_EQ(3, bp_hits(other));
	close(other);
}

TEST_F(hotplug, a_bound_one_is_as_dead_and_can_be_registered_anew)
{
	ASSERT_EQ(0, bpk_bound(self->last, self->regs));
	ASSERT_EQ(0, bpk_set_online(self->last, false));
	EXPECT_EQ(0, bp_room(BP_SELF, BP_ANY_CPU));
	ASSERT_EQ(0, bpk_bound(self->last, 0));
	EXPECT_EQ(self->regs, bp_room(BP_SELF, BP_ANY_CPU));
	EXPECT_EQ(-ENODEV, bpk_bound(self->last, 1));
	ASSERT_EQ(0, bpk_set_online(self->last, true));
	ASSERT_EQ(0, bpk_touch_all(1));
	EXPECT_TRUE(bpk_all_seen(0));
	ASSERT_EQ(0, bpk_bound(self->last, self->regs));
	ASSERT_EQ(0, bpk_reset_hits());
	ASSERT_EQ(0, bpk_touch_all(1));
	EXPECT_TRUE(bpk_all_seen(0));
}

TEST_F(hotplug, a_tasks_event_goes_with_it_to_the_cpus_that_are_left)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	cpu_set_t all;
	int fd, n = 0;

	CPU_ZERO(&all);
	for (int cpu = 0; cpu < self->cpus; cpu++)
		CPU_SET(cpu, &all);
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	for (int cpu = 1; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, bp_pin(cpu));
		bp_do_stores(1);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
		ASSERT_EQ(0, bpk_set_online(cpu, false));
		bp_do_stores(1);
		ASSERT_EQ(0, bpk_set_online(cpu, true));
		ASSERT_EQ(0, bp_pin(cpu));
		bp_do_stores(1);
		n += 3;
		EXPECT_EQ(n, bp_hits(fd));
	}
	close(fd);
}

/*
 * The storm. Registers: two for wide ones, one of which stays and is written to
 * all the time; one for a CPU's, and one for that of any one task. It adds up, so
 * that no refusal is ever right.
 */
#define STORM_REGS	4
#define STORM_SECONDS	25
#define TRANSITIONS	200

static volatile struct {
	bool stop;
	unsigned long rounds[8], wrong[8];
} *storm;

enum { TOUCHER, WIDES, BOUND, CPU_EVENTS, MODIFIER, FORKER, WORKERS };

static const char * const worker_names[] = {
	"toucher", "wide", "bound", "CPU events", "modifier", "forker",
};

/* Tells what it was that should not have been. */
static void expect(int worker, bool good, const char *what, long got)
{
	if (good)
		return;
	if (!storm->wrong[worker]++)
		printf("# %s: %s: %ld\n", worker_names[worker], what, got);
	fflush(stdout);
}

static void touch_as_it_comes(int cpus)
{
	int err = bpk_touch(5);

	expect(TOUCHER, !err, "touch", err);
}

static void register_wide_ones(int cpus)
{
	int err = bpk_wide(2) ?: bpk_wide(1);

	expect(WIDES, !err, "wide", err);
}

/* The CPU may have gone; what was bound to it is dead, and is let go of. */
static void register_bound_ones(int cpus)
{
	static int cpu;
	int err;

	cpu = (cpu + 1) % cpus;
	/* Of the CPU's one register every second turn is for cpu_events(). */
	if (cpu % 2)
		return;
	err = bpk_bound(cpu, 1);
	expect(BOUND, !err || err == -ENODEV, "bound", err);
	err = bpk_bound(cpu, 0);
	expect(BOUND, !err, "let go of bound", err);
}

static void open_cpu_events(int cpus)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data + 8, 4);
	static int cpu;
	int fd;

	cpu = (cpu + 1) % cpus;
	if (!(cpu % 2))
		return;
	fd = bp_open(&attr, BP_ANY_TASK, cpu);
	expect(CPU_EVENTS, fd >= 0 || fd == -ENODEV, "open", fd);
	bp_store(bp_data + 8, 4);
	if (fd >= 0)
		close(fd);
}

/* The count is that of the stores, wherever these were made. */
static void modify_own_event(int cpus)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd = bp_open(&attr, BP_SELF, BP_ANY_CPU), err;
	const int n = 20;

	expect(MODIFIER, fd >= 0, "open", fd);
	for (int i = 0; i < n; i++) {
		attr.bp_addr = (uintptr_t)bp_data + 4 * (i % 2);
		err = bp_modify(fd, &attr);
		expect(MODIFIER, !err, "modify", err);
		bp_store(bp_data + 4 * (i % 2), 4);
	}
	expect(MODIFIER, bp_hits(fd) == n, "hits", bp_hits(fd));
	close(fd);
}

static void fork_with_an_event(int cpus)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	const int n = 4;
	int fd;

	attr.inherit = 1;
	fd = bp_open(&attr, BP_SELF, BP_ANY_CPU);
	expect(FORKER, fd >= 0, "open", fd);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			bp_do_stores(2);
			_exit(0);
		}
		expect(FORKER, pid > 0 && waitpid(pid, NULL, 0) == pid, "fork", pid);
	}
	expect(FORKER, bp_hits(fd) == 2 * n, "hits", bp_hits(fd));
	close(fd);
}

static void (* const work[])(int cpus) = {
	touch_as_it_comes, register_wide_ones, register_bound_ones,
	open_cpu_events, modify_own_event, fork_with_an_event,
};

static pid_t start(int worker, int cpus)
{
	pid_t parent = getpid(), pid = fork();
	cpu_set_t all;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	CPU_ZERO(&all);
	for (int cpu = 0; cpu < cpus; cpu++)
		CPU_SET(cpu, &all);
	sched_setaffinity(0, sizeof(all), &all);
	while (!storm->stop) {
		work[worker](cpus);
		storm->rounds[worker]++;
		/* Hotplug waits for each task that is to move: leave it the CPUs. */
		usleep(2000);
	}
	_exit(0);
}

TEST_F_TIMEOUT(hotplug, after_a_storm_nothing_is_lost_and_nothing_is_held, 180)
{
	unsigned long transitions = 0;
	time_t began = time(NULL);
	pid_t pids[WORKERS];

	if (self->regs < STORM_REGS)
		SKIP(return, "needs four registers");
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(storm != MAP_FAILED);
	ASSERT_EQ(0, bpk_wide(1));
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = start(i, self->cpus);
		ASSERT_LT(0, pids[i]);
	}
	for (int cpu = 1; time(NULL) - began < STORM_SECONDS || transitions < TRANSITIONS;
	     cpu = cpu % self->last + 1) {
		ASSERT_EQ(0, bpk_set_online(cpu, !bpk_online(cpu)));
		transitions++;
		/* Now and then all, so that it is not one order all the time. */
		if (transitions % 7 == 0)
			ASSERT_EQ(0, bpk_all_online());
	}
	storm->stop = true;
	for (int i = 0; i < WORKERS; i++)
		ASSERT_EQ(pids[i], waitpid(pids[i], NULL, 0));
	TH_LOG("%lu transitions in %ld s", transitions, (long)(time(NULL) - began));
	for (int i = 0; i < WORKERS; i++) {
		TH_LOG("%s: %lu rounds", worker_names[i], storm->rounds[i]);
		EXPECT_LT(0, storm->rounds[i]);
		EXPECT_EQ(0, storm->wrong[i]);
	}
	ASSERT_EQ(0, bpk_all_online());
	/* The wide one that stayed has missed nothing in it. */
	for (int cpu = 0; cpu < self->cpus; cpu++) {
		EXPECT_LT(0, bpk_touches(cpu));
		EXPECT_EQ(bpk_touches(cpu), bpk_wide_hits(cpu, 0));
	}
	ASSERT_EQ(0, bpk_reset_hits());
	EXPECT_EQ(0, bpk_wide(self->regs));
	ASSERT_EQ(0, bpk_touch_all(3));
	EXPECT_TRUE(bpk_all_seen(self->regs));
	ASSERT_EQ(0, bpk_wide(0));
	for (int cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(self->regs, bp_room(BP_ANY_TASK, cpu));
}

TEST_HARNESS_MAIN
