# SPDX-License-Identifier: GPL-2.0
#
# ktap.awk: judge the verdict channel of one guest. Each line there begins with
# the name of the program that it comes from (qemu/run-tests.sh puts it there):
#
#	PROGRAM: a line of KTAP
#	PROGRAM: !exit STATUS		the last one
#
# Only leaves are counted: "ok 1 suite" after indented results is their sum.
# What must not be lost is a failure of its own: a plan that was not fulfilled,
# a program that did not end or failed without saying what.
#
#   -v expect="PROGRAM..."	those that must have run
#   -v results=FILE		appended: pass|fail|skip <tab> PROGRAM: TEST <tab> reason
#
# Prints a line for each program, and for each failure what led to it.

function result(what, test, reason)
{
	count[prog, what]++
	print what "\t" prog ": " test "\t" reason >> results
	if (what == "fail") {
		report = report "  FAILED " prog ": " test (reason != "" ? " (" reason ")" : "") "\n"
		if (notes[prog] != "")
			report = report notes[prog]
	}
	notes[prog] = ""
}

# The levels deeper than indent are over: were their plans fulfilled?
function close_levels(indent,	i)
{
	for (i = deepest[prog]; i > indent; i--) {
		if (!((prog, i) in open))
			continue
		# KUnit gives none for the cases of a parameter; their sum is then
		# what the plan above them counts
		if (!i && !((prog, i) in plan))
			result("fail", "plan", "results without a plan")
		else if ((prog, i) in plan && plan[prog, i] != seen[prog, i])
			result("fail", "plan" at(i),
			       seen[prog, i] + 0 " results of " plan[prog, i] " planned")
		delete open[prog, i]
		delete plan[prog, i]
		delete seen[prog, i]
		children[prog] = 1
	}
	deepest[prog] = indent
}

function at(i)
{
	return i ? " (indented by " i ")" : ""
}

{
	sub(/\r$/, "")
	i = index($0, ": ")
	if (!i || $0 ~ /^guest: /)
		next
	prog = substr($0, 1, i - 1)
	line = substr($0, i + 2)
	if (!(prog in known)) {
		known[prog] = 1
		order[++progs] = prog
	}
	began[prog] = 1
	match(line, /^ */)
	indent = RLENGTH
	line = substr(line, indent + 1)
}

line ~ /^!exit / {
	status[prog] = substr(line, 7) + 0
	next
}

line ~ /^1\.\.[0-9]+/ {
	n = substr(line, 4) + 0
	if (indent > deepest[prog])
		deepest[prog] = indent
	open[prog, indent] = 1
	if (!n && line ~ /# *SKIP/) {
		reason = line
		sub(/.*# *SKIP */, "", reason)
		result("skip", "all", reason)
		planned_none[prog] = 1
	}
	plan[prog, indent] = n
	next
}

line ~ /^(not )?ok( |$)/ {
	good = line !~ /^not /
	sub(/^(not )?ok */, "", line)
	sub(/^[0-9]+ */, "", line)
	sub(/^- */, "", line)
	directive = reason = ""
	if (match(line, / *# *(SKIP|XFAIL|TODO)/)) {
		reason = substr(line, RSTART + RLENGTH)
		directive = substr(line, RSTART, RLENGTH)
		line = substr(line, 1, RSTART - 1)
		sub(/^[: ]*/, "", reason)
		gsub(/[# ]/, "", directive)
	}
	# the older spelling: ok 1 # SKIP name
	if (line == "") {
		line = reason
		reason = ""
	}
	children[prog] = 0
	before = count[prog, "fail"]
	close_levels(indent)
	seen[prog, indent]++
	open[prog, indent] = 1
	if (children[prog]) {
		# a sum; it may be worse than its parts, never better
		if (!good && count[prog, "fail"] == failed_at[prog, indent])
			result("fail", line, "though none of its cases failed")
	} else if (!good) {
		result("fail", line, directive == "" ? reason : directive " " reason)
	} else if (directive != "") {
		result("skip", line, directive == "SKIP" ? reason : directive " " reason)
	} else {
		result("pass", line, "")
	}
	failed_at[prog, indent] = count[prog, "fail"]
	next
}

line ~ /^Bail out!/ {
	result("fail", "bailed out", line)
	next
}

# diagnostics: shown if the next result is a failure
{
	notes[prog] = notes[prog] "      " line "\n"
}

END {
	n = split(expect, want, " ")
	for (i = 1; i <= n; i++) {
		if (want[i] in known)
			continue
		known[want[i]] = 1
		order[++progs] = want[i]
	}
	for (k = 1; k <= progs; k++) {
		prog = order[k]
		close_levels(-1)
		total = count[prog, "pass"] + count[prog, "fail"] + count[prog, "skip"]
		if (!(prog in status))
			result("fail", "end", began[prog] ? "it never ended" : "it never ran")
		else if (status[prog] == 4 && planned_none[prog])
			;	# kselftest's "skipped as a whole"
		else if (status[prog] && !count[prog, "fail"])
			result("fail", "exit status", "it exited with " status[prog] " and no failure")
		else if (!total)
			result("fail", "results", "it exited with 0 and no result")
		printf "  %s: %d passed, %d failed, %d skipped\n", prog,
		       count[prog, "pass"], count[prog, "fail"], count[prog, "skip"]
	}
	printf "%s", report
}
