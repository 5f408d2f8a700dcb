#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# expect: the command exited with 3
exit 3
