/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM of 2008 (2.6.26 to 2.6.32; arch/x86/kvm/mmu.c, virt/kvm/kvm_main.c), and
 * with other keys that of today (6.18; kvm_today.c), step by step: sptes in shadow pages of 512, one rmap entry per guest frame,
 * mmu_lock, fence counters, remote flush by request bit and cross-call, the
 * vcpu loop with slots_lock, shadow-page limit, shrinker, memslot delete.
 *
 * What differs between its generations is data: pin, put order, flush and
 * fence are the design's protocol; tags, gup, memslots, requests_lock, and what
 * came later (kick, lookup, mmu_lock, aging, slots) are the secondary file's.
 *
 * Guest frames map linearly: frame = virtual page - base.  Left out: upper
 * levels of the shadow page table, guest page tables and their write
 * protection, large pages, dirty logging, interrupts into the guest.
 *
 * Locks: sptes, rmap, count and seq are written under mmu_lock; vcpus in guest
 * mode read sptes without it (the hardware walks).  Order: slots_lock ->
 * mmap_sem (dropped) -> mmu_lock -> requests_lock.
 */
#ifndef MODELS_SECONDARY_KVM_H
#define MODELS_SECONDARY_KVM_H

#include "models/hw/tlb.h"
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/rwlock.h"
#include "models/kernel/srcu.h"
#include "models/kernel/vmscan.h"
#include "models/notifier/notifier.h"
#include "models/notifier/spte.h"
#include "models/oracle/oracle.h"
#include "models/kernel/account.h"
#include "models/secondary/secondary.h"

#define SPTES_PER_PAGE 512
#define KVM_MIN_FREE_MMU_PAGES 5
#define KVM_REFILL_PAGES 25

struct shadow_page {
	struct spte spte[SPTES_PER_PAGE];
	uint64_t index;			/* frame / 512 */
	uint32_t id;
	struct shadow_page *next, *prev;	/* active_mmu_pages: FIFO, victims from the tail */
};

struct section {
	uint64_t start, end;
	sim_time since;
	const struct ctx *w;		/* who opened it */
	sim_time quiet;			/* its quiet_clock() then */
};
#define MAX_SECTIONS 64
#define PAST_SECTIONS 256

enum vcpu_mode { VCPU_OUTSIDE, VCPU_IN_GUEST, VCPU_EXITING, VCPU_READING };

struct kvm_vcpu {
	struct kvm *kvm;
	int id;
	struct ctx *w;
	int cpu;			/* where it last ran; -1: never (vcpu->cpu) */
	int guest_mode;
	enum vcpu_mode mode;		/* kick: mode */
	int srcu_idx;			/* slots: srcu */
	int inside;			/* last request check to start of the exit: only an
					 * interrupt keeps it from using its TLB */
	int halted;
	int flush_request;		/* KVM_REQ_TLB_FLUSH */
	int flushing;			/* request taken, its own flush not yet done */
	struct line requests_line;
	struct tlb *tlb;		/* guest TLB; survives an exit only if tagged */
	struct fault_account account;
	int failed_attempt;		/* the attempt in progress failed the fence */
	uint64_t blocker_start, blocker_end;	/* range that closed the fence on it */
};

enum zap_reason { ZAPPED_RANGE, ZAPPED_EVICT, ZAPPED_SHRINK, ZAPPED_MEMSLOT, ZAPPED_RELEASE };

struct kvm {
	struct secondary secondary;
	struct kvm *next_vm;		/* vm_list, under kvm_lock */
	struct machine *m;
	struct mm *mm;
	const struct kvm_config *cfg;
	const struct kvm_protocol *protocol;
	uint64_t base, frames;
	struct spinlock mmu_lock;
	struct rwlock mmu_rwlock;	/* mmu_lock: rwlock */
	struct spinlock mn_lock;	/* mn_invalidate_lock */
	int64_t mn_active;
	struct { uint64_t start, end; } slot[MAX_REGIONS];	/* by address */
	int n_slots;
	struct rwsem slots_lock;
	struct srcu_domain srcu;	/* slots: srcu */
	struct spinlock requests_lock;
	struct line fence_line;		/* mmu_notifier_seq and _count */
	int64_t count, seq;
	struct time_weighted closed;	/* 1 while count > 0 */
	struct section open[MAX_SECTIONS];
	int n_open;
	uint64_t hull_start, hull_end;
	struct section past[PAST_SECTIONS];	/* past[seq % PAST]: what made seq */
	struct shadow_page **shadow;	/* by frame / 512 */
	struct shadow_page *active;	/* newest first */
	struct shadow_page *oldest, *unused;
	int64_t n_shadow, limit;
	struct page **put_array;	/* sptes cleared, not yet flushed and put */
	int n_put;
	struct kvm_vcpu *vcpu;
	int n_vcpus, max_vcpus;
	enum zap_reason reason;
};

/* kvm_mmu.c: sptes; mmu_lock held by the caller of all but kvm_lookup */
struct spte *kvm_lookup(struct kvm *k, uint64_t va);
/* @seen: what get_user_pages saw; @write: the translation shall allow writes. */
void kvm_set_spte(struct ctx *w, struct kvm *k, uint64_t va, struct page *p,
		  const struct pte_seen *seen, int write);
