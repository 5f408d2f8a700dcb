#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
cat <<'END'
Hardware breakpoints on perf events, over Linux 6.12. The verbs:

  make run      boot a guest and see the subsystem at work on real programs
  make check    prove it: slot checker, build, KUnit, kselftests, suspend, kexec,
                gdb by kgdb, KVM, known-bad guests; ends with
                "N passed, N failed, N skipped"
  make check-debug  the tests, a stress and fuzzers on kernels with KASAN, lockdep,
                allocations that fail, and KCSAN; FUZZ_CALLS=, FUZZ_SEED=,
                STRESS_SECONDS=; x86_64 and arm64
  make bench    what operations cost, ours and stock's, in guest instructions;
                CPUS="1 4 64" says for how many CPUs
  make guest RUN='command' [EXTRA=DIR] [SMP=4] [MEM=512] [APPEND='parameters']
                [TIMEOUT=120] [ICOUNT=1]
                run one command in a guest, DIR laid over its root
  make shell    an interactive guest, with perf and gdb
  make series   the patches that could be mailed, checked; QUICK=1 does not build
                each step, AGAINST='VERSION...' tries other point releases
  make refresh  when the base has a new point release: what changed under us,
                and the hooks carried over to it

  KERNEL=stock  the unmodified kernel, same config  (guest, check, shell)
  ARCH=arm64    or ppc64le, x86_64; without it `check` goes through all
  STOCK=7.3     over that kernel, in build/7.3 (any verb)
  STOCK_TREE=/path/to/linux-6.12   a tree of yours instead of the package's

What is made stays under build/; packages that are missing are installed with apt.
END
