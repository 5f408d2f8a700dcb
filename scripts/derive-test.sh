#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# derive-test.sh: does derive.sh do, and notice, what it says? Works on a tree of
# two files in a temporary directory; KTAP on stdout.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
PRISTINE=$T/build/stock
TREE=$T/build/tree
F=kernel/f.c

derive() { STOCK="" SELFTEST_TOP=$T "$SCRIPTS/derive.sh" > "$T/said" 2>&1; }
said()   { grep -Eq -- "$1" "$T/said"; }
state()  { (cd "$1" && find . -type f -printf '%p %T@ ' -exec sha256sum {} \;) | sort; }
sums()   { (cd "$1" && find . -type f -exec sha256sum {} +) | sort; }
mtime()  { stat -c %Y "$1"; }

# Age everything, so that what is written from now on shows by its time.
age() { find "$TREE" -links 1 -type f -exec touch -d '2001-01-01' {} +; }

# Two look-alike functions; patches want to be in second().
stock_tree()
{
	mkdir -p "$PRISTINE/kernel"
	rm -f "$PRISTINE/$F"	# never write through the link
	cat > "$PRISTINE/$F" <<-'END'
	struct s {
		int a;
		int b;
		int c;
		int d;
	};

	static int first(int x)
	{
		prepare(x);
		act(x);
		finish(x);
		return 0;
	}

	/* what comes in between is different */

	int second(int x,
		   int y)
	{
		prepare(x);
		act(x);
		finish(x);
		return 0;
	}
	END
	echo 'obj-y += f.o' > "$PRISTINE/kernel/Makefile"
}

# patch_to LANDS-IN... < sed script: a patch in the series that does to the stock
# file what the sed script says.
patch_to()
{
	local l new=$T/new

	mkdir -p "$T/patches" "$new/a/kernel" "$new/b/kernel"
	cp "$PRISTINE/$F" "$new/a/$F"
	sed -f - "$PRISTINE/$F" > "$new/b/$F"
	{
		printf 'From: A <a@b>\nSubject: [PATCH] p\n\n'
		for l; do
			echo "Lands-In: $l"
		done
		printf -- '---\n\n'
		diff -u --label "a/$F" --label "b/$F" "$new/a/$F" "$new/b/$F" || :
	} > "$T/patches/p.patch"
	echo p.patch > "$T/patches/series"
}

no_patch() { rm -rf "$T/patches"; }

# refuses REGEX: derive.sh fails, says so, and leaves build/tree as it was
refuses()
{
	local before after

	before=$(state "$TREE")
	! derive && said "$1" || return
	after=$(state "$TREE")
	[ "$before" = "$after" ]
}

echo "KTAP version 1"
stock_tree
pristine=$(sums "$PRISTINE")

mkdir -p "$T/kernel"
echo 'ours' > "$T/kernel/new.c"
echo 'obj-y += f.o new.o' > "$T/kernel/Makefile"
overlaid() { derive && cmp "$T/kernel/new.c" "$TREE/kernel/new.c" &&
	cmp "$T/kernel/Makefile" "$TREE/kernel/Makefile" && cmp "$PRISTINE/$F" "$TREE/$F"; }
check "files of ours are laid over stock's" overlaid
check "a replaced file that is not recorded is told of" \
	said 'kernel/Makefile.*STOCK.sums does not have.*scripts/sums.sh'

recorded() { (cd "$PRISTINE" && sha256sum kernel/Makefile) > "$T/STOCK.sums"; derive && ! said warning; }
check "recorded, nothing is told" recorded
changed() { echo "$(printf '%064d' 0)  kernel/Makefile" > "$T/STOCK.sums"; derive &&
	 said "warning: stock's kernel/Makefile has changed.*scripts/stock-diff.sh kernel/Makefile"; }
check "a stock file that changed under ours is told of, with the command" changed
recorded

age
again() { local s; s=$(state "$TREE"); derive && [ "$s" = "$(state "$TREE")" ]; }
check "derived again, no file is touched" again
one() { echo more >> "$T/kernel/new.c"; derive && [ "$(mtime "$TREE/kernel/new.c")" -gt 1000000000 ] &&
	[ "$(mtime "$TREE/kernel/Makefile")" -lt 1000000000 ]; }
