/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of a loop; one function each. */
#include "models/kernel/sched.h"
#include "models/secondary/gru.h"
#include "models/workload/primitive.h"
#include "models/workload/thread.h"

enum { MAX_STILL = 1000000 };	/* operations in a row that take no time */

static const struct region *region_of(struct thread *t, const struct op_config *op)
{
	return &t->space->region[op->region < 0 ? 0 : op->region];
}

/* How many pages one touch or one visit is about. */
static int64_t pages_of(const struct region *r, const struct op_config *op)
{
	return op->pages.kind == PICK_ALL ? (int64_t)r->pages : op->n;
}

/* Is the @i-th access of this work item a write?  Keyed, so that no stream shifts. */
static int is_write(const struct thread *t, const struct op_config *op, int64_t i)
{
	uint64_t key = hash_mix(t->ctx.stream, 0x7772697465u);

	if (op->write <= 0 || op->write >= PPM_ONE)
		return op->write > 0;
	return (int64_t)(rng_keyed(key, t->ctx.item, (uint64_t)i) % PPM_ONE) < op->write;
}

/* --- user mode --------------------------------------------------------------- */

/* Refills that flushes caused are paid by the next stretch of user work. */
static void user_think(struct thread *t, sim_time d)
{
	struct ctx *w = &t->ctx;

	ctx_class(w, t->cfg->mode == MODE_KERNEL ? TIME_SYSTEM : TIME_USER);
	sync(w);
	if (w->cpu->tlb) {
		uint32_t n = w->cpu->tlb->owed;

		tlb_settle(w->cpu->tlb, n);
		d += n * w->m->mc->cost[COST_TLB_WALK];
	}
	cpu_work(w, d);
}

static void touch_page(struct ctx *w, struct mm *mm, uint64_t va, int write)
{
	struct pte *pte;

	if (tlb_allows(w->cpu->tlb, va, write))
		return;
	for (;;) {
		charge(w, COST_TLB_WALK);
		sync(w);
		pte = pte_lookup(mm, va);
		if (pte && pte->page && (pte->write || !write))
			break;
		do_page_fault(w, va, write);
		resched_if_needed(w);
	}
	pte->young = 1;
	if (write)
		pte->dirty = 1;
	tlb_fill(w->cpu->tlb, va, pte->page, pte->page->generation)->write = pte->write && pte->dirty;
	pte->page->primary_cpus |= 1ull << w->cpu->id;
}

static void op_touch(struct thread *t, const struct op_config *op, uint64_t *cursor)
{
	const struct region *r = region_of(t, op);

	ctx_class(&t->ctx, TIME_USER);
	for (int64_t i = 0; i < pages_of(r, op); i++)
		touch_page(&t->ctx, t->space->mm,
			   pick_page(t->l->picks, r, &op->pages, &t->pages, cursor),
			   is_write(t, op, i));
	if (t->l->m->metrics.on && !t->cfg->times)
		t->l->touches++;
}

/* --- ranges --------------------------------------------------------------------- */

static uint64_t range_start_of(struct thread *t, const struct op_config *op, uint64_t pages,
			       uint64_t *cursor)
{
	const struct region *r = region_of(t, op);
	uint64_t at;

	if (pages >= r->pages || op->at.kind == PICK_ALL)
		return r->start;
	if (op->at.kind == PICK_SEQ) {
		if (*cursor + pages > r->pages)
			*cursor = 0;
		at = *cursor;
		*cursor += pages;
		return r->start + at;
	}
	if (op->at.kind == PICK_UNIFORM)
		return r->start + rng_below(&t->at, r->pages - pages + 1);
	at = pick_page(t->l->picks, r, &op->at, &t->at, cursor) - r->start;
	return r->start + (at < r->pages - pages ? at : r->pages - pages);
}

static struct unmap_op *new_unmap_op(struct workload *l)
{
	struct op_list *o = arena_alloc(l->m->arena, sizeof(*o));

	o->next = l->ops;
	l->ops = o;
	return &o->op;
}

static void op_unmap(struct thread *t, const struct op_config *op, uint64_t *cursor)
{
	const struct region *r = region_of(t, op);
	uint64_t pages = (uint64_t)op->length / PAGE_SIZE, start, end;
	struct ctx *w = &t->ctx;

	start = range_start_of(t, op, pages, cursor);
	end = start + (pages < r->pages ? pages : r->pages);
	if (op->kind == OPK_MUNMAP)
		sys_munmap(w, start, end, new_unmap_op(t->l));
	else
		sys_madvise_dontneed(w, start, end, new_unmap_op(t->l));
	if (!op->refill)
		return;
	if (op->kind == OPK_MUNMAP)
		sys_mmap(w, start, end);
	for (uint64_t va = start; va < end; va++)
		touch_page(w, t->space->mm, va, 1);
}

