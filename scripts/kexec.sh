#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kexec.sh: from a guest with breakpoints armed on every CPU into the same kernel
# again, by kexec; there the selftest bp_boot says what it finds. KTAP goes to the
# verdict channel, as from any guest. The selftests must have been built.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/qemu.sh"
. "$SCRIPTS/apt.sh"

TOOLS=$BUILD/$ARCH/kexec
ROOT=$BUILD/$ARCH/kexec.$FLAVOUR
TESTS=$BUILD/$ARCH/selftests.$FLAVOUR

make_root()
{
	local in=$ROOT.in

	[ -x "$TESTS/guest/tests/breakpoints/bp_boot" ] ||
		die "no ${TESTS#"$TOP"/}: scripts/selftests.sh makes it"
	rm -rf "$ROOT" "$in"
	mkdir -p "$ROOT/guest/kexec" "$in/guest"
	cp -a "$TOOLS/." "$ROOT"
	cp -a "$TESTS/." "$ROOT"
	cp "$TOP"/qemu/{arm-all,kexec}.sh "$ROOT/guest"
	cp "$OBJ.image" "$ROOT/guest/kexec/image"
	echo "/guest/run-tests kexec /guest/tests/breakpoints/bp_boot" > "$in/guest/command"
	{ cat "$OBJ.cpio"; archive "$TESTS"; archive "$in"; } > "$ROOT/guest/kexec/initrd"
	rm -r "$in"
}

check_qemu
if [ ! -x "$TOOLS/sbin/kexec" ] && [ ! -x "$TOOLS/usr/sbin/kexec" ]; then
	say "fetching kexec-tools and its libraries (5 MB) into ${TOOLS#"$TOP"/}"
	apt_unpack "$TOOLS" kexec-tools
	# the C library's character sets are most of it
	rm -rf "$TOOLS"/usr/lib/*/gconv
fi
make_root
EXTRA=$ROOT RUN="/guest/kexec.sh console=$CONSOLE panic=-1 oops=panic $EARLYCON loglevel=7" \
	exec "$SCRIPTS/guest.sh"
