/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partition of a fault's delay; see account.h. */
#include "models/kernel/account.h"
#include "sim/base/xassert.h"

static void attempt_from(struct ctx *w, sim_time now)
{
	struct fault_account *f = w->fault;

	f->attempt = now;
	f->worked0 = w->worked;
	f->stolen0 = w->stolen;
	f->preempted0 = w->preempted;
	memset(f->here, 0, sizeof(f->here));
	memset(f->relation, 0, sizeof(f->relation));
}

void account_start(struct ctx *w, struct fault_account *f, struct mm *mm, uint64_t va)
{
	const struct vma *vma = vma_of(mm, va);

	BUG_ON(w->fault);
	memset(f, 0, sizeof(*f));
	f->t0 = now_of(w);
	f->page = va;
	if (vma) {
		f->vma_start = vma->start;
		f->vma_end = vma->end;
	}
	w->fault = f;
	attempt_from(w, f->t0);
}

/* What a failed attempt waited for that the next one does not wait for again. */
static sim_time kept_of_failed(struct fault_account *f)
{
	static const enum fault_part kept[] = {
		PART_ZEROING, PART_PAGE_LOCK, PART_SWAP_IO, PART_ALLOC,
	};
	sim_time sum = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		f->part[kept[i]] += f->here[kept[i]];
		sum += f->here[kept[i]];
	}
	return sum;
}

void account_attempt(struct ctx *w, enum fault_part failed, uint64_t start, uint64_t end)
{
	struct fault_account *f = w->fault;
	sim_time d = now_of(w) - f->attempt, sum = 0;

	if (failed != PART_SERVICE) {
		d -= kept_of_failed(f);
		f->part[failed] += d;
		f->retries++;
		/* all of it, waits included, to who made it fail: not added twice */
		memset(f->relation, 0, sizeof(f->relation));
		account_relation(w, d, start, end);
	} else {
		f->here[PART_SERVICE] += w->worked - f->worked0;
		f->here[PART_RUNQUEUE] += w->preempted - f->preempted0;
		f->here[PART_IRQ_STEAL] += w->stolen - f->stolen0 - f->here[PART_RUNQUEUE];
		for (int i = 0; i < NR_FAULT_PARTS; i++) {
			f->part[i] += f->here[i];
			sum += f->here[i];
		}
		BUG_ON(sum != d);	/* every picosecond has an owner */
	}
	for (int i = 0; i < NR_RELATIONS; i++)
		metric_count(&w->m->metrics, f->host ? METRIC_HOST_FAULT_RELATION :
			     METRIC_SECONDARY_FAULT_RELATION, i, f->relation[i]);
	attempt_from(w, now_of(w));
}

sim_time account_end(struct ctx *w, int retired)
{
	struct metrics *x = &w->m->metrics;
	struct fault_account *f = w->fault;
	sim_time blocked = f->part[PART_FENCE] + f->part[PART_MMAP_SEM] + f->part[PART_PTL] +
		f->part[PART_MMU_LOCK] + f->part[PART_PAGE_LOCK];

	w->fault = NULL;
	if (!retired) {		/* nothing is mapped there: no fault that was served */
		metric_count(x, METRIC_SECONDARY_FAULT_FAILED, 0, 1);
		return blocked;
	}
	metric_tally(x, METRIC_SECONDARY_FAULT_DELAY, 0, now_of(w) - f->t0);
	metric_tally(x, METRIC_SECONDARY_FAULT_BLOCKED, 0, blocked);
	metric_count(x, METRIC_SECONDARY_FAULT_COUNT, 0, 1);
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		metric_tally(x, METRIC_SECONDARY_FAULT_PART, i, f->part[i]);
	tp(w, TP_RETIRED, f->page, 0);
	return blocked;
}

void account_host_begin(struct ctx *w, struct fault_account *f, struct mm *mm, uint64_t va)
{
	sync(w);
	account_start(w, f, mm, va);
	f->host = 1;
}

void account_host_end(struct ctx *w)
{
	struct metrics *x = &w->m->metrics;
	struct fault_account *f = w->fault;

	sync(w);
	account_attempt(w, PART_SERVICE, 0, 0);
	w->fault = NULL;
	metric_tally(x, METRIC_HOST_FAULT_DELAY, 0, now_of(w) - f->t0);
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		metric_tally(x, METRIC_HOST_FAULT_PART, i, f->part[i]);
}

void account_fence_wait(struct ctx *w, const struct wait_mark *since, uint64_t start, uint64_t end)
{
	struct fault_account *f = w->fault;
	sim_time d = now_of(w) - since->t0;

	if (!f)
		return;
	w->worked = since->worked;
	w->stolen = since->stolen;
	w->preempted = since->preempted;
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		d -= f->here[i];
	d += since->inner;		/* a wait inside this one has its own owner */
	f->here[PART_FENCE] += d;
	account_relation(w, d, start, end);
}
