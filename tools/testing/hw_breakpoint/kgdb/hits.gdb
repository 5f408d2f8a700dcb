# Four at once; each is hit on the right instruction with the right values. When
# they are removed nothing is left armed, on whichever CPU they were hit.
# guest: echo g > /proc/sysrq-trigger
# guest: hostname watched
# guest: echo 17 > /proc/sys/kernel/panic
# guest: cat /proc/sys/kernel/panic_on_oops
# guest: cat /proc/sys/kernel/panic_on_warn
# guest: echo 0 > /proc/sys/kernel/panic_on_warn
# guest: echo 1 > /proc/sys/kernel/panic_on_warn
# guest: echo 0 > /proc/sys/kernel/panic_on_warn
# guest: for cpu in 1 2 4 8; do taskset $cpu hostname unwatched; done
# guest: for cpu in 1 2 4 8; do taskset $cpu sysctl -w kernel.panic_on_warn=0; done
hbreak *@SYSCALL@sethostname
# expect: ^(Thread [0-9]+ hit )?Hardware assisted breakpoint 1 at
watch *(int *)&panic_timeout
# expect: ^(Thread [0-9]+ hit )?Hardware watchpoint 2:[ ]
rwatch *(int *)&panic_on_oops
# expect: ^(Thread [0-9]+ hit )?Hardware read watchpoint 3:[ ]
awatch *(int *)&panic_on_warn
# expect: ^(Thread [0-9]+ hit )?Hardware access \(read/write\) watchpoint 4:[ ]
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Hardware watchpoint 2:[ ]
# expect: ^Old value = -1$
# expect: ^New value = 17$
# expect: ^0x[0-9a-f]+ in .*int.* \(\)$
continue
# expect: ^(Thread [0-9]+ hit )?Hardware read watchpoint 3:[ ]
# expect: ^Value = 1$
# expect: ^0x[0-9a-f]+ in .*int.* \(\)$
continue
# expect: ^(Thread [0-9]+ hit )?Hardware access \(read/write\) watchpoint 4:[ ]
# expect: ^Value = 0$
continue
# expect: ^(Thread [0-9]+ hit )?Hardware access \(read/write\) watchpoint 4:[ ]
# expect: ^Value = 0$
continue
# expect: ^(Thread [0-9]+ hit )?Hardware access \(read/write\) watchpoint 4:[ ]
# expect: ^Old value = 0$
# expect: ^New value = 1$
continue
# expect: ^(Thread [0-9]+ hit )?Hardware access \(read/write\) watchpoint 4:[ ]
# expect: ^Old value = 1$
# expect: ^New value = 0$
delete
detach
# expect: ^\[Inferior 1 .* detached\]$
