// SPDX-License-Identifier: GPL-2.0
/*
 * watched [-f FIFO] MODE ...: does known accesses, a known number of times, for the
 * clients to find.  With -f it first waits for a line from FIFO; a MODE that makes
 * threads has made them by then.
 *
 *	count WRITES READS CALLS	of counter, of counter, of callee()
 *	who				counter, by two functions: 3 and 5 times
 *	steps				four variables and a function, once or twice
 *	fields				members of a packed structure
 *	local				a variable of a function that returns
 *	kernel N			counter, N times, by the kernel for us
 *	threads N			thread I of three, I * N times, in turn
 *	fork N				a child 3 * N times, then the parent 2 * N times
 *	exec				once, then as "count 2 0 2" in a new image
 *
 * It is compiled without optimisation, so that a statement is one access.  What
 * debuggers must say quotes the comments behind the statements.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS	3

/*
 * Neighbours: what watches too many bytes of one sees accesses to the next.  Not in
 * .bss: an exec zeroes that, and the clients would tell.
 */
volatile long counter __attribute__((aligned(16))) = 1;
volatile int word = 2;
volatile short half = 3;
volatile char byte = 4;
volatile long sink = 5;

/* value is 8 bytes that no single register of x86 or arm64 covers */
struct __attribute__((packed)) fields {
	int head;
	long value;
	int tail;
};

volatile struct fields fields __attribute__((aligned(16))) = { 6, 7, 8 };

static const char *fifo;

static void wait_for_go(void)
{
	char c;
	int fd;

	if (!fifo)
		return;
	fd = open(fifo, O_RDONLY);
	if (fd < 0 || read(fd, &c, 1) != 1)
		err(1, "%s", fifo);
	close(fd);
}

void callee(void)
{
	sink = 1;	/* callee's first */
}

void write_one(long value)
{
	counter = value;	/* write_one */
	sink = 0;		/* behind write_one */
}

void write_other(long value)
{
	counter = value;	/* write_other */
	sink = 0;		/* behind write_other */
}

void read_one(void)
{
	sink = counter;		/* read_one */
}

static void count(int writes, int reads, int calls)
{
	int i;

	wait_for_go();
	for (i = 1; i <= writes; i++)
		write_one(i);
	for (i = 0; i < reads; i++)
		read_one();
	for (i = 0; i < calls; i++)
		callee();
}

static void who(void)
{
	int i;

	wait_for_go();
	for (i = 1; i <= 3; i++)
		write_one(i);
	for (i = 1; i <= 5; i++)
		write_other(i * 10);
}

static void steps(void)
{
	counter = 11;		/* counter is 11 */
	word = 22;		/* word is 22 */
	sink = half;		/* half is read */
	byte = 44;		/* byte is 44 */
	sink = byte;		/* byte is read */
	counter = 12;		/* counter is 12 */
	callee();
	counter = 12;		/* counter is 12 again */
	counter = 13;		/* counter is 13 */
	sink = 0;		/* the end of steps */
}

static void structure(void)
{
	fields.head = 1;	/* head */
	fields.value = 2;	/* value */
	fields.tail = 3;	/* tail */
	((volatile char *)&fields.value)[7] = 1;	/* the last byte of value */
	sink = 0;		/* the end of structure */
}

static void with_local(void)
{
	volatile long local = 0;

	sink = 0;		/* local is 0 */
	local = 5;		/* local is 5 */
	local = 6;		/* local is 6 */
	sink = local;		/* the end of with_local */
}

/* An int is stored by one instruction of the kernel; longer copies may take more. */
static void by_kernel(int n)
{
	int fd[2];

	if (pipe(fd))
		err(1, "pipe");
	counter = 1;
	while (n--)
		if (ioctl(fd[0], FIONREAD, &counter))
			err(1, "FIONREAD");
	close(fd[0]);
	close(fd[1]);
}

static sem_t turn[THREADS], done;
static int writes_of_first;

static void *in_thread(void *arg)
{
	long id = (long)arg, i;
	char name[16];

	snprintf(name, sizeof(name), "thread%ld", id);
	prctl(PR_SET_NAME, name);
	sem_post(&done);
	sem_wait(&turn[id - 1]);
	for (i = 1; i <= id * writes_of_first; i++)
		write_one(id * 100 + i);
	sem_post(&done);
	return NULL;
}

static void threads(int n)
{
	pthread_t thread[THREADS];
	int i;

	writes_of_first = n;
	sem_init(&done, 0, 0);
	for (i = 0; i < THREADS; i++) {
		sem_init(&turn[i], 0, 0);
		if (pthread_create(&thread[i], NULL, in_thread, (void *)(i + 1L)))
			errx(1, "pthread_create");
		sem_wait(&done);
	}
	wait_for_go();		/* all threads are there */
	for (i = 0; i < THREADS; i++) {
		sem_post(&turn[i]);
		sem_wait(&done);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static void family(int n)
{
	pid_t pid;
	int i;

	wait_for_go();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		for (i = 1; i <= 3 * n; i++)
			write_other(200 + i);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) != pid)
		err(1, "waitpid");
	for (i = 1; i <= 2 * n; i++)
		write_one(100 + i);
}

static void image(const char *self)
{
	wait_for_go();
	write_one(9);
	execl(self, self, "count", "2", "0", "2", (char *)NULL);
	err(1, "exec");
}

static int number(char *argv[], int i)
{
	return argv[i] ? atoi(argv[i]) : 1;
}

int main(int argc, char *argv[])
{
	const char *self = argv[0], *mode;

	if (argc > 2 && !strcmp(argv[1], "-f")) {
		fifo = argv[2];
		argv += 2;
		argc -= 2;
	}
	mode = argc > 1 ? argv[1] : "";
	if (!strcmp(mode, "count") && argc == 5)
		count(number(argv, 2), number(argv, 3), number(argv, 4));
	else if (!strcmp(mode, "who"))
		who();
	else if (!strcmp(mode, "steps"))
		steps();
	else if (!strcmp(mode, "fields"))
		structure();
	else if (!strcmp(mode, "local"))
		with_local();
	else if (!strcmp(mode, "kernel"))
		by_kernel(number(argv, 2));
	else if (!strcmp(mode, "threads"))
		threads(number(argv, 2));
	else if (!strcmp(mode, "fork"))
		family(number(argv, 2));
	else if (!strcmp(mode, "exec"))
		image(self);
	else
		errx(2, "unknown mode '%s', or not its arguments", mode);
	return 0;
}
