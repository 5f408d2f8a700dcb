# A process with threads that runs already; after the detach it runs to its end.
@ATTACH@ threads 1
# expect: ADDRESS in read ()
watch counter
# expect: Hardware watchpoint 1: counter
hbreak write_one if value > 300
# expect: Hardware assisted breakpoint 2 at ADDRESS: file watched.c, line N.
@GO@
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
# expect: Thread N "thread3" hit Breakpoint 2, write_one (value=301) at watched.c:N
# expect: N counter = value; /* write_one */
continue
# expect: Thread N "thread3" hit Hardware watchpoint 1: counter
# expect: Old value = 202
# expect: New value = 301
# expect: write_one (value=301) at watched.c:N
# expect: N sink = 0; /* behind write_one */
delete
detach
# expect: [Inferior 1 (process N) detached]
