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
# which begin the name of a file
DIRECTORIES="arch|drivers|include|kernel|patches|qemu|samples|scripts|tools|Documentation"

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

# What the text names is there: functions, of the kernel or system calls, and files.
# Lines that begin with a tab are examples.
named()
{
	local text name

	text=$(cd "$TOP" && cat README.md Documentation/trace/hw-breakpoint.rst \
		Documentation/trace/hw-breakpoint/*.rst | grep -v '^	')
	cd "$BUILD/tree"
	grep -rhoE '\b[a-z_][a-z_0-9]*\(|SYSCALL_DEFINE.\([a-z_0-9]+' kernel fs include \
		arch/{x86,arm64,powerpc}/{kernel,include} |
		sed 's/^SYSCALL_DEFINE.(//; s/($//' | sort -u > "$BUILD/docs/functions"
	grep -oE '\b[a-z_][a-z_0-9]*\(\)' <<< "$text" | sort -u |
	while read -r name; do
		grep -qxF "${name%??}" "$BUILD/docs/functions" ||
			echo "there is no function $name"
	done
	grep -oP "(?<![/\w.-])($DIRECTORIES)/[\w/.*-]*\w" <<< "$text" | sort -u |
	while read -r name; do
		compgen -G "$name*" > /dev/null || compgen -G "$TOP/$name*" > /dev/null ||
			echo "there is no file $name"
	done
}

"$SCRIPTS/packages.sh" python3-sphinx >&2
"$SCRIPTS/derive.sh"
plan 3
verdict "Sphinx makes the pages, and has nothing to say of them" htmldocs
verdict "they describe the functions" functions
verdict "README and they name what is there" named
exit "$failed"
