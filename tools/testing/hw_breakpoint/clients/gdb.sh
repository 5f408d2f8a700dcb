#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# gdb.sh [FILE...]: in the guest: gdb debugs ./watched. Each gdb/*.gdb is a session:
# what gdb is told, and behind "# expect: " all that it must say, in this order; no
# more and no less but for what told() leaves out.
#
#	@START@ ARGUMENT...	./watched, stopped before its first instruction
#	@ATTACH@ ARGUMENT...	./watched, which runs already and waits for @GO@
#	# software		it needs no register
#	# gdbserver		it is done with gdbserver, too

. ./cases.sh

# Addresses and the numbers of processes, threads and lines change; which line it is,
# its text tells. What gdb says of its own start, and gdbserver of its, is left out.
told()
{
	sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/(process|LWP|Thread|pid) (ADDRESS|[0-9]+)(\.[0-9]+)?/\1 N/g
		s,[^ ]*(watched\.c),\1,g
		s/(watched.c:|, line )[0-9]+/\1N/g; s/^[0-9]+\t/N /; s/[ \t]+/ /g; s/ $//
		/^$/d; /^warning: /d; /^\[(Thread debugging|Switching)/d; /^Using host libthread_db/d
		/^Program stopped\.$/d; /^ADDRESS in _start \(\)$/d
		/^#0 /d; /^Reading .* from remote target/d
		/^(Remote debugging using|Process .* created; pid|Child exited with status 0)/d'
}

# serve ARGUMENT...: gdbserver with ./watched, on a terminal whose name it prints: gdb
# would want sockets for a pipe, which the kernel does not have.
serve()
{
	./on_pty "$DIR/tty" gdbserver - ./watched "$@" > /dev/null 2>&1 &
	until [ -s "$DIR/tty" ]; do
		sleep 0.1
	done
	cat "$DIR/tty"
	rm "$DIR/tty"
}

# gdb_says native|remote FILE: the session
gdb_says()
{
	how=$1 file=$2
	set --
	while IFS= read -r command; do
		case $command in
		""|"#"*)	continue ;;
		@START@*)
			command=starti${command#@START@}
			# shellcheck disable=SC2086 # arguments
			[ "$how" = native ] || command="target remote $(serve ${command#starti})" ;;
		@ATTACH@*)
			mkfifo "$DIR/go"
			# shellcheck disable=SC2086 # arguments
			./watched -f "$DIR/go" ${command#@ATTACH@} &
			# waits until it reads from there
			exec 4> "$DIR/go"
			rm "$DIR/go"
			command="attach $!" ;;
		@GO@)		command="shell echo >&4" ;;
		esac
		set -- "$@" -ex "$command"
	done < "$file"
	timeout -k 2 100 gdb -nx -q -batch -iex 'set confirm off' -iex 'set width 0' \
		-iex 'set style enabled off' -iex 'set debuginfod enabled off' \
		-iex 'set print thread-events off' -iex 'set startup-with-shell off' \
		"$@" ./watched < /dev/null 2>&1 || echo "gdb ended with $?"
	exec 4>&-
}

# session native|remote FILE: how what gdb says differs from what it must say
session()
{
	sed -n 's/^# expect: //p' "$2" > "$DIR/expected"
	gdb_says "$@" | tee "$DIR/said" | told > "$DIR/told"
	diff -U 100 "$DIR/expected" "$DIR/told" || cat "$DIR/said" >&2
}

ktap_print_header
[ $# != 0 ] || set -- gdb/*.gdb
for file; do
	case=$(basename "$file" .gdb)
	if [ "$MACHINE" = ppc64le ] && ! grep -qx '# software' "$file"; then
		skip "gdb: $case" "$USER_MODE_ALONE"
		continue
	fi
	check "gdb: $case" "" session native "$file"
	! grep -qx '# gdbserver' "$file" ||
		check "gdbserver: $case" "" session remote "$file"
done
finish
