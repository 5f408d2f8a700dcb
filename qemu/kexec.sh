#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: kexec.sh PARAMETERS
# Boots /guest/kexec/image with those kernel parameters, by kexec, while registers
# of every CPU are armed. What /guest/kexec/initrd does then is the result.

fail() { echo "kexec.sh: $*" >&2; exit 1; }

echo "registers armed before kexec, of each CPU:"
/guest/arm-all.sh || exit
kexec --load --kexec-syscall --initrd /guest/kexec/initrd --command-line "$*" \
	/guest/kexec/image || fail "cannot load"
kexec --exec --no-ifdown
fail "cannot execute"
