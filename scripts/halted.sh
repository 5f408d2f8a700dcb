#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2317 # what verdict calls is reached
#
# halted.sh: a guest whose tasks have registers armed on every CPU is halted; what
# its CPUs have in DR7 then, QEMU says: nothing may be enabled, as the next kernel
# may be started over them. KTAP on stdout. The selftests must have been built.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"
. "$SCRIPTS/monitor.sh"
load_arch
SMP=${SMP:-4}
export SMP
OUT=$BUILD/results/halted-$ARCH-$FLAVOUR

rm -rf "$OUT"
mkdir -p "$OUT"
cp -r "$BUILD/$ARCH/selftests.$FLAVOUR" "$OUT/root"
cp "$TOP/qemu/arm-all.sh" "$OUT/root/guest"
EXTRA=$OUT/root GUEST_DIR=$OUT/guest TIMEOUT=60 RUN="/guest/arm-all.sh && halt -f" \
QEMU_ARGS=$MONITOR \
	"$SCRIPTS/guest.sh" > "$OUT/out" 2> "$OUT/err" &
guest=$!
while kill -0 $guest 2>/dev/null &&
      ! grep -aqs 'reboot: System halted' "$OUT/guest/console.log"; do
	sleep 0.2
done
# It says so before it stops the other CPUs, which nobody says: a busy host takes a while.
sleep 5
# of all CPUs; then QEMU ends
monitor 0 "info registers -a" "quit" > "$OUT/registers" || :
# it was told to go away without a verdict
wait $guest || :
rm -f "$SOCKET"

# The guest halts only if every CPU has registers armed.
armed_before()
{
	if ! grep -aqs 'reboot: System halted' "$OUT/guest/console.log" ||
	   [ "$(wc -l < "$OUT/out")" != "$SMP" ]; then
		cat "$OUT/out"
		tail -n 20 "$OUT/err"
	fi
}

none_armed()
{
	grep -ao "${HALTED_LOOK%%=*}=[0-9a-f]*" "$OUT/registers" > "$OUT/dr7" || :
	[ "$(grep -c "$HALTED_LOOK\$" "$OUT/dr7")" = "$SMP" ] ||
		echo "before: $(xargs < "$OUT/out"); halted: $(xargs < "$OUT/dr7")"
}

plan 2
verdict "every CPU has registers armed before" armed_before
verdict "no CPU has any when it is halted" none_armed
exit "$failed"
