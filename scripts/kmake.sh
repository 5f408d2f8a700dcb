# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How the kernel's make is called: always with the same variables, or all would be
# compiled anew. Sourced after lib.sh and load_arch.

kmake()
{
	local cc=${CROSS}gcc own=() file

	# ccache, if it is there, needs equal paths and times to find anything
	if command -v ccache >/dev/null; then
		export CCACHE_BASEDIR=$TOP CCACHE_NOHASHDIR=1
		cc="ccache $cc"
	fi
	# linux/tracepoint.h declares nothing for who has defined NOTRACE
	[ "$VARIANT" != bench-untraced ] ||
	for file in core $(cd "$TOP/kernel/events" && grep -l trace/events/hw_breakpoint.h -- *.c); do
		# shellcheck disable=SC2016 # make expands it, where $(obj) is known
		own+=("CFLAGS_${file%.c}.o="'$(if $(filter kernel/events,$(obj)),-DNOTRACE)')
	done
	make -C "$SRC" O="$OBJ" ARCH="$KARCH" CROSS_COMPILE="$CROSS" CC="$cc" \
		KBUILD_BUILD_TIMESTAMP="$(stat -c @%Y "$BUILD/stock/Makefile")" \
		KBUILD_BUILD_USER=hw-breakpoint KBUILD_BUILD_HOST=guest \
		"${own[@]}" -j"$JOBS" "$@" < /dev/null
}

# Show how far the build is: on a terminal in one line that is refreshed,
# otherwise in a line every ten seconds. $1: the lines a whole build prints.
progress()
{
	local all=$1 n=0 next=$((SECONDS + 10)) line said

	while IFS= read -r line; do
		[[ "$line" == '  '[A-Z]* ]] || continue
		n=$((n + 1))
		[ -t 2 ] || [ "$SECONDS" -ge "$next" ] || continue
		next=$((SECONDS + 10))
		said="building $ARCH $FLAVOUR: step $n"
		[ "$all" = 0 ] || said+=" of about $all"
		if [ -t 2 ]; then
			printf '\r== %s' "$said" >&2
		else
			say "$said"
		fi
	done
	[ ! -t 2 ] || [ "$n" = 0 ] || echo >&2
	echo "$n"
}
