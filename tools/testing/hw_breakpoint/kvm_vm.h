/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine of one processor and 16 KiB, in flat 32-bit mode without
 * paging. Its memory is mapped in this process where it is in the guest: a linear
 * address means the same bytes on both sides, and a breakpoint of one side that
 * was left armed for the other would hit there.
 *
 * The guest runs one routine at a time, which ends with HLT.
 */
#ifndef KVM_VM_H
#define KVM_VM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_BASE		0x10000000u
#define VM_PAGE		4096

/* DR7: the local enable bits, the type and length fields, what reset leaves there */
#define DR7_ENABLE(i)		(1u << ((i) * 2))
#define DR7_WRITE_4(i)		(0x000d0000u << ((i) * 4))
#define DR7_RESET		0x400u
#define DR6_HIT(i)		(1u << (i))
#define DR6_HITS		0xfu

struct vm_debugregs {
	__u32 dr[4];
	__u32 dr7;
};

struct vm_memory {
	struct vm_tables {
		__u64 gdt[3];
		__u64 idt[2];
		struct vm_debugregs set;	/* what vm_guest_set loads */
		struct vm_debugregs got;	/* what vm_guest_get stores */
		struct vm_hits {		/* what the handler of #DB stores */
			__u32 count;
			__u32 eip;
			__u32 dr6;
		} hits;
	} tables __attribute__((aligned(VM_PAGE)));
	__u8 code[VM_PAGE];
	/*
	 * What is watched. QEMU's interpreter names a watchpoint again that an
	 * access before the last one touched, unless an access to its page in
	 * between touched none: each access here is followed by one to beside.
	 */
	struct {
		volatile __u32 watched[4];
		volatile __u32 beside;
	} data __attribute__((aligned(VM_PAGE)));
	__u8 stack[VM_PAGE] __attribute__((aligned(VM_PAGE)));
};

#define vm_mem		((struct vm_memory *)(uintptr_t)VM_BASE)
#define VM_WATCHED(i)	((__u32)(uintptr_t)&vm_mem->data.watched[i])

/* One write by the host, as the guest makes them. */
static inline void vm_host_write(void)
{
	vm_mem->data.watched[0] = 1;
	vm_mem->data.beside = 1;
}

struct vm {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	int run_size;
};

/* The guest's routines, as symbols here; vm_address() is where they run. */
extern const char vm_guest_set[];	/* load DR0-3, DR7 from .set */
extern const char vm_guest_get[];	/* store them to .got */
extern const char vm_guest_write[];	/* write to the address N times */
extern const char vm_guest_wrote[];	/* ...where each of these traps */
extern const char vm_guest_exits[];	/* the same, with an exit after each */
extern const char vm_guest_calls[];	/* call vm_guest_target N times */
extern const char vm_guest_arms_and_calls[];	/* load DR7, call, up to N hits */
extern const char vm_guest_target[];

__u32 vm_address(const char *routine);

/* All return whether it worked, and say why not. */
bool vm_open(struct vm *vm);
void vm_close(struct vm *vm);
/* Have @routine run from its start at the next vm_run(). */
bool vm_start(struct vm *vm, const char *routine, __u32 address, __u32 times);
/* Run until an exit, which is to be @reason. */
bool vm_run(struct vm *vm, __u32 reason);
/* Both, up to the end of the routine. */
bool vm_call(struct vm *vm, const char *routine, __u32 address, __u32 times);

#endif /* KVM_VM_H */
