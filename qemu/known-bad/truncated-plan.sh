#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Exits with 0 before its plan is done.
# expect: bad/prog: plan \(1 results of 2 planned\)
mkdir /tmp/t
printf '#!/bin/sh\necho "1..2\nok 1 first"\n' > /tmp/t/prog
chmod +x /tmp/t/prog
/guest/run-tests bad /tmp/t/prog
