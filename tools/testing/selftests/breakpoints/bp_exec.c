// SPDX-License-Identifier: GPL-2.0
/*
 * A task's breakpoints across exec. The program runs itself anew: it is linked
 * statically at fixed addresses, so a watch of bp_data means the same variable
 * in the new image.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "bp_nobody.h"
#include "bp_util.h"

#define TIMES	10
#define NEW_IMAGE	"--new-image"

static int new_image(void)
{
	bp_do_stores(TIMES);
	return 0;
}

/* For a worker; returns only if it fails. */
static long exec_self(long arg)
{
	execl("/proc/self/exe", "bp_exec", NEW_IMAGE, NULL);
	return -errno;
}

/*
 * The image that a user may run and not read, and so not look into: run as one
 * who has no right to it, it is not dumpable.
 */
static long exec_unreadable(long arg)
{
	int from = open("/proc/self/exe", O_RDONLY);
	int to = memfd_create("bp_exec", MFD_CLOEXEC);
	char *const argv[] = { "bp_exec", NEW_IMAGE, NULL };
	char path[32];

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	/* Reopened by name: what is open for writing does not run. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	close(from);
	from = open(path, O_RDONLY | O_CLOEXEC);
	close(to);
	if (fchmod(from, 0111) || !bp_become_nobody())
		return -errno;
	fexecve(from, argv, environ);
	return -errno;
}

/* A thread of the worker, for it to exec in. */
static struct bp_worker thread;

static long start_thread(long arg)
{
	int err = bp_worker_thread(&thread);

	return err ?: thread.tid;
}

static long exec_in_thread(long arg)
{
	return bp_worker_call(&thread, exec_self, 0);
}

/*
 * Ends when the new image exits: it holds the worker's end of the pipe till
 * then. A failed exec has an errno to tell.
 */
static long run_new_image(struct bp_worker *w, long (*exec)(long arg))
{
	long err = bp_worker_call(w, exec, 0);

	return err == -EPIPE ? 0 : err;
}

FIXTURE(exec)
{
	struct perf_event_attr attr;
	struct bp_worker w;
};

FIXTURE_SETUP(exec)
{
	self->attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	ASSERT_EQ(0, bp_worker_fork(&self->w));
}

FIXTURE_TEARDOWN(exec)
{
}

TEST_F(exec, a_watch_of_the_task_goes_on_in_the_new_image)
{
	int fd = bp_open(&self->attr, self->w.tid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
	ASSERT_EQ(0, run_new_image(&self->w, exec_self));
	bp_worker_end(&self->w);
	EXPECT_EQ(1 + TIMES, bp_hits(fd));
	close(fd);
}

TEST_F(exec, enable_on_exec_starts_with_the_new_image)
{
	int fd;

	self->attr.disabled = 1;
	self->attr.enable_on_exec = 1;
	fd = bp_open(&self->attr, self->w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
	EXPECT_EQ(0, bp_hits(fd));
	ASSERT_EQ(0, run_new_image(&self->w, exec_self));
	bp_worker_end(&self->w);
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

TEST_F(exec, remove_on_exec_ends_with_the_old_image)
{
	int fd;

	self->attr.remove_on_exec = 1;
	fd = bp_open(&self->attr, self->w.tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
	ASSERT_EQ(0, run_new_image(&self->w, exec_self));
	bp_worker_end(&self->w);
	EXPECT_EQ(1, bp_hits(fd));
	close(fd);
}

TEST_F(exec, an_image_that_may_not_be_read_is_not_watched)
{
	int fd = bp_open(&self->attr, self->w.tid, BP_ANY_CPU);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
	ASSERT_EQ(0, run_new_image(&self->w, exec_unreadable));
	bp_worker_end(&self->w);
	EXPECT_EQ(1, bp_hits(fd));
	close(fd);
}

/* The task opened it on itself; the event is the same through exec. */
TEST_F(exec, an_inherited_watch_goes_on_in_the_new_image)
{
	struct bp_worker w;
	int fd;

	self->attr.inherit = 1;
	fd = bp_open(&self->attr, BP_SELF, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_fork(&w));
	ASSERT_EQ(0, bp_worker_call(&w, bp_do_stores, 1));
	ASSERT_EQ(0, run_new_image(&w, exec_self));
	bp_worker_end(&w);
	EXPECT_EQ(1 + TIMES, bp_hits(fd));
	bp_worker_end(&self->w);
	close(fd);
}

/* Only the thread that execs lives on, and what was watched of it. */
TEST_F(exec, the_watch_of_a_thread_that_execs_goes_on)
{
	pid_t tid;
	int fd;

	tid = bp_worker_call(&self->w, start_thread, 0);
	ASSERT_LT(0, tid);
	fd = bp_open(&self->attr, tid, BP_ANY_CPU);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bp_worker_call(&self->w, bp_do_stores, 1));
	ASSERT_EQ(0, run_new_image(&self->w, exec_in_thread));
	bp_worker_end(&self->w);
	EXPECT_EQ(TIMES, bp_hits(fd));
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], NEW_IMAGE))
		return new_image();
	return test_harness_run(argc, argv);
}
