#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# expect: panic: .*Kernel panic
echo c > /proc/sysrq-trigger
