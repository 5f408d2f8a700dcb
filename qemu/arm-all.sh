#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: have registers of every CPU armed, by the kernel for itself, and by
# tasks that go on running into theirs. Prints a line for each CPU: its number and
# its DR7. Fails if it is less than that.

cd /guest/tests/breakpoints || exit 1
bp=/sys/kernel/debug/bp_module

fail() { echo "arm-all.sh: $*" >&2; exit 1; }

insmod test_modules/bp_module.ko || fail "no bp_module"
if ! echo 2 > $bp/wide || ! echo "0 1" > $bp/bound; then
	fail "cannot arm the kernel's"
fi
cpus=$(cut -d ' ' -f 1 $bp/dr7)
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
cat $bp/dr7
# the two wide ones at the least, wherever the tasks are just now
while read -r cpu dr7; do
	n=0
	for nr in 0 1 2 3; do
		[ $((dr7 >> 2 * nr & 3)) = 0 ] || n=$((n + 1))
	done
	[ $n -ge 2 ] || fail "CPU $cpu has too little armed: DR7 is $dr7"
done < $bp/dr7
