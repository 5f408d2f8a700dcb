# What is set in a new image works there. (gdb 13 does not write registers again that it
# had set before the exec, which clears them: so they are deleted before.)
@START@ exec
watch counter
# expect: Hardware watchpoint 1: counter
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 9
# expect: write_one (value=9) at watched.c:N
# expect: N sink = 0; /* behind write_one */
delete
catch exec
# expect: Catchpoint 2 (exec)
continue
# expect: process N is executing new program: /guest/tests/clients/watched
# expect: Catchpoint 2 (exec'd /guest/tests/clients/watched), ADDRESS in _start ()
watch counter
# expect: Hardware watchpoint 3: counter
hbreak callee
# expect: Hardware assisted breakpoint 4 at ADDRESS: file watched.c, line N.
continue
# expect: Hardware watchpoint 3: counter
# expect: Old value = 1
# expect: New value = 2
# expect: write_one (value=2) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Breakpoint 4, callee () at watched.c:N
# expect: N sink = 1; /* callee's first */
continue
# expect: Breakpoint 4, callee () at watched.c:N
# expect: N sink = 1; /* callee's first */
continue
# expect: [Inferior 1 (process N) exited normally]
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 2 catchpoint keep y exec, program "/guest/tests/clients/watched"
# expect:  catchpoint already hit 1 time
# expect: 3 hw watchpoint keep y counter
# expect:  breakpoint already hit 1 time
# expect: 4 hw breakpoint keep y ADDRESS in callee at watched.c:N
# expect:  breakpoint already hit 2 times
