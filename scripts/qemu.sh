# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Starting QEMU on the kernel of ARCH= and KERNEL=. Sourced after lib.sh and
# load_arch.

SMP=${SMP:-4}
MEM=${MEM:-512}

# The first that is new enough: the machine's, or what scripts/packages.sh has put
# into build/ since the machine's is too old. Sets QEMU_RUN, how it is started.
find_qemu()
{
	local own=$BUILD/$QEMU_PACKAGE/usr

	QEMU_RUN=("$QEMU")
	! new_enough || return 0
	QEMU_RUN=(env LD_LIBRARY_PATH="$own/lib/$(uname -m)-linux-gnu" "$own/bin/$QEMU"
		-L "$own/share/qemu")
	new_enough
}

new_enough()
{
	qemu_will_do "$("${QEMU_RUN[@]}" --version 2>/dev/null |
		sed -n '1s/.*version \([0-9.]*\).*/\1/p')"
}

# qemu_will_do VERSION: is it QEMU_MIN or newer? An empty one is not.
# shellcheck disable=SC2153 # of scripts/arch
qemu_will_do()
{
	[ "$(printf '%s\n' "$QEMU_MIN" "$1" | sort -V | head -n 1)" = "$QEMU_MIN" ]
}

# check_qemu: are its settings numbers, is it there, is it new enough?
check_qemu()
{
	local v

	for v in SMP MEM; do
		[[ "${!v}" =~ ^[1-9][0-9]*$ ]] || die "$v=${!v} is no number above 0"
	done
	[ -z "${EXTRA:-}" ] || [ -d "$EXTRA" ] || die "EXTRA=$EXTRA is no directory"
	case "${ICOUNT:-}" in
	''|0|1)	;;
	*)	die "ICOUNT=$ICOUNT is unknown; say ICOUNT=1 or leave it out" ;;
	esac
	[ -f "$OBJ.image" ] || die "no ${OBJ#"$TOP"/}.image: scripts/build.sh makes it"
	find_qemu || die "no $QEMU that is $QEMU_MIN or newer: scripts/packages.sh gets one"
}

# archive DIR: as the cpio archive that the kernel unpacks over its root
archive() { (cd "$1" && find . | cpio -o -H newc -R 0:0 --quiet); }

accel()
{
	if [ "${ICOUNT:-}" = 1 ]; then
		echo "-accel tcg,thread=single -icount shift=0,sleep=off"
	elif [ "$("$SCRIPTS/kvm.sh")" = yes ]; then
		echo "-accel kvm"
	else
		echo "-accel tcg"
	fi
}

# qemu INITRD PARAMETERS ARGUMENTS...: replaces this (sub)shell
qemu()
{
	local initrd=$1 parameters=$2

	shift 2
	# shellcheck disable=SC2046,SC2086 # lists of arguments
	exec $LIMIT "${QEMU_RUN[@]}" $MACHINE $(accel) -smp "$SMP" -m "$MEM" -nodefaults \
		-no-user-config -display none -no-reboot -kernel "$OBJ.image" \
		-initrd "$initrd" \
		-append "console=$CONSOLE panic=-1 oops=panic $BOOT_PARAMETERS $parameters ${APPEND:-}" \
		"$@" ${QEMU_ARGS:-}
}
LIMIT=
