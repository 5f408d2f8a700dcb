#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# derive.sh: build/tree = build/stock + the files we own + patches/series.
#
# What differs from stock is put together in build/derive/new, compared with
# build/tree, and only what changed is written there: a file that did not change
# keeps its time, so that the next kernel build is small. Everything else in
# build/tree is hard-linked to build/stock; a file of ours replaces the link,
# never what it leads to. build/tree.list names the files that are ours.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/hooks.sh"

OVERLAY="arch Documentation include kernel lib samples tools"
STAGE=$BUILD/derive/new

# Every overlaid file, as a path in the tree.
overlay_files()
{
	local d

	cd "$TOP"
	for d in $OVERLAY; do
		[ ! -d "$d" ] ||
			find "$d" -type f ! -name '*~' ! -name '.*.sw?' ! -name '*.rej' \
				! -name '*.orig' ! -name '*.o'
	done
}

# check_sums: tell which of the stock files that we replace is not the one that
# ours was written against (STOCK.sums), or was never recorded.
check_sums()
{
	local f was

	overlay_files | sort | while read -r f; do
		[ -f "$BUILD/stock/$f" ] || continue
		was=$(awk -v f="$f" '$2 == f { print $1 }' "$BASE/STOCK.sums" 2>/dev/null || :)
		if [ -z "$was" ]; then
			warn "$f replaces a stock file that STOCK.sums does not have;" \
			     "record it: scripts/sums.sh"
		elif ! echo "$was  $BUILD/stock/$f" | sha256sum --status -c; then
			warn "stock's $f has changed under ours; to see how:" \
			     "scripts/stock-diff.sh $f - then carry over what matters" \
			     "and record it: scripts/sums.sh"
		fi
	done
	[ ! -f "$BASE/STOCK.sums" ] || grep -v '^#' "$BASE/STOCK.sums" |
	while read -r was f; do
		if [ ! -f "$TOP/$f" ] || [ ! -f "$BUILD/stock/$f" ]; then
			warn "STOCK.sums has $f, which replaces no stock file (any more);" \
			     "record anew: scripts/sums.sh"
		fi
	done
}

# apply PATCH: to the stage, fetching the file that it changes from stock.
apply()
{
	local p name=$1 files f

	p=$(hook_path "$1")
	[ -f "$p" ] || die "patches/series names $name, which is not in patches/"
	{ grep -q '^From: ' "$p" && grep -q '^Subject: ' "$p"; } ||
		die "patches/$name has no mail header (From:, Subject:): make it" \
		    "with git format-patch"
	grep -q '^+++ /dev/null' "$p" && die "patches/$name deletes a file; that is not provided for"
	files=$(hook_file "$p")
	[ "$(wc -w <<< "$files")" = 1 ] ||
		die "patches/$name must change one file (--- a/F, +++ b/F), not:" \
		    "${files:-none}"
	f=$files
	[ ! -e "$TOP/$f" ] || [[ -n "$STOCK" && "$p" == "$BASE"/* ]] ||
		die "patches/$name changes $f, which we own: change it there"
	if [ ! -e "$STAGE/$f" ] && [ -e "$BUILD/stock/$f" ]; then
		mkdir -p "$(dirname "$STAGE/$f")"
		cp "$BUILD/stock/$f" "$STAGE/$f"
	fi
	hook_apply "$p" "$STAGE" || {
		cat "$BUILD/hook.log" >&2
		die "patches/$name does not apply to $f: its context has changed." \
		    "Look at build/stock/$f and make the patch anew, or try make refresh"
	}
	hook_lands "$p" "$STAGE" >&2 ||
		die "patches/$name applied, but not where it belongs (above)"
}

# settle: carry the stage over to build/tree, write only what differs.
settle()
{
	local tree=$BUILD/tree list=$BUILD/tree.list f changed=0 back=0

	if [ ! -d "$tree" ]; then
		say "linking build/tree to build/stock"
		rm -rf "$tree.new"
		cp -al "$BUILD/stock" "$tree.new" || die "could not link build/tree (disk full?)"
		rm -f "$list"
		mv "$tree.new" "$tree"
	fi
	(cd "$STAGE" && find . -type f | sed 's,^\./,,' | sort) > "$BUILD/derive/list"
	touch "$list"
	# Until all is settled both lists count: an interrupted run loses nothing.
	sort -u "$BUILD/derive/list" "$list" > "$list.both"
	mv "$list.both" "$list"
	while read -r f; do
		if [ -f "$STAGE/$f" ]; then
			cmp -s "$STAGE/$f" "$tree/$f" && continue
			put_file "$STAGE/$f" "$tree/$f"
			changed=$((changed + 1))
		elif [ -f "$BUILD/stock/$f" ]; then
			# a copy, not a link: make must see that it is new
			put_file "$BUILD/stock/$f" "$tree/$f"
			back=$((back + 1))
		else
			rm -f "$tree/$f"
			back=$((back + 1))
		fi
	done < "$list"
	mv "$BUILD/derive/list" "$list"
	say "build/tree: $(wc -l < "$list") files of ours," \
	    "$changed written, $back back to stock's"
}

main()
{
	local p

	locked tree
	[ -d "$BUILD/stock" ] || die "no build/stock: scripts/stock.sh makes it"
	rm -rf "$BUILD/derive"
	mkdir -p "$STAGE"
	check_sums
	# shellcheck disable=SC2086 # directories that exist
	overlay_files | tar -C "$TOP" -c -T - | tar -C "$STAGE" -x
	for p in $(hook_names); do
		apply "$p"
	done
	for p in "$TOP"/patches/*.patch ${STOCK:+"$BASE"/patches/*.patch}; do
		[ -e "$p" ] || continue
		grep -qxF "$(basename "$p")" <<< "$(hook_names)" ||
			warn "$(basename "$p") lies in patches/ but is not in patches/series"
	done
	for p in ${STOCK:+"$BASE"/patches/*.patch}; do
		# The surroundings differ, not what is put there.
		[ ! -e "$TOP/patches/${p##*/}" ] ||
			cmp -s <(grep '^+[^+]' "$TOP/patches/${p##*/}") <(grep '^+[^+]' "$p") ||
			warn "${p#"$TOP"/} adds other lines than patches/${p##*/}: make it anew"
	done
	settle
}

case "${1:-}" in
--overlay)	overlay_files ;;	# for sums.sh and series.sh
*)		(main) ;;
esac
