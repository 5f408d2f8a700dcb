# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
KARCH=powerpc
CROSS=powerpc64le-linux-gnu-
DEB_ARCH=ppc64el
TARGETS="vmlinux"
IMAGE=vmlinux
STEPS=1265
PACKAGES="gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross"
QEMU=qemu-system-ppc64
QEMU_PACKAGE=qemu-system-ppc
# the first that has DAWR
QEMU_MIN=10.0
# POWER9 has no registers to be used. TCG has none of the three mitigations.
# Virtual open firmware, for the real one takes longer to start than the kernel.
MACHINE="-machine pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,x-vof=on
	-cpu ${CPU:-power10}"
OTHER_CPUS="power8 power9"
CONSOLE=hvc0
EARLYCON=
# ... which has not put its partitions there
HARMLESS="WARNING: nvram corruption detected: 0-length partition"
