/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that hw_breakpoint_slots*.c take from the kernel.  The userspace build
 * in tools/testing/hw_breakpoint supplies the same names in its place.
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/hw_breakpoint_held.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H */
