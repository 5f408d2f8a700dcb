#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# refresh-test.sh: does refresh.sh carry over hooks, and refuse, as it says? Works on
# trees of three files in a temporary directory; KTAP on stdout.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
F=kernel/f.c
G=kernel/g.c

refresh() { STOCK="" SELFTEST_TOP=$T "$SCRIPTS/refresh.sh" "$T/old" "$T/next" > "$T/said" 2>&1; }
said()    { grep -Eq -- "$1" "$T/said"; }
state()   { (cd "$T/patches" && sha256sum -- *); }

# A function of twelve lines, and its look-alike; and hooks at line 6 of each.
setup()
{
	local file name

	rm -rf "$T"/{old,next,patches,build,kernel}
	mkdir -p "$T"/{old,patches,kernel}/ "$T/old/kernel" "$T/edit/b/kernel"
	for name in f g; do
		file=kernel/$name.c
		for fn in one two; do
			printf 'void %s(int x)\n{\n' "$fn"
			for i in 1 2 3 4 5 6 7 8 9; do printf '\tact(%d);\n' "$i"; done
			printf '}\n\n'
		done > "$T/old/$file"
		sed '0,/act(5)/s//&;\n\thook()/' "$T/old/$file" > "$T/edit/b/$file"
		{
			printf 'From: A <a@b>\nSubject: [PATCH] %s\n\n' "$name"
			printf 'Lands-In: %s one\n---\n' "$file"
			printf 'diff --git a/%s b/%s\n' "$file" "$file"
			diff -u --label "a/$file" --label "b/$file" "$T/old/$file" "$T/edit/b/$file" || :
		} > "$T/patches/$name.patch"
	done
	printf 'f.patch\ng.patch\n' > "$T/patches/series"
	printf 'STOCK_PACKAGE=p\nSTOCK_RELEASE=1\nSTOCK_WHERE=w\n' > "$T/STOCK"
	echo stock > "$T/old/kernel/ours.c"
	echo ours > "$T/kernel/ours.c"
	{
		printf '# sums\n# p 1\n'
		cd "$T/old" && sha256sum kernel/ours.c
	} > "$T/STOCK.sums"
	cp -r "$T/old" "$T/next"
	before=$(state)
}

unwritten() { [ "$before" = "$(state)" ]; }

echo "KTAP version 1"

setup
check "nothing changed" refresh
check "nothing is written then" unwritten

setup
sed -i '1i // one\n// two' "$T/next/$F"
offset() { refresh && said '2 hooks apply as they are, 0' && unwritten; }
check "lines that moved: nothing is written" offset

# two lines above the hook: part of its context
setup
sed -i '0,/act(3)/s//act(33)/' "$T/next/$F"
merges() { refresh && said 'merged patches/f.patch' && ! said 'merged patches/g' &&
	grep -q '^Subject: \[PATCH\] f$' "$T/patches/f.patch" &&
	grep -q '^Lands-In: kernel/f.c one$' "$T/patches/f.patch" &&
	patch -s -F0 -d "$T/next" -p1 < "$T/patches/f.patch" &&
	[ "$(sed -n '5,8p' "$T/next/$F" | tr -d '\t\n')" = 'act(33);act(4);act(5);hook();' ]; }
check "its context changed: merged, header kept, applies without fuzz" merges

setup
sed -i '0,/act(5)/s//other()/' "$T/next/$F"
conflict() { ! refresh && said 'conflict patches/f.patch in kernel/f.c' &&
	said 'nothing was written.*build/refresh/conflicts' && unwritten &&
	grep -q '^<<<<<<< hooked' "$T/build/refresh/conflicts/f.patch/merged"; }
check "its line changed: a conflict, left where it is told" conflict

setup
sed -i '0,/act(5)/s//other()/' "$T/next/$F"
sed -i '0,/act(3)/s//act(33)/' "$T/next/$G"
both() { ! refresh && said 'merged patches/g.patch' && said 'conflict patches/f.patch' && unwritten; }
check "one conflicts, one merges: neither is written" both

# the function that it is for has another name now, the text of it is there
setup
sed -i '0,/one(int x)/s//uno(int x)/' "$T/next/$F"
lands() { ! refresh && said 'conflict patches/f.patch.*is not in one' && unwritten; }
check "it would land elsewhere: refused" lands

setup
patch -s -F0 -d "$T/next" -p1 < "$T/patches/f.patch"
there() { ! refresh && said 'conflict patches/f.patch kernel/f.c has it already' && unwritten; }
check "upstream has it: told" there

setup
rm "$T/next/$F"
gone() { ! refresh && said 'conflict patches/f.patch kernel/f.c is gone' && unwritten; }
check "its file is gone: told" gone

setup
echo changed > "$T/next/kernel/ours.c"
replaced() { refresh && said 'kernel/ours.c changed: build/refresh/changed/kernel/ours.c.diff' &&
	grep -q '^+changed' "$T/build/refresh/changed/kernel/ours.c.diff"; }
check "a stock file that ours replaces has changed: told, with the difference" replaced

setup
sed -i '1i // nothing of ours' "$T/patches/f.patch"
sed -i '0,/act(5)/s//other()/' "$T/next/$F" "$T/old/$F"
wrong() { ! refresh && said 'patches/f.patch does not apply to .*/old either'; }
check "a hook that was not made for the old tree: told" wrong
echo "1..$nr"
