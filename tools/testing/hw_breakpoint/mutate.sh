#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Break the core in one place at a time, and require that the checker notices.
#
#	OBJECTS [SAMPLE]
#
# OBJECTS has the checker's own objects, built without sanitizers.  With SAMPLE,
# only so many mutants are tried, spread evenly and always the same ones.
#
# A mutant that nobody could notice is named in mutants.equivalent, with the
# reason; if it is noticed, or there is none of that name, that is an error too.

set -euo pipefail

core=../../../kernel/events
sources=(hw_breakpoint_slots.h hw_breakpoint_slots.c hw_breakpoint_slots_task.c
	 hw_breakpoint_slots_look.c)
read -ra cc <<<"${CC:-cc}"

# Mutant $3 of the list $2 becomes a line in $2.results: what became of it
# (killed, survived, or invalid if it does not compile), its number, file and
# line, and text.  Number 0 is the core as it is.
try() { # OBJECTS LIST NUMBER
	local objects=$1 list=$2 number=$3 mutant=$2.$3 what file line func
	local -a change=("${sources[0]}" 1 1 0 '' 'as it is')

	if [ "$number" -gt 0 ]; then
		mapfile -t change < <(sed -n "${number}p" "$list" | tr '\t' '\n')
	fi
	file=${change[0]} line=${change[1]} func=${change[5]}
	# All of it, as the others are to include the header that is mutated.
	mkdir "$mutant"
	cp "${sources[@]/#/$core/}" "$mutant"
	awk -v line="$line" -v col="${change[2]}" -v len="${change[3]}" \
	    -v text="${change[4]}" '
		NR == line { $0 = substr($0, 1, col - 1) text substr($0, col + len) }
		{ print }' "$core/$file" >"$mutant/$file"

	what=killed
	if ! { "${cc[@]}" -D_GNU_SOURCE -include kernel.h -I "$core" \
		-std=gnu11 -O0 -w -fsanitize=undefined \
		-fsanitize-undefined-trap-on-error \
		"$mutant"/*.c "$objects"/*.o -o "$mutant/check" -pthread; } \
	     2>"$mutant.log"; then
		what=invalid
	elif (ulimit -t 10 -c 0; exec "$mutant/check" --quick) >"$mutant.log" 2>&1; then
		what=survived
	elif ! grep -q '^not ok' "$mutant.log"; then
		what=untried
	fi
	printf '%s\t%d\t%s:%d\t%s\n' "$what" "$number" "$file" "$line" \
		"$func: $(sed -n "$line{s/^[[:blank:]]*//;p}" "$mutant/$file")" \
		>>"$list.results"
	rm -rf "$mutant"
}

: "${1:?mutate.sh OBJECTS [SAMPLE]; make mutate knows which}"
if [ "$1" = --try ]; then
	try "$2" "$3" "$4"
	exit
fi

objects=$(realpath "$1")
sample=${2:-}
dir=$objects/../mutants
list=$dir/list
cd "$(dirname "$0")"

rm -rf "$dir"
mkdir "$dir"
for file in "${sources[@]}"; do
	awk -f mutate.awk "$core/$file" | sed "s/^/$file\t/"
done >"$list"
total=$(wc -l <"$list")
: "${sample:=$total}"

try "$objects" "$list" 0
if ! grep -q ^survived "$list.results"; then
	cat "$list.0.log" >&2
	echo "the core fails unchanged"
	exit 1
fi
: >"$list.results"

# Evenly spread: where the integer part of number * sample / total steps up.
seq "$total" | awk -v s="$sample" -v t="$total" \
	'int($1 * s / t) > int(($1 - 1) * s / t)' >"$dir/sample"
xargs -P "$(nproc)" -n 1 "./${0##*/}" --try "$objects" "$list" <"$dir/sample" &
while sleep 2; kill -0 $! 2>/dev/null; do
	echo "# mutants: $(wc -l <"$list.results") of $(wc -l <"$dir/sample") tried" >&2
done
if ! wait $!; then
	echo "could not try every mutant"
	exit 1
fi

# Hold it against the file.
sort -t $'\t' -k 2n "$list.results" |
awk -F '\t' -v total="$total" -v sampled="$sample" '
	FILENAME != "-" {
		if ($0 !~ /^(#|$)/)
			known[$0] = 1
		next
	}
	{ nr[$1]++; seen[$4] = 1 }
	$1 == "survived" && $4 in known {
		$1 = "equivalent"
		nr["equivalent"]++
		nr["survived"]--
	}
	$1 == "killed" && $4 in known {
		$1 = "killed, but said to be equivalent"
		bad++
	}
	{ printf "%s: %s: %s\n", $1, $3, $4 }
	END {
		for (name in known)
			if (sampled == total && !(name in seen)) {
				print "not a mutant any more: " name
				bad++
			}
		printf "%d of %d mutants, %d killed, %d survived, %d equivalent",
		       sampled, total, nr["killed"], nr["survived"], nr["equivalent"]
		printf ", %d do not compile\n", nr["invalid"]
		exit !!(bad || nr["survived"] || nr["untried"])
	}' mutants.equivalent -
