#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: hardware breakpoints at work on real programs. Runs as root, beside the
# programs that `make demo` builds; checks what they print, and fails if any of it is
# not as it must be.

cd "$(dirname "$0")" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
summary=
failed=0

step()
{
	echo
	echo "=== $1"
	shift
	printf '%s\n' "$@"
	echo
}

# verdict NAME GOT WANTED: the last word on a step.
verdict()
{
	if [ "$2" = "$3" ]; then
		summary="$summary
  passed  $1"
		return
	fi
	summary="$summary
  FAILED  $1"
	failed=1
	echo "FAILED: $1; expected:"
	echo "$3"
	echo "seen:"
	echo "$2"
}

# What is the architecture's: registers for data if that is known, whether a write is
# reported when it is done or when it is about to be, through what system calls come into
# the kernel.
case $(uname -m) in
x86_64)
	registers=4
	reported=after
	debugger="DR0 watches the balance, DR1 holds the first instruction of withdraw(). DR6
tells which of them it was; then the program goes on."
	syscall=do_syscall_64 ;;
aarch64)
	registers=
	reported=before
	debugger="DBGWVR0 watches the balance, DBGBVR0 holds the first instruction of withdraw().
Both stop it before the instruction; demo-debug steps over that, and looks again."
	syscall=el0_svc ;;
ppc64le)
	# DAWR0, and DAWR1 since POWER10
	registers=$(grep -q POWER10 /proc/cpuinfo && echo 2 || echo 1)
	reported=later
	debugger=
	syscall=system_call_exception ;;
*)
	echo "demo.sh: what $(uname -m) has is not known here" >&2
	exit 1 ;;
esac

orders='deposit 100
withdraw 30
audit
deposit 5'

step "1. Who changes the balance of another process?" \
	"demo-ledger runs on its own. demo-watch opens a perf event on its pid: one sample per" \
	"write, and the ledger is stopped while its balance is read. The processor reports a" \
	"$(case $reported in
	   after)  echo "write when it is done: the balance is the new one." ;;
	   before) echo "write before it is done: the balance is still the old one." ;;
	   later)  echo "write, and the ledger stops soon after: the balance is that of then." ;;
	   esac)"

mkfifo "$tmp/orders" "$tmp/ledger" "$tmp/watch"
./demo-ledger < "$tmp/orders" > "$tmp/ledger" &
ledger=$!
exec 4> "$tmp/orders" 5< "$tmp/ledger"
read -r line <&5
echo "$line"
# the ledger ends when nobody has its orders open for writing any more
./demo-watch $ledger balance 4>&- > "$tmp/watch" &
watch=$!
exec 6< "$tmp/watch"
read -r line <&6
echo "$line"
echo "$orders" >&4
exec 4>&-
tee "$tmp/hits" <&6 | sed '/by audit/s/$/  <== the stray write/'
cat <&5
wait $ledger
ledger=$?
wait $watch
watch=$?
exec 5<&- 6<&-
verdict "another process's variable, watched by pid: each hit, value and function" \
	"$(sed -n 's/^hit .*: \(.*\) (.*) = \(.*\), by \(.*\)+.*/\3: \1 = \2/p' "$tmp/hits" |
		if [ $reported = later ]; then sed 's/[0-9]*$/any/'; else cat; fi
	   echo "ledger $ledger, watcher $watch")" \
"$(case $reported in
   after)  set -- 1100 1070 1069 1070 1075 ;;
   before) set -- 1000 1100 1070 1069 1070 ;;
   later)  set -- any any any any any ;;
   esac
   for f in deposit withdraw charge_fee audit deposit; do
	echo "$f: balance = $1"
	shift
   done)
ledger 0, watcher 0"

if [ -n "$debugger" ]; then
	step "2. A debugger: stop at a write, stop before an instruction" \
		"demo-debug runs the ledger under ptrace. $debugger"

	echo "$orders" | ./demo-debug balance withdraw ./demo-ledger > "$tmp/stops"
	status=$?
	cat "$tmp/stops"
	verdict "ptrace stops at each write and before an instruction, and goes on" \
		"$(sed -n -e 's/^stop .*: \(balance written.*\), by \(.*\)+.*/\2: \1/p' \
			-e 's/^stop .*: about to execute \(.*\)/at \1/p' "$tmp/stops"
		   echo "status $status")" \
"deposit: balance written, 1000 -> 1100
at withdraw, balance 1100
withdraw: balance written, 1100 -> 1070
charge_fee: balance written, 1070 -> 1069
audit: balance written, 1069 -> 1070
deposit: balance written, 1070 -> 1075
status 0"
else
	step "2. (A debugger: not here. QEMU takes a watchpoint that is for user mode alone," \
		"as ptrace's are, for one that is for nobody.)"
