#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# clients.sh: the distribution's perf, gdb and gdbserver, and BPF programs, for the
# guest: build/ARCH/clients.KERNEL is an EXTRA with them in its root, and with what
# they are made to do in /guest/tests/clients. All of it is the same on stock.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/qemu.sh"
. "$SCRIPTS/tools.sh"
ROOT=$BUILD/$ARCH/clients.$KERNEL

make_tools
rm -rf "$ROOT"
mkdir -p "$ROOT/guest/tests"
# links: the same files as make shell's
cp -al "$TOOLS/." "$ROOT"
make -s -C "$BUILD/tree/tools/testing/hw_breakpoint" O="$ROOT/guest/tests" \
	CC="${CROSS}gcc" NM="${CROSS}nm" clients
say "made ${ROOT#"$TOP"/}"
