# Both: a watchpoint is the parent's, of a breakpoint gdb has a location in each.
@START@ fork 1
set detach-on-fork off
set schedule-multiple on
watch counter
# expect: Hardware watchpoint 1: counter
hbreak write_other
# expect: Hardware assisted breakpoint 2 at ADDRESS: file watched.c, line N.
hbreak write_one
# expect: Hardware assisted breakpoint 3 at ADDRESS: file watched.c, line N.
continue
# expect: [New inferior 2 (process N)]
# expect: Thread N "watched" hit Breakpoint 2.2, write_other (value=201) at watched.c:N
# expect: N counter = value; /* write_other */
continue
# expect: Thread N "watched" hit Breakpoint 2.2, write_other (value=202) at watched.c:N
# expect: N counter = value; /* write_other */
continue
# expect: Thread N "watched" hit Breakpoint 2.2, write_other (value=203) at watched.c:N
# expect: N counter = value; /* write_other */
# Its end wakes the parent, which may have hit by when gdb stops it, and gdb takes what
# it says first of two that stopped at random: so the parent has to wait.
set schedule-multiple off
continue
# expect: [Inferior 2 (process N) exited normally]
# tells where the parent is: in fork() or in waitpid()
pipe inferior 1 | cat > /dev/null
continue
# expect: Thread N "watched" hit Breakpoint 3.1, write_one (value=101) at watched.c:N
# expect: N counter = value; /* write_one */
continue
# expect: Thread N "watched" hit Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 101
# expect: write_one (value=101) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "watched" hit Breakpoint 3, write_one (value=102) at watched.c:N
# expect: N counter = value; /* write_one */
continue
# expect: Thread N "watched" hit Hardware watchpoint 1: counter
# expect: Old value = 101
# expect: New value = 102
# expect: write_one (value=102) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: [Inferior 1 (process N) exited normally]
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 1 hw watchpoint keep y counter
# expect:  breakpoint already hit 2 times
# expect: 2 hw breakpoint keep y ADDRESS in write_other at watched.c:N
# expect:  breakpoint already hit 3 times
# expect: 3 hw breakpoint keep y ADDRESS in write_one at watched.c:N
# expect:  breakpoint already hit 2 times
