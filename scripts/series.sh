#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# series.sh: the series that could be mailed, build/series/*.patch, from series/, the
# files we own and patches/; and what it has to stand:
#
#   each file and each hook is in one patch;
#   git am takes them in their order, on the pristine tree, and gives build/tree;
#   checkpatch --strict has nothing to say of any;
#   get_maintainer.pl knows whom to ask about each file;
#   every prefix builds, for each architecture, and boots on x86_64, where KUnit passes.
#
# QUICK=1 leaves the last one out. It takes hours; stopped, it goes on where it was:
# build/series/proven tells which trees need not be built again. AGAINST='VERSION...'
# are other versions of the base package that the series is to apply to.
# build/series/tree stays as it is after the last patch that was tried: KERNEL=series is
# its kernel.
#
# series/NUMBER-NAME.msg is one patch: subject, changelog, "---", and what it takes, as
# patterns: files of ours, and hooks as patches/NAME. Without a subject, it has those of
# its hook. With STOCK=7.3, stock-7.3/series has what that needs besides.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/apt.sh"
. "$SCRIPTS/hooks.sh"
# shellcheck source=STOCK
. "$BASE/STOCK"

OUT=$BUILD/series
TREE=$OUT/tree
LISTS=$OUT/lists
# Sorted, reproducible, and nobody's configuration.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

ingit() { git -C "$TREE" "$@"; }

# The messages, in the order of the series.
messages()
{
	find "$TOP/series" ${STOCK:+"$BASE/series"} -name '*.msg' -printf '%f %p\n' |
		sort | cut -d ' ' -f 2-
}

# What the other base changes in files of ours is in build/tree's files already.
hooks()
{
	hook_names | while read -r name; do
		[ -e "$TOP/$(hook_file "$(hook_path "$name")")" ] || echo "patches/$name"
	done
}

