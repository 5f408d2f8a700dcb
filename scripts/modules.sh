#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# modules.sh: build the modules that only tests need (TEST_MODULES of
# scripts/arch), which would make every first build longer. build/ARCH/modules-KERNEL
# is an EXTRA with them in /guest/modules, and /guest/modules/order to load them in.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/kmake.sh"

OUT=$BUILD/$ARCH/modules-$FLAVOUR
LOG=$OUT.log

[ -n "$TEST_MODULES" ] || die "ARCH=$ARCH has no modules for tests"
"$SCRIPTS/build.sh"
(
locked kernel-build
if [ "$OUT.inputs" -nt "$0" ] && cmp -s "$OBJ.inputs" "$OUT.inputs"; then
	exit 0
fi
say "building modules for tests, $ARCH $FLAVOUR; log: ${LOG#"$TOP"/}"
# shellcheck disable=SC2086 # a list of targets
kmake $TEST_MODULES 2>&1 | tee "$LOG" | progress 0 > /dev/null || {
	grep -n -E -A 12 '(error|Error|undefined)' "$LOG" | head -n 60 >&2
	die "they do not build; whole log: ${LOG#"$TOP"/}"
}
rm -rf "$OUT"
mkdir -p "$OUT/guest/modules"
for module in $TEST_MODULES; do
	cp "$OBJ/$module" "$OUT/guest/modules"
	basename "$module" >> "$OUT/guest/modules/order"
done
cp "$OBJ.inputs" "$OUT.inputs"
say "made ${OUT#"$TOP"/}"
)
