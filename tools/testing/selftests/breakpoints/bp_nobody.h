/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An ordinary user, in a process of his own, for there is no way back. What looks at
 * the answers he gets runs there too, and has but its exit status to tell of them: it
 * counts those that are wrong.
 */
#ifndef BP_NOBODY_H
#define BP_NOBODY_H

#include <linux/perf_event.h>
#include <stdbool.h>

/* Makes the calling process one, which has to be root's. */
bool bp_become_nobody(void);
/* Runs @fn in a new one: how much of what it sees is not as it should be. */
int bp_as_nobody(int (*fn)(void *arg), void *arg);

/* Counts one that is wrong, and tells of the first few. */
int bp_wrong(const char *what, unsigned long long addr, unsigned long long len,
	     long got);

/*
 * One that nobody may have. Whether it can hit or not: he has to exclude the kernel,
 * see bp_can_exclude_kernel().
 */
struct perf_event_attr bp_nobodys_attr(void);
/* Asks for one of a CPU, and one of its parent, which is root's: EACCES, or wrong. */
int bp_ask_for_roots(void);

#endif /* BP_NOBODY_H */
