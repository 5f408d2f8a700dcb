#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shell.sh: an interactive guest on this terminal, with the distribution's perf
# and gdb, unpacked with their libraries under build/ARCH/tools (not installed).

. "$(dirname "$0")/lib.sh"
load_arch
MEM=${MEM:-2048}
. "$SCRIPTS/qemu.sh"
. "$SCRIPTS/tools.sh"

[ -t 0 ] || die "make shell wants a terminal; make guest RUN='command' does not"
check_qemu
make_tools
DIR=$(mktemp -d "$BUILD/shell-XXXX")
trap 'rm -rf "$DIR"' EXIT
mkdir -p "$DIR/in/etc"
{
	stty size | sed -n "s/^\([1-9][0-9]*\) \([1-9][0-9]*\)\$/stty rows \1 cols \2/p"
	echo "PS1='guest:\\w# '"
} > "$DIR/in/etc/profile"
{
	cat "$OBJ.cpio" "$TOOLS.cpio"
	[ -z "${EXTRA:-}" ] || archive "$EXTRA"
	archive "$DIR/in"
} > "$DIR/initrd"
say "a guest with perf and gdb; \`exit\` leaves it, Ctrl-a x ends it at once"
(qemu "$DIR/initrd" "loglevel=4 TERM=${TERM:-linux}" -serial mon:stdio) || :
stty sane
