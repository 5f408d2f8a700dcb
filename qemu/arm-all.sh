#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: have registers of every CPU armed, by the kernel for itself, and by
# tasks that go on running into theirs. Prints a line for each CPU: its number and
# how many registers are armed, if the processor tells. Fails if it is less than that.

cd /guest/tests/breakpoints || exit 1
bp=/sys/kernel/debug/bp_module

fail() { echo "arm-all.sh: $*" >&2; exit 1; }

insmod test_modules/bp_module.ko || fail "no bp_module"
# POWER10 has two registers, and cannot be looked at; the tasks want one
wide=2 bound=1
[ "$(uname -m)" != ppc64le ] || wide=1 bound=0
if ! echo $wide > $bp/wide || ! echo "0 $bound" > $bp/bound; then
	fail "cannot arm the kernel's"
fi
cpus=$(cut -d ' ' -f 1 $bp/hits)
for cpu in $cpus; do
	./bp_armed "$cpu" > "/tmp/armed.$cpu" &
done
for cpu in $cpus; do
	n=0
	while ! grep -q armed "/tmp/armed.$cpu"; do
		[ $((n += 1)) -lt 100 ] || fail "no task is armed on CPU $cpu"
		sleep 0.1
	done
done
[ "$(uname -m)" != ppc64le ] || exit 0
cat $bp/armed
# the wide ones at the least, wherever the tasks are just now
while read -r cpu armed; do
	[ "$armed" -ge $wide ] || fail "CPU $cpu has too little armed: $armed registers"
done < $bp/armed
