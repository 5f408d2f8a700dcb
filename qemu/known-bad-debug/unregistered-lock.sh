#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Lockdep's, as it says it.
# timeout: 120
# expect: kernel splat: .*INFO: trying to register
echo "INFO: trying to register non-static key." > /dev/kmsg
