#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sums.sh: record in STOCK.sums which stock files our files replace and what they
# were. Run it when a file of ours starts to replace one, and after a changed
# stock file has been looked at (scripts/stock-diff.sh) and followed.

. "$(dirname "$0")/lib.sh"

[ -d "$BUILD/stock" ] || die "no build/stock: scripts/stock.sh makes it"
{
	echo "# The stock files that ours replace, as they were in:"
	echo "# $(cat "$BUILD/stock.id")"
	cd "$TOP"
	"$SCRIPTS/derive.sh" --overlay | sort | while read -r f; do
		[ ! -f "$BUILD/stock/$f" ] || (cd "$BUILD/stock" && sha256sum "$f")
	done
} > "$BUILD/STOCK.sums"
if cmp -s "$BUILD/STOCK.sums" "$BASE/STOCK.sums"; then
	say "STOCK.sums is up to date"
else
	diff "$BASE/STOCK.sums" "$BUILD/STOCK.sums" >&2 || :
	cp "$BUILD/STOCK.sums" "$BASE/STOCK.sums"
	say "STOCK.sums recorded; commit it"
fi
