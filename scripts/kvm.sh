#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kvm.sh: say whether KVM runs ordinary guests here, "yes" or "no". That /dev/kvm
# opens proves nothing: some open, create a VM and hang in its firmware. So the
# guest kernel is booted once, with a short limit; the answer is kept in build/.

. "$(dirname "$0")/lib.sh"
load_arch

ANSWER=$BUILD/$ARCH/kvm
(
locked "$ARCH-kvm"
if [ -s "$ANSWER" ]; then
	cat "$ANSWER"
	exit
fi
ret=1
if [ "$(uname -m)" = "$ARCH" ] && [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
	. "$SCRIPTS/qemu.sh"
	find_qemu
	say "trying once whether KVM runs guests here"
	# A kernel with no root panics; that it says so is all that is asked.
	# shellcheck disable=SC2086
	timeout -k 2 15 "${QEMU_RUN[@]}" $MACHINE -accel kvm -m 256 -nodefaults -display none \
		-no-reboot -kernel "$OBJ.image" -append "console=$CONSOLE panic=-1" \
		-serial "file:$ANSWER.log" < /dev/null > /dev/null 2>&1 &&
		grep -aq 'Kernel panic' "$ANSWER.log" && ret=0
	[ "$ret" = 0 ] || say "it does not; guests are emulated (TCG)"
fi
[ "$ret" = 0 ] && echo yes > "$ANSWER" || echo no > "$ANSWER"
cat "$ANSWER"
)
