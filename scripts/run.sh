#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh: the subsystem at work on real programs, in a guest: the demonstration of
# tools/testing/hw_breakpoint, whose `demo` target builds O/demo, the guest's /demo.
# Its kernel is the one that tests have left, or, where there is none, a small one,
# which takes half the time to build.

. "$(dirname "$0")/lib.sh"
load_arch
if [ ! -f "$OBJ.image" ]; then
	export VARIANT=small
	load_arch
fi
DEMO=$BUILD/$ARCH/demo

"$SCRIPTS/build.sh"
say "building the programs of the demonstration"
rm -rf "$DEMO"
make -s -C "$TOP/tools/testing/hw_breakpoint" O="$DEMO" CC="${CROSS}gcc" demo < /dev/null
say "booting a guest"
EXTRA=$DEMO RUN=/demo/demo.sh "$SCRIPTS/guest.sh"
