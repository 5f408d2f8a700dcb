#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh: everything that proves it, for ARCH= and KERNEL=. Results go to
# build/results/ARCH-KERNEL, one line each; the last line printed counts them,
# and the exit status is 0 only if none failed.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/results.sh"
load_arch

RESULTS=$BUILD/results/$ARCH-$KERNEL
LOGS=$RESULTS.logs

step() { echo; echo "== $* [$((SECONDS / 60))m$((SECONDS % 60))s]"; }

lint_scripts()
{
	cd "$TOP"
	find scripts qemu .ci tools/testing -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
}

# Each suite's results, as those of a program. That suites ran at all is told by
# the list of required tests.
kunit()
{
	# shellcheck disable=SC2016 # the guest's shell expands it
	RUN='cd /sys/kernel/debug/kunit && for s in *; do
		{ cat $s/results; printf "\n!exit %d\n" $?; } | sed "s,^,kunit/$s: ,"
	done >&3' APPEND=kunit.enable=1 guest KUnit ""
}

selftests()
{
	local programs

	one "kselftests: build" "$SCRIPTS/selftests.sh"
	programs=$(xargs < "$BUILD/$ARCH/selftests.list") || return 0
	EXTRA=$BUILD/$ARCH/selftests TIMEOUT=300 \
	RUN="cd /guest/tests/breakpoints && /guest/run-tests breakpoints $programs" \
		guest kselftests "breakpoints/${programs// / breakpoints/}"
}

# Tests that may be neither skipped nor missing.
required()
{
	local test

	grep -v -e '^#' -e '^$' "$TOP/qemu/required.$ARCH" | while read -r test; do
		awk -F '\t' -v test="$test" '$2 == test && $1 != "skip" { ran = 1 }
			END { exit !ran }' "$RESULTS" ||
			failed "required: $test" "it was skipped or did not run"
	done
}

mkdir -p "$LOGS"
rm -rf "${LOGS:?}"/*
: > "$RESULTS"

step "packages and stock kernel"
"$SCRIPTS/packages.sh"
"$SCRIPTS/stock.sh"
step "the harness: its scripts, the derivation of the tree"
one "harness: shellcheck" lint_scripts
ktap harness/derive "$SCRIPTS/derive-test.sh"
if [ "$KERNEL" = ours ]; then
	step "the slot accounting, in userspace"
	ktap slots make -s -C "$TOP/tools/testing/hw_breakpoint" \
		O="$BUILD/hw_breakpoint" check
fi
step "the kernel: $ARCH $KERNEL"
if "$SCRIPTS/build.sh"; then
	note pass "kernel: build" ""
	# the tests are ours on either kernel
	[ "$KERNEL" = ours ] || KERNEL=ours "$SCRIPTS/derive.sh"
	if [ "$KERNEL" = ours ]; then
		step "what compilers, sparse, checkpatch and kernel-doc say"
		ktap lint "$SCRIPTS/lint.sh"
	fi
	step "KUnit, in a guest"
	kunit
	step "kselftests, in a guest"
	selftests
	step "the harness: guests that are known bad"
	ktap harness/known-bad "$SCRIPTS/known-bad.sh"
else
	failed "kernel: build" "no guest can be booted (above)"
fi
[ "$KERNEL" = stock ] || required

step "results: ${RESULTS#"$TOP"/}"
grep -v '^pass' "$RESULTS" | sort | sed 's/^/  /; s/\t/: /; s/\t\(.\)/ - \1/' || :
awk -F '\t' '{ n[$1]++ }
	END { printf "%d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skip"]
	      exit n["fail"] > 0 || !n["pass"] }' "$RESULTS"
