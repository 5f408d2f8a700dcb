#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# perf.sh: in the guest: perf stat, record, script and report on variables and
# functions of a program and of the kernel. Counts are exact.
#
# shellcheck disable=SC2086 # lists of arguments

. ./cases.sh

COUNTER=$(known counter)
CALLEE=$(known callee)
PANIC_TIMEOUT=$(kernel panic_timeout)
SETHOSTNAME=$(kernel "${SYSCALL}sethostname")

# counts ARGUMENT...: of perf stat; the counts in the order of its events
counts()
{
	perf stat -x, -o "$DIR/stat" "$@" > /dev/null
	awk -F, '!/^#/ && NF > 2 { printf "%s%s", sep, $1; sep = " " }' "$DIR/stat"
}

# counts_of_nobody ARGUMENT...: the same, if an unprivileged user asks
counts_of_nobody()
{
	su nobody -c "perf stat -x, $*" 2>&1 > /dev/null | cut -d, -f1
}

# by_thread ARGUMENT...: of perf stat --per-thread; threads with their counts
by_thread()
{
	perf stat --per-thread -x, -o "$DIR/stat" "$@" > /dev/null
	awk -F, '!/^#/ && NF > 2 { sub(/-[0-9]*$/, "", $1); print $1, $2 }' "$DIR/stat" | sort
}

# refused ARGUMENT...: what perf stat says of why
refused()
{
	if perf stat "$@" 2> "$DIR/said"; then
		echo "it was not refused"
	fi
	grep -o 'The sys_perf_event_open() syscall returned with [0-9]*' "$DIR/said" ||
		cat "$DIR/said"
}

# traced ARGUMENT...: of perf stat; why it was refused, by what perf trace says
traced()
{
	perf trace -o "$DIR/trace" -e hw_breakpoint:hw_breakpoint_refuse \
		perf stat "$@" > /dev/null 2>&1
	sed -n 's/.* reason: "\([^"]*\)".*/\1/p' "$DIR/trace" | sort -u
}

# scripted ARGUMENT...: the same by the tracepoint's format, with what perf complains of
scripted()
{
	perf record -q -o "$DIR/data" -e hw_breakpoint:hw_breakpoint_refuse \
		perf stat "$@" > /dev/null 2>&1
	perf script -i "$DIR/data" -F trace:trace 2>&1 |
		sed 's/.* type=/type=/; s/[0-9]* on CPU .*/N on a CPU/' | sort -u
}

# samples ARGUMENT...: of perf record; how often which program was where, and at which
# address with -d, by what perf script says. What comes while perf record reads its
# buffer it may write twice, with the same time (it takes the buffer's head twice).
samples()
{
	fields=comm,tid,time,ip,sym
	[ "$1" != -d ] || fields=$fields,addr
	perf record -q -T -o "$DIR/data" "$@" > /dev/null
	# without thread and time, and the instruction pointer, which only names the symbol
	perf script --ns -i "$DIR/data" -F "$fields" | sort -u |
		awk '{ $2 = $3 = $(NF - 1) = ""; $1 = $1; print }' |
		sort | uniq -c | awk '{ $1 = $1; print }'
}

# report ARGUMENT...: of perf record; the share of each symbol, by what perf report says
report()
{
	perf record -q -o "$DIR/data" "$@" > /dev/null
	perf report -i "$DIR/data" --stdio --sort comm,symbol 2> /dev/null |
		awk '!/^#/ && NF { print $1, $2, $3, $4 }'
}

# running MODE COMMAND...: the command with "-p PID" of a program that runs already, and
# goes on when perf has started
running()
{
	mode=$1
	shift
	mkfifo "$DIR/go"
	./watched -f "$DIR/go" $mode &
	# waits until it reads from there
	exec 4> "$DIR/go"
	rm "$DIR/go"
	"$@" -p $! -- sh -c "echo >&4; while grep -qs 'State:.[RSD]' /proc/$!/status; do sleep 0.1; done"
	exec 4>&-
	wait $!
}

# set_timeout TIMES: writes to panic_timeout
set_timeout()
{
	echo "i=0; while [ \$i -lt $1 ]; do i=\$((i + 1)); echo \$i > /proc/sys/kernel/panic; done"
}

