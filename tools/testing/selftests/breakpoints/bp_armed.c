// SPDX-License-Identifier: GPL-2.0
/*
 * No test, but for one: bp_armed CPU
 *
 * Has a breakpoint in a register of that CPU from when it says "armed", and hits
 * it without end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bp_util.h"

int main(int argc, char **argv)
{
	struct perf_event_attr attr = bp_attr(HW_BREAKPOINT_W, bp_data, 4);
	int fd, err;

	if (argc != 2) {
		fprintf(stderr, "usage: bp_armed CPU\n");
		return 2;
	}
	err = bp_pin(atoi(argv[1]));
	fd = err ?: bp_open(&attr, BP_SELF, BP_ANY_CPU);
	if (fd < 0) {
		fprintf(stderr, "bp_armed: %s\n", strerror(-fd));
		return 1;
	}
	bp_do_stores(1);
	if (bp_hits(fd) != 1) {
		fprintf(stderr, "bp_armed: it does not hit\n");
		return 1;
	}
	printf("armed\n");
	fflush(stdout);
	for (;;)
		bp_do_stores(1000);
}
