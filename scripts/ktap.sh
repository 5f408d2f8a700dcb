# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # failed is for the exit status
#
# How a script speaks KTAP of its own. Sourced after lib.sh.

nr=0
failed=0

# plan N: so many verdicts follow.
plan() { echo "KTAP version 1"; echo "1..$1"; }

# verdict NAME COMMAND...: a result; the command says what is wrong, if anything.
verdict()
{
	local name=$1 said
	shift

	nr=$((nr + 1))
	said=$("$@" || :)
	if [ -z "$said" ]; then
		echo "ok $nr - $name"
	else
		echo "# ${said//$'\n'/$'\n# '}"
		echo "not ok $nr - $name"
		failed=1
	fi
}

# check NAME COMMAND...: a result; the command succeeds, or what it said is in $T/said.
# The plan comes at the end: 1..$nr.
check()
{
	local name=$1
	shift

	nr=$((nr + 1))
	if "$@"; then
		echo "ok $nr - $name"
	else
		sed 's/^/# /' "$T/said"
		echo "not ok $nr - $name"
		failed=1
	fi
}
