# Conditions, counts of hits, and hits to be ignored.
@START@ count 4 0 3
watch counter if counter > 2
# expect: Hardware watchpoint 1: counter
hbreak callee
# expect: Hardware assisted breakpoint 2 at ADDRESS: file watched.c, line N.
ignore 2 1
watch counter
# expect: Hardware watchpoint 3: counter
disable 3
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 2
# expect: New value = 3
# expect: write_one (value=3) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 3
# expect: New value = 4
# expect: write_one (value=4) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Breakpoint 2, callee () at watched.c:N
# expect: N sink = 1; /* callee's first */
continue
# expect: Breakpoint 2, callee () at watched.c:N
# expect: N sink = 1; /* callee's first */
continue
# expect: [Inferior 1 (process N) exited normally]
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 1 hw watchpoint keep y counter
# expect:  stop only if counter > 2
# expect:  breakpoint already hit 2 times
# expect: 2 hw breakpoint keep y ADDRESS in callee at watched.c:N
# expect:  breakpoint already hit 3 times
# expect: 3 hw watchpoint keep n counter
