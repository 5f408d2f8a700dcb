# SPDX-License-Identifier: GPL-2.0
#
# bench-times.awk -v base=stock BASE OURS: `bench times` of both kernels as one table:
# medians, their ratio, and the spread of each in percent. Stock may lack an operation.

BEGIN {
	FS = OFS = "\t"
	print "operation", "CPUs", base, "ours", "ratio", "spread of " base ", %",
	      "spread of ours, %"
}

function spread()
{
	return sprintf("%.1f", $3 ? 100 * ($5 - $4) / $3 : 0)
}

NR == FNR {
	other[$1] = $3
	about[$1] = spread()
	next
}

$1 in other {
	print $1, $2, other[$1], $3, sprintf("%.3f", $3 / other[$1]), about[$1], spread()
	next
}

{ print $1, $2, "-", $3, "-", "-", spread() }
