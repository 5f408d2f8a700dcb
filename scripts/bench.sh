#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh: what operations cost on our kernel and on stock's, in guest
# instructions (QEMU's -icount makes one a nanosecond of the guest's clock), for
# the CPUS given (1 4 64 unless told). Leaves build/bench/ARCH/bench.tsv and .md.

. "$(dirname "$0")/lib.sh"
load_arch
OUT=$BUILD/bench/$ARCH
CPUS=${CPUS:-1 4 64}

say "building the client, and the module for what only the kernel can do"
mkdir -p "$OUT"
make -s -C "$TOP/tools/testing/hw_breakpoint" O="$OUT" CC="${CROSS}gcc" bench
for KERNEL in ours stock; do
	export KERNEL
	"$SCRIPTS/build.sh"
	"$SCRIPTS/selftests.sh"
	mkdir -p "$OUT/root.$KERNEL"
	cp "$OUT/bench" "$OUT/root.$KERNEL"
	cp "$BUILD/$ARCH/selftests.$KERNEL/guest/tests/breakpoints/test_modules/bp_module.ko" "$OUT/root.$KERNEL"
done

for cpus in $CPUS; do
	for kernel in stock ours; do
		say "running on $kernel with $cpus CPUs"
		KERNEL=$kernel SMP=$cpus EXTRA=$OUT/root.$kernel ICOUNT=1 \
			RUN="insmod /bp_module.ko && /bench" \
			TIMEOUT=${TIMEOUT:-900} "$SCRIPTS/guest.sh" > "$OUT/$kernel.$cpus"
	done
done

# Median of ours and of stock's, their ratio, and the spread of each in percent.
{
	printf 'operation\tCPUs\tstock\tours\tratio\tspread of stock, %%\tspread of ours, %%\n'
	for cpus in $CPUS; do
		awk -F '\t' -v OFS='\t' '
			function spread() { return sprintf("%.1f", $3 ? 100 * ($5 - $4) / $3 : 0) }
			NR == FNR { stock[$1] = $3; about[$1] = spread(); next }
			{ print $1, $2, stock[$1], $3, sprintf("%.3f", $3 / stock[$1]),
				about[$1], spread() }
		' "$OUT/stock.$cpus" "$OUT/ours.$cpus"
	done
} > "$OUT/bench.tsv"
awk -F '\t' '
	{ gsub(/\t/, " | "); print "| " $0 " |" }
	NR == 1 { print "|---|--:|--:|--:|--:|--:|--:|" }
' "$OUT/bench.tsv" > "$OUT/bench.md"

say "guest instructions per operation, the median of 9 runs:"
column -t -s $'\t' "$OUT/bench.tsv"
say "made ${OUT#"$TOP"/}/bench.tsv and bench.md"
