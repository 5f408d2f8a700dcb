#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench-profile.sh OPERATION: in which functions its instructions are, on the kernel that
# KERNEL= says and with SMP= CPUs. Says FUNCTION <tab> INSTRUCTIONS of one operation, on
# all CPUs together; what is the user's own is summed up. QEMU writes down each
# instruction for a moment. For bench.sh, which has built what it takes.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/monitor.sh"
load_arch
OUT=$BUILD/bench/$ARCH
DIR=$OUT/profile.$KERNEL
MOMENT=1	# second

rm -rf "$DIR"
mkdir -p "$DIR"
EXTRA=$OUT/root.$KERNEL ICOUNT=1 TIMEOUT=${TIMEOUT:-300} GUEST_DIR=$DIR/guest \
RUN="for m in $MODULES; do insmod /\$m.ko || exit; done; exec /bench profile '$1'" \
QEMU_ARGS="$MONITOR -D $DIR/log" \
	"$SCRIPTS/guest.sh" > "$DIR/out" 2> "$DIR/err" &
guest=$!
while kill -0 $guest 2>/dev/null && ! grep -qs '^ready' "$DIR/out"; do
	sleep 0.2
done
# the name of the first has changed with QEMU 8.1
monitor "$MOMENT" "singlestep on" "one-insn-per-tb on" "log exec,nochain" "quit" > /dev/null 2>&1 || :
# it was told to go away without a verdict
wait $guest || :
rm -f "$SOCKET"
marker=$(sed -n 's/^ready \(0x\)*//p' "$DIR/out")
[ -n "$marker" ] || { cat "$DIR/err" >&2; die "no operation of bench is called '$1'"; }

"${CROSS}nm" -n "$OBJ/vmlinux" | perl -e '
	my $marker = sprintf "%016s", shift;
	my (@start, @name, %known, %in, %all);
	while (<STDIN>) {
		next unless /^([0-9a-f]{16}) [tTwW] ([\w.]+)$/;
		push @start, $1;
		push @name, $2;
	}
	sub function {
		my ($low, $high) = (0, @start - 1);
		return "(user mode)" if $_[0] lt $start[0] or $_[0] !~ /^[89a-f]/;
		while ($low < $high) {
			my $middle = int(($low + $high + 1) / 2);
			if ($start[$middle] le $_[0]) { $low = $middle } else { $high = $middle - 1 }
		}
		return $name[$low];
	}
	my $operations = -1;
	while (<>) {
		my ($pc) = m,^Trace \d+: \S+ \[[^/]*/([0-9a-f]+)/, or next;
		$pc = sprintf "%016s", $pc;
		if ($pc eq $marker) {
			# what has been since the last one is of a whole operation
			$all{$_} += $in{$_} for keys %in;
			%in = ();
			$operations++;
		}
		$in{$known{$pc} //= function($pc)}++ if $operations >= 0;
	}
	die "no operation was seen\n" unless $operations > 0;
	printf "%s\t%.1f\n", $_, $all{$_} / $operations for keys %all;
' "$marker" "$DIR/log" | sort -t $'\t' -k 2 -rn
rm -f "$DIR/log"
