#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shell.sh: an interactive guest on this terminal, with the distribution's perf
# and gdb, unpacked with their libraries under build/ARCH/tools (not installed).

. "$(dirname "$0")/lib.sh"
load_arch
MEM=${MEM:-2048}
. "$SCRIPTS/qemu.sh"
. "$SCRIPTS/apt.sh"
TOOLS=$BUILD/$ARCH/tools
DEBS=$BUILD/deb/$ARCH-tools

# An empty package database makes apt name all that gdb and perf stand on.
fetch_tools()
{
	local log=$BUILD/$ARCH/tools.log
	local get=(apt-get "${APT[@]}" -y --no-install-recommends --download-only
		-o "Dir::State::status=$DEBS/none" -o "Dir::Cache::archives=$DEBS"
		-o Debug::NoLocking=1 install gdb linux-perf ncurses-base)

	mkdir -p "$DEBS/partial"
	: > "$DEBS/none"
	say "fetching gdb, perf and their libraries (60 MB)"
	"${get[@]}" > "$log" 2>&1 || {
		apt_own_lists
		"${get[@]}" "${APT[@]}" > "$log" 2>&1
	} || die "cannot download them: is there a network? apt says:" \
		"$(grep -m 1 '^[EW]:' "$log")"
}

make_tools()
{
	local deb

	[ ! "$TOOLS.cpio" -nt "$0" ] || return 0
	need_space "$BUILD" 1000
	fetch_tools
	say "unpacking them into ${TOOLS#"$TOP"/}"
	rm -rf "$TOOLS"
	mkdir -p "$TOOLS"
	for deb in "$DEBS"/*.deb; do
		case "$(basename "$deb")" in
		# what their installation needs, not they
		perl*|dpkg_*|debconf_*|ucf_*|tar_*|sensible-utils_*) continue ;;
		esac
		dpkg-deb -x "$deb" "$TOOLS"
	done
	# perf is linked with perl's library, but needs none of its modules
	rm -rf "$TOOLS"/usr/share/{doc,man,locale,info,lintian,bug,perl} "$TOOLS"/usr/lib/*/perl
	archive "$TOOLS" > "$TOOLS.cpio.new"
	mv "$TOOLS.cpio.new" "$TOOLS.cpio"
}

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