/* Put the prefilled start state in place: no time, no cost. */
void kvm_prefill(struct kvm *k, uint64_t va, struct page *p);
/* Drop one translation by the protocol's order; flushes when the array is full. */
void kvm_zap_spte(struct ctx *w, struct kvm *k, struct spte *s);
/* The rest of the put array: one round, then the puts. */
void kvm_flush_puts(struct ctx *w, struct kvm *k);
void kvm_zap_shadow(struct ctx *w, struct kvm *k, struct shadow_page *sp, enum zap_reason why);
void kvm_free_some_pages(struct ctx *w, struct kvm *k);

/* kvm_today.c: what is only in KVM of today, and mmu_lock of both kinds */
void kvm_mmu_lock(struct ctx *w, struct kvm *k);
void kvm_mmu_unlock(struct ctx *w, struct kvm *k);
/* For faults: as a reader, if it is a read-write lock. */
void kvm_mmu_lock_shared(struct ctx *w, struct kvm *k);
void kvm_mmu_unlock_shared(struct ctx *w, struct kvm *k);
/* Memslots stay as they are for a vcpu that is not in the guest. */
void kvm_slots_enter(struct kvm_vcpu *v);
void kvm_slots_leave(struct kvm_vcpu *v);
/* A range callout begins or ends: memslots stay as they are in between. */
void kvm_mn_section(struct ctx *w, struct kvm *k, int step);
/* Clip [*start, *end) to the memslots it meets; 0: it meets none. */
int kvm_clip(struct ctx *w, struct kvm *k, uint64_t *start, uint64_t *end);
/* mmu_lock held: zap [start, end), yielding; how many translations in all, and
 * how many of them no round has flushed yet. */
int kvm_zap_tdp(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end, int *unflushed);
int kvm_age_lockless(struct ctx *w, struct kvm *k, enum callout_op op, uint64_t va);

/* kvm_flush.c: one request to all vcpus; spins for their acknowledgement */
void kvm_flush_remote_tlbs(struct ctx *w, struct kvm *k);

/* kvm_notifier.c */
extern const struct secondary_ops kvm_ops;
extern const struct secondary_driver kvm_driver;
/* kvm_age.c: the callout clear_flush_young and its kin */
int kvm_age(struct ctx *w, void *priv, enum callout_op op, uint64_t va);
/* The rest of a callout, mmu_lock held: zap [start, end), flush where the protocol
 * says; unlocks.  How many translations went. */
int kvm_zap_flush_unlock(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end);
void kvm_seq_step(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end);
/* When the oldest section that is still open was opened; TIME_NEVER: none is. */
sim_time kvm_oldest_section(const struct kvm *k);
/* For how long any of them has been open while its task was in no callout. */
sim_time kvm_section_quiet(const struct kvm *k, sim_time now);
/* Open, or closed by a section, or by a step of the sequence. */
enum fence_answer { FENCE_OPEN, FENCE_SECTION, FENCE_STEP };
enum fence_answer kvm_fence(struct kvm *k, uint64_t va, int64_t seq,
			    struct section *by, int *spurious);

/* kvm_fault.c: host side of a secondary fault */
enum fault_result { FAULT_MAPPED, FAULT_RETRY, FAULT_NO_MEMORY };
enum fault_result kvm_page_fault(struct ctx *w, struct kvm_vcpu *v, uint64_t va, int write);
void kvm_account_start(struct kvm_vcpu *v, uint64_t va);
void kvm_account_attempt(struct kvm_vcpu *v);
void kvm_account_end(struct kvm_vcpu *v, int retired);

/* kvm_vcpu.c: what a vcpu thread does; all on its own context */
void kvm_vcpu_start(struct kvm_vcpu *v);		/* first entry */
void kvm_guest_access(struct kvm_vcpu *v, uint64_t va, int write);
void kvm_guest_think(struct kvm_vcpu *v, sim_time d);
void kvm_guest_halt(struct kvm_vcpu *v, sim_time d);
void kvm_vcpu_stop(struct kvm_vcpu *v);			/* last exit */
void kvm_vector_arrived(struct cpu *c, unsigned vector);

/* The driver's own: all VMs of the machine. */
struct kvm_driver_state {
	struct spinlock lock;		/* kvm_lock; machine.kvm_lock points here */
	struct kvm *vm_list;
	struct shrinker shrinker;	/* mmu_shrinker */
};

/* kvm_driver.c: zaps that the driver starts itself */
void kvm_shrink(struct ctx *w, struct kvm *k);
void kvm_memslot_delete(struct ctx *w, struct kvm *k);
/* kvm_arch_flush_shadow: every shadow page, one more round outside mmu_lock. */
void kvm_flush_shadow(struct ctx *w, struct kvm *k, enum zap_reason why);

/* Construction; kvm_of(secondary_create()) to make one. */
static inline struct kvm *kvm_of(struct secondary *s)
{
	return (struct kvm *)s;
}
struct kvm_vcpu *kvm_vcpu_create(struct kvm *k, struct ctx *w, uint64_t working_set);

#endif
