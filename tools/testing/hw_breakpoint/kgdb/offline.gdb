# A CPU that was offline when the breakpoint was set has it when it comes online;
# one that was offline when it was removed has it no more.
# guest: echo 0 > /sys/devices/system/cpu/cpu1/online
# guest: echo g > /proc/sysrq-trigger
# guest: echo 1 > /sys/devices/system/cpu/cpu1/online
# guest: taskset 2 hostname watched
# guest: echo 0 > /sys/devices/system/cpu/cpu1/online
# guest: echo g > /proc/sysrq-trigger
# guest: echo 1 > /sys/devices/system/cpu/cpu1/online
# guest: taskset 2 hostname unwatched
hbreak *@SYSCALL@sethostname
continue
# expect: ^(Thread [0-9]+ hit )?Breakpoint 1, 0x[0-9a-f]+ in @SYSCALL@sethostname
continue
# expect: SIGTRAP
delete
detach
# expect: ^\[Inferior 1 .* detached\]$
