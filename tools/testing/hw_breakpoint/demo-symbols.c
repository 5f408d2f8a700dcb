// SPDX-License-Identifier: GPL-2.0
/* Names for addresses, of a process (.symtab) or of the kernel (kallsyms). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "demo.h"

static int open_proc(pid_t pid, const char *what)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void add(struct symbols *s, const char *name, unsigned long addr, unsigned long size)
{
	s->all = realloc(s->all, (s->nr + 1) * sizeof(*s->all));
	if (!s->all)
		err(1, "symbols");
	s->all[s->nr++] = (struct symbol){ addr, size, strdup(name) };
}

/* Where the program begins in memory; its file has the address that it was linked for. */
static unsigned long entry_of(pid_t pid)
{
	int fd = open_proc(pid, "auxv");
	unsigned long aux[2];	/* type and value */

	do {
		if (read(fd, aux, sizeof(aux)) != sizeof(aux))
			errx(1, "process %d has ended", pid);
	} while (aux[0] != AT_ENTRY);
	close(fd);
	return aux[1];
}

void symbols_of_process(struct symbols *s, pid_t pid)
{
	const struct elf64_shdr *sections, *symtab = NULL;
	int fd = open_proc(pid, "exe");
	const struct elf64_hdr *elf;
	const struct elf64_sym *sym;
	unsigned long bias;
	const char *names;
	struct stat st;
	size_t i;

	if (fstat(fd, &st))
		err(1, "program of process %d", pid);
	elf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (elf == MAP_FAILED)
		err(1, "program of process %d", pid);
	close(fd);
	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_ident[EI_CLASS] != ELFCLASS64)
		errx(1, "process %d runs no 64-bit ELF program", pid);

	bias = entry_of(pid) - elf->e_entry;
	sections = (const void *)elf + elf->e_shoff;
	for (i = 0; i < elf->e_shnum; i++) {
		if (sections[i].sh_type == SHT_SYMTAB)
			symtab = &sections[i];
	}
	if (!symtab)
		errx(1, "process %d runs a program without symbols (stripped)", pid);
	sym = (const void *)elf + symtab->sh_offset;
	names = (const void *)elf + sections[symtab->sh_link].sh_offset;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < symtab->sh_size / sizeof(*sym); i++, sym++) {
		int type = ELF_ST_TYPE(sym->st_info);

		if (sym->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT))
			add(s, names + sym->st_name, sym->st_value + bias, sym->st_size);
	}
	munmap((void *)elf, st.st_size);
}

void symbols_of_kernel(struct symbols *s)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], name[256];
	unsigned long addr;

	if (!f)
		err(1, "/proc/kallsyms");
	memset(s, 0, sizeof(*s));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx %*c %255s", &addr, name) == 2 && addr)
			add(s, name, addr, 0);
	}
	fclose(f);
	if (!s->nr)
		errx(1, "/proc/kallsyms hides its addresses: be root");
}

const struct symbol *symbol_named(const struct symbols *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!strcmp(s->all[i].name, name))
			return &s->all[i];
	}
	errx(1, "no symbol '%s'", name);
}

const char *symbol_at(const struct symbols *s, unsigned long addr)
{
	const struct symbol *sym = NULL;
	static char text[300];
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (s->all[i].addr <= addr && (!sym || s->all[i].addr > sym->addr))
			sym = &s->all[i];
	}
	if (!sym || (sym->size && addr - sym->addr >= sym->size))
		snprintf(text, sizeof(text), "0x%lx", addr);
	else if (addr == sym->addr)
		snprintf(text, sizeof(text), "%s", sym->name);
	else
		snprintf(text, sizeof(text), "%s+0x%lx", sym->name, addr - sym->addr);
	return text;
}

long value_of(pid_t pid, const struct symbol *variable)
{
	int fd, shift = 64 - 8 * variable->size;
	long value = 0;

	if (variable->size > 8 || (variable->size & (variable->size - 1)) || !variable->size)
		errx(1, "'%s' has %lu bytes: a register watches 1, 2, 4 or 8", variable->name,
		     variable->size);
	fd = open_proc(pid, "mem");
	if (pread(fd, &value, variable->size, variable->addr) != (ssize_t)variable->size)
		err(1, "%s in process %d", variable->name, pid);
	close(fd);
	/* little endian; it has the sign of its own size */
	return value << shift >> shift;
}
