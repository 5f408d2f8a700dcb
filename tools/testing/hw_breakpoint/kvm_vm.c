// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual machine of kvm_debug: see kvm_vm.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_vm.h"

#define DB_VECTOR	1
#define SELECTOR_CODE	8
#define SELECTOR_DATA	16

/*
 * Copied to vm_mem->code: relative addresses only. In EBX the address of
 * .tables.set, in ECX how often, in ESI what to access, in EDI .tables.hits.
 */
asm("	.pushsection .rodata, \"a\"\n"
	"	.code32\n"
	"	.globl	vm_guest_set, vm_guest_get, vm_guest_write, vm_guest_wrote\n"
	"	.globl	vm_guest_exits, vm_guest_calls, vm_guest_arms_and_calls\n"
	"	.globl	vm_guest_target\n"
	"vm_guest_code:\n"
	"vm_guest_set:\n"
	"	mov	(%ebx), %eax\n"
	"	mov	%eax, %dr0\n"
	"	mov	4(%ebx), %eax\n"
	"	mov	%eax, %dr1\n"
	"	mov	8(%ebx), %eax\n"
	"	mov	%eax, %dr2\n"
	"	mov	12(%ebx), %eax\n"
	"	mov	%eax, %dr3\n"
	"	mov	16(%ebx), %eax\n"
	"	mov	%eax, %dr7\n"
	"	hlt\n"
	"vm_guest_get:\n"
	"	mov	%dr0, %eax\n"
	"	mov	%eax, 20(%ebx)\n"
	"	mov	%dr1, %eax\n"
	"	mov	%eax, 24(%ebx)\n"
	"	mov	%dr2, %eax\n"
	"	mov	%eax, 28(%ebx)\n"
	"	mov	%dr3, %eax\n"
	"	mov	%eax, 32(%ebx)\n"
	"	mov	%dr7, %eax\n"
	"	mov	%eax, 36(%ebx)\n"
	"	hlt\n"
	"vm_guest_write:\n"
	"	mov	%ecx, (%esi)\n"
	"vm_guest_wrote:\n"
	"	mov	%ecx, 16(%esi)\n"
	"	dec	%ecx\n"
	"	jnz	vm_guest_write\n"
	"	hlt\n"
	"vm_guest_exits:\n"
	"	mov	%ecx, (%esi)\n"
	"	mov	%ecx, 16(%esi)\n"
	"	out	%al, $0x80\n"
	"	dec	%ecx\n"
	"	jnz	vm_guest_exits\n"
	"	hlt\n"
	"vm_guest_calls:\n"
	"	call	vm_guest_target\n"
	"	dec	%ecx\n"
	"	jnz	vm_guest_calls\n"
	"	hlt\n"
	/* up to a hundred times as often, see kvm_debug.c */
	"vm_guest_arms_and_calls:\n"
	"	imul	$100, %ecx, %edx\n"
	"0:	mov	$0x400, %eax\n"
	"	mov	%eax, %dr7\n"
	"	mov	16(%ebx), %eax\n"
	"	mov	%eax, %dr7\n"
	"	call	vm_guest_target\n"
	"	dec	%edx\n"
	"	jz	1f\n"
	"	cmp	(%edi), %ecx\n"
	"	jne	0b\n"
	"1:	hlt\n"
	"vm_guest_target:\n"
	"	nop\n"
	"	ret\n"
	/* #DB: EIP, CS, EFLAGS are on the stack; RF lets an instruction pass */
	"vm_guest_db:\n"
	"	push	%eax\n"
	"	incl	(%edi)\n"
	"	mov	4(%esp), %eax\n"
	"	mov	%eax, 4(%edi)\n"
	"	mov	%dr6, %eax\n"
	"	mov	%eax, 8(%edi)\n"
	"	xor	%eax, %eax\n"
	"	mov	%eax, %dr6\n"
	"	orl	$0x10000, 12(%esp)\n"
	"	pop	%eax\n"
	"	iret\n"
	"vm_guest_code_end:\n"
	"	.code64\n"
	"	.popsection\n");
extern const char vm_guest_code[], vm_guest_code_end[], vm_guest_db[];

_Static_assert(offsetof(struct vm_tables, got) - offsetof(struct vm_tables, set) == 20,
	       "what vm_guest_get adds to EBX");
_Static_assert(offsetof(struct vm_memory, data.beside) -
	       offsetof(struct vm_memory, data.watched) == 16,
	       "what the routines add to ESI");

static bool fail(const char *what)
{
	ksft_print_msg("%s: %s\n", what, strerror(errno));
	return false;
}

