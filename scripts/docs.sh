#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2317 # what verdict calls is reached
#
# docs.sh: does the kernel's documentation build make pages of our document, and
# what does it say of it, and of the kernel-doc that it pulls in? KTAP on stdout. The
# pages are in build/docs/Documentation/output/trace.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"

OUT=$BUILD/docs/Documentation/output
LOG=$BUILD/docs.log
USAGE=$OUT/trace/hw-breakpoint/usage.html

# YNL_INDEX is what other documents are written from, into the source tree.
htmldocs()
{
	mkdir -p "$BUILD/docs"
	# what stands unchanged is not read again, and nothing said of it
	rm -rf "$OUT/.doctrees/trace"/hw-breakpoint{,.doctree} "$OUT/trace"/hw-breakpoint{,.html}
	make -C "$BUILD/tree" O="$BUILD/docs" SPHINXDIRS=trace YNL_INDEX= htmldocs \
		< /dev/null > "$LOG" 2>&1 || tail "$LOG"
	[ -s "$USAGE" ] || echo "there is no ${USAGE#"$TOP"/}"
	grep -iE 'hw[-_]breakpoint.*(warning|error)' "$LOG" | sed "s,$BUILD/tree/,," || :
}

# A function that is not found gives a warning; a whole file of none does not.
functions()
{
	local f

	for f in register_user register_wide modify_wide unregister; do
		grep -q "id=\"c\.${f}_hw_breakpoint\"" "$USAGE" ||
			echo "there is no description of ${f}_hw_breakpoint()"
	done
}

"$SCRIPTS/packages.sh" python3-sphinx >&2
"$SCRIPTS/derive.sh"
plan 2
verdict "Sphinx makes the pages, and has nothing to say of them" htmldocs
verdict "they describe the functions" functions
exit "$failed"