check "one file changed, just that one is written" one

mv "$T/kernel/Makefile" "$T/kept"
back() { derive && cmp "$PRISTINE/kernel/Makefile" "$TREE/kernel/Makefile" &&
	[ "$(mtime "$TREE/kernel/Makefile")" -gt 1000000000 ]; }
check "a file no longer ours goes back to stock's, as a new one" back
check "a record of what is replaced no more is told of" said 'STOCK.sums has kernel/Makefile'
mv "$T/kept" "$T/kernel/Makefile"
rm "$T/kernel/new.c"
gone() { derive && [ ! -e "$TREE/kernel/new.c" ]; }
check "a file that only we had goes" gone

# The second finish(x).
HOOK='21,25{/finish(x)/i\	hook(y);
}'
patch_to "$F second" <<< "$HOOK"
lands() { derive && grep -q 'hook(y)' "$TREE/$F" && ! grep -q 'hook(y)' "$PRISTINE/$F"; }
check "a patch applies" lands
age
check "and again touches nothing" again
offset() { sed -i '1i // one\n// two' "$PRISTINE/$F"; derive && lands; }
check "with an offset too" offset
stock_tree

patch_to "$F first" <<< "$HOOK"
check "not in the function that it names: refused, all named" \
	refuses 'patches/p.patch: kernel/f.c:[0-9]+ is not in first: .*hook'
patch_to "$F second" "$F third" <<< "$HOOK"
check "one of two functions not reached: refused" refuses 'changed nothing in kernel/f.c third'
patch_to "$F -" <<< "$HOOK"
check "in a function though meant for outside of all: refused" refuses 'is not in -'
patch_to <<< "$HOOK"
check "saying not where it lands: refused" refuses 'no "Lands-In: kernel/f.c FUNCTION"'
patch_to "$F second" <<< "$HOOK"
sed -i 's/^Subject/Subjekt/' "$T/patches/p.patch"
check "without a mail header: refused" refuses 'no mail header'

# Context that changed under the hook; fuzz would accept it.
patch_to "$F second" <<< "$HOOK"
sed -i 's/prepare(x)/prepare(x, 1)/' "$PRISTINE/$F"
check "in need of fuzz: refused, patch and file named" \
	refuses 'patches/p.patch does not apply to kernel/f.c'
stock_tree

# It changed in the function that it is for; the look-alike takes the patch.
patch_to "$F second" <<< "$HOOK"
sed -i '21,25s/act(x)/act(x, 1)/' "$PRISTINE/$F"
check "landing in a look-alike: refused" refuses 'kernel/f.c:[0-9]+ is not in second'
stock_tree

patch_to "$F struct s" "$F -" <<< '/int c;/a\	int hook;
1i #include "hook.h"'
check "a struct, and a line outside" derive
# shellcheck disable=SC2016 # sed's $
patch_to "$F new" <<< '$a\
\
/* hook */\
void new(void)\
{\
	act(0);\
}'
check "a function of its own, comment included" derive
patch_to "$F second" <<< '21,25{/act(x)/d}'
check "a removal" derive
patch_to "$F first" <<< '21,25{/act(x)/d}'
check "a removal elsewhere: refused" refuses 'is not in first'

patch_to "$F second" <<< "$HOOK"
mkdir -p "$T/kernel"
cp "$PRISTINE/$F" "$T/$F"
check "of a file that is ours: refused" refuses 'which we own'
rm "$T/$F"
echo other.patch > "$T/patches/series"
check "not there: refused" refuses 'series names other.patch'
: > "$T/patches/series"
unlisted() { derive && said 'p.patch lies in patches/ but is not in'; }
check "not in the series: told of" unlisted
no_patch
check "without patches" derive

# stock_tree wrote stock anew; times differ, content must not
same() { [ "$pristine" = "$(sums "$PRISTINE")" ]; }
check "stock is as it was" same
echo "1..$nr"
