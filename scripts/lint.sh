#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2317 # what verdict calls is reached
#
# lint.sh: do those who use the subsystem compile for ARCH= and its kin, and what do
# W=1, sparse, checkpatch --strict and kernel-doc say about our files? Is what our
# headers declare defined, what is global described, and the slot core apart? KTAP
# on stdout; what was said, under each failure.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"
load_arch

# Our C files, and those of a part of the tree.
owned()
{
	cd "$TOP"
	find arch include kernel samples tools -name '*.[ch]' | sort
}

# compiles NAME KARCH CROSS "OURS" TARGET...: with qemu/compile/NAME.config, over
# that of the guests if NAME is ARCH; ours with W=1 and sparse. Prints errors, and
# warnings in our files.
compiles()
{
	local name=$1 obj=$BUILD/compile/$1 log=$BUILD/compile/$1.log
	local frags=() cc=${3}gcc ours=$4 files
	local make=(make -C "$BUILD/tree" O="$obj" ARCH="$2" CROSS_COMPILE="$3" -j"$JOBS")
	shift 4

	say "compiling for $name: $ours $*"
	mkdir -p "$obj"
	[ "$name" != "$ARCH" ] ||
		frags=("$TOP/qemu/common.config" "$TOP/qemu/$ARCH.config")
	[ ! -f "$TOP/qemu/compile/$name.config" ] ||
		frags+=("$TOP/qemu/compile/$name.config")
	cat "${frags[@]}" > "$obj/fragments.config"
	! command -v ccache >/dev/null || cc="ccache $cc"
	make+=(CC="$cc" KCONFIG_ALLCONFIG="$obj/fragments.config")
	# A warning is said only when the object is made.
	find "$obj" -name 'hw_breakpoint*.o' -delete
	# shellcheck disable=SC2086 # a list
	if ! { "${make[@]}" -s allnoconfig && "${make[@]}" -s prepare &&
	       { [ -z "$ours" ] || "${make[@]}" W=1 C=1 -k $ours; } &&
	       "${make[@]}" -k "$@"; } < /dev/null > "$log" 2>&1; then
		grep -E 'error|Error|undefined' "$log" || tail "$log"
	fi
	files=$(owned | paste -sd '|')
	grep -E "($files):[0-9]+" "$log" | sed "s,$BUILD/tree/,," || :
}

# What is said of programs alone: <linux/compiler.h> is not theirs, and volatile
# is how a test makes the access that it watches for.
PROGRAMS="VOLATILE,PREFER_DEFINED_ATTRIBUTE_MACRO,AVOID_EXTERNS,CAMELCASE"

# strict OPTION...: what checkpatch says of the files on stdin. By their whole paths:
# else it takes them for source files of git's.
strict()
{
	sed "s,^,$TOP/," |
	xargs -r "$BUILD/stock/scripts/checkpatch.pl" --no-tree --strict --terse \
		--no-summary "$@" 2>&1 | sed "s,$TOP/,," || :
}

checkpatch()
{
	cd "$TOP"
	owned | grep -v -e '^tools/' -e '^include/trace/' | strict -f
	# kernel.h defines the kernel's own names, typedefs and all
	owned | grep '^tools/' | grep -vx tools/testing/hw_breakpoint/kernel.h |
		strict --ignore "$PROGRAMS" -f
	# as TRACE_EVENT() is laid out everywhere
	owned | grep '^include/trace/' |
		strict --ignore PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE -f
	printf '%s\n' patches/*.patch | strict --ignore FILE_PATH_CHANGES
	# its cache of names that the tree has
	rm -f .checkpatch-camelcase.*
}

kerneldoc()
{
	cd "$TOP"
	find kernel arch include -name '*hw_breakpoint*.[ch]' -print0 |
		xargs -0 "$BUILD/stock/scripts/kernel-doc" -none 2>&1
}

# names KINDS FILE...: the tags that a file has for others, with file and line.
names()
{
	local kinds=$1
	shift

	ctags -x --kinds-C="$kinds" --fields=+f --_xformat='%N %F:%n %f' \
		-I 'DECLARE_PER_CPU+,DEFINE_PER_CPU+' "$@" |
		awk '$3 != "file" { print $1, $2 }'
}

# Every function that others can call is described where it is defined; a stub
# for when it is configured out is defined elsewhere.
described()
{
	local f name where

	cd "$TOP"
	for f in $(find kernel arch -name '*.c' ! -name '*_test.c') include/linux/*.h; do
		names f "$f" | while read -r name where; do
			grep -q "^ \* $name() - " "$f" ||
				case $f in
				*.h)	grep -qrs "^ \* $name() - " kernel arch ;;
				*)	false ;;
				esac ||
				echo "$where: $name() has no kernel-doc"
		done
	done
}

# What our headers declare is defined in what was compiled for ARCH.
declared()
{
	local name where

	cd "$TOP"
	find "$BUILD/compile/$ARCH" -name '*.o' -exec "${CROSS}nm" --defined-only {} + |
		awk '$2 ~ /^[A-Z]$/ { print $3 }' | sort -u > "$BUILD/compile/$ARCH.defined"
	# shellcheck disable=SC2046 # names without blanks
	names px $(find include kernel "arch/$SRCARCH" -name '*.h' ! -path '*/trace/*') |
	while read -r name where; do
		grep -qx "$name" "$BUILD/compile/$ARCH.defined" ||
			echo "$where: $name is declared and nowhere defined"
	done
}

# includes FILE WHAT: and nothing else
includes()
{
	local has

	has=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*//p' "$1" | paste -sd ' ')
	[ "$has" = "$2" ] || echo "kernel/events/$1 includes $has, and should just $2"
}

