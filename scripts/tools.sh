# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The distribution's perf, gdb and gdbserver for a guest. Sourced after lib.sh,
# load_arch, and qemu.sh (archive).

. "$SCRIPTS/apt.sh"
TOOLS=$BUILD/$ARCH/tools

# make_tools: unpack them with their libraries under build/ARCH/tools (not
# installed), and the same as an archive, tools.cpio.
make_tools()
(
	[ ! "$TOOLS.cpio" -nt "${BASH_SOURCE[0]}" ] || return 0
	locked "$ARCH-tools"
	[ ! "$TOOLS.cpio" -nt "${BASH_SOURCE[0]}" ] || return 0
	need_space "$BUILD" 1000
	say "fetching gdb, perf and their libraries (60 MB) into ${TOOLS#"$TOP"/}"
	apt_unpack "$TOOLS" gdb gdbserver linux-perf ncurses-base
	# perf is linked with perl's library, but needs none of its modules
	rm -rf "$TOOLS"/usr/share/perl "$TOOLS"/usr/lib/*/perl
	archive "$TOOLS" > "$TOOLS.cpio.new"
	mv "$TOOLS.cpio.new" "$TOOLS.cpio"
)
