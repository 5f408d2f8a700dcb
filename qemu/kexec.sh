#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: kexec.sh PARAMETERS
# Boots /guest/kexec/image with those kernel parameters, by kexec, while registers
# of every CPU are armed: by the kernel for itself, and by tasks that are running
# into theirs. What /guest/kexec/initrd does then is the result.

cd /guest/tests/breakpoints || exit 1
bp=/sys/kernel/debug/bp_module

fail() { echo "kexec.sh: $*" >&2; exit 1; }

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
echo "DR7 before kexec, of each CPU: $(xargs < $bp/dr7)"
# the two wide ones at the least, wherever the tasks are just now
while read -r cpu dr7; do
	n=0
	for nr in 0 1 2 3; do
		[ $((dr7 >> 2 * nr & 3)) = 0 ] || n=$((n + 1))
	done
	[ $n -ge 2 ] || fail "CPU $cpu has too little armed: DR7 is $dr7"
done < $bp/dr7

kexec --load --kexec-syscall --initrd /guest/kexec/initrd --command-line "$*" \
	/guest/kexec/image || fail "cannot load"
kexec --exec --no-ifdown
fail "cannot execute"