__u32 vm_address(const char *routine)
{
	return (__u32)(uintptr_t)vm_mem->code + (routine - vm_guest_code);
}

static bool set_memory(struct vm *vm)
{
	__u32 db = vm_address(vm_guest_db);
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = VM_BASE,
		.memory_size = sizeof(struct vm_memory),
		.userspace_addr = VM_BASE,
	};

	if (mmap(vm_mem, sizeof(struct vm_memory), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != vm_mem)
		return fail("mmap of the guest's memory");
	memcpy(vm_mem->code, vm_guest_code, vm_guest_code_end - vm_guest_code);
	/* flat segments; an interrupt gate for #DB, whatever else is a shutdown */
	vm_mem->tables.gdt[SELECTOR_CODE / 8] = 0x00cf9b000000ffffull;
	vm_mem->tables.gdt[SELECTOR_DATA / 8] = 0x00cf93000000ffffull;
	vm_mem->tables.idt[DB_VECTOR] = (__u64)(db >> 16) << 48 | 0x8e00ull << 32 |
					   SELECTOR_CODE << 16 | (db & 0xffff);
	if (ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return fail("KVM_SET_USER_MEMORY_REGION");
	return true;
}

static bool set_registers(struct vm *vm)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = SELECTOR_CODE, .type = 0xb,
		.present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	data.selector = SELECTOR_DATA;
	data.type = 3;
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return fail("KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.gdt.base = (uintptr_t)vm_mem->tables.gdt;
	sregs.gdt.limit = sizeof(vm_mem->tables.gdt) - 1;
	sregs.idt.base = (uintptr_t)vm_mem->tables.idt;
	sregs.idt.limit = sizeof(vm_mem->tables.idt) - 1;
	sregs.cr0 |= 1;
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs))
		return fail("KVM_SET_SREGS");
	return true;
}

bool vm_open(struct vm *vm)
{
	vm->vm = -1;
	vm->vcpu = -1;
	vm->run = MAP_FAILED;
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return fail("open /dev/kvm");
	vm->vm = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->vm < 0)
		return fail("KVM_CREATE_VM");
	vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0)
		return fail("KVM_CREATE_VCPU");
	vm->run_size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vm->run_size < 0)
		return fail("KVM_GET_VCPU_MMAP_SIZE");
	vm->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		return fail("mmap of the vcpu");
	return set_memory(vm) && set_registers(vm);
}

void vm_close(struct vm *vm)
{
	if (vm->run != MAP_FAILED)
		munmap(vm->run, vm->run_size);
	close(vm->vcpu);
	close(vm->vm);
	close(vm->kvm);
	munmap(vm_mem, sizeof(struct vm_memory));
}

bool vm_start(struct vm *vm, const char *routine, __u32 address, __u32 times)
{
	struct kvm_regs regs = {
		.rbx = (uintptr_t)&vm_mem->tables.set,
		.rcx = times,
		.rsi = address,
		.rdi = (uintptr_t)&vm_mem->tables.hits,
		.rsp = (uintptr_t)(vm_mem->stack + VM_PAGE),
		.rip = vm_address(routine),
		.rflags = 2,
	};

	return !ioctl(vm->vcpu, KVM_SET_REGS, &regs) || fail("KVM_SET_REGS");
}

static const char *exit_name(__u32 reason)
{
	switch (reason) {
	case KVM_EXIT_IO:		return "I/O";
	case KVM_EXIT_DEBUG:		return "debug";
	case KVM_EXIT_HLT:		return "HLT";
	case KVM_EXIT_SHUTDOWN:		return "shutdown";
	case KVM_EXIT_FAIL_ENTRY:	return "failed entry";
	case KVM_EXIT_INTERNAL_ERROR:	return "internal error";
	default:			return "another";
	}
}

bool vm_run(struct vm *vm, __u32 reason)
{
	struct kvm_regs regs = {};
	int ret;

	do
		ret = ioctl(vm->vcpu, KVM_RUN, 0);
	while (ret && errno == EINTR);
	if (ret)
		return fail("KVM_RUN");
	if (vm->run->exit_reason == reason)
		return true;
	ioctl(vm->vcpu, KVM_GET_REGS, &regs);
	ksft_print_msg("an exit for %s was expected, seen is %s (%u), EIP 0x%llx, code at 0x%x\n",
		       exit_name(reason), exit_name(vm->run->exit_reason),
		       vm->run->exit_reason, regs.rip, vm_address(vm_guest_code));
	return false;
}

bool vm_call(struct vm *vm, const char *routine, __u32 address, __u32 times)
{
	return vm_start(vm, routine, address, times) && vm_run(vm, KVM_EXIT_HLT);
}
