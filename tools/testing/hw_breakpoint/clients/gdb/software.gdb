# Without registers gdb single-steps, and finds the same.
# software
@START@ steps
set can-use-hw-watchpoints 0
tbreak steps
# expect: Temporary breakpoint 1 at ADDRESS: file watched.c, line N.
continue
# expect: Temporary breakpoint 1, steps () at watched.c:N
# expect: N counter = 11; /* counter is 11 */
watch counter
# expect: Watchpoint 2: counter
continue
# expect: Watchpoint 2: counter
# expect: Old value = 1
# expect: New value = 11
# expect: steps () at watched.c:N
# expect: N word = 22; /* word is 22 */
continue
# expect: Watchpoint 2: counter
# expect: Old value = 11
# expect: New value = 12
# expect: steps () at watched.c:N
# expect: N callee();
delete
continue
# expect: [Inferior 1 (process N) exited normally]
