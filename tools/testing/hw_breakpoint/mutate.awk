# SPDX-License-Identifier: GPL-2.0
#
# Lists the mutants of a C file in kernel style, one a line:
#
#	line TAB column TAB length TAB replacement TAB function
#
# means that the mutant has the replacement in place of so many characters
# there.  Only the bodies of functions are mutated, and there not comments,
# strings, declarations without a value and assertions (lockdep_assert_held()).

function mutant(col, len, text)
{
	if (!skip)
		printf "%d\t%d\t%d\t%s\t%s\n", NR, col, len, text, func_name
}

# The line with comments and strings blanked out, column by column.
function code_of(line,		out, i, two, in_string)
{
	out = ""
	for (i = 1; i <= length(line); i++) {
		two = substr(line, i, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				out = out " "
				i++
			}
			out = out " "
		} else if (two == "/*" && !in_string) {
			in_comment = 1
			out = out "  "
			i++
		} else {
			if (substr(line, i, 1) == "\"")
				in_string = !in_string
			out = out (in_string ? " " : substr(line, i, 1))
		}
	}
	return out
}

# Every @from that stands between blanks, or at the end of the line.
function operator(from, to,	at, rest, done)
{
	done = 0
	rest = code " "
	while ((at = index(rest, " " from " "))) {
		mutant(done + at + 1, length(from), to)
		done += at + length(from)
		rest = substr(rest, at + length(from) + 1)
	}
}

# Every @from that is not part of a longer word.
function word(from, to,		at, done, rest, before, after)
{
	done = 0
	rest = code
	while ((at = index(rest, from))) {
		before = at > 1 ? substr(rest, at - 1, 1) : \
			 done ? substr(code, done, 1) : " "
		after = substr(rest, at + length(from), 1)
		if (before !~ /[A-Za-z0-9_]/ && after !~ /[A-Za-z0-9_]/)
			mutant(done + at, length(from), to)
		done += at + length(from) - 1
		rest = substr(rest, at + length(from))
	}
}

function not_and_complement(	i, c, before, after)
{
	for (i = 1; i <= length(code); i++) {
		c = substr(code, i, 1)
		before = substr(code, i - 1, 1)
		after = substr(code, i + 1, 1)
		if ((c == "!" && after != "=" && before != "!") || c == "~")
			mutant(i, 1, "")
	}
}

function numbers(	rest, done, n)
{
	done = 0
	rest = code
	while (match(rest, /[0-9a-zA-Z_]+/)) {
		n = substr(rest, RSTART, RLENGTH)
		if (n ~ /^[0-9]+$/)
			mutant(done + RSTART, RLENGTH, n == 1 ? 0 : n + 1)
		else if (n ~ /^0x[0-9a-f]+$/)
			mutant(done + RSTART, RLENGTH, "(" n " + 1)")
		else if (n ~ /^E[A-Z]+$/)
			mutant(done + RSTART, RLENGTH, "EIO")
		done += RSTART + RLENGTH - 1
		rest = substr(rest, RSTART + RLENGTH)
	}
}

function increments(	i, two)
{
	for (i = 1; i < length(code); i++) {
		two = substr(code, i, 2)
		if (two == "++" || two == "--")
			mutant(i++, 2, two == "++" ? "--" : "++")
	}
}

# Where an expression that starts at @i ends: before a comma, colon, semicolon
# or the closing parenthesis of what it stands in.
function expression_end(i,	depth, c)
{
	for (depth = 0; i <= length(code); i++) {
		c = substr(code, i, 1)
		if (c == "(" || c == "[")
			depth++
		else if ((c == ")" || c == "]") && --depth < 0)
			return i
		else if (!depth && c ~ /[,;:]/)
			return i
	}
	return i
}

function arms(		at, colon, end)
{
	if (!(at = index(code, " ? ")))
		return
	colon = expression_end(at + 3)
	end = expression_end(colon + 1)
	if (substr(code, colon, 1) == ":")
		mutant(at + 3, end - at - 3,
		       substr($0, colon + 2, end - colon - 2) " : " \
		       substr($0, at + 3, colon - at - 4))
}

# Conditions that have no operator in them to change.
function condition(	at, end, text)
{
	if (!(at = index(code, "if (")))
		return
	end = expression_end(at + 4)
	text = substr(code, at + 4, end - at - 4)
	gsub(/->/, ".", text)
	if (substr(code, end, 1) == ")" && text !~ /[<>=!]| [&|]/)
		mutant(at + 4, end - at - 4,
		       "!(" substr($0, at + 4, end - at - 4) ")")
}

# Statements that are left out: "if (0) " in front, however long they are.
function statement(	text)
{
	text = code
	sub(/^\t+/, "", text)
	if (previous !~ /[;{}):]$|else$|do$/ || text !~ /^([a-z*]|--|\+\+)/)
		return
	if (text ~ /^(unsigned|int|long|bool|u8|const|struct|static|atomic_t|void) /)
		return
	if (text ~ /^(if|for|while|do|else|switch|case|default|goto)([ :(]|$)/ || \
	    text ~ /^hlist_for_each/)
		return
	# A return goes only if it depends on something.
	if (text ~ /^return/ && previous !~ /\)$/)
		return
	mutant(length(code) - length(text) + 1, 0, "if (0) ")
}

{
	code = code_of($0)
	sub(/[ \t]+$/, "", code)
}

code == "" || code ~ /^#/ { next }

code ~ /^[a-z].*[a-z0-9_]\(/ && code !~ /;$/ {
	func_name = code
	sub(/\(.*/, "", func_name)
	sub(/.*[ *]/, "", func_name)
}

{
	# What follows on from an assertion is part of it.
	if (code ~ /lockdep_assert_held/)
		asserting = 1
	skip = asserting || !in_body
	if (code ~ /;$/)
		asserting = 0
	if (code ~ /^[{}]/)
		in_body = code ~ /^\{/

	operator("<", "<=");	operator("<", ">=")
	operator("<=", "<");	operator("<=", ">")
	operator(">", ">=");	operator(">", "<=")
	operator(">=", ">");	operator(">=", "<")
	operator("==", "!=");	operator("!=", "==")
	operator("&&", "||");	operator("||", "&&")
	operator("+", "-");	operator("+", "+ 1 +")
	operator("-", "+");	operator("-", "+ 1 -")
	operator("*", "+")
	operator("|", "&");	operator("&", "|")
	operator("<<", ">>");	operator(">>", "<<")
	operator("+=", "-=");	operator("-=", "+=")
	operator("|=", "&=");	operator("&=", "|=")
	word("min", "max");	word("max", "min")
	word("true", "false");	word("false", "true")
	not_and_complement()
	numbers()
	increments()
	arms()
	condition()
	statement()
	previous = code
}
