# SPDX-License-Identifier: GPL-2.0
#
# examples.awk: the examples of a document, as files in DIR. One begins with
#
#	.. example: NAME
#
# and is the literal block that follows. NAME.c is a program. Any other is a
# transcript: a line "# COMMAND" for each command, and what it prints. It becomes
# NAME.want, as it stands, and NAME.sh, which prints such a transcript.

function finish()
{
	if (name && !lines) {
		print FILENAME ": example " name " has no literal block" > "/dev/stderr"
		bad = 1
	}
	if (name)
		close(file)
	name = ""
}

function say(line)
{
	if (name ~ /\.c$/) {
		print line > file
		return
	}
	print line > (DIR "/" name ".want")
	if (line !~ /^# /)
		return
	quoted = line
	gsub(/'/, "'\\''", quoted)
	print "echo '" quoted "'" > file
	print substr(line, 3) > file
}

FNR == 1 { finish() }
/^\.\. example: / {
	finish()
	name = $3
	file = DIR "/" name (name ~ /\.c$/ ? "" : ".sh")
	lines = empty = 0
	next
}
!name || (!lines && /^(::)?$/) { next }
/^$/ { empty++; next }
/^\t/ {
	for (; empty; empty--)
		if (lines)
			say("")
	lines++
	say(substr($0, 2))
	next
}
{ finish() }
END { finish(); exit bad }
