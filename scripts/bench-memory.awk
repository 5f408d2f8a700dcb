# SPDX-License-Identifier: GPL-2.0
#
# bench-memory.awk STOCK OURS: `bench memory` of both kernels, or the sizes of their
# objects, as one table.

BEGIN {
	FS = OFS = "\t"
	print "bytes", "CPUs", "stock", "ours", "ratio"
}

NR == FNR {
	stock[$1] = $3
	next
}

{ print $1, $2, stock[$1], $3, (stock[$1] ? sprintf("%.3f", $3 / stock[$1]) : "-") }
