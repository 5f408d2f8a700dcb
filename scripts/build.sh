#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh: the kernel of ARCH= and KERNEL=ours|stock, with all that leads to it:
# packages, build/stock, build/tree. The object directory is build/ARCH/KERNEL, or
# build/ARCH/KERNEL-VARIANT with VARIANT=debug-kasan, say, which adds qemu/debug-kasan.config;
# external modules can be built against it. What guests boot is beside it, .image and
# .cpio, so that a build does not disturb guests. Does nothing, fast, when nothing
# changed.

. "$(dirname "$0")/lib.sh"
load_arch
. "$SCRIPTS/kmake.sh"

# What a kernel is made from, by name, size and time. stock.id covers build/stock.
inputs()
{
	local in=(scripts/{build,kmake,derive,initramfs}.sh
		  "scripts/arch/$ARCH.sh" qemu/common.config "qemu/$ARCH.config"
		  "qemu/$VARIANT.config" qemu/init.c qemu/run-tests.sh STOCK)

	cat "$BUILD/stock.id"
	# what kernels are made from, without the rest
	[ "$KERNEL" != series ] ||
		git -C "$SRC" ls-tree HEAD | grep -Ev $'\t(tools|Documentation|MAINTAINERS)$'
	cd "$TOP"
	if [ "$KERNEL" = ours ]; then
		in+=(STOCK.sums patches arch Documentation include
		     kernel lib samples tools)
		[ -z "$STOCK" ] || in+=("${BASE#"$TOP"/}")
	fi
	{ find -H "${in[@]}" -type f -printf '%p %s %T@\n' 2>/dev/null || :; } | sort
}

# configure: allnoconfig and our fragments; a line of theirs that does not take
# is an error, not a surprise later.
configure()
{
	local frags=("$TOP/qemu/common.config" "$TOP/qemu/$ARCH.config") lost

	[ -z "$VARIANT" ] || frags+=("$TOP/qemu/$VARIANT.config")
	# the other base (STOCK=) calls some of them otherwise
	[ ! -f "$BASE/config" ] || frags+=("$BASE/config")
	mkdir -p "$OBJ"
	# of an option that is there twice the last one counts
	cat "${frags[@]}" | tac | awk -F = '/^CONFIG_/ && !seen[$1]++' > "$OBJ/fragments.config"
	kmake -s KCONFIG_ALLCONFIG="$OBJ/fragments.config" allnoconfig > "$OBJ.config.log" 2>&1 ||
		{ cat "$OBJ.config.log" >&2; die "make allnoconfig failed"; }
	lost=$(grep -E '^CONFIG_[A-Z0-9_]+=[^n]' "$OBJ/fragments.config" |
		grep -vxF -f "$OBJ/.config" || :)
	[ -z "$lost" ] ||
		die "qemu/*.config asks for what $SRC cannot give (dependencies?):" \
		    "$(echo "$lost" | xargs)"
}

build()
{
	local log=$OBJ.log steps=0 n t0=$SECONDS

	inputs > "$OBJ.inputs.new"
	if cmp -s "$OBJ.inputs.new" "$OBJ.inputs"; then
		return
	fi
	if [ ! -f "$OBJ/$IMAGE" ]; then
		need_space "$OBJ" 1000
		steps=$STEPS
		say "building the kernel, $ARCH $FLAVOUR, with $JOBS jobs; log: ${log#"$TOP"/}"
	fi
	rm -f "$OBJ.inputs"
	configure
	# shellcheck disable=SC2086 # a list of targets
	n=$(kmake $TARGETS 2>&1 | tee "$log" | progress "$steps") || {
		grep -n -E -A 12 '(error|Error|undefined reference)' "$log" | head -n 60 >&2
		die "the kernel does not build; whole log: ${log#"$TOP"/}"
	}
	grep -E -A 8 'warning:' "$log" >&2 || :
	"$SCRIPTS/initramfs.sh"
	cp "$OBJ/$IMAGE" "$OBJ.image.new"
	mv "$OBJ.image.new" "$OBJ.image"
	mv "$OBJ.inputs.new" "$OBJ.inputs"
	say "made ${OBJ#"$TOP"/}.image: $n steps, $((SECONDS - t0)) s"
}

"$SCRIPTS/packages.sh"
"$SCRIPTS/stock.sh"
mkdir -p "$BUILD/$ARCH"
if inputs | cmp -s - "$OBJ.inputs"; then
	exit 0
fi
# One kernel at a time: each build uses all processors.
(
locked kernel-build
# The derivation is cheap, but says what it does: only when something changed.
[ "$KERNEL" != ours ] || "$SCRIPTS/derive.sh"
build
)
