# SPDX-License-Identifier: GPL-2.0
#
# bench-counts.awk STOCK OURS: `bench counts` of both kernels as one table. Stock
# may lack an operation.

BEGIN {
	FS = OFS = "\t"
	print "operation", "CPUs", "cross-calls, stock", "ours", "grace periods, stock",
	      "ours", "reschedules, stock", "ours"
}

NR == FNR {
	calls[$1] = $3
	graces[$1] = $4
	reschedules[$1] = $5
	next
}

!($1 in calls) { calls[$1] = graces[$1] = reschedules[$1] = "-" }

{ print $1, $2, calls[$1], $3, graces[$1], $4, reschedules[$1], $5 }