# set_hostname TIMES: calls of sethostname()
set_hostname()
{
	echo "i=0; while [ \$i -lt $1 ]; do i=\$((i + 1)); hostname guest; done"
}

# As many events as there are registers for data, and what "steps" gives them.
ALL_EVENTS="-e mem:$COUNTER/8:w -e mem:$(known word)/4:w" ALL_COUNTS="4 1"
if [ "$REGISTERS" = 4 ]; then
	ALL_EVENTS="$ALL_EVENTS -e mem:$(known half)/2:rw -e mem:$(known byte)/1:rw"
	ALL_COUNTS="$ALL_COUNTS 1 2"
fi

ktap_print_header

check "stat: each write" 100 \
	counts -e "mem:$COUNTER/8:w" ./watched count 100 50 0
check "stat: reads and writes" 150 \
	counts -e "mem:$COUNTER/8:rw" ./watched count 100 50 0
if [ "$MACHINE" = x86_64 ]; then
	check "stat: reads alone are not supported" "<not supported>" \
		counts -e "mem:$COUNTER/8:r" ./watched count 100 50 0
else
	check "stat: reads alone" 50 \
		counts -e "mem:$COUNTER/8:r" ./watched count 100 50 0
fi
if [ "$MACHINE" = ppc64le ]; then
	check "stat: instructions are not supported" "<not supported>" \
		counts -e "mem:$CALLEE:x" ./watched count 0 0 70
else
	check "stat: calls of a function" 70 \
		counts -e "mem:$CALLEE:x" ./watched count 0 0 70
fi
if [ "$MACHINE" = ppc64le ]; then
	skip "stat: user mode alone" "$USER_MODE_ALONE"
else
	check "stat: user mode alone" 1 \
		counts -e "mem:$COUNTER/8:w:u" ./watched kernel 40
fi
check "stat: the kernel alone, on the user's behalf" 40 \
	counts -e "mem:$COUNTER/8:w:k" ./watched kernel 40
check "stat: user mode and the kernel" 41 \
	counts -e "mem:$COUNTER/8:w" ./watched kernel 40
check "stat: no neighbour of four bytes" 1 \
	counts -e "mem:$(known word)/4:rw" ./watched steps
check "stat: no neighbour of two bytes" 1 \
	counts -e "mem:$(known half)/2:rw" ./watched steps
check "stat: no neighbour of one byte" 2 \
	counts -e "mem:$(known byte)/1:rw" ./watched steps
check "stat: all registers at once" "$ALL_COUNTS" \
	counts $ALL_EVENTS ./watched steps
check "stat: one more is refused for want of a register" \
	"The sys_perf_event_open() syscall returned with 28" \
	refused $ALL_EVENTS -e "mem:$COUNTER/8:w" ./watched steps
check "stat: all registers again, five times" "$ALL_COUNTS" \
	counts -r 5 $ALL_EVENTS ./watched steps
check "stat: children are included" 50 \
	counts -e "mem:$COUNTER/8:w" ./watched fork 10
check "stat: children are not, if so asked" 20 \
	counts --no-inherit -e "mem:$COUNTER/8:w" ./watched fork 10
check "stat: threads are included" 60 \
	counts -e "mem:$COUNTER/8:w" ./watched threads 10
check "stat: what a new image does is included" 3 \
	counts -e "mem:$COUNTER/8:w" ./watched exec
check "stat -p: a process that runs" 100 \
	running "count 100 0 0" counts -e "mem:$COUNTER/8:w"
check "stat -p: one with threads" 60 \
	running "threads 10" counts -e "mem:$COUNTER/8:w"
check "stat -p: its future children" 50 \
	running "fork 10" counts -e "mem:$COUNTER/8:w"
check "stat --per-thread -p: each by itself" \
	"$(printf 'thread1 10\nthread2 20\nthread3 30\nwatched 0')" \
	running "threads 10" by_thread -e "mem:$COUNTER/8:w"
check "stat -a: a user's variable on all CPUs" 60 \
	counts -a -e "mem:$COUNTER/8:w" ./watched threads 10
