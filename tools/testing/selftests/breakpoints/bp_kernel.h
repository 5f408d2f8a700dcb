/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Breakpoints of the kernel's own, as test_modules/bp_module.c makes them: its
 * files are described there. And what brings CPUs and the machine down and up.
 * Failing calls return -errno.
 */
#ifndef BP_KERNEL_H
#define BP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#define BPK_MAX_CPUS	64
#define BPK_MAX_HELD	17

/*
 * Loads the module anew, from test_modules where the program is. Returns why it
 * cannot be, for SKIP(), or NULL.
 */
const char *bpk_load(void);
/* Unloads it, and with it goes all that it held. */
int bpk_unload(void);

int bpk_write(const char *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The module's files of numbers: reads up to @max, returns how many. */
int bpk_read(const char *file, unsigned long *numbers, int max);

/* Registers or unregisters wide ones until @n are held. */
int bpk_wide(int n);
int bpk_wide_held(void);
/* The same for those that are bound to @cpu. */
int bpk_bound(int cpu, int n);
int bpk_bound_held(int cpu);
/* How many more wide ones there is room for; -errno if not ENOSPC is the end. */
int bpk_wide_room(void);

struct bpk_answers {
	unsigned long granted, refused, failed;
};

struct bpk_answers bpk_answers(const char *file);

/* On the CPU of the caller. */
int bpk_touch(int times);
/* The same on each CPU that is online; the caller ends up where it may run. */
int bpk_touch_all(int times);
int bpk_reset_hits(void);
/*
 * Is it so that on each CPU, each time that the words were touched there, the
 * first @wide wide ones hit once, those bound to it too, no other did, and all of
 * these where they should? Prints what is not.
 */
bool bpk_all_seen(int wide);

/* How often @cpu touched, and how often wide one, or bound one, @nr hit there. */
unsigned long bpk_touches(int cpu);
unsigned long bpk_wide_hits(int cpu, int nr);
unsigned long bpk_bound_hits(int cpu, int nr);

/* CPUs that are there, online or not; 0 if that cannot be found out. */
int bpk_possible_cpus(void);
bool bpk_online(int cpu);
int bpk_set_online(int cpu, bool online);
/* Brings all online that are not. */
int bpk_all_online(void);
/* Whether a CPU but the first can go. */
bool bpk_has_hotplug(void);

/*
 * Suspends to memory, until an alarm after @seconds, two at the least; -EAGAIN if
 * it came back before it had slept.
 */
int bpk_suspend(int seconds);
bool bpk_has_suspend(void);

#endif /* BP_KERNEL_H */
