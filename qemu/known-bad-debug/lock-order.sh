#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Lockdep's, as it says it.
# timeout: 120
# expect: kernel splat: .*possible circular
echo "WARNING: possible circular locking dependency detected" > /dev/kmsg
