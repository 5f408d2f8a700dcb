#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-debug.sh: KUnit, the kselftests, the stress and the fuzzers on kernels that
# watch themselves: qemu/debug-kasan.config (KASAN, lockdep, allocations that fail) and
# qemu/debug-kcsan.config (data races); VARIANT= is one of them alone. A splat is a
# failure; those of qemu/VARIANT.known are others' and known. From the environment:
#
#   FUZZ_CALLS=1000000	calls of each fuzzer on the first	FUZZ_SEED=	which ones
#   STRESS_SECONDS=60	of modifying under load
#
# Results go to build/results/ARCH-KERNEL-VARIANT, one line each; the last line printed
# counts them, and the exit status is 0 only if none failed.

ASKED=${VARIANT:-}
. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/results.sh"

case $ARCH in
x86_64|arm64) ;;
*) die "ARCH=$ARCH: the debug kernels are for x86_64 and arm64" ;;
esac
FUZZ_CALLS=${FUZZ_CALLS:-1000000}
FUZZ_SEED=${FUZZ_SEED:-20261122}
STRESS_SECONDS=${STRESS_SECONDS:-60}
for v in FUZZ_CALLS FUZZ_SEED STRESS_SECONDS; do
	[[ "${!v}" =~ ^[1-9][0-9]*$ ]] || die "$v=${!v} is no number above 0"
done

# tests NAME LIMIT PROGRAM...: in a guest of their own, of which each may take LIMIT
# seconds.
tests()
{
	local name=$1 limit=$2

	shift 2
	TIMEOUT=$((limit * $#)) in_guest "$name" breakpoints "$limit" "$@"
}

# fuzzers PROGRAM...: beside each other, as each waits for something half of the time
fuzzers()
{
	local program

	step "$VARIANT: $*: $SETTINGS"
	for program; do
		meanwhile tests "$program" 21600 "$program"
		tail --pid=$! -F "$LOGS/guest-${program//_/-}/verdict.log" 2>/dev/null |
			sed -un 's/^[^:]*: # \(.* calls\)$/  '"$program"': \1/p' &
	done
	wait
}

# Those that run for as long as one wants have guests of their own.
all_tests()
{
	local programs fuzz p

	one "kselftests: build" "$SCRIPTS/selftests.sh"
	fuzz=$(grep '^bp_fuzz_' "$BUILD/$ARCH/selftests.list" | xargs) || return 0
	# shellcheck disable=SC2086 # a list
	programs=$(waking_tests $fuzz bp_modify_stress) || return 0
	# of 100,000 such a kernel has 14,500 in as much time as there is
	export EXTRA=$BUILD/$ARCH/selftests.$FLAVOUR SETTINGS="BP_REQUESTS=5000"
	# shellcheck disable=SC2086 # a list
	tests kselftests 900 $programs
	for p in $(sleeping_tests); do
		SLEEPS=1 tests "suspend: $p" 600 "$p"
	done
	SETTINGS="BP_FUZZ_SEED=$FUZZ_SEED BP_STRESS_SECONDS=$STRESS_SECONDS"
	tests stress $((STRESS_SECONDS + 300)) bp_modify_stress
	SETTINGS="BP_FUZZ_SEED=$FUZZ_SEED BP_FUZZ_CALLS=$1"
	# shellcheck disable=SC2086 # a list
	fuzzers $fuzz
	unset EXTRA
}

# variant NAME CALLS
variant()
{
	export VARIANT=$1
	load_arch
	RESULTS=$BUILD/results/$ARCH-$FLAVOUR
	LOGS=$RESULTS.logs
	all+=("$RESULTS")
	mkdir -p "$LOGS"
	rm -rf "${LOGS:?}"/*
	: > "$RESULTS"
	step "$VARIANT: the kernel"
	if ! "$SCRIPTS/build.sh"; then
		failed "kernel: build" "no guest can be booted (above)"
		return
	fi
	note pass "kernel: build" ""
	[ "$KERNEL" = ours ] || (unset VARIANT; KERNEL=ours "$SCRIPTS/derive.sh")
	step "$VARIANT: KUnit"
	APPEND=kunit.enable=1 TIMEOUT=900 RUN=$(cat "$TOP/qemu/kunit.sh") guest KUnit ""
	step "$VARIANT: kselftests"
	all_tests "$2"
	[ "$KERNEL" = stock ] || required "$TOP/qemu/required.$VARIANT"
	[ "$ARCH $KERNEL" != "x86_64 ours" ] || required "$TOP/qemu/required.x86_64-debug"
	step "$VARIANT: guests that are known bad"
	KNOWN_BAD=known-bad-debug KNOWN_BAD_MEM=1024 \
		ktap harness/known-bad "$SCRIPTS/known-bad.sh"
}

"$SCRIPTS/packages.sh"
"$SCRIPTS/stock.sh"
export MEM=${MEM:-2048}
all=()
case "$ASKED" in
'')	variant debug-kasan "$FUZZ_CALLS"
	# races show early or not, and each is slow to look for
	variant debug-kcsan $(((FUZZ_CALLS + 9) / 10)) ;;
*)	variant "$ASKED" "$FUZZ_CALLS" ;;
esac
step "results: ${all[*]#"$TOP"/}"
grep -hv '^pass' "${all[@]}" | sort | sed 's/^/  /; s/\t/: /; s/\t\(.\)/ - \1/' || :
count "${all[@]}"
