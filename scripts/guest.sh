#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh: boot a guest, run one command there, print what it prints, exit as it
# exits. From the environment:
#
#   RUN='command'	for the guest's sh		EXTRA=DIR	over its root
#   KERNEL=ours|stock	SMP=4	MEM=512 (MiB)		APPEND='kernel parameters'
#   TIMEOUT=120		seconds until it counts as hung
#   ICOUNT=1		one guest instruction is one guest nanosecond
#   QEMU_ARGS='...'	more arguments for QEMU (a second serial line, say)
#   GUEST_DIR=DIR	for the logs, instead of a new one in build/guest
#   SLEEPS=1		it will suspend; not every kernel has its virtio ports afterwards
#
# Exits with 125 when the guest itself failed (panic, splat, hang, no verdict):
# the reason and the tail of the console go to stderr. The kernel is not built
# here; `make guest` and scripts/build.sh do that.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/qemu.sh"
TIMEOUT=${TIMEOUT:-120}
FAILED=125

# The root, EXTRA and the command, as archives one after the other; a later
# one's files replace an earlier one's.
make_initrd()
{
	mkdir -p "$DIR/in/guest"
	printf '%s\n' "$RUN" > "$DIR/in/guest/command"
	{
		cat "$OBJ.cpio"
		[ -z "${EXTRA:-}" ] || archive "$EXTRA"
		archive "$DIR/in"
	} > "$DIR/initrd"
	rm -r "$DIR/in"
}

# Run QEMU; its output port is our stdout as it comes. Returns 124 on timeout.
boot()
{
	local ret=0 cat channels lines=

	if [ -n "${SLEEPS:-}" ] && [ -n "$CHANNEL_LINES" ]; then
		channels=(-serial chardev:output -serial chardev:verdict)
		lines=$CHANNEL_LINES
	else
		channels=(-device "virtserialport,chardev=output,name=output"
			-device "virtserialport,chardev=verdict,name=verdict")
	fi
	mkfifo "$DIR/output"
	# held open until QEMU has ended, so that the reader waits for it and
	# does not wait for one that never started
	exec 8<> "$DIR/output"
	cat "$DIR/output" 8>&- &
	cat=$!
	(
		LIMIT="timeout --foreground -k 5 $TIMEOUT"
		qemu "$DIR/initrd" "$EARLYCON loglevel=7 $lines" \
			-serial "file:$DIR/console.log" -device virtio-serial \
			-chardev "file,id=output,path=$DIR/output" \
			-chardev "file,id=verdict,path=$DIR/verdict.log" "${channels[@]}"
	) < /dev/null > "$DIR/qemu.log" 2>&1 8>&- || ret=$?
	exec 8>&-
	wait "$cat"
	return "$ret"
}

# What the kernel says when something is wrong with it, whoever caused it.
SPLAT='WARNING: |BUG: |Oops: |Kernel panic|kernel BUG at'
SPLAT+='|general protection fault|double fault|Internal error: |Unable to handle kernel'
SPLAT+='|INFO: (rcu|task|possible|inconsistent|lockdep|trying)|rcu: INFO: |soft lockup|hard LOCKUP'
SPLAT+='|possible .* detected|inconsistent lock state|suspicious RCU usage'
SPLAT+='|scheduling while atomic|refcount_t: |Bad page state|unchecked MSR access'
SPLAT+='|UBSAN: |KASAN: |KCSAN: |KFENCE: '

failed()
{
	echo "guest failed: $*" >&2
	if [ -s "$DIR/console.log" ]; then
		echo "--- tail of ${DIR#"$TOP"/}/console.log:" >&2
		tail -n 25 "$DIR/console.log" | tr -d '\r' >&2
	fi
	exit "$FAILED"
}

# judge QEMU-STATUS: from the channels, most telling first.
judge()
{
	local splat status known=

	case "$1" in
	0|124|137)	;;	# 124 and 137: timeout(1)
	*)	cat "$DIR/qemu.log" >&2
		failed "QEMU ended with status $1 (above)" ;;
	esac
	touch "$DIR/console.log" "$DIR/verdict.log"
	# What others have and we know: each is a line, with its reason above it.
	[ ! -f "$KNOWN" ] || known=$(grep -v -e '^#' -e '^$' "$KNOWN" || :)
	splat=$(grep -a -E "$SPLAT" "$DIR/console.log" | grep -a -v "${HARMLESS:-^$}" |
		grep -a -m 1 -v -w -F "${known:-nothing is known}" ||
		grep -a -m 1 'cut here' "$DIR/console.log" || :)
	splat=${splat%$'\r'}
	if grep -aq 'Kernel panic' "$DIR/console.log"; then
		failed "panic: $splat"
	elif [ -n "$splat" ]; then
		failed "kernel splat: $splat"
	elif [ "$1" != 0 ]; then
		failed "hang: not done after $TIMEOUT s (TIMEOUT=)"
	fi
	status=$(sed -n 's/^guest: exit \([0-9]*\)$/\1/p' "$DIR/verdict.log" | tail -n 1)
	[ -n "$status" ] ||
		failed "no verdict: it went away without a word of how the command ended"
	exit "$status"
}

[ -n "${RUN:-}" ] || die "say what to run: make guest RUN='command'"
[[ "$TIMEOUT" =~ ^[1-9][0-9]*$ ]] || die "TIMEOUT=$TIMEOUT is no number above 0"
check_qemu
if [ -n "${GUEST_DIR:-}" ]; then
	DIR=$GUEST_DIR
	rm -rf "$DIR"
	mkdir -p "$DIR"
else
	mkdir -p "$BUILD/guest"
	# old logs go, those of guests that may still run stay
	find "$BUILD/guest" -mindepth 1 -maxdepth 1 -mmin +240 -exec rm -rf {} +
	DIR=$(mktemp -d "$BUILD/guest/$(date +%H%M%S)-XXXX")
fi
make_initrd
ret=0
boot || ret=$?
rm -f "$DIR/initrd" "$DIR/output"
[ -n "${GUEST_QUIET:-}" ] || say "console: ${DIR#"$TOP"/}/console.log"
judge "$ret"
