#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh: everything that proves it, for KERNEL= on ARCH=, or on each
# architecture if that is not said. Results go to build/results/ARCH-KERNEL, one
# line each; the last line printed counts them, and the exit status is 0 only if
# none failed. What is the same for all is done with x86_64.

ASKED=${ARCH:-}
. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/results.sh"

if [ -z "$ASKED" ]; then
	all=()
	for ARCH in $ALL_ARCHES; do
		echo "=== $ARCH"
		ARCH=$ARCH "$SCRIPTS/check.sh" || :
		all+=("$BUILD/results/$ARCH-$KERNEL")
	done
	echo
	echo "=== $ALL_ARCHES [$((SECONDS / 60))m$((SECONDS % 60))s]"
	count "${all[@]}"
	exit
fi
load_arch

RESULTS=$BUILD/results/$ARCH-$KERNEL
LOGS=$RESULTS.logs

lint_scripts()
{
	cd "$TOP"
	find scripts qemu .ci tools/testing -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
}

# kunit [CPU]: each suite's results, as those of a program. That suites ran at all is
# told by the list of required tests.
kunit()
{
	RUN="KUNIT=kunit${1:+-$1}; $(cat "$TOP/qemu/kunit.sh")" APPEND=kunit.enable=1 \
		TIMEOUT=300 guest "KUnit${1:+ on $1}" ""
}

# kselftests NAME PROGRAM...: the programs, whose results are those of NAME/PROGRAM
kselftests()
{
	local name=$1

	shift
	TIMEOUT=900 RUN="cd /guest/tests/breakpoints && LIMIT=180 /guest/run-tests $name $*" \
		guest "kselftests: $name" "${*/#/$name/}"
}

selftests()
{
	local programs cpu p

	one "kselftests: build" "$SCRIPTS/selftests.sh"
	# shellcheck disable=SC2119 # none besides
	programs=$(waking_tests) || return 0
	export EXTRA=$BUILD/$ARCH/selftests.$KERNEL
	for cpu in $OTHER_CPUS; do
		CPU=$cpu kunit "$cpu"
		# shellcheck disable=SC2086 # a list of words
		CPU=$cpu kselftests "$cpu" $programs
	done
	# shellcheck disable=SC2086 # a list of words
	kselftests breakpoints $programs
	# its events are for user mode alone, which QEMU's POWER takes for nobody's
	[ "$ARCH" = ppc64le ] ||
	RUN="LIMIT=90 /guest/run-tests perf_events /guest/tests/perf_events/sigtrap_threads" \
		guest sigtrap perf_events/sigtrap_threads
	# with one CPU, TCG's store-exclusives hit as the hardware's do
	[ "$ARCH" != arm64 ] ||
	SMP=1 RUN="LIMIT=90 /guest/run-tests one-cpu /guest/tests/breakpoints/bp_arm64_exclusive" \
		guest one-cpu one-cpu/bp_arm64_exclusive
	for p in $SLEEPERS; do
		if ! grep -qxs "$p" "$BUILD/$ARCH/selftests.list"; then
			continue
		elif [ "$ARCH" = ppc64le ]; then
			note skip "breakpoints/$p" "nothing wakes QEMU's pseries"
		else
			SLEEPS=1 RUN="/guest/run-tests breakpoints /guest/tests/breakpoints/$p" \
				guest "suspend: $p" "breakpoints/$p"
		fi
	done
	unset EXTRA
	GUEST_SCRIPT=kexec.sh guest kexec kexec/bp_boot
	[ -z "$HALTED_LOOK" ] || ktap halted "$SCRIPTS/halted.sh"
}

# The modules are KERNEL's, the program is the same for both.
kvm_debug()
{
	local extra=$BUILD/$ARCH/modules-$KERNEL

	one "KVM: modules" "$SCRIPTS/modules.sh"
	one "KVM: program" make -s -C "$BUILD/tree/tools/testing/hw_breakpoint" \
		O="$extra/guest/tests" CC="${CROSS}gcc" kvm_debug
	# shellcheck disable=SC2016 # the guest's shell expands it
	EXTRA=$extra RUN='cd /guest/modules &&
		for m in $(cat order); do insmod $m || exit; done
		cd /guest/tests && /guest/run-tests hw_breakpoint kvm_debug' \
		guest KVM hw_breakpoint/kvm_debug
}

# What people use: all of it in one guest.
clients()
{
	local programs="perf.sh perf_tests.sh bpf gdb.sh"

	one "clients: programs" "$SCRIPTS/clients.sh"
	EXTRA=$BUILD/$ARCH/clients.$KERNEL MEM=2048 TIMEOUT=1800 \
	RUN="cd /guest/tests/clients && LIMIT=600 /guest/run-tests clients $programs" \
		guest clients "clients/${programs// / clients/}"
}

mkdir -p "$LOGS"
rm -rf "${LOGS:?}"/*
: > "$RESULTS"

step "packages and stock kernel"
"$SCRIPTS/packages.sh"
"$SCRIPTS/stock.sh"
if [ "$ARCH" = x86_64 ]; then
	step "the harness: its scripts, the derivation of the tree"
	one "harness: shellcheck" lint_scripts
	ktap harness/derive "$SCRIPTS/derive-test.sh"
	ktap harness/refresh "$SCRIPTS/refresh-test.sh"
fi
if [ "$KERNEL" = ours ] && [ "$ARCH" = x86_64 ]; then
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
	if [ "$KERNEL" = ours ] && [ "$ARCH" = x86_64 ]; then
		step "the document, and its examples in a guest"
		ktap docs "$SCRIPTS/docs.sh"
		ktap examples "$SCRIPTS/examples.sh"
	fi
	step "KUnit, in a guest"
	kunit
	step "kselftests, in a guest"
	selftests
	if [ -n "$KGDB_TTY" ]; then
		step "kgdb, in guests: the kernel's own test of it, and gdb of this machine"
		RUN=$(cat "$TOP/qemu/kgdbts.sh") guest kgdbts kgdbts
		ktap kgdb "$SCRIPTS/kgdb.sh"
	fi
	if [ -n "$TEST_MODULES" ]; then
		step "KVM, in a guest"
		kvm_debug
	fi
	step "perf, gdb and BPF programs, in a guest"
	clients
	step "the harness: guests that are known bad"
	ktap harness/known-bad "$SCRIPTS/known-bad.sh"
else
	failed "kernel: build" "no guest can be booted (above)"
fi
[ "$KERNEL" = stock ] || required "$TOP/qemu/required.$ARCH"

step "results: ${RESULTS#"$TOP"/}"
grep -v '^pass' "$RESULTS" | sort | sed 's/^/  /; s/\t/: /; s/\t\(.\)/ - \1/' || :
count "$RESULTS"
