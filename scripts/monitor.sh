# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# QEMU's monitor: MONITOR is what lets a guest have one (for QEMU_ARGS). Sourced.

SOCKET=$(mktemp -u -t monitor-XXXXXX)
MONITOR="-monitor unix:$SOCKET,server=on,wait=off"

# monitor SECONDS COMMAND...: tell QEMU, the last command so much later; says what QEMU
# says.
monitor()
{
	perl -MIO::Socket::UNIX -e '
		my $qemu = IO::Socket::UNIX->new(Peer => shift) or die "no monitor: $!";
		my ($moment, $last) = (shift, pop);
		$qemu->autoflush(1);
		print $qemu "$_\n" for @ARGV;
		sleep $moment;
		print $qemu "$last\n";
		print while <$qemu>;' "$SOCKET" "$@"
}
