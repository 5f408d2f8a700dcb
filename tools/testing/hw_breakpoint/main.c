// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the tests, each in a process of its own, as many at a time as there are
 * CPUs, and prints their results as KTAP in the order of the plan.
 */
#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define MAX_TESTS	64
#define MAX_FIGURES	400
/* Seconds of one test: of a processor, which that may share with anything; and of the clock. */
#define MOST_CPU_TIME	600
#define MOST_TIME	2400
#define SKIPPED		4	/* exit status, as kselftest has it */

struct run {
	struct test	test;
	pid_t		pid;
	int		figures;
	int		status;
	bool		done;
};

static struct run runs[MAX_TESTS];
static unsigned int nr_runs;
static const char *running;

bool test_quick;
u64 test_seed = 1;

void test_figures(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

void test_progress(const char *fmt, ...)
{
	static __thread time_t last;
	struct timespec now;
	char text[200];
	va_list args;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (!last)
		last = now.tv_sec;
	if (test_quick || now.tv_sec < last + 5)
		return;
	last = now.tv_sec;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "# %s: %s\n", running, text);
}

static void add_tests(const struct test *tests)
{
	for (; tests->name; tests++) {
		if (nr_runs == MAX_TESTS)
			errx(1, "more than %u tests", MAX_TESTS);
		runs[nr_runs++].test = *tests;
	}
}

static bool is_wanted(const struct test *test, char **prefix)
{
	if (test_quick && !test->quick)
		return false;
	if (!*prefix)
		return true;
	for (; *prefix; prefix++)
		if (!strncmp(test->name, *prefix, strlen(*prefix)))
			return true;
	return false;
}

static void drop_unwanted(char **prefix)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_runs; i++)
		if (is_wanted(&runs[i].test, prefix))
			runs[nr++] = runs[i];
	nr_runs = nr;
}

/* Ten times what the longest takes; and by the clock, as one that waits for ever takes none. */
static void limit_time(void)
{
	struct rlimit cpu_time;

	getrlimit(RLIMIT_CPU, &cpu_time);
	if (cpu_time.rlim_cur > MOST_CPU_TIME)
		cpu_time.rlim_cur = MOST_CPU_TIME;
	setrlimit(RLIMIT_CPU, &cpu_time);
	alarm(MOST_TIME);
}

static void child(const struct run *run)
{
	if (dup2(run->figures, STDOUT_FILENO) < 0)
		err(1, "dup2");
	if (run->test.command) {
		/* ThreadSanitizer may fail to find room in a random layout. */
		personality(personality(0xffffffff) | ADDR_NO_RANDOMIZE);
		execl("/bin/sh", "sh", "-c", run->test.command, NULL);
		err(1, "/bin/sh");
	}
	limit_time();
	running = run->test.name;
	run->test.run(run->test.arg);
	exit(0);
}

static void start(struct run *run)
{
	FILE *figures = tmpfile();

	if (!figures)
		err(1, "a temporary file for the output of %s", run->test.name);
	run->figures = fileno(figures);
	fflush(stdout);
	run->pid = fork();
	if (run->pid < 0)
		err(1, "fork");
	if (!run->pid)
		child(run);
}

/* The test's last line, or "" */
static const char *last_line(const struct run *run)
{
	static char text[MAX_FIGURES + 1];
	off_t size = lseek(run->figures, 0, SEEK_END);
	off_t from = size > MAX_FIGURES ? size - MAX_FIGURES : 0;
	ssize_t len = pread(run->figures, text, MAX_FIGURES, from);
	char *line;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len > 0 ? len : 0] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return line + (line[0] == '#' ? strspn(line, "# ") : 0);
}

/* All of it, as diagnostics */
static void print_output(const struct run *run)
{
	FILE *output = fdopen(dup(run->figures), "r");
	char line[MAX_FIGURES];

	if (!output)
		err(1, "the output of %s", run->test.name);
	rewind(output);
	while (fgets(line, sizeof(line), output))
		printf("# %s%s", line, strchr(line, '\n') ? "" : "\n");
	fclose(output);
}

static bool report(unsigned int number, const struct run *run)
{
	const char *figures = last_line(run);
	bool skipped = WIFEXITED(run->status) &&
		       WEXITSTATUS(run->status) == SKIPPED;
	bool passed = WIFEXITED(run->status) && !WEXITSTATUS(run->status);

	if (run->test.command && !passed && !skipped)
		print_output(run);
	printf("%s %u %s", passed || skipped ? "ok" : "not ok", number,
	       run->test.name);
	if (skipped)
		printf(" # SKIP %s", figures);
	else if (WIFSIGNALED(run->status))
		printf(" # %s", strsignal(WTERMSIG(run->status)));
	else if (*figures)
		printf(" # %s", figures);
	putchar('\n');
	fflush(stdout);
	return passed || skipped;
}

static void wait_for_one(void)
{
	int status;
	pid_t pid = wait(&status);

	if (pid < 0)
		err(1, "wait");
	for (unsigned int i = 0; i < nr_runs; i++)
		if (runs[i].pid == pid) {
			runs[i].status = status;
			runs[i].done = true;
		}
}

static int run_all(void)
{
	long jobs = test_quick ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int started = 0, reported = 0, failed = 0;

	printf("KTAP version 1\n1..%u\n", nr_runs);
	while (reported < nr_runs) {
		if (started < nr_runs && jobs > 0) {
			start(&runs[started++]);
			jobs--;
			continue;
		}
		wait_for_one();
		jobs++;
		for (; reported < started && runs[reported].done; reported++)
			failed += !report(reported + 1, &runs[reported]);
		/* A mutant needs to fail just once. */
		if (failed && test_quick)
			break;
	}
	printf("# %u passed, %u failed\n", reported - failed, failed);
	return !!failed;
}

static void die_of_usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [--quick] [--seed N] [--also NAME COMMAND]... [TEST]...\n"
		"\n"
		"  --quick  only what tells a broken core in about a second, up to the first failure\n"
		"  --seed   of whatever is random, not zero; 1 unless told\n"
		"  --also   count COMMAND as a test: it passes if it exits with 0, is skipped if\n"
		"           with 4, and its last line of output is its figures\n"
		"  TEST     only those whose names start like this\n",
		name);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "seed", required_argument, NULL, 's' },
		{ "also", required_argument, NULL, 'a' },
		{ }
	};
	char *end;
	int c;

	add_tests(case_tests);
	add_tests(misuse_tests);
	add_tests(exhaustive_tests);
	add_tests(interleave_tests);
	add_tests(random_tests);
	add_tests(thread_tests);

	/* Stop at the first TEST, as COMMAND is no option either. */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'q':
			test_quick = true;
			break;
		case 's':
			test_seed = strtoull(optarg, &end, 0);
			if (*end || !test_seed)
				die_of_usage(argv[0]);
			break;
		case 'a':
			if (optind == argc)
				die_of_usage(argv[0]);
			add_tests((struct test[]){
				{ .name = optarg, .command = argv[optind++] },
				{ }
			});
			break;
		default:
			die_of_usage(argv[0]);
		}
	}
	drop_unwanted(argv + optind);
	if (!nr_runs) {
		fprintf(stderr, "%s: there is no such test\n", argv[0]);
		return 2;
	}
	return run_all();
}
