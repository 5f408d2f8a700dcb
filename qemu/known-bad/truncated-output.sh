#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest resets in the middle of a test's output, and says nothing.
# expect: bad/prog: end \(it never ended\)
mkdir /tmp/t
printf '#!/bin/sh\necho "1..2\nok 1 first"\nsleep 1\necho b >/proc/sysrq-trigger; sleep 9' > /tmp/t/prog
chmod +x /tmp/t/prog
/guest/run-tests bad /tmp/t/prog