check "stat -C: what runs on that CPU" 60 \
	counts -C 1 -e "mem:$COUNTER/8:w" taskset 2 ./watched threads 10
check "stat -C: nothing that runs on another" 0 \
	counts -C 1 -e "mem:$COUNTER/8:w" taskset 1 ./watched threads 10
check "stat -a: a variable of the kernel" 12 \
	counts -a -e "mem:$PANIC_TIMEOUT/4:w" sh -c "$(set_timeout 12)"
check "stat: a variable of the kernel, by one process" 12 \
	counts -e "mem:$PANIC_TIMEOUT/4:w:k" sh -c "$(set_timeout 12)"
if [ "$MACHINE" != ppc64le ]; then
	check "stat -a: calls of a kernel function" 9 \
		counts -a -e "mem:$SETHOSTNAME:x" sh -c "$(set_hostname 9)"
	check "stat: calls of a kernel function, by one process and its children" 9 \
		counts -e "mem:$SETHOSTNAME:x:k" sh -c "$(set_hostname 9)"
fi

check "record: who writes a user's variable" "$(cat <<-END
	3 watched $(printf %x "$COUNTER") write_one
	5 watched $(printf %x "$COUNTER") write_other
END
)" samples -d -e "mem:$COUNTER/8:w" ./watched who
check "report: the same in parts of a hundred" "$(cat <<-END
	62.50% watched [.] write_other
	37.50% watched [.] write_one
END
)" report -e "mem:$COUNTER/8:w" ./watched who
check "record -p: threads by name" "$(cat <<-END
	10 thread1 write_one
	20 thread2 write_one
	30 thread3 write_one
END
)" running "threads 10" samples -e "mem:$COUNTER/8:w"
check "record: children too" "$(cat <<-END
	20 watched write_one
	30 watched write_other
END
)" samples -e "mem:$COUNTER/8:w" ./watched fork 10
check "record --per-thread: not the children" "20 watched write_one" \
	samples --per-thread --no-inherit -e "mem:$COUNTER/8:w" ./watched fork 10
# as 6.12 and 7.3 call it
CONVERT=$(awk '$3 ~ /^do_proc_(dointvec|int)_conv$/ { print $3 }' /proc/kallsyms)
check "record -a: who writes a variable of the kernel" "7 sh $CONVERT" \
	samples -a -e "mem:$PANIC_TIMEOUT/4:w" sh -c "$(set_timeout 7)"
if [ "$MACHINE" != ppc64le ]; then
	check "record -a: who calls a kernel function" "6 hostname ${SYSCALL}sethostname" \
		samples -a -e "mem:$SETHOSTNAME:x" sh -c "$(set_hostname 6)"
	check "record: calls of a function" "8 watched callee" \
		samples -e "mem:$CALLEE:x" ./watched count 0 0 8
fi

if [ -d /sys/kernel/tracing/events/hw_breakpoint ]; then
	check "trace: why a request is refused" "all registers are promised to others" \
		traced $ALL_EVENTS -e "mem:$COUNTER/8:w" ./watched steps
	check "script: why a request is refused, and who has the registers" \
		"type=w err=-28: all registers are promised to others: N on a CPU" \
		scripted $ALL_EVENTS -e "mem:$COUNTER/8:w" ./watched steps
	check "script: why another is refused" \
		"type=w err=-22: exclude_kernel excludes every access to a kernel address" \
		scripted -e "mem:$PANIC_TIMEOUT/4:w:u" ./watched steps
else
	skip "trace: why a request is refused" "no tracepoints of breakpoints"
fi

if [ "$MACHINE" = ppc64le ]; then
	skip "nobody: stat on a variable of his own" "$USER_MODE_ALONE"
else
	check "nobody: stat on a variable of his own" 100 \
		counts_of_nobody -e "mem:$COUNTER/8:w:u" ./watched count 100 50 0
fi
check "nobody: a variable of the kernel is refused" "<not supported>" \
	counts_of_nobody -e "mem:$PANIC_TIMEOUT/4:w" ./watched count 1 1 1
finish
