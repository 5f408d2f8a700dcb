#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh: everything that proves it, for KERNEL= on ARCH=, or on each
# architecture if that is not said. Results go to build/results/ARCH-KERNEL, one
# line each; the last line printed counts them, and the exit status is 0 only if
# none failed. What is the same for all is done with x86_64.
#
# Guests leave processors idle. What needs none of them runs beside them, and then the
# kernel of the next architecture (NEXT=) is built; what is printed is of both.

ASKED=${ARCH:-}
. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/results.sh"

if [ -z "$ASKED" ]; then
	all=()
	read -ra arches <<< "$ALL_ARCHES"
	for i in "${!arches[@]}"; do
		ARCH=${arches[i]}
		echo "=== $ARCH"
		ARCH=$ARCH NEXT=${arches[i + 1]:-} "$SCRIPTS/check.sh" || :
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

# kselftests NAME PROGRAM...: the programs, whose results are those of NAME/PROGRAM. Stock
# may hang in one, with all that would come behind it: there each has a guest.
kselftests()
{
	local name=$1 program
	shift

	if [ "$KERNEL" = stock ]; then
		for program; do
			TIMEOUT=240 in_guest "kselftests: $name/$program" "$name" 180 "$program"
		done
	else
		TIMEOUT=900 in_guest "kselftests: $name" "$name" 180 "$@"
	fi
}

# on_other_cpus PROGRAM...: KUnit and the programs, with each CPU= that there is besides;
# and who holds what, with many
on_other_cpus()
{
	local cpu

	for cpu in $OTHER_CPUS; do
		CPU=$cpu kunit "$cpu"
		CPU=$cpu kselftests "$cpu" "$@"
	done
	# -icount has one thread for all of them, without which they take for ever; of a second
	# each has 1/64, so 21 seconds without a quiescent state are no stall
	[ "$ARCH $KERNEL" != "x86_64 ours" ] ||
		SMP=64 ICOUNT=1 MEM=2048 TIMEOUT=1200 APPEND=rcupdate.rcu_cpu_stall_timeout=300 \
			in_guest "64 CPUs" 64-cpus 180 bp_visible
}

selftests()
{
	local programs others p

	one "kselftests: build" "$SCRIPTS/selftests.sh"
	# shellcheck disable=SC2119 # none besides
	programs=$(waking_tests) || return 0
	export EXTRA=$BUILD/$ARCH/selftests.$KERNEL
	# shellcheck disable=SC2086 # a list of words
	meanwhile on_other_cpus $programs
	others=$!
	# shellcheck disable=SC2086 # a list of words
	kselftests breakpoints $programs
	# with one CPU, TCG's store-exclusives hit as the hardware's do
	[ "$ARCH" != arm64 ] ||
	SMP=1 RUN="LIMIT=90 /guest/run-tests one-cpu /guest/tests/breakpoints/bp_arm64_exclusive" \
		guest one-cpu one-cpu/bp_arm64_exclusive
	for p in $(sleeping_tests); do
		if [ "$ARCH" = ppc64le ]; then
			note skip "breakpoints/$p" "nothing wakes QEMU's pseries"
		else
			SLEEPS=1 RUN="/guest/run-tests breakpoints /guest/tests/breakpoints/$p" \
				guest "suspend: $p" "breakpoints/$p"
		fi
	done
	wait "$others"
	# stock's, and each test is ended after 30 s: so with no other guest beside it; its
	# events are for user mode alone, which QEMU's POWER takes for nobody's
	[ "$ARCH" = ppc64le ] ||
	RUN="LIMIT=90 /guest/run-tests perf_events /guest/tests/perf_events/sigtrap_threads" \
		guest sigtrap perf_events/sigtrap_threads
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

# What is told without the kernel of ARCH=, and is the same for each.
without_kernel()
{
	[ "$ARCH" = x86_64 ] || return 0
	one "harness: shellcheck" lint_scripts
	ktap harness/derive "$SCRIPTS/derive-test.sh"
	ktap harness/refresh "$SCRIPTS/refresh-test.sh"
	[ "$KERNEL" != ours ] || ktap slots make -s -C "$TOP/tools/testing/hw_breakpoint" \
		O="$BUILD/hw_breakpoint" check
}

beside_guests()
{
	renice -n 10 "$BASHPID" > /dev/null
	without_kernel
	if [ "$KERNEL" = ours ]; then
		ktap lint "$SCRIPTS/lint.sh"
		[ "$ARCH" != x86_64 ] || ktap docs "$SCRIPTS/docs.sh"
	fi
	# if it fails, its own check says so
	[ -z "${NEXT:-}" ] || ARCH=$NEXT "$SCRIPTS/build.sh" || :
}

guests()
{
	step "KUnit, in a guest"
	kunit
	step "kselftests, in a guest"
	selftests
	if [ "$KERNEL" = ours ] && [ "$ARCH" = x86_64 ]; then
		step "the document's examples, in a guest"
		ktap examples "$SCRIPTS/examples.sh"
	fi
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
}

mkdir -p "$LOGS"
rm -rf "${LOGS:?}"/*
: > "$RESULTS"

step "packages and stock kernel"
"$SCRIPTS/packages.sh"
"$SCRIPTS/stock.sh"
step "the kernel: $ARCH $KERNEL"
if "$SCRIPTS/build.sh"; then
	note pass "kernel: build" ""
	# the tests are ours on either kernel
	[ "$KERNEL" = ours ] || KERNEL=ours "$SCRIPTS/derive.sh"
	step "beside the guests: scripts, slots, compilers, sparse, checkpatch, the document"
	meanwhile beside_guests
	beside=$!
	guests
	step "waiting for what ran beside the guests"
	wait "$beside" || failed "beside the guests" "it ended with $?; what it said is above"
else
	failed "kernel: build" "no guest can be booted (above)"
	without_kernel
fi
[ "$KERNEL" = stock ] || required "$TOP/qemu/required.$ARCH"

step "results: ${RESULTS#"$TOP"/}"
grep -v '^pass' "$RESULTS" | sort | sed 's/^/  /; s/\t/: /; s/\t\(.\)/ - \1/' || :
count "$RESULTS"
