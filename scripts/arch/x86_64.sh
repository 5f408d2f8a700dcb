# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
KARCH=x86_64
CROSS=
DEB_ARCH=amd64
TARGETS="bzImage"
# KVM in the guest, on the SVM that QEMU emulates
TEST_MODULES="virt/lib/irqbypass.ko arch/x86/kvm/kvm.ko arch/x86/kvm/kvm-amd.ko"
IMAGE=arch/x86/boot/bzImage
STEPS=1580
# 32-bit test programs want a 32-bit C library; gcc-multilib would conflict with
# the cross compilers of the other architectures, these two do not. @GCC@ is the
# compiler's major version.
PACKAGES="libc6-dev-i386 lib32gcc-@GCC@-dev"
QEMU=qemu-system-x86_64
QEMU_PACKAGE=qemu-system-x86
QEMU_MIN=7.2
# q35 has S3 and CPU hotplug; +svm lets KVM run inside.
MACHINE="-machine q35 -cpu max,+svm"
CONSOLE=ttyS0
# On a busy host the timer may come too late for the kernel to believe that it works.
BOOT_PARAMETERS=no_timer_check
EARLYCON="earlyprintk=ttyS0"
# the channels of a guest that sleeps, as its init wants to know of them
CHANNEL_LINES="output=ttyS1 verdict=ttyS2"
KGDB_TTY=ttyS1
KGDB_QEMU="-serial chardev:gdb"
HALTED_LOOK="DR7=0*400"
SYSCALL=__x64_sys_