/* --- through a secondary MMU ------------------------------------------------------- */

/* One visit; nothing else draws from the thread's stream of pages. */
static void op_visit(struct thread *t, const struct op_config *op, uint64_t *cursor)
{
	const struct secondary_driver *d = t->space->secondary[op->via]->driver;
	const struct region *r = region_of(t, op);

	for (int64_t i = 0; i < pages_of(r, op); i++)
		d->access(t->user[op->via],
			  pick_page(t->l->picks, r, &op->pages, &t->pages, cursor), is_write(t, op, i));
	if (t->l->m->metrics.on)
		*(t->vcpu ? &t->l->visits : &t->l->user_visits) += 1;
}

/* --- dispatch ------------------------------------------------------------------------ */

void sleep_for(struct thread *t, sim_time d)
{
	if (t->vcpu) {
		kvm_guest_halt(t->vcpu, d);
	} else {
		ctx_class(&t->ctx, TIME_SYSTEM);
		schedule_timeout(&t->ctx, d);
	}
}

static void op_repeat(struct thread *t, const struct op_config *op, int *index)
{
	int first = *index;

	for (int64_t i = 0; i < op->times && !t->over; i++) {
		*index = first;
		for (int j = 0; j < op->n_loop; j++)
			run_op(t, &op->loop[j], index);
	}
	*index = first + count_ops(op->loop, op->n_loop);
}

/* A thread that lets no time pass would never let go of the simulator. */
static void check_progress(struct thread *t)
{
	sim_time now = now_of(&t->ctx) + t->ctx.debt;

	t->still = now == t->progress ? t->still + 1 : 0;
	t->progress = now;
	if (t->still > MAX_STILL)
		sim_fail(&t->l->m->sim, SIM_STOP_FAILED, "%s: its loop takes no time", t->ctx.name);
}

void run_op(struct thread *t, const struct op_config *op, int *index)
{
	struct ctx *w = &t->ctx;
	uint64_t *cursor = &t->cursor[(*index)++];

	if (t->over)
		return;
	check_progress(t);
	ctx_next_item(w);
	process_take_signal(t);
	switch (op->kind) {
	case OPK_THINK: {
		sim_time d = dist_draw(&op->duration, &t->think);

		if (t->vcpu)
			kvm_guest_think(t->vcpu, d);
		else
			user_think(t, d);
		break;
	}
	case OPK_TOUCH:
		op_touch(t, op, cursor);
		break;
	case OPK_SECONDARY_ACCESS:
		op_visit(t, op, cursor);
		break;
	case OPK_MADVISE_DONTNEED:
	case OPK_MUNMAP:
		op_unmap(t, op, cursor);
		break;
	case OPK_SLEEP:
		sleep_for(t, dist_draw(&op->duration, &t->think));
		break;
	case OPK_MEMSLOT_DELETE:
		ctx_class(w, TIME_SYSTEM);
		kvm_memslot_delete(w, t->space->kvm);
		break;
	case OPK_SHRINK:
		ctx_class(w, TIME_SYSTEM);
		for (int64_t i = 0; i < op->n; i++)
			kvm_shrink(w, t->space->kvm);
		break;
	case OPK_GRU_UNLOAD:
		if (!t->user[op->via])	/* it never used one */
			break;
		ctx_class(w, TIME_SYSTEM);
		gru_unload_context(w, t->user[op->via]);
		break;
	case OPK_REGISTER:
		op_register(t, op);
		break;
	case OPK_UNREGISTER:
		op_unregister(t, op);
		break;
	case OPK_SIGNAL:
		op_signal(t, op);
		break;
	case OPK_EXIT:
		op_exit(t, op);
		break;
	case OPK_FORK:
		op_fork(t, op);
		break;
	case OPK_TRUNCATE:
		op_truncate(t, op);
		break;
	case OPK_WRITEBACK:
		op_writeback(t, op, cursor);
		break;
	case OPK_MIGRATE:
		op_migrate(t, op, cursor);
		break;
	case OPK_CONTEND:
		op_contend(t, op);
		break;
	case OPK_SYNCHRONIZE:
		op_synchronize(t, op);
		break;
	case OPK_REPEAT:
		op_repeat(t, op, index);
		break;
	}
	if (!t->vcpu)			/* back in user mode; a kernel thread's cond_resched() */
		resched_if_needed(w);
}

int count_ops(const struct op_config *op, int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += 1 + (op[i].kind == OPK_REPEAT ? count_ops(op[i].loop, op[i].n_loop) : 0);
	return sum;
}
