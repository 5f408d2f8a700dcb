#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# expect: hang: not done after 8 s
# timeout: 8
echo off to sleep
sleep 1000
