# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # for the scripts that source it
# Architectures other than this machine's: names of Debian, the kernel's build
# and qemu.

# use_arch ARCH: sets the names, or fails for an unknown architecture. Those
# without qemu are built for only.
use_arch() {
	arch=$1 arch_qemu=() arch_console=''
	case $1 in
	arm64)
		arch_flavour=arm64 arch_make=arm64 arch_cross=aarch64-linux-gnu-
		arch_machine='AArch64'
		arch_qemu=(qemu-system-aarch64 -M virt -cpu cortex-a57
			-device virtio-serial-pci)
		arch_console=ttyAMA0
		;;
	s390x)
		arch_flavour=s390x arch_make=s390 arch_cross=s390x-linux-gnu-
		arch_machine='IBM S/390'
		arch_qemu=(qemu-system-s390x -M s390-ccw-virtio -cpu max
			-device virtio-serial-ccw)
		arch_console=ttysclp0
		;;
	armhf)
		arch_flavour=armmp arch_make=arm arch_cross=arm-linux-gnueabihf-
		arch_machine='ARM'
		;;
	i386)
		arch_flavour=686-pae arch_make=i386 arch_cross=''
		arch_machine='Intel 80386'
		;;
	*) return 1 ;;
	esac
}
