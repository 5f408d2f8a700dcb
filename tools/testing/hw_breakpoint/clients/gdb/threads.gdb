# Each of three threads, which were there before or came after, is the one that is named.
# gdbserver
@START@ threads 1
watch counter
# expect: Hardware watchpoint 1: counter
continue
# expect: Thread N "thread1" hit Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 101
# expect: write_one (value=101) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "thread2" hit Hardware watchpoint 1: counter
# expect: Old value = 101
# expect: New value = 201
# expect: write_one (value=201) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "thread2" hit Hardware watchpoint 1: counter
# expect: Old value = 201
# expect: New value = 202
# expect: write_one (value=202) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "thread3" hit Hardware watchpoint 1: counter
# expect: Old value = 202
# expect: New value = 301
# expect: write_one (value=301) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "thread3" hit Hardware watchpoint 1: counter
# expect: Old value = 301
# expect: New value = 302
# expect: write_one (value=302) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Thread N "thread3" hit Hardware watchpoint 1: counter
# expect: Old value = 302
# expect: New value = 303
# expect: write_one (value=303) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: [Inferior 1 (process N) exited normally]
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 1 hw watchpoint keep y counter
# expect:  breakpoint already hit 6 times
