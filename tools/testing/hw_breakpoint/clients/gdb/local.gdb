# A local variable, until its function returns; its address, watched beyond that.
@START@ local
tbreak with_local
# expect: Temporary breakpoint 1 at ADDRESS: file watched.c, line N.
continue
# expect: Temporary breakpoint 1, with_local () at watched.c:N
# expect: N volatile long local = 0;
next
# expect: N sink = 0; /* local is 0 */
watch local
# expect: Hardware watchpoint 2: local
watch -l local
# expect: Hardware watchpoint 3: -location local
continue
# expect: Hardware watchpoint 2: local
# expect: Old value = 0
# expect: New value = 5
# expect: Hardware watchpoint 3: -location local
# expect: Old value = 0
# expect: New value = 5
# expect: with_local () at watched.c:N
# expect: N local = 6; /* local is 6 */
continue
# expect: Hardware watchpoint 2: local
# expect: Old value = 5
# expect: New value = 6
# expect: Hardware watchpoint 3: -location local
# expect: Old value = 5
# expect: New value = 6
# expect: with_local () at watched.c:N
# expect: N sink = local; /* the end of with_local */
continue
# expect: Watchpoint 2 deleted because the program has left the block in
# expect: which its expression is valid.
# expect: ADDRESS in main (argc=2, argv=ADDRESS) at watched.c:N
# expect: N with_local();
info breakpoints
# expect: Num Type Disp Enb Address What
# expect: 3 hw watchpoint keep y -location local
# expect:  breakpoint already hit 2 times
delete
continue
# expect: [Inferior 1 (process N) exited normally]
