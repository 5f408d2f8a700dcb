# What is set in a new image works there. (gdb 13 does not write registers again that it
# had set before the exec, which clears them: so they are deleted before.)
@START@ exec
watch counter
continue
delete
catch exec
continue
watch counter
hbreak callee
continue
continue
continue
continue
info breakpoints
