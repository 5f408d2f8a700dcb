/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel, as far as kernel/events/hw_breakpoint_slots*.c need one.
 *
 * This header takes the place of hw_breakpoint_slots_internal.h, by having its
 * include guard, and supplies the same names.  They do what they do in the
 * kernel, and check what lockdep, kmemleak and might_sleep() would check there:
 * a breach ends the program with the reason, see kernel_bug().
 */
#ifndef _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H
#define _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#define __noreturn		__attribute__((noreturn))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/*
 * What the tests see of it.
 */

/* Say what is wrong, with the context that a test has set, and abort. */
extern void (*kernel_bug_context)(void);
__noreturn __printf(1, 2)
void kernel_bug(const char *fmt, ...);

/* A test's assertion. */
#define REQUIRE(cond, ...)						\
	do {								\
		if (__builtin_expect(!(cond), 0))			\
			kernel_bug(__VA_ARGS__);			\
	} while (0)

/*
 * Who executes: a thread has one by itself, and interleave.c makes another one
 * for the CPU or the NMI that gets in between.  A held lock points here.
 */
struct kernel_cpu {
	unsigned int			nr_held;
	/* each shard's, when all are frozen */
	struct kernel_spinlock		*held[72];
};

struct kernel_cpu *kernel_this_cpu(void);
/* From here on this thread is @cpu; returns who it was. */
struct kernel_cpu *kernel_switch_cpu(struct kernel_cpu *cpu);

/*
 * Called before each step that others can see or get in between, and when a
 * lock is held by somebody else; without it, waiting is done by spinning.
 */
extern void (*kernel_step_hook)(void);
extern void (*kernel_wait_hook)(void);

static inline void kernel_step(void)
{
	if (__builtin_expect(!!kernel_step_hook, 0))
		kernel_step_hook();
}

/* WARN_ON_ONCE() that came true, of this thread; printed unless expected. */
extern __thread unsigned int kernel_warnings;
extern __thread bool kernel_warnings_expected;

/* Blocks that are allocated now, and allocations of this thread ever. */
extern long kernel_blocks;
extern __thread unsigned long kernel_allocations;
/* If n > 0, the nth allocation of this thread from now fails. */
extern __thread unsigned int kernel_fail_allocation;

/*
 * Allocate from @base on instead of from the heap, so that everything the core
 * has can be saved and brought back by copying.  Blocks have guards, which
 * kernel_arena_check() looks at.  NULL ends it.
 */
void kernel_arena_start(void *base, size_t size);
size_t kernel_arena_used(void);
void kernel_arena_check(void);

/*
 * What the core sees of it.
 */

#define min(a, b) ({							\
	__auto_type __a = (a);						\
	__auto_type __b = (b);						\
	__a < __b ? __a : __b; })
#define max(a, b) ({							\
	__auto_type __a = (a);						\
	__auto_type __b = (b);						\
	__a > __b ? __a : __b; })
#define swap(a, b)							\
	do {								\
		__auto_type __tmp = (a);				\
		(a) = (b);						\
		(b) = __tmp;						\
	} while (0)

#define BIT(nr)		(1UL << (nr))

static inline unsigned long __fls(unsigned long word)
{
	return 8 * sizeof(word) - 1 - __builtin_clzl(word);
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << (__fls(n - 1) + 1);
}

/* Multiplicative hashing by 2^64 / phi, as <linux/hash.h> has it. */
static inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return (u64)(unsigned long)ptr * 0x61c8864680b583ebULL >> (64 - bits);
}

#define ____cacheline_aligned_in_smp	__aligned(64)

/* <linux/bug.h> */

void kernel_warn(const char *cond, const char *file, int line);

#define WARN_ON_ONCE(cond) ({						\
	bool __warn = (cond);						\
	if (__builtin_expect(__warn, 0))				\
		kernel_warn(#cond, __FILE__, __LINE__);			\
	__warn; })

/* <linux/atomic.h> */

typedef struct {
	int counter;
} atomic_t;

static inline int atomic_read(const atomic_t *v)
{
	kernel_step();
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *v, int i)
{
	kernel_step();
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline bool atomic_try_cmpxchg(atomic_t *v, int *old, int new)
{
	kernel_step();
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

typedef struct {
	long counter;
} atomic_long_t;

static inline long atomic_long_read(const atomic_long_t *v)
{
	kernel_step();
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline bool atomic_long_try_cmpxchg(atomic_long_t *v, long *old, long new)
{
	kernel_step();
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* <linux/spinlock.h>, <linux/lockdep.h> */

/*
 * The name stands first, and the size leaves no padding behind struct bp_shard,
 * so that whoever looks beyond an array at its end finds what is not zero.
 */
typedef struct kernel_spinlock {
	/* the expression that initialised it: lockdep's class */
	const char		*name;
	/* NULL if free: the lock is its holder */
	struct kernel_cpu	*holder;
	/* how often it was taken; by the lock */
	unsigned long		taken;
	unsigned long		padding[1];
} raw_spinlock_t;

void kernel_lock_init(raw_spinlock_t *lock, const char *name);
void raw_spin_lock(raw_spinlock_t *lock);
void raw_spin_lock_nest_lock(raw_spinlock_t *lock, const raw_spinlock_t *nest);
bool raw_spin_trylock(raw_spinlock_t *lock);
void raw_spin_unlock(raw_spinlock_t *lock);
void kernel_assert_held(const raw_spinlock_t *lock, const char *name,
			const char *func);

#define raw_spin_lock_init(lock)	kernel_lock_init(lock, #lock)
#define lockdep_assert_held(lock)	kernel_assert_held(lock, #lock, __func__)

/* <linux/slab.h>; allocating or freeing with a lock held is a breach. */

typedef unsigned int gfp_t;
#define GFP_KERNEL	0

void *kernel_zalloc(size_t n, size_t size);
void kfree(const void *block);

static inline void *kzalloc(size_t size, gfp_t flags)
{
	return (void)flags, kernel_zalloc(1, size);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return (void)flags, kernel_zalloc(n, size);
}

#define kvcalloc	kcalloc
#define kvfree		kfree

/* <linux/list.h> */

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !head->first;
}

static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline void hlist_add_head(struct hlist_node *node,
				  struct hlist_head *head)
{
	*node = (struct hlist_node){ head->first, &head->first };
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

static inline void hlist_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->pprev = NULL;
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (!hlist_unhashed(node))
		hlist_del(node);
}

#define hlist_entry_or_null(node, type, member) ({			\
	struct hlist_node *__node = (node);				\
	__node ? (type *)((char *)__node - offsetof(type, member)) : NULL; })

#define hlist_for_each_entry(pos, head, member)				\
	for (pos = hlist_entry_or_null((head)->first, typeof(*pos), member); \
	     pos;							\
	     pos = hlist_entry_or_null(pos->member.next, typeof(*pos), member))

#define hlist_for_each_entry_safe(pos, tmp, head, member)		\
	for (pos = hlist_entry_or_null((head)->first, typeof(*pos), member); \
	     pos && ((tmp = pos->member.next), true);			\
	     pos = hlist_entry_or_null(tmp, typeof(*pos), member))

#define __acquires(lock)
#define __releases(lock)
#define __acquire(lock)		((void)0)
#define __release(lock)		((void)0)

#include "../../../include/linux/hw_breakpoint_held.h"

#endif /* _KERNEL_EVENTS_HW_BREAKPOINT_SLOTS_INTERNAL_H */