fi

step "3. Who writes a variable of the kernel?" \
	"panic_timeout, the variable behind /proc/sys/kernel/panic, is watched on every CPU." \
	"A process on each CPU writes the sysctl. Each write is shown with the kernel's stack," \
	"the innermost function first."

panic=$(cat /proc/sys/kernel/panic)
./demo-kvar panic_timeout 4 "./demo-sysctl.sh $tmp/writers" > "$tmp/kvar"
status=$?
cat "$tmp/kvar"
verdict "a kernel variable on all CPUs: who wrote it, where, and from where" \
	"$(sed -n 's/^CPU \(.*\): \(.*\) (process \(.*\)) wrote panic_timeout:/\1 \3 \2/p' \
		"$tmp/kvar"
	   for f in proc_dointvec ksys_write $syscall; do
		echo "$f in $(grep -c "[ _]$f+0x" "$tmp/kvar") stacks"
	   done
	   echo "status $status")" \
	"$(sed 's/$/ sh/' "$tmp/writers"
	   for f in proc_dointvec ksys_write $syscall; do
		echo "$f in $(nproc) stacks"
	   done
	   echo "status 0")"

echo
echo "The same from inside the kernel: the sample module data_breakpoint logs the writes."
echo "demo $$: the log of data_breakpoint" > /dev/kmsg
insmod "/lib/modules/$(uname -r)/kernel/samples/hw_breakpoint/data_breakpoint.ko" \
	ksym=panic_timeout len=4 limit=1
status=$?
echo "$panic" > /proc/sys/kernel/panic
rmmod data_breakpoint
status="$status $?"
dmesg | sed -e "1,/demo $$:/d" -e 's/^[^]]*] //' > "$tmp/log"
# of the stack, what is certain, without the exception and its handler
grep -E -e 'panic_timeout|Comm:|RIP: 0010|^pc : ' \
	-e '^ ?(\[[^ ]* \[[^ ]* )?[a-z_][a-z0-9_]*\+0x' "$tmp/log" |
	sed '/dump_stack/,/asm_exc_debug\|el1h_64_sync+\|hw_breakpoint_handler/d'
verdict "a kernel variable watched by a kernel module" \
	"$(grep -q 'panic_timeout' "$tmp/log" &&
		grep -q 'proc_dointvec+0x' "$tmp/log" && echo logged
	   echo "insmod, rmmod $status")" \
"logged
insmod, rmmod 0 0"

echo
echo "And one that re-aims the watchpoint of its CPU at each object that a function is given:"
echo "the module follow_object watches the seals of the parcels that it packs itself."
echo "demo $$: the log of follow_object" > /dev/kmsg
insmod "/lib/modules/$(uname -r)/kernel/samples/hw_breakpoint/follow_object.ko" &&
	echo 5 > /sys/module/follow_object/parameters/pack
status=$?
rmmod follow_object
status="$status $?"
dmesg | sed -e "1,/demo $$: the log of follow/d" -e 's/^[^]]*] //' > "$tmp/log"
grep -E 'follow_object: |^ ?(\[[^ ]* \[[^ ]* )?[a-z_][a-z0-9_]*\+0x' "$tmp/log" |
	sed '/dump_stack/,/asm_exc_debug\|el1h_64_sync+\|hw_breakpoint_handler/d' | head -n 20
verdict "one watchpoint follows an object after the other, and finds the stray write" \
	"$(sed -n 's/^follow_object: write \([0-9]*\), by .* at \([a-z_]*\)+.*/write \1 by \2/p' \
		"$tmp/log"
	   sed -n 's/^follow_object: \([0-9]* writes seen\)/\1/p' "$tmp/log"
	   echo "insmod and rmmod $status")" \
"write 1 by write_label
1 writes seen
insmod and rmmod 0 0"

step "4. When the registers run out" \
	"Whoever asks is told at once: a breakpoint that is granted always has its register" \
	"when its task or CPU runs, and none is refused that would fit."

# shellcheck disable=SC2086 # it may be missing
./demo-exhaust $registers
status=$?
verdict "out of registers: refused with ENOSPC, and what was granted counts" \
	"status $status" "status 0"

echo
echo "=== Summary, on Linux $(uname -r)$summary"
exit $failed
