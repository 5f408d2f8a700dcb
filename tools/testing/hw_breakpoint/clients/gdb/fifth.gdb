# One more than there are registers is refused, also if it needs two and one is free.
# The program goes on when it is deleted, and the others work.
# gdbserver
@START@ steps
watch counter
# expect: Hardware watchpoint 1: counter
watch word
# expect: Hardware watchpoint 2: word
watch half
# expect: Hardware watchpoint 3: half
watch byte
# expect: Hardware watchpoint 4: byte
watch fields.head
# expect: Hardware watchpoint 5: fields.head
continue
# expect: Warning:
# expect: Could not insert hardware watchpoint 5.
# expect: Could not insert hardware breakpoints:
# expect: You may have requested too many hardware breakpoints/watchpoints.
# expect: Command aborted.
delete 5
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 1
# expect: New value = 11
# expect: steps () at watched.c:N
# expect: N word = 22; /* word is 22 */
continue
# expect: Hardware watchpoint 2: word
# expect: Old value = 2
# expect: New value = 22
# expect: steps () at watched.c:N
# expect: N sink = half; /* half is read */
delete 4
watch fields.value
# expect: Hardware watchpoint 6: fields.value
continue
# expect: Warning:
# expect: Could not insert hardware watchpoint 6.
# expect: Could not insert hardware breakpoints:
# expect: You may have requested too many hardware breakpoints/watchpoints.
# expect: Command aborted.
delete 6
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 11
# expect: New value = 12
# expect: steps () at watched.c:N
# expect: N callee();
continue
# expect: Hardware watchpoint 1: counter
# expect: Old value = 12
# expect: New value = 13
# expect: steps () at watched.c:N
# expect: N sink = 0; /* the end of steps */
