# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the clients' scripts share. Sourced in the guest, in the directory of the
# programs; KTAP is spoken by kselftest's ktap_helpers.sh.

# shellcheck disable=SC1091 # it is the kernel tree's
. ./ktap_helpers.sh
DIR=$(mktemp -d)
MACHINE=$(uname -m)
# What a system call's name begins with in the kernel; how many registers for data.
case $MACHINE in
x86_64)		SYSCALL=__x64_sys_ REGISTERS=4 ;;
aarch64)	SYSCALL=__arm64_sys_ REGISTERS=4 ;;
ppc64le)	SYSCALL=sys_ REGISTERS=2 ;;
esac
USER_MODE_ALONE="QEMU's POWER takes what is for user mode alone for nobody's"
export SYSCALL REGISTERS USER_MODE_ALONE

# known SYMBOL: its address in ./watched
known() { awk -v name="$1" '$3 == name { print "0x" $1 }' watched.symbols; }

# kernel SYMBOL: its address in the kernel
kernel() { awk -v name="$1" '$3 == name { print "0x" $1; exit }' /proc/kallsyms; }

# check NAME WANTED COMMAND...: does the command print just that? What it says on
# stderr is shown if not.
check()
{
	name=$1 wanted=$2
	shift 2
	said=$("$@" 2> "$DIR/errors")
	if [ "$said" = "$wanted" ]; then
		ktap_test_pass "$name"
		return
	fi
	printf 'wanted:\n%s\nsaid:\n%s\n' "$wanted" "$said" | sed 's/^/# /'
	tail -n 20 "$DIR/errors" | sed 's/^/# /'
	ktap_test_fail "$name"
}

# skip NAME REASON
skip()
{
	__ktap_test ok "$1" "SKIP $2"
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
}

# The plan may follow the results; without it they are not complete.
finish()
{
	rm -rf "$DIR"
	ktap_set_plan $((KTAP_TESTNO - 1))
	ktap_finished
}