# resolve: what each message takes, into lists/NN-NAME, each line one path; dies of
# what is in none, or in two.
resolve()
{
	local msg pattern f found=$LISTS/all taken bad

	rm -rf "$LISTS"
	mkdir -p "$LISTS"
	{
		"$SCRIPTS/derive.sh" --overlay
		hooks
	} > "$found"
	for msg in $(messages); do
		taken=$LISTS/$(basename "$msg" .msg)
		: > "$taken"
		while read -r pattern; do
			# shellcheck disable=SC2053 # a pattern
			while read -r f; do [[ $f != $pattern ]] || echo "$f"; done \
				< "$found" > "$LISTS/one"
			[ -s "$LISTS/one" ] || [ -n "$STOCK" ] ||
				die "series/$(basename "$msg") takes $pattern, which nothing is" \
				    "called: take it out, or correct it"
			cat "$LISTS/one" >> "$taken"
		done < <(sed '0,/^---$/d; s/#.*//; s/[[:space:]]*$//; /^$/d' "$msg")
		# the order of patches/series is that of hooks in one file
		grep -xF -f "$taken" "$found" > "$taken.sorted" ||
			die "series/$(basename "$msg") takes nothing"
	done
	bad=$(sort "$LISTS"/*.sorted | uniq -d | xargs)
	[ -z "$bad" ] || die "more than one patch of series/ takes $bad: one has to let go"
	bad=$(cat "$LISTS"/*.sorted | sort | comm -23 <(sort "$found") - | xargs)
	[ -z "$bad" ] || die "no patch of series/ takes $bad: add it to the one whose idea it is"
}

# pristine: the stock tree under git, once for each.
pristine()
{
	if cmp -s "$BUILD/stock.id" "$OUT/base.id"; then
		return
	fi
	need_space "$OUT" 3000
	say "putting $(cat "$BUILD/stock.id") under git, a minute or two"
	rm -rf "$TREE" "$OUT/base.id"
	mkdir -p "$OUT"
	# git replaces files; it does not write into them
	cp -al "$BUILD/stock" "$TREE"
	git -c init.defaultBranch=base init -q "$TREE"
	# it is large, and soon made anew
	ingit config gc.auto 0
	ingit config core.looseCompression 1
	ingit config user.name "$(git -C "$TOP" log -1 --format=%an)"
	ingit config user.email "$(git -C "$TOP" log -1 --format=%ae)"
	ingit add -A -f .
	dated ingit commit -q -m "$(cat "$BUILD/stock.id")"
	cp "$BUILD/stock.id" "$OUT/base.id"
}

# dated COMMAND...: a commit has the date of ours.
dated()
{
	local date

	date=$(git -C "$TOP" log -1 --format=%aI)
	GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date "$@"
}

# message FILE: subject and changelog.
message()
{
	local hook

	if grep -q '^Subject: ' "$1"; then
		sed '/^---$/,$d; s/^Subject: //' "$1"
	else
		hook=$(grep '^patches/' "$LISTS/$(basename "$1" .msg).sorted") || :
		[ "$(wc -w <<< "$hook")" = 1 ] ||
			die "series/$(basename "$1") has no subject, and not just one hook with one"
		sed -n '/^---$/q; /^Subject: /,$p' "$(hook_path "${hook#patches/}")" |
			sed '/^Lands-In: /d; /^Signed-off-by: /d; s/^Subject: \[PATCH\] //'
	fi
}

# compose: a commit for each message.
compose()
{
	local msg f p

	ingit checkout -q -f -B series base
	ingit clean -q -f -d -x
	for msg in $(messages); do
		while read -r f; do
			case $f in
			patches/*)
				p=$(hook_path "${f#patches/}")
				f=$(hook_file "$p")
				cp -p "$TREE/$f" "$OUT/hooked"
				put_file "$OUT/hooked" "$TREE/$f"
				hook_apply "$p" "$TREE" ||
					die "${p#"$TOP"/} does not apply to $f as $(basename "$msg")" \
					    "finds it: is the order of series/ that of patches/series?" ;;
			*)	put_file "$BUILD/tree/$f" "$TREE/$f" ;;
			esac
			ingit add -f "$f"
		done < "$LISTS/$(basename "$msg" .msg).sorted"
		message "$msg" | dated ingit commit -q -s -F - ||
			die "series/$(basename "$msg") changes nothing"
	done
}

# table: what make bench has measured, else what the document says of it.
table()
{
	local tsv=$BUILD/bench/x86_64/bench.tsv

	if [ -f "$tsv" ]; then
		cut -f 1-5 "$tsv" | column -t -s $'\t'
	else
		awk '/^=====.*  ====/ { in_table = 1 } in_table && NF == 0 { exit } in_table' \
			"$TOP/Documentation/trace/hw-breakpoint/proof.rst"
	fi
}

# format: the mails. The letter's first line is its subject; @BASE@ and @TABLE@ are
# filled in.
format()
{
	local letter=$OUT/cover

	table > "$OUT/table"
	sed -e "s|@BASE@|$(cat "$BUILD/stock.id")|" -e "/^@TABLE@\$/{r $OUT/table" -e 'd}' \
		"$TOP/series/cover.txt" > "$letter"
	rm -f "$OUT"/*.patch
	ingit config branch.series.description "$(cat "$letter")"
	ingit format-patch -q --cover-letter --cover-from-description=subject \
		--signature='' -o "$OUT" base..series
}

# The mails that are patches.
mails() { find "$OUT" -maxdepth 1 -name '0*.patch' ! -name '0000-*' | sort; }

checkpatch()
{
	local p said where ignore bad=0

	cd "$OUT"
	for p in $(mails); do
		where='^(all|tools)$'
		! sed -n 's,^+++ b/,,p' "$p" | grep -v '^tools/' > /dev/null || where='^all$'
		! grep -q '^+++ b/include/trace/' "$p" || where='^(all|trace)$'
		ignore=$(awk -v where="$where" '!/^#/ && $2 ~ where { print $1 }' \
			"$TOP/series/checkpatch.ignore" | paste -sd ,)
		said=$("$TREE/scripts/checkpatch.pl" --root="$TREE" --strict --terse --no-summary \
			--ignore "$ignore" "$p" 2>&1) || :
		[ -z "$said" ] || { echo "$said" >&2; bad=1; }
	done
	return "$bad"
}

# Whoever sends a patch for a file of ours is told of us.
maintained()
{
	local f us said unknown=''

	us=$(awk '/^HARDWARE BREAKPOINTS$/ { ours = 1 } ours && /^M:/ { sub(/^M:[ \t]*/, ""); print; exit }' "$TREE/MAINTAINERS")
	[ -n "$us" ] || die "MAINTAINERS has no HARDWARE BREAKPOINTS"
	while read -r f; do
		# whole: who stops to listen at the first match kills who still speaks
		said=$(cd "$TREE" && scripts/get_maintainer.pl --no-git --no-git-fallback -f "$f")
		[[ $said == *"$us"* ]] || unknown+=" $f"
	done < <("$SCRIPTS/derive.sh" --overlay)
	[ -z "$unknown" ] || die "MAINTAINERS, in HARDWARE BREAKPOINTS, has no F: for:$unknown"
}

# same: is what the series gives build/tree, byte for byte?
same()
{
	say "comparing the tree that it gives with build/tree"
	diff -rq --no-dereference --exclude=.git "$TREE" "$BUILD/tree" >&2 ||
		die "applied, the series does not give build/tree (above)"
}

