#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# known-bad.sh: boot the guests of qemu/known-bad (KNOWN_BAD=), which fail on purpose,
# each in a way of its own. Noticed with the reason that its "# expect:" line gives, it is
# a pass; that is how the harness is tested. KTAP on stdout. `known-bad.sh FILE`
# is one of them; as many run at a time as there are processors.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/results.sh"
load_arch
OUT=$BUILD/results/known-bad-$ARCH-$FLAVOUR

if [ $# = 1 ]; then
	LOGS=$OUT/$(basename "$1" .sh)
	RESULTS=$LOGS/results
	mkdir -p "$LOGS"
	RUN=$(cat "$1")
	TIMEOUT=$(sed -n 's/^# timeout: //p' "$1")
	export RUN TIMEOUT SMP=1 MEM=${KNOWN_BAD_MEM:-256}
	guest known-bad "" > "$LOGS/said"
	exit
fi

rm -rf "$OUT"
mkdir -p "$OUT"
files=("$TOP/qemu/${KNOWN_BAD:-known-bad}"/*.sh)
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$JOBS" "$0" ||
	echo "# some did not run"
echo "KTAP version 1"
echo "1..${#files[@]}"
n=0
for f in "${files[@]}"; do
	n=$((n + 1))
	name=$(basename "$f" .sh)
	want=$(sed -n 's/^# expect: //p' "$f")
	if grep -qs '^fail' "$OUT/$name/results" &&
	   grep -Eq -- "FAILED.*$want" "$OUT/$name/said"; then
		echo "# noticed: $(grep -Eo -m 1 -- "$want.*" "$OUT/$name/said")"
		echo "ok $n - $name"
	else
		echo "# wanted: $want; seen:"
		sed 's/^/#  /' "$OUT/$name/said"
		echo "not ok $n - $name"
	fi
done
