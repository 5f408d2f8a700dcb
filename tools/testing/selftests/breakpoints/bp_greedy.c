// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary user who wants all the registers that there are: he gets none that
 * somebody has, and while he asks for what he may not have he is in nobody's way.
 * Needs root, to become less.
 */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_nobody.h"
#include "bp_nobody_fixture.h"
#include "bp_util.h"

#define TIMES		10
#define MAX_REGS	32
#define CHILDREN	4

/* Of each of some processes, and of himself, beside the one that root has of each CPU. */
static int take_all(void *left)
{
	struct perf_event_attr attr = bp_nobodys_attr();
	int bad = bp_ask_for_roots(), fds[MAX_REGS], n;
	struct bp_worker child;

	for (int i = 0; i < CHILDREN; i++) {
		if (bp_worker_fork(&child))
			return bp_wrong("fork", 0, 0, i);
		n = bp_open_many(&attr, child.tid, BP_ANY_CPU, fds, MAX_REGS);
		if (n != *(int *)left || fds[n] != -ENOSPC)
			bad += bp_wrong("of a child", attr.bp_addr, n, fds[n]);
	}
	n = bp_open_many(&attr, BP_SELF, BP_ANY_CPU, fds, MAX_REGS);
	if (n != *(int *)left || fds[n] != -ENOSPC)
		bad += bp_wrong("of his own", attr.bp_addr, n, fds[n]);
	return bad;
}

static long take_all_and_stay(long left)
{
	int n = left;

	return bp_become_nobody() ? take_all(&n) : 255;
}

TEST_F(nobody, takes_no_register_that_somebody_has)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int cpus = bp_nr_cpus(), fds[64], left = bp_caps.data_regs - 1;
	struct bp_worker nobody;

	attr.pinned = 1;
	ASSERT_GE(64, cpus);
	for (int cpu = 0; cpu < cpus; cpu++) {
		fds[cpu] = bp_open(&attr, BP_ANY_TASK, cpu);
		ASSERT_LE(0, fds[cpu]);
	}
	ASSERT_EQ(0, bp_worker_fork(&nobody));
	EXPECT_EQ(0, bp_worker_call(&nobody, take_all_and_stay, left));
	/* While he has all that he can have: what is root's, and root's tasks. */
	for (int cpu = 0; cpu < cpus; cpu++) {
		__u64 before = bp_hits(fds[cpu]);

		ASSERT_EQ(0, bp_pin(cpu));
		bp_do_stores(TIMES);
		EXPECT_EQ(before + TIMES, bp_hits(fds[cpu]));
	}
	EXPECT_EQ(left, bp_room(BP_SELF, BP_ANY_CPU));
	/* A CPU's would have to be there beside his: I1 of the document. */
	if (left)
		EXPECT_EQ(-ENOSPC, bp_open(&attr, BP_ANY_TASK, 0));
	bp_worker_kill(&nobody);
	for (int i = 0; i < 100 && bp_room(BP_ANY_TASK, 0) != left; i++)
		usleep(10000);
	for (int cpu = 0; cpu < cpus; cpu++)
		EXPECT_EQ(left, bp_room(BP_ANY_TASK, cpu));
	bp_close_many(fds, cpus);
}

/* What he may not have he does not hold for a moment either. */
#define VAIN_SECONDS	3

static volatile struct {
	bool stop;
	pid_t target;
	unsigned long asked;
} *rival;

static int ask_in_vain(void *unused)
{
	struct perf_event_attr attr = bp_nobodys_attr();
	int fd, bad = 0;

	while (!rival->stop) {
		fd = bp_open(&attr, rival->target, rival->target > 0 ? BP_ANY_CPU : 0);
		if (fd != -EACCES && fd != -ENOSPC)
			bad += bp_wrong("in vain", attr.bp_addr, 4, fd);
		rival->asked++;
	}
	return bad;
}

static long ask_in_vain_as_nobody(long unused)
{
	return bp_become_nobody() ? ask_in_vain(NULL) : 255;
}

TEST_F_TIMEOUT(nobody, who_may_not_have_one_is_in_nobodys_way, 120)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fds[MAX_REGS], n = bp_caps.data_regs - 1, fd;
	struct bp_worker nobody;

	rival = mmap(NULL, sizeof(*rival), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(rival != MAP_FAILED);
	for (int task = 0; task < 2; task++) {
		pid_t pid = task ? getpid() : BP_ANY_TASK;
		int cpu = task ? BP_ANY_CPU : 0, refused = 0;
		time_t end;

		rival->stop = false;
		rival->target = pid;
		rival->asked = 0;
		ASSERT_EQ(0, bp_worker_fork(&nobody));
		ASSERT_EQ(n, bp_open_many(&attr, pid, cpu, fds, n));
		ASSERT_EQ(0, bp_worker_send(&nobody, ask_in_vain_as_nobody, 0));
		for (end = time(NULL) + VAIN_SECONDS; time(NULL) < end;) {
			fd = bp_open(&attr, pid, cpu);
			refused += fd == -ENOSPC;
			close(fd);
		}
		rival->stop = true;
		EXPECT_EQ(0, bp_worker_result(&nobody));
		EXPECT_LT(0, rival->asked);
		EXPECT_EQ(0, refused) {
			TH_LOG("%s, asked in vain %lu times", task ? "task" : "CPU",
			       rival->asked);
		}
		bp_worker_end(&nobody);
		bp_close_many(fds, n);
	}
	munmap((void *)rival, sizeof(*rival));
}

TEST_HARNESS_MAIN
