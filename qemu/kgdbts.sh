# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# In the guest: the kernel's own test of kgdb, with its three cases of hardware
# breakpoints. An error is a WARNING on the console, and fails the guest; this sees
# that each case has begun, and that the last one has come to its end.
{
	echo "KTAP version 1"
	echo "1..4"
	echo V1I10 > /sys/module/kgdbts/parameters/kgdbts
	n=0
	for said in "RUN hw breakpoint test" "RUN hw write breakpoint test" \
		    "RUN access write breakpoint test"; do
		n=$((n + 1))
		dmesg | grep -q "kgdbts:$said" || printf 'not '
		echo "ok $n - $said"
	done
	dmesg | grep -q "Unregistered I/O driver kgdbts" || printf 'not '
	echo "ok 4 - came to the end"
	printf '\n!exit 0\n'
} | sed 's,^,kgdbts: ,' >&3
