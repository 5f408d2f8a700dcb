#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2317 # what verdict calls is reached
#
# examples.sh: do the examples of Documentation/trace/hw-breakpoint do what it shows?
# Its programs are built, its commands run in a guest, one shell for each example,
# and what they print is compared; "..." there stands for anything. KTAP on stdout.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"
load_arch
. "$SCRIPTS/qemu.sh"
. "$SCRIPTS/tools.sh"

OUT=$BUILD/$ARCH/examples
ROOT=$OUT/root
LOG=$OUT/log

# The programs are read as they are written: with no optimisation.
build()
{
	local c

	for c in "$OUT"/*.c; do
		"${CROSS}gcc" -g -static -Wall -Wextra -Werror -o "$ROOT/guest/examples/$(basename "$c" .c)" "$c"
	done
}

# same NAME: is what was seen what the document shows?
same()
{
	local want seen pattern

	want=$(cat "$OUT/$1.want")
	seen=$(cat "$OUT/$1.seen")
	# each character for itself, and ... for any number of any
	pattern=$(sed 's/[^[:alnum:][:space:]]/\\&/g; s/\\\.\\\.\\\./*/g' <<< "$want")
	# shellcheck disable=SC2053 # it is a pattern
	[[ $seen == $pattern ]] || diff -u --label shown --label seen "$OUT/$1.want" "$OUT/$1.seen" || :
}

"$SCRIPTS/build.sh"
make_tools
rm -rf "$OUT"
mkdir -p "$ROOT/guest/examples"
# as the base has them: its functions may have other names
find "$SRC/Documentation/trace" -path '*/hw-breakpoint*' -name '*.rst' -exec \
	awk -v DIR="$OUT" -f "$SCRIPTS/examples.awk" {} +
build
cp "$OUT"/*.sh "$ROOT/guest/examples"
cp -al "$TOOLS/." "$ROOT"

# A line of its own tells where one ends: programs may leave theirs unfinished.
# shellcheck disable=SC2016 # the guest's shell expands it
EXTRA=$ROOT MEM=2048 TIMEOUT=${TIMEOUT:-300} RUN='cd /guest/examples && for e in *.sh; do
	sh "./$e" > /tmp/seen 2>&1; cat /tmp/seen; printf "\n!example %s\n" "${e%.sh}"
done' "$SCRIPTS/guest.sh" > "$LOG" || die "the guest failed (above)"
rm -rf "$ROOT"
tr -d '\r' < "$LOG" | awk -v DIR="$OUT" '
	/^!example / { print said > (DIR "/" $2 ".seen"); said = ""; next }
	{ said = said $0 "\n" }'

names=$(cd "$OUT" && printf '%s\n' *.want | sed 's/\.want$//')
plan "$(wc -w <<< "$names")"
for name in $names; do
	verdict "$name" same "$name"
done
exit "$failed"
