# Four at once, of all kinds: each stops at its statement, with what was there before
# and what is there now. One that is deleted stops no more, those that stay do.
# gdbserver
@START@ steps
watch counter
# expect: Hardware watchpoint 1: counter
awatch byte
# expect: Hardware access (read/write) watchpoint 2: byte
rwatch half
# expect: Hardware read watchpoint 3: half
hbreak callee
# expect: Hardware assisted breakpoint 4 at ADDRESS: file watched.c, line N.
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 11
# expect: steps () at watched.c:N
# expect: N word = 22; /* word is 22 */
continue
# expect: Hardware read watchpoint 3: half
# expect: Value = 3
# expect: ADDRESS in steps () at watched.c:N
# expect: N sink = half; /* half is read */
continue
# expect: Hardware access (read/write) watchpoint 2: byte
# expect: Old value = 4 '\004'
# expect: New value = 44 ','
# expect: steps () at watched.c:N
# expect: N sink = byte; /* byte is read */
continue
# expect: Hardware access (read/write) watchpoint 2: byte
# expect: Value = 44 ','
# expect: ADDRESS in steps () at watched.c:N
# expect: N sink = byte; /* byte is read */
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 11
# expect: New value = 12
# expect: steps () at watched.c:N
# expect: N callee();
continue
# expect: Breakpoint 4, callee () at watched.c:N
# expect: N sink = 1; /* callee's first */
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 12
# expect: New value = 13
# expect: steps () at watched.c:N
# expect: N sink = 0; /* the end of steps */
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 1 hw watchpoint keep y counter
# expect:  breakpoint already hit 3 times
# expect: 2 acc watchpoint keep y byte
# expect:  breakpoint already hit 2 times
# expect: 3 read watchpoint keep y half
# expect:  breakpoint already hit 1 time
# expect: 4 hw breakpoint keep y ADDRESS in callee at watched.c:N
# expect:  breakpoint already hit 1 time
delete 1 2
continue
# expect: [Inferior 1 (process N) exited normally]
