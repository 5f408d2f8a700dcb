# SPDX-License-Identifier: GPL-2.0
#
# lands-in.awk: the post-condition of a patch. Read in this order: what
# `patch --verbose` said, the patch, and the file as it is now. The patch's
# header says where each change must have landed:
#
#	Lands-In: FILE FUNCTION		in the definition of FUNCTION
#	Lands-In: FILE struct TYPE	in the definition of the struct (union, enum)
#	Lands-In: FILE -		outside of all functions
#
# A patch without fuzz can still land in a look-alike some lines off; this finds
# it. A definition is what the kernel's style makes it: it starts in column 0,
# ends with } in column 0, and owns the comment and attributes right above it.

function fail(msg)
{
	print name ": " msg
	bad = 1
}

FNR == 1 { file++ }
{ sub(/\r$/, "") }

# 1: where did each hunk land (line of its first context line, in the new file)
file == 1 && /^Hunk #[0-9]+ succeeded at [0-9]+/ { at[++hunks] = $5 }
file == 1 { next }

# 2: which lines did each hunk change
file == 2 && !diff && /^Lands-In: / {
	target = $2
	want[++wants] = ($3 == "struct" || $3 == "union" || $3 == "enum") ? $3 " " $4 : $3
	if (want[wants] == "")
		fail("\"" $0 "\" names no function; - is for outside of all functions")
	if (seen_target != "" && seen_target != target)
		fail("Lands-In names both " seen_target " and " target)
	seen_target = target
}
file == 2 && /^\+\+\+ b\// { diff = 1; path = substr($2, 3); next }
file == 2 && /^@@ / && diff {
	hunk++
	split($0, h, /[ ,+-]+/)
	match($0, /\+[0-9]+(,[0-9]+)?/)
	n = split(substr($0, RSTART + 1, RLENGTH - 1), span, ",")
	left = n == 2 ? span[2] : 1
	match($0, /-[0-9]+(,[0-9]+)?/)
	n = split(substr($0, RSTART + 1, RLENGTH - 1), span, ",")
	oldleft = n == 2 ? span[2] : 1
	line = at[hunk]
	next
}
file == 2 && diff && (left > 0 || oldleft > 0) {
	c = substr($0, 1, 1)
	if (c == "+") {
		if ($0 !~ /^\+[ \t]*$/)
			added[line] = 1
		line++; left--
	} else if (c == "-") {
		removed[line] = 1	# it stood right above this line
		oldleft--
	} else {
		line++; left--; oldleft--
	}
	next
}
file == 2 { next }

# 3: what does each line belong to
file == 3 { text[FNR] = $0; last = FNR }

# The name that a definition starting with line s gives, "" if it is none.
# It must reach { before any ; at its end.
function defines(l)
{
	if (l ~ /^(typedef )?(struct|union|enum) [A-Za-z0-9_]+[^;()]*\{[ \t]*$/) {
		sub(/^typedef /, "", l)
		split(l, w, /[ \t{]+/)
		return w[1] " " w[2]
	}
	return ""
}

# Mark lines from..to as belonging to the given owner; blocks above it without a
# blank line between (comment, attributes, return type) belong to it too.
function own(from, to, who,	i)
{
	while (from > 1 && text[from - 1] !~ /^[ \t]*$/ && text[from - 1] !~ /^}/ &&
	       text[from - 1] !~ /^#/)
		from--
	for (i = from; i <= to; i++)
		owner[i] = who
}

function resolve(	i, j, who, head, m)
{
	for (i = 1; i <= last; i++) {
		who = defines(text[i])
		if (who != "") {
			for (j = i; j <= last && text[j] !~ /^}/; j++)
				;
			own(i, j, who)
			i = j
		} else if (text[i] ~ /^\{/) {
			# a function: its head is all above, up to the line in
			# column 0 that opens the parenthesis
			for (j = i - 1; j > 1 && text[j] ~ /^[ \t]/; j--)
				;
			head = j
			for (j = i; j <= last && text[j] !~ /^}/; j++)
				;
			own(head, j, "\n" text[head])
			i = j
		} else if (text[i] ~ /^(SYM_[A-Z_]*START[A-Z_]*|ENTRY)\(/) {
			for (j = i; j <= last && text[j] !~ /^(SYM_[A-Z_]*END[A-Z_]*|END[A-Z]*)\(/; j++)
				;
			own(i, j, "\n" text[i])
			i = j
		}
	}
}

# Is line i in what w names?
function inside(i, w,	o)
{
	o = owner[i]
	if (w == "-")
		return substr(o, 1, 1) != "\n"
	if (substr(o, 1, 1) != "\n")
		return o == w
	return o ~ ("[^A-Za-z0-9_]" w "[ \t]*[(,)]")
}

END {
	if (path == "" || bad)
		exit 1
	if (!wants)
		fail("no \"Lands-In: " path " FUNCTION\" line before the diff")
	else if (seen_target != path)
		fail("Lands-In names " seen_target ", the diff changes " path)
	if (hunks != hunk)
		fail("patch told of " hunks + 0 " hunks out of " hunk + 0)
	resolve()
	for (i = 1; !bad && i <= last + 1; i++) {
		if (!(i in added) && !(i in removed))
			continue
		ok = 0
		for (k = 1; k <= wants; k++)
			if (inside(i, want[k]))
				ok = hit[k] = 1
		if (!ok) {
			all = ""
			for (k = 1; k <= wants; k++)
				all = all (k > 1 ? ", " : "") want[k]
			fail(path ":" i " is not in " all ": " text[i])
		}
	}
	for (k = 1; !bad && k <= wants; k++)
		if (!hit[k])
			fail("changed nothing in " path " " want[k])
	exit bad
}
