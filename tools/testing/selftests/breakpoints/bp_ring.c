// SPDX-License-Identifier: GPL-2.0
/* The consumer's side of a perf event's ring buffer. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bp_ring.h"

#define DATA_PAGES	8

int bp_ring_map(struct bp_ring *ring, int fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *p;

	p = mmap(NULL, (1 + DATA_PAGES) * page, PROT_READ | PROT_WRITE,
		 MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	ring->page = p;
	ring->size = DATA_PAGES * page;
	return 0;
}

void bp_ring_unmap(struct bp_ring *ring)
{
	munmap(ring->page, ring->size / DATA_PAGES * (1 + DATA_PAGES));
}

/* Records may wrap around the end of the buffer. */
static void copy_out(const struct bp_ring *ring, __u64 pos, void *to, size_t len)
{
	const __u8 *data = (__u8 *)ring->page + ring->size / DATA_PAGES;

	for (size_t i = 0; i < len; i++)
		((__u8 *)to)[i] = data[(pos + i) % ring->size];
}

bool bp_ring_next_raw(struct bp_ring *ring, struct perf_event_header *header,
		      void *body, size_t size)
{
	__u64 head, tail;
	size_t len;

	/* Pairs with the kernel's barrier between a record and its data_head. */
	head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	for (tail = ring->page->data_tail; tail < head; tail += header->size) {
		copy_out(ring, tail, header, sizeof(*header));
		if (header->type != PERF_RECORD_SAMPLE)
			continue;
		len = header->size - sizeof(*header);
		copy_out(ring, tail + sizeof(*header), body, len < size ? len : size);
		tail += header->size;
		__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
		return true;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
	return false;
}

bool bp_ring_next(struct bp_ring *ring, struct bp_sample *sample)
{
	const size_t body = offsetof(struct bp_sample, cpumode);
	struct perf_event_header header;

	if (!bp_ring_next_raw(ring, &header, sample, body))
		return false;
	if (header.size != sizeof(header) + body)
		abort();
	sample->cpumode = header.misc & PERF_RECORD_MISC_CPUMODE_MASK;
	return true;
}
