#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# perf_tests.sh: in the guest: perf's own tests of breakpoints, and its benchmarks,
# which fail when they are refused a register that must be free.

. ./cases.sh

# verdict NAME RESULT: as `perf test` says it
verdict()
{
	case $MACHINE:$2:$1 in
	*:Ok:*)			ktap_test_pass "$1" ;;
	*:Skip*)		skip "$1" "perf says: $2" ;;
	ppc64le:FAILED*Watchpoint)	skip "$1" "$USER_MODE_ALONE" ;;
	*)			sed 's/^/# /' "$DIR/said"
				ktap_test_fail "$1" ;;
	esac
}

# perf_test NUMBER NAME: one of perf's tests, or each of its parts if it has some
perf_test()
{
	# on two CPUs: with four, an emulator takes minutes for threads that all hit
	timeout -k 2 200 taskset 3 perf test -v "$1" > "$DIR/said" 2>&1 < /dev/null || :
	# " 23.2: Write Only Watchpoint   :", and later "Watchpoint subtest 2: Ok"; what
	# never ends has no result
	awk '/^ *[0-9.]+: / { name = $0; sub(/^ *[0-9.]+: /, "", name); sub(/ *:[^:]*$/, "", name) }
	     /: (Ok|Skip.*|FAILED!.*)$/ { sub(/.*: /, ""); print name "\t" $0; name = "" }
	     END { if (name != "") print name "\tnone" }' "$DIR/said" > "$DIR/results"
	[ -s "$DIR/results" ] || verdict "$2" none
	while IFS="$TAB" read -r name result; do
		verdict "$name" "$result"
	done < "$DIR/results"
}

# bench ARGUMENT...: of perf bench breakpoint; says what it found wrong
bench()
{
	perf bench -f simple breakpoint "$@" > "$DIR/bench" 2>&1 || echo "it ended with $?"
	grep -qE '^[0-9.]+$' "$DIR/bench" || cat "$DIR/bench"
}

ktap_print_header
TAB=$(printf '\t')
perf test list 2>&1 |
	sed -n -E 's/^ *([0-9]+): (.*([Bb]reakpoint|Watchpoint|Sigtrap|bp modify).*)$/\1\t\2/p' > "$DIR/tests"
while IFS="$TAB" read -r number test; do
	perf_test "$number" "$test"
done < "$DIR/tests"

check "bench: threads with a breakpoint each" "" bench thread -b 1 -p 4 -t 8
check "bench: threads with all registers each" "" \
	bench thread -b "$REGISTERS" -p 4 -t 4
check "bench: on and off beside idle and busy threads" "" bench enable -p 4 -a 2
finish
