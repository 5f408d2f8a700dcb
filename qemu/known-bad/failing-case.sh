#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# expect: bad/prog: second
mkdir /tmp/t
printf '#!/bin/sh\necho "1..2\nok 1 first\nnot ok 2 second"\nexit 1\n' > /tmp/t/prog
chmod +x /tmp/t/prog
/guest/run-tests bad /tmp/t/prog
