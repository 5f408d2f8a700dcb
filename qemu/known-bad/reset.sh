#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Gone with no panic and no verdict.
# expect: no verdict
echo b > /proc/sysrq-trigger
sleep 1000
