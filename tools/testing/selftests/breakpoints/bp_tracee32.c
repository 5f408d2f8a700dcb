// SPDX-License-Identifier: GPL-2.0
/* A 32-bit program for 64-bit debuggers: says where things are, and goes round. */
#include <signal.h>

#include "bp_tracee.h"
#include "bp_util.h"

int main(void)
{
	bp_area_publish();
	raise(SIGSTOP);
	bp_rounds();
	return 0;
}
