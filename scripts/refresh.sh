#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# refresh.sh: when the base moves (a new point release, or another release with
# STOCK=): what has changed in the stock files that ours replace, and the hooks that
# do not apply any more, merged three-way.
#
#   refresh.sh [OLD NEW]	OLD is what STOCK.sums and the hooks were made for, NEW the
#				newest that apt serves: versions of the package, or trees
#
# patches/ is written only if all hooks merge and land where they belong; what does not
# merge is left in build/refresh/conflicts/HOOK/ as old, hooked, new and merged.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/apt.sh"
. "$SCRIPTS/hooks.sh"
# shellcheck source=STOCK
. "$BASE/STOCK"

OUT=$BUILD/refresh

# The files of a stock tree that matter to us.
names()
{
	{
		awk '!/^#/ { print $2 }' "$BASE/STOCK.sums"
		hook_names | while read -r name; do hook_file "$(hook_path "$name")"; done
		"$SCRIPTS/derive.sh" --overlay
	} | sort -u
}

# tree PACKAGE VERSION|DIR: prints where its files are.
tree()
{
	local dir=$OUT/$1-$2 deb

	if [ -d "$2" ]; then
		(cd "$2" && pwd)
		return
	fi
	if [ "$(cat "$BUILD/stock.id" 2>/dev/null)" = "$1 $2" ]; then
		echo "$BUILD/stock"
		return
	fi
	if [ ! -d "$dir" ]; then
		grep -qxF "$2" <<< "$(apt_versions "$1")" || apt_own_lists
		grep -qxF "$2" <<< "$(apt_versions "$1")" ||
			die "apt does not serve $1 $2 (any more): unpack that source" \
			    "yourself, and say scripts/refresh.sh OLD-TREE NEW-TREE"
		say "downloading $1 $2"
		apt_fetch "$BUILD/deb/old" "$1=$2"
		deb=$(echo "$BUILD/deb/old/${1}_$2"_*.deb)
		say "unpacking what matters of it"
		rm -rf "$dir.new"
		mkdir -p "$dir.new"
		names | sed 's,^,*/,' > "$OUT/names"
		# tar complains of names that are not there
		dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/*.tar.xz' |
			xz -dc -T0 | tar -C "$dir.new" -x --strip-components=1 --wildcards \
				-T "$OUT/names" 2> "$OUT/tar.log" || :
		[ -f "$dir.new/kernel/events/hw_breakpoint.c" ] ||
			die "could not unpack $deb: $(head -n 1 "$OUT/tar.log")"
		mv "$dir.new" "$dir"
	fi
	echo "$dir"
}

# changed: the stock files that ours replace, by what STOCK.sums has of them.
changed()
{
	local was f

	grep -v '^#' "$BASE/STOCK.sums" | while read -r was f; do
		if [ ! -e "$NEW/$f" ]; then
			echo "$f is gone"
		elif ! echo "$was  $NEW/$f" | sha256sum --status -c; then
			mkdir -p "$OUT/changed/$(dirname "$f")"
			diff -u --label "old/$f" --label "new/$f" "$OLD/$f" "$NEW/$f" \
				> "$OUT/changed/$f.diff" || :
			echo "$f changed: ${OUT#"$TOP"/}/changed/$f.diff"
		fi
	done
}

# stage TREE WHERE FILE: a copy of the file, unless an earlier hook has changed it.
stage()
{
	[ ! -e "$2/$3" ] && [ -e "$1/$3" ] || return 0
	mkdir -p "$(dirname "$2/$3")"
	cp "$1/$3" "$2/$3"
}

# refresh HOOK: in order; both stages have all hooks before it. Prints what became
# of it: same, merged (then it is in new-patches), or conflict, with the reason.
refresh()
{
	local p f before=$OUT/before

	p=$(hook_path "$1")
	f=$(hook_file "$p")
	stage "$OLD" "$OUT/old" "$f"
	stage "$NEW" "$OUT/new" "$f"
	[ -e "$OUT/new/$f" ] || { echo "conflict $1 $f is gone"; return; }
	cp "$OUT/new/$f" "$before"
	if hook_apply "$p" "$OUT/new" && hook_lands "$p" "$OUT/new" > "$OUT/lands.log"; then
		# what the old one becomes is of interest to later hooks only
		hook_apply "$p" "$OUT/old" || :
		echo "same $1"
		return
	fi
	cp "$before" "$OUT/new/$f"
	[ -e "$OUT/old/$f" ] || { echo "conflict $1 $f was not there"; return; }
	cp "$OUT/old/$f" "$OUT/old.before"
	if ! hook_apply "$p" "$OUT/old" || ! hook_lands "$p" "$OUT/old" > "$OUT/lands.log"; then
		die "patches/$1 does not apply to $OLD either: that is not what it was made for"
	fi
	if ! git merge-file -p --diff3 -L hooked -L old -L new "$OUT/old/$f" \
		"$OUT/old.before" "$before" > "$OUT/merged"; then
		echo "conflict $1 in $f"
	else
		# as a patch, with its header, it has to stand what others have to
		mkdir -p "$OUT/patches"
		{
			sed '/^diff --git /,$d' "$p"
			echo "diff --git a/$f b/$f"
			diff -u --label "a/$f" --label "b/$f" "$before" "$OUT/merged" || :
		} > "$OUT/patches/$1"
		if cmp -s "$before" "$OUT/merged"; then
			echo "conflict $1 $f has it already"
		elif hook_apply "$OUT/patches/$1" "$OUT/new" &&
		     hook_lands "$OUT/patches/$1" "$OUT/new" > "$OUT/lands.log"; then
			echo "merged $1"
			return
		else
			echo "conflict $1 $(head -n 1 "$OUT/lands.log")"
		fi
		rm -f "$OUT/patches/$1"
	fi
	mkdir -p "$OUT/conflicts/$1"
	cp "$OUT/old.before" "$OUT/conflicts/$1/old"
	cp "$OUT/old/$f" "$OUT/conflicts/$1/hooked"
	cp "$before" "$OUT/conflicts/$1/new"
	cp "$OUT/merged" "$OUT/conflicts/$1/merged"
	cp "$OUT/merged" "$OUT/new/$f"
}

(
locked refresh
mkdir -p "$OUT"
rm -rf "$OUT"/{old,new,patches,conflicts,changed,report}
read -r _ package version < <(sed -n 2p "$BASE/STOCK.sums")
if [ $# = 2 ]; then
	OLD=$(tree "$package" "$1")
	NEW=$(tree "$STOCK_PACKAGE" "$2")
	newest=$2
else
	newest=$(apt_versions "$STOCK_PACKAGE" | head -n 1)
	[ -n "$newest" ] || { apt_own_lists; newest=$(apt_versions "$STOCK_PACKAGE" | head -n 1); }
	[ -n "$newest" ] || die "apt knows no $STOCK_PACKAGE: it is in $STOCK_WHERE"
	if [ "$package $version" = "$STOCK_PACKAGE $newest" ]; then
		say "STOCK.sums is of $package $version, the newest that apt serves: nothing to do"
		exit
	fi
	OLD=$(tree "$package" "$version")
	NEW=$(tree "$STOCK_PACKAGE" "$newest")
fi
say "from ${OLD#"$TOP"/} to ${NEW#"$TOP"/}"
mkdir -p "$OUT/old" "$OUT/new"
changed
hook_names | while read -r name; do refresh "$name"; done > "$OUT/report"
sed -n 's/^\(merged\|conflict\) /&patches\//p' "$OUT/report"
if grep -q '^conflict' "$OUT/report"; then
	die "these hooks do not merge, and nothing was written to patches/: see" \
	    "${OUT#"$TOP"/}/conflicts, and what did merge in ${OUT#"$TOP"/}/patches"
fi
for p in "$OUT"/patches/*.patch; do
	[ ! -e "$p" ] || put_file "$p" "$BASE/patches/${p##*/}"
done
say "$(grep -c '^same' "$OUT/report") hooks apply as they are, $(grep -c '^merged' "$OUT/report" || :)" \
    "were merged and written to ${BASE#"$TOP"/}/patches; next: carry over what changed" \
    "in stock's files (above), put $newest on top of STOCK_TRIED in STOCK, make check," \
    "and record it: scripts/sums.sh"
)
