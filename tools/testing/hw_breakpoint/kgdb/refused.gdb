# What must not be armed is refused; what was armed before stays.
# arch: x86_64
# guest: echo g > /proc/sysrq-trigger
# guest: hostname watched
hbreak *@SYSCALL@sethostname
hbreak *asm_exc_debug
continue
# expect: ^C(an|ould )not insert hardware breakpoint 2\.$
delete 2
watch *(int *)((char *)&panic_timeout + 1)
continue
# expect: ^Could not insert hardware watchpoint 3\.$
delete 3
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
delete
detach
# expect: ^\[Inferior 1 .* detached\]$
