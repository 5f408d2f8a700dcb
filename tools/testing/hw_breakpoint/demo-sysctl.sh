#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# demo-sysctl.sh FILE: writes the sysctl kernel.panic from each CPU, each time in a
# process of its own, and leaves the lines "CPU PID" in FILE.

cpu=0
while [ "$cpu" -lt "$(nproc)" ]; do
	# shellcheck disable=SC2016 # $ is the inner shell's
	taskset -c "$cpu" sh -c 'echo "$1 $$" >> "$2"; echo "1$1" > /proc/sys/kernel/panic' \
		sh "$cpu" "$1" || exit 1
	cpu=$((cpu + 1))
done
