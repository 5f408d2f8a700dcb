# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the guest: each KUnit suite's results, as those of a program of $KUNIT.
cd /sys/kernel/debug/kunit && for s in *; do
	{ cat "$s/results"; printf "\n!exit %d\n" $?; } | sed "s,^,${KUNIT:-kunit}/$s: ,"
done >&3
