// SPDX-License-Identifier: GPL-2.0
/*
 * on_pty FILE COMMAND...: runs a command whose input and output is a terminal of its
 * own, and puts that terminal's name into FILE: a serial line for gdb and gdbserver
 * on a kernel without sockets.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct termios raw;
	int master, slave;
	FILE *f;

	if (argc < 3)
		errx(2, "usage: on_pty FILE COMMAND...");
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) || unlockpt(master))
		err(1, "posix_openpt");
	/* held open, or the master sees an end of file until gdb opens it */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &raw))
		err(1, "%s", ptsname(master));
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	f = fopen(argv[1], "w");
	if (!f || fprintf(f, "%s\n", ptsname(master)) < 0 || fclose(f))
		err(1, "%s", argv[1]);
	dup2(master, STDIN_FILENO);
	dup2(master, STDOUT_FILENO);
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
