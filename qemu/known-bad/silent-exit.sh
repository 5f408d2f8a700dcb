#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A test program that fails without saying what.
# expect: bad/prog: exit status
mkdir /tmp/t
printf '#!/bin/sh\necho "1..1\nok 1 first"\nexit 1\n' > /tmp/t/prog
chmod +x /tmp/t/prog
/guest/run-tests bad /tmp/t/prog
