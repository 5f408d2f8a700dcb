# SPDX-License-Identifier: GPL-2.0
# Hardware breakpoints on perf events: the verbs. Each is a script in scripts/,
# which says at its top what it does.

# Passed on as typed: a $ in RUN is the guest shell's, not make's.
VARIABLES := ARCH KERNEL STOCK STOCK_TREE RUN EXTRA SMP MEM APPEND ICOUNT TIMEOUT QEMU_ARGS CPUS CPU
VARIABLES += VARIANT FUZZ_CALLS FUZZ_SEED STRESS_SECONDS QUICK AGAINST WHAT OPERATION
$(foreach v,$(VARIABLES),$(if $(filter undefined,$(origin $v)),,\
	$(eval override $v := $$(value $v))$(eval export $v)))

S := scripts
VERBS := help run check check-debug bench guest shell series refresh
.PHONY: $(VERBS)

help:
	@$S/help.sh
run:
	@$S/run.sh
check:
	@$S/check.sh
check-debug:
	@$S/check-debug.sh
bench:
	@$S/bench.sh
guest:
	@$S/build.sh && $S/guest.sh
shell:
	@$S/shell.sh
series:
	@$S/series.sh
refresh:
	@$S/refresh.sh
