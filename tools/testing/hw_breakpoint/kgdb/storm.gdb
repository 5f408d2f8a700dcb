# While every CPU reserves, hits and releases all registers but one, that one is
# gdb's; and nobody loses a hit, or gets one too many, because he was stopped.
# guest: /guest/kgdb/hold 3 storm > /tmp/hold & while ! grep -q holding /tmp/hold; do sleep 0.1; done
# guest: echo g > /proc/sysrq-trigger
# guest: for i in 1 2 3 4 5 6 7 8; do hostname watched; done; hostname unwatched
# guest: kill -0 $! || { wait $!; echo "hold has ended with $?"; exit 1; }
# guest: kill -9 $!
# guest: wait $! || :
hbreak *@SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
delete
detach
# expect: ^\[Inferior 1 .* detached\]$
