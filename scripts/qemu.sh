# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Starting QEMU on the kernel of ARCH= and KERNEL=. Sourced after lib.sh and
# load_arch.

SMP=${SMP:-4}
MEM=${MEM:-512}

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
	command -v "$QEMU" >/dev/null || die "no $QEMU: scripts/packages.sh installs it"
	v=$("$QEMU" --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
	[ "$(printf '%s\n' "$QEMU_MIN" "$v" | sort -V | head -n 1)" = "$QEMU_MIN" ] ||
		die "$QEMU is $v, $QEMU_MIN or newer is needed: Debian 12 has it" \
		    "($(command -v "$QEMU") is what PATH finds)"
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
	exec $LIMIT "$QEMU" $MACHINE $(accel) -smp "$SMP" -m "$MEM" -nodefaults \
		-no-user-config -display none -no-reboot -kernel "$OBJ.image" \
		-initrd "$initrd" \
		-append "console=$CONSOLE panic=-1 oops=panic $parameters ${APPEND:-}" \
		"$@" ${QEMU_ARGS:-}
}
LIMIT=
