# Somebody else has all registers: gdb is refused, and all goes on.
# arch: x86_64
# guest: /guest/kgdb/hold 4 > /tmp/hold & while ! grep -q holding /tmp/hold; do sleep 0.1; done
# guest: echo g > /proc/sysrq-trigger
# guest: kill -0 $! || { wait $!; echo "hold has ended with $?"; exit 1; }
# guest: kill -9 $!
# guest: wait $! || :
# guest: echo g > /proc/sysrq-trigger
# guest: hostname watched
hbreak *@SYSCALL@sethostname
continue
# expect: ^C(an|ould )not insert hardware breakpoint 1\.$
# expect: ^You may have requested too many hardware breakpoints/watchpoints\.$
delete
watch *(int *)&panic_timeout
continue
# expect: ^Could not insert hardware watchpoint 2\.$
delete
continue
# expect: SIGTRAP
hbreak *@SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 3, 0x[0-9a-f]+ in @SYSCALL@sethostname
delete
detach
# expect: ^\[Inferior 1 .* detached\]$
