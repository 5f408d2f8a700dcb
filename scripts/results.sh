# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How results come to be. RESULTS is a file with a line for each: pass|fail|skip
# <tab> NAME <tab> reason; LOGS is a directory. Sourced after lib.sh.

# step WHAT...: what comes next, and how long all has taken so far
step() { echo; echo "== $* [$((SECONDS / 60))m$((SECONDS % 60))s]"; }

note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$RESULTS"; }

# failed NAME WHY [LOG]
failed()
{
	note fail "$1" "$2"
	echo "  FAILED $1: $2"
	[ -z "${3:-}" ] || tail -n 30 "$3" | sed 's/^/      /'
}

# one NAME COMMAND...: a command that is one result as a whole
one()
{
	local name=$1 log=$LOGS/${1//[^a-z]/-}.log

	shift
	if "$@" > "$log" 2>&1; then
		note pass "$name" ""
		echo "  $name: passed"
	else
		failed "$name" "log: ${log#"$TOP"/}; its tail:" "$log"
	fi
}

# judge VERDICT-LOG PROGRAMS-EXPECTED
judge() { awk -v results="$RESULTS" -v expect="$2" -f "$SCRIPTS/ktap.awk" "$1"; }

# ktap NAME COMMAND...: a program on this machine that speaks KTAP
ktap()
{
	local name=$1 log=$LOGS/${1//[^a-z]/-}.log ret=0

	shift
	"$@" > "$log" 2> "$log.err" || ret=$?
	{ cat "$log"; printf '\n!exit %d\n' "$ret"; } | sed "s,^,$name: ," > "$log.verdict"
	judge "$log.verdict" "$name"
	[ "$ret" = 0 ] || tail -n 20 "$log.err" | sed 's/^/      /'
}

# guest NAME PROGRAMS-EXPECTED: boot with the caller's RUN, EXTRA and so on, judge
# the verdict channel. That the guest lived and the command ended well is a
# result as well. GUEST_SCRIPT=kexec.sh: that one boots it.
guest()
{
	local name="guest: $1" dir=$LOGS/guest-${1//[^A-Za-z0-9]/-} ret=0

	GUEST_DIR=$dir GUEST_QUIET=1 "$SCRIPTS/${GUEST_SCRIPT:-guest.sh}" > "$dir.out" 2> "$dir.err" || ret=$?
	[ ! -f "$dir/verdict.log" ] || judge "$dir/verdict.log" "$2"
	if [ "$ret" = 0 ]; then
		note pass "$name" ""
	elif grep -q '^guest failed: ' "$dir.err"; then
		failed "$name" "$(sed -n 's/^guest failed: //p' "$dir.err")" "$dir.err"
	else
		cat "$dir.out" >> "$dir.err"
		failed "$name" "the command exited with $ret; it said:" "$dir.err"
	fi
}

# in_guest GUEST COLLECTION LIMIT PROGRAM...: kselftest programs, each for LIMIT seconds at
# most; the results are those of COLLECTION/PROGRAM. SETTINGS= are for their environment.
in_guest()
{
	local guest=$1 collection=$2 limit=$3

	shift 3
	RUN="cd /guest/tests/breakpoints &&
		${SETTINGS:-} LIMIT=$limit /guest/run-tests $collection $*" \
		guest "$guest" "${*/#/$collection/}"
}

# meanwhile COMMAND...: in a process group of its own, $!, that ends if this ends
groups=()
meanwhile()
{
	set -m
	"$@" &
	set +m
	groups+=($!)
}

end_groups()
{
	local group

	for group in "${groups[@]}"; do
		kill -- "-$group" 2>/dev/null || :
	done
}
trap end_groups EXIT
# what is interrupted says that it failed: without this, the next would begin
trap 'exit 130' INT

# What suspends, each for a guest of its own: QEMU's q35 sleeps but once.
SLEEPERS="bp_suspend step_after_suspend_test"

# sleeping_tests: those of them that are built
sleeping_tests()
{
	# shellcheck disable=SC2086 # a list of words
	grep -xsF -f <(printf '%s\n' $SLEEPERS) "$BUILD/$ARCH/selftests.list" || :
}

# waking_tests PROGRAM...: the kselftests that are built, but for SLEEPERS and these
waking_tests()
{
	# shellcheck disable=SC2086 # a list of words
	grep -vxsF -f <(printf '%s\n' $SLEEPERS "$@") "$BUILD/$ARCH/selftests.list" | xargs
}

# required LIST: a failure for each test of the list that was skipped or is missing
required()
{
	local test

	grep -v -e '^#' -e '^$' "$1" | while read -r test; do
		awk -F '\t' -v test="$test" '$2 == test && $1 != "skip" { ran = 1 }
			END { exit !ran }' "$RESULTS" ||
			failed "required: $test" "it was skipped or did not run"
	done
}

# count RESULTS...: the last line; fails if one did, or none passed.
count()
{
	awk -F '\t' '{ n[$1]++ }
		END { printf "%d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skip"]
		      exit n["fail"] > 0 || !n["pass"] }' "$@"
}
