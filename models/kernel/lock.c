/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attribution of lock waits; see lock.h. */
#include "models/kernel/lock.h"
#include "models/kernel/page.h"

const char *const lock_class_names[NR_LOCK_CLASSES] = {
	"mmap_sem", "ptl", "mmu_lock", "anon_vma", "lru", "zone", "tlbstate",
	"call_function", "requests_lock", "slots_lock", "page_table",
	"rwsem_wait", "call_single", "kvm_lock", "i_mmap", "tree", "page_lock",
	"swap_lock", "mmlist", "io_queue", "io",
	"wait_queue", "asid_lock", "tgh", "gs_lock",
	"mutex_wait", "runqueue",
	"rcu", "srcu",
	"notifier_list", "notifier_global", "notifier_sem", "mm_all_locks",
	"workqueue",
	"rwlock_wait", "mn_invalidate",
	"sleeper",
	"primitive",
};

static enum fault_part part_of(enum lock_class class)
{
	switch (class) {
	case LOCK_MMAP_SEM:
		return PART_MMAP_SEM;
	case LOCK_PTL:
	case LOCK_PAGE_TABLE:
		return PART_PTL;
	case LOCK_MMU:
	case LOCK_RWLOCK_WAIT:		/* the queue of mmu_lock: there is no other rwlock */
		return PART_MMU_LOCK;
	case LOCK_PAGE:
		return PART_PAGE_LOCK;
	case LOCK_IO:
		return PART_SWAP_IO;
	default:
		return PART_OTHER_LOCK;
	}
}

/* What contended waits of the present attempt have been given so far. */
static sim_time waited(const struct ctx *w)
{
	sim_time sum = 0;

	for (int i = 0; w->fault && i < NR_FAULT_PARTS; i++)
		sum += w->fault->here[i];
	return sum;
}

void wait_begin(struct ctx *w, struct wait_mark *mark)
{
	mark->inner = waited(w);
	mark->t0 = now_of(w);
	mark->worked = w->worked;
	mark->stolen = w->stolen;
	mark->preempted = w->preempted;
}

void wait_end(struct ctx *w, const struct wait_mark *mark, enum lock_class class,
	      uint64_t blocker_start, uint64_t blocker_end)
{
	sim_time d = now_of(w) - mark->t0;

	if (!w->fault)
		return;
	w->worked = mark->worked;
	w->stolen = mark->stolen;
	w->preempted = mark->preempted;
	d -= waited(w) - mark->inner;	/* a wait inside this one has its own owner */
	w->fault->here[part_of(class)] += d;
	account_relation(w, d, blocker_start, blocker_end);
}

/* For the deadlock report, if @w waits already. */
static void held_by(struct ctx *w, struct ctx *holder)
{
	if (w->coro->waits_for)
		w->coro->held_by = holder ? holder->coro : NULL;
}

void lock_passed(struct ctx *taker, struct ctx *rest)
{
	if (taker) {
		taker->blocker = NULL;
		taker->coro->held_by = NULL;
	}
	for (; rest; rest = rest->wait_next) {
		rest->blocker = taker;
		held_by(rest, taker);
	}
}

/* Who waits for a spinlock may be on its way to sleep: its blocker is another one. */
void spin_passed(struct ctx *taker, struct ctx *rest)
{
	if (taker)
		taker->coro->held_by = NULL;
	for (; rest; rest = rest->spin_queue)
		held_by(rest, taker);
}

static enum relation relation_of(const struct ctx *w, uint64_t start, uint64_t end)
{
	const struct fault_account *f = w->fault;
	uint64_t page = f->page;

	if (page >= start && page < end)
		return SAME_PAGE;
	if (page / PTRS_PER_TABLE >= start / PTRS_PER_TABLE &&
	    page / PTRS_PER_TABLE <= (end - 1) / PTRS_PER_TABLE)
		return SAME_TABLE;
	return start >= f->vma_start && start < f->vma_end ? SAME_VMA : ELSEWHERE_IN_MM;
}

void account_relation(struct ctx *w, sim_time d, uint64_t start, uint64_t end)
{
	if (start < end)		/* else the blocker was not in an mm operation */
		w->fault->relation[relation_of(w, start, end)] += d;
}

void account_span_begin(struct ctx *w, struct account_span *mark)
{
	mark->t0 = now_of(w);
	mark->worked = w->worked;
	mark->stolen = w->stolen;
	mark->preempted = w->preempted;
	if (!w->fault)
		return;
	memcpy(mark->here, w->fault->here, sizeof(mark->here));
	memcpy(mark->relation, w->fault->relation, sizeof(mark->relation));
}

void account_span_drop(struct ctx *w, const struct account_span *mark)
{
	if (!w->fault)
		return;
	memcpy(w->fault->here, mark->here, sizeof(mark->here));
	memcpy(w->fault->relation, mark->relation, sizeof(mark->relation));
}

void account_span_end(struct ctx *w, const struct account_span *mark, enum fault_part part)
{
	if (!w->fault)
		return;
	w->worked = mark->worked;
	w->stolen = mark->stolen;
	w->preempted = mark->preempted;
	account_span_drop(w, mark);
	w->fault->here[part] += now_of(w) - mark->t0;
}
