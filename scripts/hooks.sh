# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The hooks: which there are, and putting one in its place. Sourced after lib.sh.

# hook_names: those of patches/series, in their order. Those of the other base
# (STOCK=) come last: they may change files of ours.
hook_names()
{
	local s

	for s in "$TOP/patches/series" ${STOCK:+"$BASE/patches/series"}; do
		[ ! -f "$s" ] || sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$s"
	done
}

# hook_path NAME: the other base's patch of that name, if it has one.
hook_path()
{
	if [ -n "$STOCK" ] && [ -e "$BASE/patches/$1" ]; then
		echo "$BASE/patches/$1"
	else
		echo "$TOP/patches/$1"
	fi
}

# hook_file PATCH: the file, or files, that it changes.
hook_file() { sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$1"; }

# hook_apply PATCH TREE: change the file in TREE, which must be no link. What patch
# said of it is left in build/hook.log. Fails, and says nothing, if it does not apply.
hook_apply()
{
	mkdir -p "$BUILD"
	# -F0: context may have moved, never changed
	patch -d "$2" -p1 -F0 -f --verbose --no-backup-if-mismatch -r - \
		< "$1" > "$BUILD/hook.log" 2>&1
}

# hook_lands PATCH TREE: has what hook_apply changed its place where the patch says?
# Prints what has not.
hook_lands()
{
	awk -v name="patches/${1##*/}" -f "$SCRIPTS/lands-in.awk" \
		"$BUILD/hook.log" "$1" "$2/$(hook_file "$1")"
}
