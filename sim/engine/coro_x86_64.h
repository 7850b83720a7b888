/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coroutine switch for x86-64, System V ABI.
 *
 * Inline and with a jump, not a function that returns: a "ret" after the
 * stack changed always mispredicts, and that costs more than all the rest.
 * Because the compiler sees one asm statement that destroys every register, it
 * saves exactly what is live at that place.  The frame pointer cannot be
 * named as clobbered, so it is saved by hand; nothing is pushed, so code that
 * keeps data in the red zone is safe.
 *
 * Traps: all vector registers must be in the clobber list, xmm16-31 and the
 * mask registers too where the compiler may use them; so must the x87 stack
 * (long double).
 */
#ifndef SIM_ENGINE_CORO_X86_64_H
#define SIM_ENGINE_CORO_X86_64_H

#ifdef __AVX512F__
#define CORO_CLOBBER_AVX512 \
	, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", \
	"xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", \
	"xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define CORO_CLOBBER_AVX512
#endif

#define CORO_CLOBBERS \
	"rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", \
	"r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", \
	"xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", \
	"xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", \
	"st(7)", "memory", "cc" CORO_CLOBBER_AVX512

_Static_assert(offsetof(struct coro, sp) == 0 && offsetof(struct coro, bp) == 8 &&
	       offsetof(struct coro, pc) == 16, "offsets used by coro_transfer()");

/*
 * A fresh coroutine has pc = coro_start() and finds @from and @to in the
 * registers of its two arguments.
 */
static inline __attribute__((always_inline))
void coro_transfer(struct coro *from, struct coro *to)
{
	__asm__ volatile(
		"leaq 1f(%%rip), %%rax\n\t"
		"movq %%rsp, 0(%%rdi)\n\t"
		"movq %%rbp, 8(%%rdi)\n\t"
		"movq %%rax, 16(%%rdi)\n\t"
		"movq 0(%%rsi), %%rsp\n\t"
		"movq 8(%%rsi), %%rbp\n\t"
		"jmpq *16(%%rsi)\n\t"
		".p2align 4\n"
		"1:"
		: "+D" (from), "+S" (to)
		:
		: CORO_CLOBBERS);
}

/* @top is aligned to 16; coro_start() must see it as after a call. */
static inline void coro_prepare(struct coro *co, char *top)
{
	void **frame = (void **)(top - 16);

	frame[0] = NULL;	/* no return address: a backtrace ends here */
	frame[1] = NULL;
	co->sp = (char *)frame + 8;
	co->bp = NULL;
	co->pc = (void *)(uintptr_t)coro_start;
}

#endif
