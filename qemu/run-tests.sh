#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: run-tests COLLECTION PROGRAM...
# Runs each program in its directory, streams its KTAP to the verdict channel
# (descriptor 3) under its name, then its exit status. What it says on stderr is
# diagnostics there: kselftest's harness says why a test failed in that way.

collection=$1
shift
for program; do
	cd "$(dirname "$program")" || exit 1
	name=$(basename "$program")
	{
		timeout -k 2 "${LIMIT:-60}" "./$name" 2>&1 3>&-
		printf "\n!exit %d\n" $?
	} | while IFS= read -r line; do
		printf '%s/%s: %s\n' "$collection" "$name" "$line" >&3
	done
done
exit 0
