#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Where KASAN is, it is its own report; LKDTM reads what it has freed.
# timeout: 120
# expect: kernel splat: .*BUG: K.SAN: 
if [ -d /sys/kernel/debug/failslab ]; then
	echo READ_AFTER_FREE > /sys/kernel/debug/provoke-crash/DIRECT
else
	echo "BUG: KCSAN: data-race in one_function / another_function" > /dev/kmsg
fi
