# Eight bytes that are not aligned take two registers; their neighbours are not watched.
# gdbserver
@START@ fields
watch fields.value
# expect: Hardware watchpoint 1: fields.value
continue
# expect: Hardware watchpoint 1: fields.value
# expect: Old value = 7
# expect: New value = 2
# expect: structure () at watched.c:N
# expect: N fields.tail = 3; /* tail */
continue
# expect: Hardware watchpoint 1: fields.value
# expect: Old value = 2
# expect: New value = 72057594037927938
# expect: structure () at watched.c:N
# expect: N sink = 0; /* the end of structure */
continue
# expect: [Inferior 1 (process N) exited normally]
