#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# packages.sh [PACKAGE...]: install what building and booting a kernel needs, and
# PACKAGE, if missing.
# Costs nothing and needs no rights when all is there.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/apt.sh"
. "$SCRIPTS/qemu.sh"

# The version of the distribution's gcc, installed or not yet.
gcc_major()
{
	gcc -dumpversion 2>/dev/null ||
		apt-cache depends gcc | sed -n 's/^ *Depends: gcc-\([0-9]*\)$/\1/p'
}

# Prints those of its arguments that are not installed.
missing()
{
	local there p

	there=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^ii *//p')
	for p; do
		grep -qxF "$p" <<< "$there" || echo "$p"
	done
}

apt()
{
	# shellcheck disable=SC2086 # empty when root
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 \
		-o DPkg::Lock::Timeout=300 "$@" >&2
}

become_root()
{
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null ||
		die "no right to install and no sudo; as root: apt-get install $need"
	sudo=sudo
	sudo -v || die "sudo refuses; ask for: apt-get install $need"
}

install()
{
	say "missing packages, to be installed with apt: $need"
	become_root
	# shellcheck disable=SC2086 # lists
	apt-cache show --no-all-versions $need >/dev/null 2>&1 || apt update || die "$hint"
	# Lists older than the archive name files that are gone: update, try again.
	# shellcheck disable=SC2086
	apt install -y --no-install-recommends $need ||
		{ apt update && apt install -y --no-install-recommends $need; } ||
		die "apt could not install $need: $hint"
	say "installed: $need"
}

command -v dpkg-query >/dev/null ||
	die "this is no Debian: install what $0 names by hand"
hint="is there a network, and do apt's sources work? \`apt-get update\` tells"
sudo=
all="gcc libc6-dev flex bison bc libelf-dev patch xz-utils cpio kmod shellcheck $PACKAGES $*"
case "$all" in
*@GCC@*) all=${all//@GCC@/$(gcc_major)} ;;
esac
# shellcheck disable=SC2086 # a list
need=$(missing $all | xargs)
if ! find_qemu; then
	# a new machine has no lists to tell the version from
	[ -n "$(apt_versions "$QEMU_PACKAGE")" ] || { become_root; apt update || die "$hint"; }
	served=$(apt_versions "$QEMU_PACKAGE" | sed -n '1s/^[0-9]*://p')
	! qemu_will_do "$served" || need+=" $QEMU_PACKAGE"
fi
[ -z "$need" ] || install
if ! find_qemu; then
	say "$ARCH needs QEMU $QEMU_MIN, which this distribution does not have: fetching" \
	    "the one of its backports into build/$QEMU_PACKAGE (not installed)"
	apt_newer "$BUILD/$QEMU_PACKAGE" "$QEMU_PACKAGE"
	find_qemu || die "build/$QEMU_PACKAGE has no $QEMU that is $QEMU_MIN or newer"
fi
