/* SPDX-License-Identifier: GPL-2.0 */
/* What debugfs shows of breakpoints, hw_breakpoint/slots and limits, to programs. */
#ifndef BP_SHOWN_H
#define BP_SHOWN_H

#include <stdbool.h>
#include <sys/types.h>

#define BP_SHOWN	"/sys/kernel/debug/hw_breakpoint"
#define BP_NEEDS_SHOWN	"needs debugfs, and a kernel that has hw_breakpoint/ there"

#define BP_MAX_LINES	4096

/* A class of "slots", */
struct bp_totals {
	char class[16];
	unsigned int registers, wide, debugger, cpu, task, fullest;
};

/* and a line; symbol is empty if there is none. */
struct bp_line {
	unsigned long long id, len, addr;
	char class[16], kind[16], task[80], cpu[8], owner[80], state[16], hits[24], type[4];
	char symbol[128];
	unsigned int weight;
};

struct bp_shown {
	struct bp_totals totals[2];
	struct bp_line lines[BP_MAX_LINES];
	int nr_totals, nr;
};

/* The whole of a file, from one open; NULL if it cannot be read. */
char *bp_read_file(const char *path);
/* Reads "slots"; says what is not as it is documented. */
bool bp_read_slots(struct bp_shown *shown);
/* Do the lines add up to the totals, and is nothing above the limit? Says if not. */
bool bp_sums_agree(const struct bp_shown *shown);
/* The line of an event, by its descriptor; the first one of a kind; or NULL. */
struct bp_line *bp_find(struct bp_shown *shown, int fd);
struct bp_line *bp_find_kind(struct bp_shown *shown, const char *kind);
unsigned long long bp_id(int fd);

#endif /* BP_SHOWN_H */
