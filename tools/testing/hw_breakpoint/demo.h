/* SPDX-License-Identifier: GPL-2.0 */
/* What the demonstration's programs share; a function that fails ends the program. */
#ifndef DEMO_H
#define DEMO_H

#include <err.h>
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* demo-symbols.c: names for addresses */
struct symbol {
	unsigned long addr;
	unsigned long size;	/* 0: not known */
	char *name;
};

struct symbols {
	struct symbol *all;
	size_t nr;
};

void symbols_of_process(struct symbols *s, pid_t pid);
void symbols_of_kernel(struct symbols *s);
const struct symbol *symbol_named(const struct symbols *s, const char *name);
/* As "name" or "name+0x1f"; the next call overwrites it. */
const char *symbol_at(const struct symbols *s, unsigned long addr);
/* Of a variable of 1, 2, 4 or 8 bytes, which is what one register can watch. */
long value_of(pid_t pid, const struct symbol *variable);

/* demo-ring.c: a perf event with its ring buffer, where each hit is a record */
struct ring {
	int fd;
	struct perf_event_mmap_page *page;
};

void ring_open(struct ring *ring, struct perf_event_attr *attr, pid_t pid, int cpu);
/* Copies the oldest record and frees its place; false if there is none. */
bool ring_next(struct ring *ring, void *record, size_t size);

#endif
