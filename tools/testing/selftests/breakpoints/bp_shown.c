// SPDX-License-Identifier: GPL-2.0
/* Reading what debugfs shows of breakpoints; see bp_shown.h. */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "bp_shown.h"

#define MAX_CPUS	256
#define TASKS		512

static char text[1 << 20];

char *bp_read_file(const char *path)
{
	ssize_t size = 0, n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return NULL;
	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += n;
	text[size] = '\0';
	close(fd);
	return n < 0 ? NULL : text;
}

static bool parse_totals(const char *s, struct bp_totals *t)
{
	return sscanf(s, "%15s %u %u %u %u %u %u", t->class, &t->registers, &t->wide,
		      &t->debugger, &t->cpu, &t->task, &t->fullest) == 7;
}

static bool parse_line(const char *s, struct bp_line *l)
{
	l->symbol[0] = '\0';
	return sscanf(s, "%llu %15s %u %15s %79s %7s %79s %15s %23s %3s %llu %llx %127[^\n]",
		      &l->id, l->class, &l->weight, l->kind, l->task, l->cpu, l->owner,
		      l->state, l->hits, l->type, &l->len, &l->addr, l->symbol) >= 12;
}

/* Says what cannot be parsed. */
static bool parse_slots(struct bp_shown *shown)
{
	char *s = text, *end;
	bool in_lines = false;

	shown->nr = 0;
	shown->nr_totals = 0;
	for (; *s; s = end + 1) {
		bool good;

		end = strchr(s, '\n');
		if (!end)
			break;
		*end = '\0';
		if (!strncmp(s, "class ", 6) || !*s)
			continue;
		if (!strncmp(s, "id ", 3)) {
			in_lines = true;
			continue;
		}
		if (in_lines)
			good = shown->nr < BP_MAX_LINES &&
			       parse_line(s, &shown->lines[shown->nr++]);
		else
			good = shown->nr_totals < 2 &&
			       parse_totals(s, &shown->totals[shown->nr_totals++]);
		if (!good) {
			ksft_print_msg("not as documented: %s\n", s);
			return false;
		}
	}
	return in_lines;
}

bool bp_read_slots(struct bp_shown *shown)
{
	return bp_read_file(BP_SHOWN "/slots") && parse_slots(shown);
}

unsigned long long bp_id(int fd)
{
	unsigned long long id = 0;

	ioctl(fd, PERF_EVENT_IOC_ID, &id);
	return id;
}

struct bp_line *bp_find(struct bp_shown *shown, int fd)
{
	unsigned long long id = bp_id(fd);

	for (int i = 0; i < shown->nr; i++)
		if (shown->lines[i].id == id)
			return &shown->lines[i];
	return NULL;
}

struct bp_line *bp_find_kind(struct bp_shown *shown, const char *kind)
{
	for (int i = 0; i < shown->nr; i++)
		if (!strcmp(shown->lines[i].kind, kind))
			return &shown->lines[i];
	return NULL;
}

/* What the lines say, added up anew: for W + C[c] + A[t] + S[t][c]. */
struct sums {
	unsigned int wide, debugger, cpu, task, fullest;
	unsigned int on_cpu[MAX_CPUS];
	char tasks[TASKS][80];
	unsigned int nr_tasks;
	unsigned int everywhere[TASKS];
	unsigned int on[TASKS][MAX_CPUS];
};

static unsigned int task_number(struct sums *sums, const char *task)
{
	unsigned int t;

	/* By pid: its name may change while the file is read. */
	task = strrchr(task, '/') ?: task;
	for (t = 0; t < sums->nr_tasks; t++)
		if (!strcmp(sums->tasks[t], task))
			return t;
	snprintf(sums->tasks[t], sizeof(sums->tasks[t]), "%s", task);
	memset(sums->on[t], 0, sizeof(sums->on[t]));
	sums->everywhere[t] = 0;
	sums->nr_tasks++;
	return t;
}

static void add_up(const struct bp_shown *shown, const char *class, struct sums *sums)
{
	memset(sums, 0, offsetof(struct sums, tasks));
	sums->nr_tasks = 0;
	for (int i = 0; i < shown->nr; i++) {
		const struct bp_line *l = &shown->lines[i];
		int cpu = strcmp(l->cpu, "*") ? atoi(l->cpu) : -1;

		if (strcmp(l->class, class))
			continue;
		if (!strcmp(l->kind, "wide")) {
			sums->wide += l->weight;
		} else if (!strcmp(l->kind, "debugger")) {
			sums->debugger += l->weight;
		} else if (!strcmp(l->kind, "cpu")) {
			sums->cpu += l->weight;
			sums->on_cpu[cpu] += l->weight;
		} else {
			unsigned int t = task_number(sums, l->task);

			sums->task += l->weight;
			if (cpu < 0)
				sums->everywhere[t] += l->weight;
			else
				sums->on[t][cpu] += l->weight;
		}
	}
	for (int c = 0; c < MAX_CPUS; c++) {
		unsigned int most = 0;

		for (unsigned int t = 0; t < sums->nr_tasks; t++)
			if (sums->everywhere[t] + sums->on[t][c] > most)
				most = sums->everywhere[t] + sums->on[t][c];
		if (sums->on_cpu[c] + most > sums->fullest)
			sums->fullest = sums->on_cpu[c] + most;
	}
	sums->fullest += sums->wide + sums->debugger;
}

bool bp_sums_agree(const struct bp_shown *shown)
{
	static struct sums sums;

	for (int i = 0; i < shown->nr_totals; i++) {
		const struct bp_totals *t = &shown->totals[i];

		add_up(shown, t->class, &sums);
		if (sums.wide == t->wide && sums.debugger == t->debugger &&
		    sums.cpu == t->cpu && sums.task == t->task &&
		    sums.fullest == t->fullest && t->fullest <= t->registers)
			continue;
		ksft_print_msg("%s: %u registers, and sums of lines beside what is said:\n",
			       t->class, t->registers);
		ksft_print_msg("wide %u %u, debugger %u %u, cpu %u %u, task %u %u, fullest %u %u\n",
			       sums.wide, t->wide, sums.debugger, t->debugger, sums.cpu,
			       t->cpu, sums.task, t->task, sums.fullest, t->fullest);
		return false;
	}
	return true;
}
