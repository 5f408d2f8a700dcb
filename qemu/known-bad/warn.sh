#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A WARN leaves the guest alive and the command successful.
# expect: kernel splat: .*
echo WARNING > /sys/kernel/debug/provoke-crash/DIRECT
