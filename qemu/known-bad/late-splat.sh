#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All tests pass, then the kernel warns.
# expect: kernel splat: .*
mkdir /tmp/t
printf '#!/bin/sh\necho "1..1\nok 1 fine"\n' > /tmp/t/prog
chmod +x /tmp/t/prog
/guest/run-tests bad /tmp/t/prog
echo WARNING > /sys/kernel/debug/provoke-crash/DIRECT
