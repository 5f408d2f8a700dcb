// SPDX-License-Identifier: GPL-2.0
/*
 * The program that the demonstration looks into. It keeps a balance, takes its
 * orders from standard input, and has a bug: in the end the balance is wrong.
 */
#include <stdio.h>
#include <string.h>

long balance = 1000;
long audits;

/* The bug: this should be &audits. */
static long *audit_counter = &balance;

static void deposit(long amount)
{
	balance += amount;
}

static void charge_fee(void)
{
	balance -= 1;
}

static void withdraw(long amount)
{
	balance -= amount;
	charge_fee();
}

static void audit(void)
{
	*audit_counter += 1;
}

int main(void)
{
	char line[80], order[16];
	long book = balance, amount;

	setlinebuf(stdout);
	printf("ledger: balance %ld\n", balance);
	while (fgets(line, sizeof(line), stdin)) {
		amount = 0;
		if (sscanf(line, "%15s %ld", order, &amount) < 1)
			continue;
		if (!strcmp(order, "deposit")) {
			deposit(amount);
			book += amount;
		} else if (!strcmp(order, "withdraw")) {
			withdraw(amount);
			book -= amount + 1;
		} else if (!strcmp(order, "audit")) {
			audit();
		} else {
			printf("ledger: cannot '%s': deposit N, withdraw N or audit\n", order);
		}
	}
	printf("ledger: balance %ld, should be %ld\n", balance, book);
	return 0;
}
