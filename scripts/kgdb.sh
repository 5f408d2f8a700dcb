#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2317 # what verdict calls is reached
#
# kgdb.sh: gdb of this machine debugs the guest's kernel by kgdb, on a second
# serial line. Each tools/testing/hw_breakpoint/kgdb/*.gdb is a guest: what runs
# there ("# guest:"), what gdb is told, and what it must say, in this order
# ("# expect:", extended regular expressions); "# arch:" if it is for that one alone.
# @SYSCALL@ is what the names of system calls begin with. After gdb has left, the guest must
# find all registers free. KTAP on stdout. `kgdb.sh FILE` is one of them.

. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/ktap.sh"
load_arch
OUT=$BUILD/results/kgdb-$ARCH-$FLAVOUR
DIR=$TOP/tools/testing/hw_breakpoint/kgdb

# The lines of FILE that begin with "# WORD: "
lines() { sed -n "s/^# $2: //p" "$1"; }

# expected FILE SAID: is all that is expected there, one after the other? Prints
# what is not.
expected()
{
	lines "$1" expect | awk '
		FILENAME == "-" { want[++n] = $0; next }
		at < n && $0 ~ want[at + 1] { at++ }
		END { if (at < n) print "gdb did not say: " want[at + 1] }' - "$2"
}

# Boot, wait until the guest has stopped for us, let gdb do its part. Prints what is
# wrong, and all that gdb has said then.
debug()
{
	local file=$1 said=$2 wrong

	wrong=$(session "$file" "$said")
	[ -z "$wrong" ] || { echo "$wrong"; sed 's/^/  /' "$said"; }
}

session()
{
	local file=$1 said=$2 socket guest ret=0 command commands=() i

	socket=$(mktemp -u -t kgdb-XXXXXX)
	while IFS= read -r command; do
		commands+=(-ex "$command")
	done < <(grep -v -e '^#' -e '^$' "$file")
	RUN="set -e; cd /tmp; $(lines "$file" guest | sed 's/^echo g >/echo "kgdb: it stops" >\&3; &/')
		/guest/tests/breakpoints/bp_slots" \
	EXTRA=$OUT/root APPEND="kgdboc=$KGDB_TTY,115200" GUEST_DIR=$said.guest GUEST_QUIET=1 \
	QEMU_ARGS="-chardev socket,id=gdb,path=$socket,server=on,wait=off $KGDB_QEMU" \
		"$SCRIPTS/guest.sh" > "$said.out" 2> "$said.err" &
	guest=$!
	while kill -0 "$guest" 2>/dev/null &&
	      ! grep -aqs 'kgdb: it stops' "$said.guest/verdict.log"; do
		sleep 0.2
	done
	# 7.3's console has a thread, which is stopped as well before it can say it
	for ((i = 0; i < 25; i++)); do
		! grep -aqs 'sysrq: DEBUG' "$said.guest/console.log" || break
		sleep 0.2
	done
	timeout -k 5 90 "$GDB" -nx -batch -iex 'set confirm off' -iex 'set width 0' \
		-ex 'set remotetimeout 30' -ex "target remote $socket" \
		"${commands[@]}" "$OBJ/vmlinux" < /dev/null > "$said" 2>&1 ||
		echo "gdb ended with $?"
	wait "$guest" || ret=$?
	rm -f "$socket"
	[ "$ret" = 0 ] || { echo "the guest ended with $ret:"; tail -n 20 "$said.err" "$said.out"; }
	expected "$file" "$said"
}

"$SCRIPTS/packages.sh" "$GDB" >&2
rm -rf "$OUT"
mkdir -p "$OUT/root/guest/kgdb"
make -s -C "$TOP/tools/testing/hw_breakpoint" O="$OUT" CC="${CROSS}gcc" kgdb >&2
cp "$OUT/kgdb/hold" "$OUT/root/guest/kgdb"
cp -r "$BUILD/$ARCH/selftests.$FLAVOUR/guest/tests" "$OUT/root/guest"

given=("$DIR"/*.gdb)
[ $# = 0 ] || given=("$@")
files=()
for file in "${given[@]}"; do
	only=$(lines "$file" arch)
	[ "${only:-$ARCH}" = "$ARCH" ] || continue
	sed "s/@SYSCALL@/$SYSCALL/" "$file" > "$OUT/$(basename "$file")"
	files+=("$OUT/$(basename "$file")")
done
plan ${#files[@]}
for file in "${files[@]}"; do
	name=$(basename "$file" .gdb)
	verdict "$name" debug "$file" "$OUT/$name"
done
exit "$failed"
