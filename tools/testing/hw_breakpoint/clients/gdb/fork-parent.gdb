# Only the parent's writes; the child has no register of its parent's.
@START@ fork 1
watch counter
# expect: Hardware watchpoint 1: counter
continue
# expect: [Detaching after fork from child process N]
# expect: Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 101
# expect: write_one (value=101) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 101
# expect: New value = 102
# expect: write_one (value=102) at watched.c:N
# expect: N sink = 0; /* behind write_one */
continue
# expect: [Inferior 1 (process N) exited normally]
