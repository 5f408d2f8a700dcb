#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stock.sh: the pristine kernel tree, build/stock, from the package that STOCK
# names or, with STOCK_TREE=/path, from a tree of that release of the user's.
# Nothing here or later writes into it; build/stock.id says what it is.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/apt.sh"
# shellcheck source=STOCK
. "$BASE/STOCK"

# The newest tried version that is served, else the newest served.
choose_version()
{
	local served tried v

	served=$(apt_versions "$STOCK_PACKAGE")
	if [ -z "$served" ]; then
		apt_own_lists
		served=$(apt_versions "$STOCK_PACKAGE")
	fi
	[ -n "$served" ] ||
		die "apt knows no $STOCK_PACKAGE: it is in $STOCK_WHERE;" \
		    "add that to apt's sources, or say" \
		    "STOCK_TREE=/path/to/a/$STOCK_RELEASE/tree"
	tried=$(echo "$STOCK_TRIED" | awk NF | sort -Vr)
	for v in $tried; do
		if grep -qxF "$v" <<< "$served"; then
			VERSION=$v
			return
		fi
	done
	VERSION=$(head -n 1 <<< "$served")
	warn "apt serves none of the tried versions of $STOCK_PACKAGE" \
	     "($(echo "$tried" | xargs)); using the newest, $VERSION, untried"
}

# check_tree DIR: is it a clean source tree of the release?
check_tree()
{
	local v

	[ -f "$1/kernel/events/core.c" ] ||
		die "$1 is no kernel source tree"
	v=$(awk '$2 == "=" && /^(VERSION|PATCHLEVEL)/ { printf "%s%s", s, $3; s = "." }
		 /^EXTRAVERSION/ { exit }' "$1/Makefile")
	[ "$v" = "$STOCK_RELEASE" ] ||
		die "$1 is Linux $v; this is for $STOCK_RELEASE: name such a tree in" \
		    "STOCK_TREE, or with STOCK= the base that it is"
	if [ -e "$1/.config" ] || [ -d "$1/include/config" ]; then
		die "$1 has been built in; run \`make mrproper\` there, or name a clean tree"
	fi
}

# put TREE ID: TREE becomes build/stock. What was made from the former one goes:
# file times in a new tree say nothing about objects built from the old.
put()
{
	local arch

	rm -rf "$BUILD/stock.id" "$BUILD/stock" "$BUILD/tree" "$BUILD/tree.list"
	for arch in $ALL_ARCHES; do
		rm -rf "$BUILD/$arch"/{ours,stock}
	done
	mv "$1" "$BUILD/stock"
	echo "$2" > "$BUILD/stock.id"
	say "made build/stock: $2"
}

from_user()
{
	local id new=$BUILD/stock.new

	[ -d "$STOCK_TREE" ] || die "STOCK_TREE=$STOCK_TREE is no directory"
	STOCK_TREE=$(cd "$STOCK_TREE" && pwd)
	check_tree "$STOCK_TREE"
	id="$STOCK_TREE $(cd "$STOCK_TREE" &&
		find . -name .git -prune -o -type f -printf '%p %s %T@\n' |
		sort | sha256sum | cut -c -16)"
	[ "$(cat "$BUILD/stock.id" 2>/dev/null)" != "$id" ] || return 0
	need_space "$BUILD" 4000
	say "copying $STOCK_TREE (build/stock is never a link into it)"
	rm -rf "$new"
	mkdir -p "$new"
	tar -C "$STOCK_TREE" --exclude=.git -c . | tar -C "$new" -x
	put "$new" "$id"
}

from_package()
{
	local deb new=$BUILD/stock.new

	# A tree that is there and whose version is not superseded by STOCK stays:
	# apt is asked only when STOCK changes.
	if [ -f "$BUILD/stock.id" ] && [ "$BUILD/stock.asked" -nt "$BASE/STOCK" ] &&
	   [ "$(cat "$BUILD/stock.id")" = "$(cat "$BUILD/stock.asked")" ]; then
		return
	fi
	choose_version
	if [ "$(cat "$BUILD/stock.id" 2>/dev/null)" != "$STOCK_PACKAGE $VERSION" ]; then
		need_space "$BUILD" 4000
		say "downloading $STOCK_PACKAGE $VERSION (about 150 MB)"
		rm -f "$BUILD/deb/${STOCK_PACKAGE}"_*.deb
		apt_fetch "$BUILD/deb" "$STOCK_PACKAGE=$VERSION"
		deb=$(echo "$BUILD/deb/${STOCK_PACKAGE}"_*.deb)
		say "unpacking it (1.6 GB, 15 s or so)"
		rm -rf "$new"
		mkdir -p "$new"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO --wildcards './usr/src/*.tar.xz' |
			xz -dc -T0 |
			tar -C "$new" -x --strip-components=1 ||
			die "could not unpack $deb into $new (disk full?)"
		check_tree "$new"
		put "$new" "$STOCK_PACKAGE $VERSION"
	fi
	cp "$BUILD/stock.id" "$BUILD/stock.asked"
}

(
locked tree
if [ -n "${STOCK_TREE:-}" ]; then
	from_user
else
	from_package
fi
)
