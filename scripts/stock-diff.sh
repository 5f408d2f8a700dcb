#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stock-diff.sh FILE: what changed in a stock file since STOCK.sums was recorded.
# The version recorded there is fetched from apt, if apt still serves it.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/apt.sh"
# shellcheck source=STOCK
. "$BASE/STOCK"

f=${1:?usage: scripts/stock-diff.sh FILE}
read -r _ package version < <(sed -n 2p "$BASE/STOCK.sums") || :
case "$package" in
linux-source-*) ;;
*)	die "STOCK.sums was recorded from $package, a tree of its author's: compare" \
	    "build/stock/$f with that" ;;
esac
now=$(cat "$BUILD/stock.id")
[ "$now" != "$package $version" ] ||
	die "build/stock is $version, which STOCK.sums was recorded from: what" \
	    "differs was changed in build/stock itself; remove build/ and start anew"
old=$BUILD/stock-$version
if [ ! -f "$old/$f" ]; then
	grep -qxF "$version" <<< "$(apt_versions "$package")" || apt_own_lists
	grep -qxF "$version" <<< "$(apt_versions "$package")" ||
		die "apt no longer serves $package $version: compare build/stock/$f" \
		    "with Linux ${version%%-*} from elsewhere (the stable tree's tag)"
	say "downloading $package $version"
	apt_fetch "$BUILD/deb/old" "$package=$version"
	mkdir -p "$old"
	say "unpacking the files that STOCK.sums names"
	awk '!/^#/ { print "*/" $2 }' "$BASE/STOCK.sums" > "$old/.names"
	dpkg-deb --fsys-tarfile "$BUILD/deb/old/${package}_$version"_*.deb |
		tar -xO --wildcards './usr/src/*.tar.xz' |
		tar -C "$old" -xJ --strip-components=1 --wildcards -T "$old/.names"
fi
diff -u --label "$version/$f" --label "$now/$f" "$old/$f" "$BUILD/stock/$f" || [ $? = 1 ]
