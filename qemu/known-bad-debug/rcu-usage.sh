#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# PROVE_RCU's, as it says it.
# timeout: 120
# expect: kernel splat: .*suspicious RCU
echo "WARNING: suspicious RCU usage" > /dev/kmsg
