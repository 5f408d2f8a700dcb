// SPDX-License-Identifier: GPL-2.0
/*
 * The parts of kernel.h that keep state: locks, memory, warnings.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>

#include "kernel.h"

void (*kernel_bug_context)(void);

void kernel_bug(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("# BUG: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	if (kernel_bug_context)
		kernel_bug_context();
	abort();
}

__thread unsigned int kernel_warnings;
__thread bool kernel_warnings_expected;

void kernel_warn(const char *cond, const char *file, int line)
{
	kernel_warnings++;
	if (!kernel_warnings_expected)
		fprintf(stderr, "# WARNING: %s:%d: %s\n", file, line, cond);
}

/*
 * Who executes.
 */

static __thread struct kernel_cpu kernel_thread_cpu;
static __thread struct kernel_cpu *kernel_current_cpu;

void (*kernel_step_hook)(void);
void (*kernel_wait_hook)(void);

struct kernel_cpu *kernel_this_cpu(void)
{
	return kernel_current_cpu ?: &kernel_thread_cpu;
}

struct kernel_cpu *kernel_switch_cpu(struct kernel_cpu *cpu)
{
	struct kernel_cpu *prev = kernel_this_cpu();

	kernel_current_cpu = cpu;
	return prev;
}

/*
 * Locks.  As lockdep does, remember which class was ever taken inside which,
 * and complain of the opposite at its first occurrence, deadlock or not.
 */

#define KERNEL_LOCK_CLASSES	8

static const char *kernel_lock_class_name[KERNEL_LOCK_CLASSES];
static bool kernel_lock_inside[KERNEL_LOCK_CLASSES][KERNEL_LOCK_CLASSES];

void kernel_lock_init(raw_spinlock_t *lock, const char *name)
{
	unsigned int i;

	for (i = 0; i < KERNEL_LOCK_CLASSES; i++) {
		if (!kernel_lock_class_name[i])
			kernel_lock_class_name[i] = name;
		if (!strcmp(kernel_lock_class_name[i], name))
			break;
	}
	REQUIRE(i < KERNEL_LOCK_CLASSES, "too many lock classes");
	*lock = (raw_spinlock_t){ .name = kernel_lock_class_name[i] };
}

static unsigned int kernel_lock_class(const raw_spinlock_t *lock)
{
	unsigned int i;

	for (i = 0; i < KERNEL_LOCK_CLASSES; i++)
		if (lock->name && kernel_lock_class_name[i] == lock->name)
			return i;
	kernel_bug("a lock that was never initialised is taken");
}

/* Several of one class may be taken inside @nest. */
static void kernel_lock_check_order(const raw_spinlock_t *lock,
				    const raw_spinlock_t *nest)
{
	struct kernel_cpu *this = kernel_this_cpu();
	unsigned int inner = kernel_lock_class(lock);

	for (unsigned int i = 0; i < this->nr_held; i++) {
		unsigned int outer = kernel_lock_class(this->held[i]);

		if (nest && inner == outer) {
			kernel_assert_held(nest, nest->name, __func__);
			continue;
		}
		REQUIRE(inner != outer, "%s is taken inside %s", lock->name,
			lock->name);
		REQUIRE(!__atomic_load_n(&kernel_lock_inside[outer][inner],
					 __ATOMIC_RELAXED),
			"%s is taken inside %s, which was taken inside it",
			lock->name, this->held[i]->name);
		__atomic_store_n(&kernel_lock_inside[inner][outer], true,
				 __ATOMIC_RELAXED);
	}
}

static void kernel_lock_taken(raw_spinlock_t *lock)
{
	struct kernel_cpu *this = kernel_this_cpu();

	REQUIRE(this->nr_held < ARRAY_SIZE(this->held), "too many locks are held");
	this->held[this->nr_held++] = lock;
	lock->taken++;
}