# made_from: what of the tree ARCH='s kernel is made from. Documents, tools and what is of
# the other architectures make none.
made_from()
{
	load_arch
	{
		ingit ls-tree HEAD | grep -Ev $'\t(tools|Documentation|MAINTAINERS|arch)$'
		ingit ls-tree HEAD arch/ | grep -Ev $'\tarch/(x86|arm64|powerpc)$'
		ingit ls-tree HEAD "arch/$SRCARCH"
		cat "$TOP"/qemu/{common,"$ARCH"}.config "$SCRIPTS"/{build,kmake}.sh \
			"$SCRIPTS/arch/$ARCH.sh"
		[ ! -f "$BASE/config" ] || cat "$BASE/config"
	} | sha256sum
}

# boots ID: KUnit passes on x86_64, so ID is proven.
boots()
{
	local log=$OUT/kunit.log

	RUN='cat /sys/kernel/debug/kunit/*/results' APPEND=kunit.enable=1 \
		ARCH=x86_64 TIMEOUT=${TIMEOUT:-600} "$SCRIPTS/guest.sh" > "$log" ||
		die "it does not boot on x86_64, or KUnit ends badly"
	! grep -q '^ *not ok' "$log" || die "$(grep -m 1 '^ *not ok' "$log") (log: ${log#"$TOP"/})"
	say "it boots, $(grep -c '^    ok' "$log") KUnit cases pass"
	echo "$1" >> "$OUT/proven"
}

# prefix PATCH: the tree, as it is now, builds for each architecture, and boots on
# x86_64. What was proven of the same files is not tried again.
prefix()
{
	local arch from guest=''

	export KERNEL=series
	for arch in $ALL_ARCHES; do
		from=$(ARCH=$arch made_from)
		! grep -qxsF "$from" "$OUT/proven" || continue
		ARCH=$arch "$SCRIPTS/build.sh" || die "$1: does not build for $arch"
		if [ "$arch" = x86_64 ]; then
			# while the others build
			boots "$from" &
			guest=$!
		else
			echo "$from" >> "$OUT/proven"
		fi
	done
	[ -z "$guest" ] || wait "$guest" || die "$1: fails on x86_64 (above)"
}

# apply: the mails, one after the other, as somebody who gets them would.
apply()
{
	local p n=0 all

	all=$(mails | wc -l)
	ingit checkout -q -f -B applied base
	for p in $(mails); do
		n=$((n + 1))
		dated ingit am -q --committer-date-is-author-date "$p" > "$OUT/am.log" 2>&1 ||
			{ cat "$OUT/am.log" >&2; die "git am refuses $(basename "$p")"; }
		[ -z "${QUICK:-}" ] || continue
		say "$n of $all: $(basename "$p" .patch)"
		prefix "$(basename "$p")"
	done
	ingit diff --quiet series applied || die "git am gives another tree than was made the mails from"
}

# against VERSION: does it apply to that version of the package? Only what it
# changes is unpacked.
against()
{
	local version=$1 dir=$OUT/against-$1 names=$OUT/against.names p

	if [ ! -d "$dir" ]; then
		grep -qxF "$version" <<< "$(apt_versions "$STOCK_PACKAGE")" ||
			apt_own_lists
		say "downloading $STOCK_PACKAGE $version"
		apt_fetch "$BUILD/deb/old" "$STOCK_PACKAGE=$version"
		ingit diff --name-only --diff-filter=M base series | sed 's,^,*/,' > "$names"
		mkdir -p "$dir.new"
		dpkg-deb --fsys-tarfile "$BUILD/deb/old/${STOCK_PACKAGE}_$version"_*.deb |
			tar -xO --wildcards './usr/src/*.tar.xz' |
			tar -C "$dir.new" -xJ --strip-components=1 --wildcards -T "$names"
		git -C "$dir.new" -c init.defaultBranch=base init -q
		git -C "$dir.new" add -A -f .
		git -C "$dir.new" -c user.name=base -c user.email=base commit -q -m "$version"
		mv "$dir.new" "$dir"
	fi
	git -C "$dir" checkout -q -f -B applied base
	for p in $(mails); do
		git -C "$dir" -c user.name=base -c user.email=base am -q "$p" > "$OUT/am.log" 2>&1 || {
			cat "$OUT/am.log" >&2
			git -C "$dir" am -q --abort || :
			die "$STOCK_PACKAGE $version: git am refuses $(basename "$p")"
		}
	done
	say "it applies to $STOCK_PACKAGE $version"
}

"$SCRIPTS/stock.sh"
"$SCRIPTS/derive.sh"
(
locked series
resolve
pristine
say "composing $(messages | wc -l) patches"
compose
format
say "checkpatch --strict, on each"
checkpatch || die "checkpatch --strict says so of build/series (above); what is no" \
	"fault goes into series/checkpatch.ignore, with the reason"
apply
same
say "get_maintainer.pl, for each file"
maintained
for version in ${AGAINST:-}; do
	against "$version"
done
say "made ${OUT#"$TOP"/}: $(mails | wc -l) patches and a cover letter" \
    "over $(cat "$BUILD/stock.id")${QUICK:+; prefixes were not built (QUICK)}"
)
