/* SPDX-License-Identifier: GPL-2.0 */
/* Reading the samples of an event: just the record layout that the tests ask for. */
#ifndef BP_RING_H
#define BP_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

/* The sample_type that bp_ring_next() can take apart. */
#define BP_RING_SAMPLE							\
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |	\
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_CPU)

/* Field order is that of the record. */
struct bp_sample {
	__u64 id;
	__u64 ip;
	__u32 pid, tid;
	__u64 addr;
	__u32 cpu, reserved;
	/* From the record's header. */
	__u16 cpumode;
};

struct bp_ring {
	struct perf_event_mmap_page *page;
	__u64 size;
};

int bp_ring_map(struct bp_ring *ring, int fd);
void bp_ring_unmap(struct bp_ring *ring);
/* Takes the oldest sample out, up to @size bytes of what is behind its header. */
bool bp_ring_next_raw(struct bp_ring *ring, struct perf_event_header *header,
		      void *body, size_t size);
/* The same for samples of BP_RING_SAMPLE; false if there is none. */
bool bp_ring_next(struct bp_ring *ring, struct bp_sample *sample);

#endif /* BP_RING_H */
