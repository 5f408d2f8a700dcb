#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# initramfs.sh: the guest's root as build/ARCH/KERNEL.cpio: our init, the
# distribution's static busybox, the kernel's modules. A part of build.sh.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/apt.sh"
load_arch

BOX=$BUILD/$ARCH/busybox
INIT=$BUILD/$ARCH/init
CPIO=$OBJ.cpio
ROOT=$BUILD/$ARCH/root-$FLAVOUR

# Unpacked, not installed: on the host it would conflict with other busyboxes.
busybox()
{
	local deb=$BUILD/deb/$ARCH

	[ ! -x "$BOX" ] || return 0
	say "fetching busybox-static"
	rm -f "$deb"/busybox-static_*.deb
	[ "$(dpkg --print-architecture)" = "$DEB_ARCH" ] || apt_own_lists
	apt_fetch "$deb" "busybox-static:$DEB_ARCH"
	rm -rf "$BUILD/$ARCH/unpack"
	dpkg-deb -x "$deb"/busybox-static_*.deb "$BUILD/$ARCH/unpack"
	find "$BUILD/$ARCH/unpack" -type f -name busybox -exec mv {} "$BOX" \;
	rm -rf "$BUILD/$ARCH/unpack"
}

make_root()
{
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{bin,sbin,dev,proc,sys,tmp,root,etc,usr/bin,usr/sbin,guest}
	cp "$INIT" "$ROOT/init"
	cp "$TOP/qemu/run-tests.sh" "$ROOT/guest/run-tests"
	cp "$BOX" "$ROOT/bin/busybox"
	ln -s busybox "$ROOT/bin/sh"
	echo 'root:x:0:0::/root:/bin/sh
nobody:x:65534:65534::/tmp:/bin/sh' > "$ROOT/etc/passwd"
	echo 'root:x:0:
nogroup:x:65534:' > "$ROOT/etc/group"
	# what is to be installed; the build of single modules leaves no such list
	xargs -n 1 <<< "$TARGETS" | sed -n 's/\.ko$/.o/p' > "$OBJ/modules.order"
	make -s -C "$SRC" O="$OBJ" ARCH="$KARCH" CROSS_COMPILE="$CROSS" \
		INSTALL_MOD_PATH="$ROOT" modules_install > "$OBJ.modules.log" 2>&1 ||
		{ cat "$OBJ.modules.log" >&2; die "make modules_install failed"; }
	rm -f "$ROOT"/lib/modules/*/build
}

main()
{
	busybox
	"${CROSS}gcc" -static -O2 -Wall -Wextra -o "$INIT" "$TOP/qemu/init.c"
	make_root
	(cd "$ROOT" && find . | cpio -o -H newc -R 0:0 --quiet) > "$CPIO.new"
	mv "$CPIO.new" "$CPIO"
}

main
