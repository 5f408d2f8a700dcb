// SPDX-License-Identifier: GPL-2.0
/* A perf event with its ring buffer, where each hit is a record. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "demo.h"

#define DATA_PAGES	16	/* a power of two */

void ring_open(struct ring *ring, struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long page = sysconf(_SC_PAGESIZE);

	attr->size = sizeof(*attr);
	ring->fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0 && cpu < 0)
		err(1, "cannot watch process %d", pid);
	if (ring->fd < 0)
		err(1, "cannot watch CPU %d", cpu);
	ring->page = mmap(NULL, (1 + DATA_PAGES) * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			  ring->fd, 0);
	if (ring->page == MAP_FAILED)
		err(1, "mmap of a perf event");
}

/* A record may wrap around at the end of the buffer. */
static void copy(const struct ring *ring, __u64 from, void *to, size_t size)
{
	const char *data = (const char *)ring->page + ring->page->data_offset;
	size_t at = from % ring->page->data_size;
	size_t first = ring->page->data_size - at;

	if (first > size)
		first = size;
	memcpy(to, data + at, first);
	memcpy((char *)to + first, data, size - first);
}

bool ring_next(struct ring *ring, void *record, size_t size)
{
	/* Pairs with the kernel's barrier between writing a record and the head. */
	__u64 head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	__u64 tail = ring->page->data_tail;
	struct perf_event_header header;

	if (head == tail)
		return false;
	copy(ring, tail, &header, sizeof(header));
	if (header.type == PERF_RECORD_LOST)
		errx(1, "more hits than the ring buffer holds");
	if (header.size > size)
		errx(1, "a record of %u bytes: room for %zu", header.size, size);
	copy(ring, tail, record, header.size);
	/* Pairs with the kernel's: it writes there only after we have read. */
	__atomic_store_n(&ring->page->data_tail, tail + header.size, __ATOMIC_RELEASE);
	return true;
}
