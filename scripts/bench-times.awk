# SPDX-License-Identifier: GPL-2.0
#
# bench-times.awk STOCK OURS: `bench times` of both kernels as one table: medians,
# their ratio, and the spread of each in percent. Stock may lack an operation.

BEGIN {
	FS = OFS = "\t"
	print "operation", "CPUs", "stock", "ours", "ratio", "spread of stock, %",
	      "spread of ours, %"
}

function spread()
{
	return sprintf("%.1f", $3 ? 100 * ($5 - $4) / $3 : 0)
}

NR == FNR {
	stock[$1] = $3
	about[$1] = spread()
	next
}

$1 in stock {
	print $1, $2, stock[$1], $3, sprintf("%.3f", $3 / stock[$1]), about[$1], spread()
	next
}

{ print $1, $2, "-", $3, "-", "-", spread() }
