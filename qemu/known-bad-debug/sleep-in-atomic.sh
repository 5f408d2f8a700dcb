#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DEBUG_ATOMIC_SLEEP's, as it says it.
# timeout: 120
# expect: kernel splat: .*BUG: sleeping
echo "BUG: sleeping function called from invalid context at kernel/events/core.c:1" > /dev/kmsg
