# Only the child's.
@START@ fork 1
set follow-fork-mode child
watch counter
# expect: Hardware watchpoint 1: counter
hbreak write_other
# expect: Hardware assisted breakpoint 2 at ADDRESS: file watched.c, line N.
continue
# expect: [Attaching after Thread N (LWP N) fork to child process N]
# expect: [New inferior 2 (process N)]
# expect: [Detaching after fork from parent process N]
# expect: [Inferior 1 (process N) detached]
# expect: Thread N "watched" hit Breakpoint 2, write_other (value=201) at watched.c:N
# expect: N counter = value; /* write_other */
continue
# expect: Thread N "watched" hit Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 201
# expect: write_other (value=201) at watched.c:N
# expect: N sink = 0; /* behind write_other */
continue
# expect: Thread N "watched" hit Breakpoint 2, write_other (value=202) at watched.c:N
# expect: N counter = value; /* write_other */
continue
# expect: Thread N "watched" hit Hardware watchpoint 1: counter
# expect: Old value = 201
# expect: New value = 202
# expect: write_other (value=202) at watched.c:N
# expect: N sink = 0; /* behind write_other */
continue
# expect: Thread N "watched" hit Breakpoint 2, write_other (value=203) at watched.c:N
# expect: N counter = value; /* write_other */
continue
# expect: Thread N "watched" hit Hardware watchpoint 1: counter
# expect: Old value = 202
# expect: New value = 203
# expect: write_other (value=203) at watched.c:N
# expect: N sink = 0; /* behind write_other */
continue
# expect: [Inferior 2 (process N) exited normally]
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 1 hw watchpoint keep y counter
# expect:  breakpoint already hit 3 times
# expect: 2 hw breakpoint keep y ADDRESS in write_other at watched.c:N inf 2
# expect:  breakpoint already hit 3 times
