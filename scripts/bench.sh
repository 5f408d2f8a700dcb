#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh: what operations cost on our kernel and on stock's, both with
# qemu/bench.config, for the CPUs given (1 4 64 unless told). Leaves in
# build/bench/ARCH, each as .tsv and .md:
#
#   bench	guest instructions (QEMU's -icount makes one a nanosecond of the guest's
#		clock), and bench.svg, a plot of the ratios
#   counts	calls of other CPUs, grace periods waited for, contexts rescheduled; in
#		runs of their own, as counting takes time
#   memory	bytes
#   profile	of one OPERATION, as bench calls it: instructions of each function
#
# WHAT="times counts memory" says which of them; the profile only if told.

export VARIANT=bench
. "$(dirname "$0")/lib.sh"
load_arch
OUT=$BUILD/bench/$ARCH
CPUS=${CPUS:-1 4 64}
WHAT=${WHAT:-times counts memory}
OPERATION=${OPERATION:-modify address}
export MODULES="bp_module bp_bench"

# subject NAME: what is measured: stock, ours, or ours untraced
subject()
{
	case $1 in
	untraced)	export KERNEL=ours VARIANT=bench-untraced ;;
	*)		export KERNEL=$1 VARIANT=bench ;;
	esac
}

# How many bytes of KERNEL's image are the subsystem's, tests aside.
static_sizes()
{
	find "$BUILD/$ARCH/$KERNEL-$VARIANT"/{kernel/events,arch/*/kernel} -name 'hw_breakpoint*.o' \
		! -name '*_test.o' -exec "${CROSS}size" -A {} + |
	awk -v OFS='\t' '
		$1 ~ /^\.data\.\.percpu/		{ percpu += $2; next }
		$1 ~ /^\.(text|noinstr|kprobes)/	{ text += $2; next }
		$1 ~ /^\.(data|bss|rodata)/		{ data += $2 }
		END {
			print "code", "any", text
			print "static data", "any", data
			print "static data of each CPU", "any", percpu
		}'
}

# build SUBJECT...
build()
{
	local name

	say "building the client, and the modules for what only the kernel can do"
	make -s -C "$TOP/tools/testing/hw_breakpoint" O="$OUT" CC="${CROSS}gcc" bench
	for name; do
		subject "$name"
		"$SCRIPTS/build.sh"
		"$SCRIPTS/selftests.sh"
		mkdir -p "$OUT/root.$name"
		cp "$OUT/bench" "$OUT/root.$name"
		for module in $MODULES; do
			cp "$BUILD/$ARCH/selftests.$KERNEL-$VARIANT/guest/tests/breakpoints/test_modules/$module.ko" \
				"$OUT/root.$name"
		done
		static_sizes > "$OUT/$name.any.memory"
	done
}

# run SUBJECT CPUS WHAT
run()
{
	say "running on $1 with $2 CPUs: $3"
	subject "$1"
	SMP=$2 EXTRA=$OUT/root.$1 ICOUNT=1 TIMEOUT=${TIMEOUT:-3600} \
		RUN="for m in $MODULES; do insmod /\$m.ko || exit; done; exec /bench $3" \
		"$SCRIPTS/guest.sh" > "$OUT/$1.$2.$3"
}

# table WHAT BASE NAME CPUS...: BASE's results and ours side by side
table()
{
	local what=$1 base=$2 name=$3 cpus

	shift 3
	for cpus; do
		awk -v base="$base" -f "$SCRIPTS/bench-$what.awk" "$OUT/$base.$cpus.$what" \
			"$OUT/ours.$cpus.$what"
	done | awk 'NR == 1 || !/^(operation|bytes)\t/' > "$OUT/$name.tsv"
	awk -F '\t' '
		NR == 1 { line = "|---|"; for (i = 2; i <= NF; i++) line = line "--:|" }
		{ gsub(/\t/, " | "); print "| " $0 " |" }
		NR == 1 { print line }
	' "$OUT/$name.tsv" > "$OUT/$name.md"
	column -t -s $'\t' "$OUT/$name.tsv"
}

# profiles CPUS...: of both kernels side by side, functions that differ first
profiles()
{
	local cpus

	for cpus; do
		for kernel in stock ours; do
			say "looking at '$OPERATION' on $kernel with $cpus CPUs"
			subject "$kernel"
			SMP=$cpus "$SCRIPTS/bench-profile.sh" "$OPERATION" |
				sort -t $'\t' > "$OUT/$kernel.$cpus.profile"
		done
		join -t $'\t' -a 1 -a 2 -e 0 -o 0,1.2,2.2 "$OUT"/{stock,ours}."$cpus.profile" |
			awk -v OFS='\t' -v cpus="$cpus" -F '\t' '
				{ print $1, cpus, $2, $3, $3 - $2; stock += $2; ours += $3 }
				END { print "all", cpus, stock, ours, ours - stock }' |
			sort -t $'\t' -k 5,5nr -k 4,4nr
	done | { printf 'function\tCPUs\tstock\tours\tdifference\n'; cat; } > "$OUT/profile.tsv"
	column -t -s $'\t' "$OUT/profile.tsv"
}

# measure PROGRAM BASE: what bench PROGRAM says on BASE and on ours
measure()
{
	local cpus name

	for cpus in $CPUS; do
		for name in "$2" ours; do
			run "$name" "$cpus" "$1"
		done
	done
}

# against WHAT: what ours is compared with, to know that
against()
{
	case $1 in
	times | counts | memory | profile)	echo stock ;;
	tracing)				echo untraced ;;
	*)	die "WHAT=$1 is unknown; say WHAT= with some of:" \
		    "times counts memory profile tracing" ;;
	esac
}

bases=''
for what in $WHAT; do
	bases+="$(against "$what") "
done
mkdir -p "$OUT"
# shellcheck disable=SC2046,SC2086 # a list of words
build ours $(printf '%s\n' $bases | sort -u)
for what in $WHAT; do
	base=$(against "$what")
	# shellcheck disable=SC2086 # a list of numbers
	case $what in
	times)
		measure times "$base"
		say "guest instructions per operation, the median of 9 runs:"
		table times "$base" bench $CPUS
		"$SCRIPTS/packages.sh" gnuplot-nox
		"$SCRIPTS/bench-plot.sh" "$OUT/bench.tsv" "$ARCH" > "$OUT/bench.svg.new"
		mv "$OUT/bench.svg.new" "$OUT/bench.svg" ;;
	tracing)
		measure times "$base"
		say "guest instructions per operation, without and with our tracepoints, off:"
		table times "$base" tracing $CPUS ;;
	counts)
		measure counts "$base"
		say "how often, per operation:"
		table counts "$base" counts $CPUS ;;
	memory)
		measure memory "$base"
		say "bytes:"
		table memory "$base" memory any $CPUS ;;
	profile)
		profiles $CPUS ;;
	esac
done
say "made in ${OUT#"$TOP"/}: $WHAT"