static void kernel_lock(raw_spinlock_t *lock, const raw_spinlock_t *nest)
{
	struct kernel_cpu *this = kernel_this_cpu(), *free = NULL;
	unsigned int spins = 0;

	kernel_step();
	kernel_lock_check_order(lock, nest);
	while (!__atomic_compare_exchange_n(&lock->holder, &free, this, false,
					    __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		if (kernel_wait_hook)
			kernel_wait_hook();
		else if (++spins % 64 == 0)
			sched_yield();
		free = NULL;
	}
	kernel_lock_taken(lock);
}

void raw_spin_lock(raw_spinlock_t *lock)
{
	kernel_lock(lock, NULL);
}

void raw_spin_lock_nest_lock(raw_spinlock_t *lock, const raw_spinlock_t *nest)
{
	kernel_lock(lock, nest);
}

bool raw_spin_trylock(raw_spinlock_t *lock)
{
	struct kernel_cpu *this = kernel_this_cpu(), *free = NULL;

	kernel_step();
	if (!__atomic_compare_exchange_n(&lock->holder, &free, this, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	kernel_lock_taken(lock);
	return true;
}

void raw_spin_unlock(raw_spinlock_t *lock)
{
	struct kernel_cpu *this = kernel_this_cpu();

	kernel_step();
	kernel_assert_held(lock, lock->name, __func__);
	REQUIRE(this->held[this->nr_held - 1] == lock,
		"%s is not the innermost lock", lock->name);
	this->nr_held--;
	__atomic_store_n(&lock->holder, NULL, __ATOMIC_RELEASE);
}

void kernel_assert_held(const raw_spinlock_t *lock, const char *name,
			const char *func)
{
	REQUIRE(__atomic_load_n(&lock->holder, __ATOMIC_RELAXED) ==
		kernel_this_cpu(), "%s: %s is not held", func, name);
}

/*
 * Memory.
 */

long kernel_blocks;
__thread unsigned long kernel_allocations;
__thread unsigned int kernel_fail_allocation;

/* In the arena, each block is this header, the payload and a guard. */
struct kernel_block {
	u64	magic;
	size_t	size;
	bool	free;
} __aligned(64);

#define KERNEL_BLOCK_MAGIC	0xb10cb10cb10cb10cULL
#define KERNEL_GUARD		16
#define KERNEL_GUARD_BYTE	0xcc
#define KERNEL_FREE_BYTE	0x6b

/* Lies at the arena's start, so that a copy of the arena has it too. */
struct kernel_arena {
	size_t	size;
	size_t	used;
	char	blocks[] __aligned(64);
};

static struct kernel_arena *kernel_arena;

void kernel_arena_start(void *base, size_t size)
{
	kernel_arena = base;
	if (!base)
		return;
	REQUIRE((unsigned long)base % 64 == 0, "the arena is not aligned");
	*kernel_arena = (struct kernel_arena){
		.size = size, .used = sizeof(*kernel_arena)
	};
}

size_t kernel_arena_used(void)
{
	return kernel_arena->used;
}

static size_t kernel_block_space(size_t size)
{
	return (sizeof(struct kernel_block) + size + KERNEL_GUARD + 63) & ~63UL;
}

static struct kernel_block *kernel_block_at(size_t offset)
{
	return (struct kernel_block *)((char *)kernel_arena + offset);
}

static void *kernel_arena_alloc(size_t size)
{
	struct kernel_block *block;
	size_t offset = sizeof(*kernel_arena);

	for (; offset < kernel_arena->used;
	     offset += kernel_block_space(block->size)) {
		block = kernel_block_at(offset);
		if (block->free && block->size == size)
			break;
	}
	block = kernel_block_at(offset);
	if (offset == kernel_arena->used) {
		kernel_arena->used += kernel_block_space(size);
		REQUIRE(kernel_arena->used <= kernel_arena->size,
			"the arena is too small");
	}
	*block = (struct kernel_block){ KERNEL_BLOCK_MAGIC, size, false };
	memset((char *)(block + 1) + size, KERNEL_GUARD_BYTE, KERNEL_GUARD);
	return block + 1;
}

static void kernel_arena_free(void *payload)
{
	struct kernel_block *block = (struct kernel_block *)payload - 1;

	REQUIRE(block->magic == KERNEL_BLOCK_MAGIC && !block->free,
		"kfree() of what was not allocated");
	memset(payload, KERNEL_FREE_BYTE, block->size);
	block->free = true;
}

static bool kernel_bytes_are(const char *p, size_t n, unsigned char byte)
{
	for (; n; p++, n--)
		if ((unsigned char)*p != byte)
			return false;
	return true;
}

void kernel_arena_check(void)
{
	struct kernel_block *block;

	for (size_t offset = sizeof(*kernel_arena); offset < kernel_arena->used;
	     offset += kernel_block_space(block->size)) {
		const char *payload;

		block = kernel_block_at(offset);
		payload = (const char *)(block + 1);
		REQUIRE(block->magic == KERNEL_BLOCK_MAGIC &&
			kernel_bytes_are(payload + block->size, KERNEL_GUARD,
					 KERNEL_GUARD_BYTE),
			"a block of %zu bytes is overrun", block->size);
		REQUIRE(!block->free ||
			kernel_bytes_are(payload, block->size,
					 KERNEL_FREE_BYTE),
			"a block of %zu bytes is used after free", block->size);
	}
}

void *kernel_zalloc(size_t n, size_t size)
{
	void *block;

	kernel_step();
	REQUIRE(!kernel_this_cpu()->nr_held, "memory is allocated inside %s",
		kernel_this_cpu()->held[0]->name);
	kernel_allocations++;
	if (kernel_fail_allocation && !--kernel_fail_allocation)
		return NULL;
	if (kernel_arena)
		block = kernel_arena_alloc(n * size);
	else if (posix_memalign(&block, 64, n * size))
		kernel_bug("out of memory");
	__atomic_fetch_add(&kernel_blocks, 1, __ATOMIC_RELAXED);
	return memset(block, 0, n * size);
}

void kfree(const void *block)
{
	if (!block)
		return;
	kernel_step();
	REQUIRE(!kernel_this_cpu()->nr_held, "memory is freed inside %s",
		kernel_this_cpu()->held[0]->name);
	__atomic_fetch_sub(&kernel_blocks, 1, __ATOMIC_RELAXED);
	if (kernel_arena)
		kernel_arena_free((void *)block);
	else
		free((void *)block);
}
