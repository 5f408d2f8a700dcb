# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
KARCH=arm64
CROSS=aarch64-linux-gnu-
DEB_ARCH=arm64
TARGETS="Image"
IMAGE=arch/arm64/boot/Image
STEPS=1220
# AArch32 test programs want their own compiler and C library
PACKAGES="gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	gcc-arm-linux-gnueabihf libc6-dev-armhf-cross"
QEMU=qemu-system-aarch64
QEMU_PACKAGE=qemu-system-arm
QEMU_MIN=7.2
# Version 3 of the interrupt controller for more than 8 CPUs; pointer
# authentication as emulators do it cheaply. The rest is for kexec: an unused seed
# for KASLR is not handed on, 52-bit addresses are not mapped (stock's defect), and
# a controller with tables in memory would go on writing there.
MACHINE="-machine virt,gic-version=3,its=off,dtb-randomness=off
	-cpu max,pauth-impdef=on,lpa2=off"
CONSOLE=ttyAMA0
EARLYCON="earlycon=pl011,0x9000000"
KGDB_TTY=ttyS0
KGDB_QEMU="-device pci-serial,chardev=gdb"
GDB=gdb-multiarch
SYSCALL=__arm64_sys_
