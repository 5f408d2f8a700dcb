#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench-plot.sh BENCH.TSV ARCH: the ratios, ours to stock, of each operation as an
# SVG on stdout: on a logarithmic scale, with a mark for each number of CPUs.

. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: $0 BENCH.TSV ARCH"
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

# A row of the plot for each operation, from above in the order of the last number of
# CPUs, which can do them all; a file of "RATIO ROW" for each number of CPUs.
awk -F '\t' -v dir="$data" '
	FNR == 1 || $5 == "-" { next }
	NR == FNR { last = $2; next }
	{ held[++nr] = $0 }
	$2 == last && !($1 in row) { row[$1] = ++rows; name[rows] = $1 }
	END {
		for (i = 1; i <= nr; i++) {
			split(held[i], f)
			if (!(f[1] in row)) {
				row[f[1]] = ++rows
				name[rows] = f[1]
			}
			if (!(f[2] in seen)) {
				seen[f[2]]
				print f[2] > (dir "/cpus")
			}
			# the table rounds some ratios to 0
			print f[4] / f[3], -row[f[1]] > (dir "/" f[2])
		}
		for (i = 1; i <= rows; i++)
			printf "%s\"%s\" %d", (i > 1 ? ", " : ""), name[i], -i > (dir "/names")
		print rows > (dir "/rows")
	}
' "$1" "$1"
[ -s "$data/rows" ] || die "$1 has no ratio in it"

rows=$(cat "$data/rows")
plots=
point=5
while read -r cpus; do
	label="$cpus CPUs"
	[ "$cpus" != 1 ] || label="1 CPU"
	plots+="${plots:+, }'$data/$cpus' using 1:2 with points pointtype $point pointsize 0.8"
	plots+=" title '$label'"
	# filled square, circle, triangle
	point=$((point + 2))
done < "$data/cpus"

# Twice, as a scale that shows all of them shows no difference near 1.
gnuplot << END
set terminal svg size 1200,$((130 + 20 * rows)) font 'sans-serif,12' background 'white' noenhanced
set multiplot title 'Hardware breakpoints, $2: guest instructions of each operation, ours / stock'
set yrange [-$rows.5:-0.5]
set grid xtics ytics linetype 1 linecolor '#dddddd'
set arrow from 1,graph 0 to 1,graph 1 nohead linewidth 2 linecolor 'black'
set bmargin 5
set tmargin 3
set key below
set title 'all' offset 0,-0.5
set ytics ($(cat "$data/names"))
set lmargin at screen 0.25
set rmargin at screen 0.68
set logscale x
set xrange [0.0001:2]
set xtics ('0.0001' 0.0001, '0.001' 0.001, '0.01' 0.01, '0.1' 0.1, '0.25' 0.25, '0.5' 0.5, '1' 1, '2' 2)
plot $plots
set title 'near 1' offset 0,-0.5
set ytics ($(sed 's/"[^"]*"/""/g' "$data/names"))
set lmargin at screen 0.71
set rmargin at screen 0.97
unset logscale x
set xrange [0.8:1.1]
set xtics autofreq 0.8,0.05
unset key
plot $plots
END
