#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftests.sh: build tools/testing/selftests/breakpoints, and stock's
# perf_events/sigtrap_threads, with the kernel's own kselftest makefiles, from
# build/tree, for the guest: build/ARCH/selftests.KERNEL is an EXTRA with the programs
# in /guest/tests, and build/ARCH/selftests.list names those of ours to run. The same
# programs run on stock; their module is built for KERNEL, which scripts/build.sh must
# have made.

. "$(dirname "$0")/lib.sh"
load_arch

TREE=$BUILD/tree
SRC=$TREE/tools/testing/selftests/breakpoints
HEADERS=$BUILD/$ARCH/headers
OUT=$BUILD/$ARCH/selftests.build
ROOT=$BUILD/$ARCH/selftests.$FLAVOUR
MODULE=$BUILD/$ARCH/selftests.module.$FLAVOUR
LIST=$BUILD/$ARCH/selftests.list
LOG=$BUILD/$ARCH/selftests.log

# kselftest COLLECTION ARGUMENTS...
kselftest()
{
	local out=$OUT.$1 src=$TREE/tools/testing/selftests/$1

	shift
	# lib.mk wants OUTPUT to be there
	mkdir -p "$out"
	make -C "$src" OUTPUT="$out" ARCH="$KARCH" CROSS_COMPILE="$CROSS" CC="${CROSS}gcc" \
		KHDR_INCLUDES="-isystem $HEADERS/usr/include" LDFLAGS=-static \
		TEST_GEN_MODS_DIR= "$@" < /dev/null
}

# Not in build/tree, which is both kernels'.
module()
{
	mkdir -p "$MODULE"
	cp "$SRC/test_modules"/* "$MODULE"
	make -C "$MODULE" KDIR="$OBJ" ARCH="$KARCH" CROSS_COMPILE="$CROSS" modules < /dev/null
}

(
locked "$ARCH-selftests"
mkdir -p "$HEADERS"
{
	make -C "$TREE" O="$HEADERS" ARCH="$KARCH" headers < /dev/null &&
	kselftest breakpoints -j"$JOBS" &&
	kselftest perf_events "$OUT.perf_events/sigtrap_threads" &&
	module
} > "$LOG" 2>&1 || {
	grep -n -E -A 5 'error|Error' "$LOG" | head -n 40 >&2
	die "the selftests do not build; whole log: ${LOG#"$TOP"/}"
}
grep -A 5 'warning:' "$LOG" >&2 || :
# programs as they are named to kselftest's runner: COLLECTION:PROGRAM
kselftest breakpoints -s emit_tests | sed -n 's/^[^:]*:\([^ ]*\)$/\1/p' > "$LIST"
[ -s "$LIST" ] || die "the selftests' makefile names no programs (emit_tests)"
rm -rf "$ROOT"
mkdir -p "$ROOT/guest/tests/breakpoints/test_modules"
# scripts and data come from the source, what was built goes over them
find "$SRC" -maxdepth 1 -type f ! -name '*.[ch]' ! -name Makefile -exec cp {} "$ROOT/guest/tests/breakpoints" \;
find "$OUT.breakpoints" -maxdepth 1 -type f ! -name '*.o' ! -name '*.d' -exec cp {} "$ROOT/guest/tests/breakpoints" \;
mkdir -p "$ROOT/guest/tests/perf_events"
cp "$OUT.perf_events/sigtrap_threads" "$ROOT/guest/tests/perf_events"
cp "$MODULE"/*.ko "$ROOT/guest/tests/breakpoints/test_modules"
say "made ${ROOT#"$TOP"/}: $(wc -l < "$LIST") programs"
)
