// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init: mounts what programs expect, runs one command, tells the
 * host how it ended, and resets the machine.
 *
 * Three channels lead out, so that none can be mistaken for another: the
 * kernel's console; "output", which is the command's stdout and stderr; and
 * "verdict". The command has the latter open as descriptor 3 and may stream test
 * results to it. They are virtio ports of these names, or the serial lines that
 * the kernel's command line says (output=ttyS1). Its last line is ours:
 *
 *	guest: exit N
 *
 * A host that does not see it knows that the guest died, whatever else was said.
 * Without /guest/command this is an interactive guest: a shell on the console.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define COMMAND		"/guest/command"
#define VERDICT_FD	3

/* What goes wrong before the channels are open is said on the console. */
static void complain(const char *what, const char *name)
{
	fprintf(stderr, "guest: %s %s: %s\n", what, name, strerror(errno));
}

/*
 * Leftover processes are ended first, so that their exit paths run (and splat) too.
 * The end is a reset, which QEMU takes for it (-no-reboot); powering off instead
 * fails after a suspend.
 */
static _Noreturn void leave(void)
{
	kill(-1, SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void mount_fs(const char *type, const char *dir, const char *opts)
{
	mkdir(dir, 0755);
	/*
	 * devtmpfs may be there already; a file system that is not configured,
	 * or whose place in sysfs is not there for that reason, is no error.
	 */
	if (mount(type, dir, type, 0, opts) && errno != EBUSY && errno != ENODEV &&
	    errno != ENOENT)
		complain("mount", dir);
}

/* Open the virtio port whose name, given on QEMU's command line, is @name. */
static int open_port(const char *name)
{
	static const char class[] = "/sys/class/virtio-ports";
	char path[512], got[64];
	struct dirent *d;
	int fd = -1;
	FILE *f;
	DIR *dir = opendir(class);

	errno = ENOENT;
	while (dir && fd < 0 && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s/name", class, d->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%63s", got) == 1 && !strcmp(got, name)) {
			snprintf(path, sizeof(path), "/dev/%s", d->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	if (fd < 0)
		complain("virtio port", name);
	return fd;
}

static int open_line(const char *line)
{
	struct termios raw;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", line);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || tcgetattr(fd, &raw)) {
		complain("serial line", line);
		return -1;
	}
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	return fd;
}

/* The kernel hands on what it does not know of its command line. */
static int open_channel(const char *name)
{
	const char *line = getenv(name);
	int fd = line ? open_line(line) : open_port(name);

	unsetenv(name);
	return fd;
}

/*
 * The console as a terminal that can have a foreground process group, which
 * /dev/console itself can not.
 */
static int open_tty(void)
{
	char names[256] = "", path[300], *last;
	FILE *f = fopen("/sys/class/tty/console/active", "r");

	if (f) {
		if (fgets(names, sizeof(names), f))
			names[strcspn(names, "\n")] = '\0';
		fclose(f);
	}
	last = strrchr(names, ' ');
	snprintf(path, sizeof(path), "/dev/%s", last ? last + 1 : names);
	return open(path, O_RDWR | O_CLOEXEC);
}

/*
 * Run a command with @out as its output, and either @verdict as descriptor 3 or,
 * if that is negative, @out as its terminal. Returns its exit status as a shell
 * gives it.
 */
static int run(char *const argv[], int out, int verdict)
{
	pid_t pid = fork(), got;
	int status;

	if (pid < 0) {
		complain("fork", argv[0]);
		return 127;
	}
	if (!pid) {
		int in = verdict < 0 ? out : open("/dev/null", O_RDONLY | O_CLOEXEC);

		setsid();
		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		if (verdict < 0) {
			ioctl(0, TIOCSCTTY, 0);
		} else {
			/* from above 3, as dup2() onto itself would leave O_CLOEXEC set */
			verdict = fcntl(verdict, F_DUPFD_CLOEXEC, VERDICT_FD + 1);
			dup2(verdict, VERDICT_FD);
		}
		execv(argv[0], argv);
		complain("exec", argv[0]);
		_exit(127);
	}
	/* everybody's orphans are ours to reap */
	while ((got = wait(&status)) != pid) {
		if (got < 0 && errno != EINTR)
			return 127;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	char *const applets[] = { "/bin/busybox", "--install", "-s", NULL };
	char *const command[] = { "/bin/sh", COMMAND, NULL };
	char *const shell[] = { "/bin/sh", "-l", NULL };
	int out, verdict, status;

	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	setenv("HOME", "/root", 1);
	mount_fs("devtmpfs", "/dev", NULL);
	mount_fs("proc", "/proc", NULL);
	mount_fs("sysfs", "/sys", NULL);
	mount_fs("debugfs", "/sys/kernel/debug", NULL);
	mount_fs("tracefs", "/sys/kernel/tracing", NULL);
	mount_fs("devpts", "/dev/pts", "mode=0620,ptmxmode=0666");
	mount_fs("tmpfs", "/dev/shm", "mode=1777");
	mount_fs("tmpfs", "/tmp", "mode=1777");
	symlink("/proc/self/fd", "/dev/fd");
	sethostname("guest", 5);
	chdir("/root");
	/* existing files win: an applet never hides what EXTRA brought */
	run(applets, 2, 2);

	if (access(COMMAND, F_OK)) {
		run(shell, open_tty(), -1);
		leave();
	}

	out = open_channel("output");
	verdict = open_channel("verdict");
	if (out >= 0 && verdict >= 0) {
		status = run(command, out, verdict);
		dprintf(verdict, "guest: exit %d\n", status);
		/* Serial lines; for others it is nothing. */
		tcdrain(out);
		tcdrain(verdict);
	}
	leave();
}
