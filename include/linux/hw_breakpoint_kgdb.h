/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel debugger's hardware breakpoints: what an architecture's
 * struct kgdb_arch needs of them.
 */
#ifndef _LINUX_HW_BREAKPOINT_KGDB_H
#define _LINUX_HW_BREAKPOINT_KGDB_H

#include <linux/kgdb.h>

struct perf_event;
struct pt_regs;

#if defined(CONFIG_KGDB) && defined(CONFIG_HAVE_HW_BREAKPOINT)

/* struct kgdb_arch */
int hw_breakpoint_kgdb_set(unsigned long addr, int len, enum kgdb_bptype type);
int hw_breakpoint_kgdb_remove(unsigned long addr, int len,
			      enum kgdb_bptype type);
void hw_breakpoint_kgdb_remove_all(void);
void hw_breakpoint_kgdb_enter(struct pt_regs *regs);
void hw_breakpoint_kgdb_leave(void);

/* The architecture's exception handler, gdb's stub, CPU hotplug. */
bool hw_breakpoint_kgdb_hit(const struct perf_event *bp);
char *hw_breakpoint_kgdb_reason(char *reply);
void hw_breakpoint_kgdb_online(void);
void hw_breakpoint_kgdb_offline(void);

/* Who shows what it holds. */
struct perf_event *hw_breakpoint_kgdb_look(int i, unsigned int *armed);

#else

static inline bool hw_breakpoint_kgdb_hit(const struct perf_event *bp)
{
	return false;
}

static inline char *hw_breakpoint_kgdb_reason(char *reply)
{
	return reply;
}

static inline struct perf_event *hw_breakpoint_kgdb_look(int i, unsigned int *armed)
{
	return NULL;
}

static inline void hw_breakpoint_kgdb_online(void) { }
static inline void hw_breakpoint_kgdb_offline(void) { }

#endif
#endif /* _LINUX_HW_BREAKPOINT_KGDB_H */