# The slot core sees the kernel through one header, which userspace replaces.
seam()
{
	local f

	cd "$TOP/kernel/events"
	for f in hw_breakpoint_slots*.c; do
		[[ $f = *_test.c ]] || includes "$f" '"hw_breakpoint_slots.h"'
	done
	includes hw_breakpoint_slots.h '"hw_breakpoint_slots_internal.h"'
	includes hw_breakpoint_slots_cases.h '"hw_breakpoint_slots.h"'
	grep -nHE 'include.*("|linux/(hw_breakpoint|perf_event|sched)\.h)' \
		hw_breakpoint_slots_internal.h || :
}

say "checking our files; logs: build/compile"
"$SCRIPTS/packages.sh" sparse universal-ctags >&2
[ -d "$BUILD/tree" ] || "$SCRIPTS/derive.sh"

# by the names that the source files have
ours=$(cd "$TOP" && find kernel/events -name '*.c' | sed 's/c$/o/' | sort | xargs)

users="kernel/events/core.o kernel/exit.o kernel/ptrace.o kernel/debug/ drivers/misc/kgdbts.o"
arch=$(cd "$TOP" && find "arch/$SRCARCH" -name '*.c' | sed 's/c$/o/' | sort | xargs)
case $ARCH in
x86_64)
	"$SCRIPTS/packages.sh" gcc-arm-linux-gnueabi >&2
	plan 8
	# KVM, a user as well, is compiled and run for its own tests (modules.sh), but
	# for its VMX half, which QEMU does not emulate.
	# shellcheck disable=SC2086 # lists
	verdict "x86_64: all who use breakpoints compile, W=1 and sparse are silent" \
		compiles x86_64 x86_64 "" "$ours $arch samples/hw_breakpoint/data_breakpoint.o samples/hw_breakpoint/follow_object.o" \
		$users arch/x86/kernel/{alternative,kgdb,nmi,process,process_64}.o \
		arch/x86/kernel/{ptrace,reboot,traps}.o
	verdict "i386: the same files for 32 bits" \
		compiles i386 i386 "" "$ours ${arch/arch\/x86\/kernel\/hw_breakpoint_nmi_test.o/}" \
		arch/x86/kernel/{kgdb,ptrace,traps}.o
	verdict "arm: stock's back-end under our generic code" \
		compiles arm arm arm-linux-gnueabi- "$ours" kernel/events/core.o \
		arch/arm/kernel/{hw_breakpoint,ptrace}.o
	verdict "checkpatch --strict has nothing to say" checkpatch
	verdict "kernel-doc has nothing to say" kerneldoc
	verdict "every global function is described" described
	verdict "the slot core includes its one header" seam ;;
arm64)
	plan 2
	# shellcheck disable=SC2086 # lists
	verdict "arm64: all who use breakpoints compile, W=1 and sparse are silent" \
		compiles arm64 arm64 "$CROSS" "$ours $arch samples/hw_breakpoint/data_breakpoint.o samples/hw_breakpoint/follow_object.o" \
		$users arch/arm64/kernel/{debug-monitors,entry-common,kgdb,process,ptrace}.o \
		arch/arm64/kernel/{signal,signal32,suspend}.o arch/arm64/kvm/{arm,debug,reset}.o ;;
ppc64le)
	plan 4
	# shellcheck disable=SC2086 # lists
	verdict "ppc64le: all who use breakpoints compile, W=1 and sparse are silent" \
		compiles ppc64le powerpc "$CROSS" "$ours $arch samples/hw_breakpoint/data_breakpoint.o samples/hw_breakpoint/follow_object.o" \
		$users arch/powerpc/kernel/{process,signal,traps,dawr,kgdb}.o arch/powerpc/kernel/ptrace/ \
		arch/powerpc/xmon/
	verdict "8xx: the same files for 32 bits" \
		compiles 8xx powerpc "$CROSS" "$ours ${arch/hw_breakpoint_test.o/}" \
		arch/powerpc/kernel/{process,signal,traps}.o arch/powerpc/kernel/ptrace/
	# it has debug registers of another kind, which ptrace uses alone
	verdict "BookE: those who would use them compile without them" \
		compiles booke powerpc "$CROSS" "" kernel/events/core.o \
		arch/powerpc/kernel/{process,signal,traps}.o arch/powerpc/kernel/ptrace/ ;;
esac
verdict "$ARCH: what our headers declare is defined" declared
exit "$failed"
