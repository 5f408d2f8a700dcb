#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# halted.sh: a guest whose tasks have registers armed on every CPU is halted; what
# its CPUs have in DR7 then, QEMU says: nothing may be enabled, as the next kernel
# may be started over them. KTAP on stdout. The selftests must have been built.

. "$(dirname "$0")/lib.sh"
load_arch
SMP=${SMP:-4}
export SMP
OUT=$BUILD/results/halted-$ARCH-$KERNEL
SOCKET=$(mktemp -u -t monitor-XXXXXX)

# The registers of all CPUs, from QEMU's monitor; then QEMU ends.
registers()
{
	perl -MIO::Socket::UNIX -e '
		my $qemu = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no monitor: $!";
		print $qemu "info registers -a\nquit\n";
		print while <$qemu>;' "$SOCKET"
}

rm -rf "$OUT"
mkdir -p "$OUT"
# shellcheck disable=SC2016 # the guest's shell expands it
EXTRA=$BUILD/$ARCH/selftests.$KERNEL GUEST_DIR=$OUT/guest TIMEOUT=60 \
QEMU_ARGS="-monitor unix:$SOCKET,server=on,wait=off" \
RUN='cd /guest/tests/breakpoints
	insmod test_modules/bp_module.ko && echo 2 > /sys/kernel/debug/bp_module/wide || exit 1
	for cpu in $(cut -d " " -f 1 /sys/kernel/debug/bp_module/dr7); do
		./bp_armed $cpu > /tmp/armed.$cpu &
		while ! grep -q armed /tmp/armed.$cpu; do sleep 0.1; done
	done
	cat /sys/kernel/debug/bp_module/dr7
	halt -f' "$SCRIPTS/guest.sh" > "$OUT/out" 2> "$OUT/err" &
guest=$!
while kill -0 $guest 2>/dev/null &&
      ! grep -aqs 'reboot: System halted' "$OUT/guest/console.log"; do
	sleep 0.2
done
registers > "$OUT/registers" || :
# it was told to go away without a verdict
wait $guest || :
rm -f "$SOCKET"

echo "KTAP version 1"
echo "1..2"
sed 's/^/# before, of CPU /' "$OUT/out"
# L0, G0 to L3, G3 are the low byte; the two wide ones are somewhere in it
if awk '$2 !~ /([1-9a-f].|[1-9a-f])$/ { bad = 1 } END { exit bad || NR != n }' n="$SMP" "$OUT/out"; then
	echo "ok 1 - every CPU has registers armed before"
else
	tail -n 20 "$OUT/err" | sed 's/^/# /'
	echo "not ok 1 - every CPU has registers armed before"
fi
grep -ao 'DR7=[0-9a-f]*' "$OUT/registers" > "$OUT/dr7" || :
if [ "$(grep -c 'DR7=0*400$' "$OUT/dr7")" = "$SMP" ]; then
	echo "ok 2 - no CPU has any when it is halted"
else
	sed 's/^/# halted: /' "$OUT/dr7"
	echo "not ok 2 - no CPU has any when it is halted"
fi
