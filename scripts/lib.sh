# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What every script here shares: where things are, how to speak, what the
# architecture is. Sourced first, from bash. Standard output is left to the
# result (a guest's output, say); everything that is said goes to stderr.

set -euo pipefail
export LC_ALL=C
# Verbs are called from make; nothing of that make may leak into the kernel's
# (its command line variables would override those that we pass).
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CDPATH

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The self-test of the derivation works on a small tree of its own.
TOP=${SELFTEST_TOP:-$(dirname "$SCRIPTS")}
# STOCK=7.3 is another base than that of the file STOCK: stock-7.3/ has its STOCK and
# STOCK.sums, and the patches that differ there; build/7.3 is all that is made of it.
STOCK=${STOCK:-}
BASE=$TOP${STOCK:+/stock-$STOCK}
BUILD=$TOP/build${STOCK:+/$STOCK}
ARCH=${ARCH:-x86_64}
KERNEL=${KERNEL:-ours}
VARIANT=${VARIANT:-}
ALL_ARCHES="x86_64 arm64 ppc64le"
JOBS=$(nproc)

say()  { echo "== $*" >&2; }
warn() { echo "warning: $*" >&2; }
die()  { echo "error: $*" >&2; exit 1; }

[ -z "$STOCK" ] || [[ "$STOCK" != */* && -f "$BASE/STOCK" ]] ||
	die "STOCK=$STOCK is no base that there is; say STOCK=... with one of:" \
	    "$(cd "$TOP" && echo stock-*/ | sed 's,stock-\([^/]*\)/,\1,g'); or leave it out"
[ -z "$STOCK" ] || ALL_ARCHES=$(sed -n 's/^STOCK_ARCHES=//p' "$BASE/STOCK" | tr -d '"')

# load_arch: read scripts/arch/$ARCH.sh, which sets
#   KARCH CROSS		the kernel's ARCH and CROSS_COMPILE
#   TARGETS IMAGE STEPS	what to build, what to boot, lines a whole build prints
#   TEST_MODULES	modules that tests need, in the order to load them in
#   PACKAGES DEB_ARCH	Debian packages beyond the common ones; Debian's name for it
#   QEMU QEMU_PACKAGE QEMU_MIN MACHINE  its emulator, in which package, how new
#   OTHER_CPUS		what CPU= can be as well, to try the tests on
#   CONSOLE EARLYCON	its console, and the parameter for one before that
#   BOOT_PARAMETERS	of the kernel, in each guest
#   KGDB_TTY KGDB_QEMU GDB  the serial line for kgdb, if there is one; how QEMU is told
#			to connect it with the character device "gdb"; who talks there
#   SYSCALL		what the names of system calls begin with in the kernel
#   HARMLESS		what looks like a splat and is none
#   HALTED_LOOK		what QEMU says of a CPU with nothing armed, if it tells
# and what follows: SRCARCH, its directory in arch/; from KERNEL= and VARIANT=, SRC, its
# source; FLAVOUR, how it is called in paths; OBJ, where it is built; KNOWN, a list of
# others' splats, if there is one.
load_arch()
{
	[[ "$ARCH" =~ ^[a-z0-9_]+$ && -f "$SCRIPTS/arch/$ARCH.sh" ]] ||
		die "ARCH=$ARCH is unknown; say ARCH=... with one of: $ALL_ARCHES"
	TEST_MODULES='' OTHER_CPUS='' BOOT_PARAMETERS='' HALTED_LOOK='' CHANNEL_LINES=''
	KGDB_TTY='' KGDB_QEMU='' GDB=gdb HARMLESS=''
	# shellcheck source=scripts/arch/x86_64.sh
	. "$SCRIPTS/arch/$ARCH.sh"
	SRCARCH=${KARCH/x86_64/x86}
	case "$KERNEL" in
	ours)	SRC=$BUILD/tree ;;
	stock)	SRC=$BUILD/stock ;;
	series)	SRC=$BUILD/series/tree ;;	# as far as series.sh has come
	*)	die "KERNEL=$KERNEL is unknown; say KERNEL=ours or KERNEL=stock" ;;
	esac
	[ -z "$VARIANT" ] || [[ "$VARIANT" =~ ^[a-z0-9-]+$ && -f "$TOP/qemu/$VARIANT.config" ]] ||
		die "VARIANT=$VARIANT is unknown; there is no qemu/$VARIANT.config"
	FLAVOUR=$KERNEL${VARIANT:+-$VARIANT}
	OBJ=$BUILD/$ARCH/$FLAVOUR
	KNOWN=$TOP/qemu/$VARIANT.known
	[ "$VARIANT" != small ] || STEPS=$((STEPS * 9 / 10))
	TARGETS+=" samples/hw_breakpoint/data_breakpoint.ko"
	[ "$KERNEL" = stock ] ||
	{ [ "$KERNEL" = series ] && [ ! -e "$SRC/samples/hw_breakpoint/follow_object.c" ]; } ||
		TARGETS+=" samples/hw_breakpoint/follow_object.ko"
}

# need_space DIR MIB: stop before the disk is full, not in the middle.
need_space()
{
	local free

	mkdir -p "$1"
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] ||
		die "$1 has $free MiB free, $2 MiB are needed: make room, or" \
		    "make build/ a symbolic link to a directory on a larger disk"
}

# locked NAME: one process at a time from here on to the end of this one;
# called in a subshell. Children get no copy of the lock.
locked()
{
	mkdir -p "$BUILD"
	exec 9> "$BUILD/.lock-$1"
	flock -n 9 && return
	say "waiting for another one that is busy with the $1"
	flock 9
}

# put_file NEW OLD: put NEW in OLD's place, as a file of its own and of this time
# (never through a hard link).
put_file()
{
	mkdir -p "$(dirname "$2")"
	rm -f "$2"
	cp --preserve=mode "$1" "$2"
}
