/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations of a loop on whole address spaces and on files: fork, truncation,
 * writeback, migration.
 *
 * A forked child has no thread of its own; the forking thread's CPU also runs
 * its exit, when more children than fork's "keep" are left.
 */
#include "models/kernel/fork.h"
#include "models/kernel/lru.h"
#include "models/kernel/migrate.h"
#include "models/kernel/sched.h"
#include "models/kernel/truncate.h"
#include "models/kernel/writeback.h"
#include "models/workload/thread.h"

/* A path of the kernel on behalf of the whole of @t's address space. */
static void begin(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;

	ctx_class(w, TIME_SYSTEM);
	sync(w);
	tp(w, TP_OP_BEGIN, (uint64_t)op->kind, t->space->start);
	charge(w, COST_SYSCALL);
}

static void finish(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;

	sync(w);
	w->op_start = w->op_end = 0;
	tp(w, TP_OP_END, (uint64_t)op->kind, 0);
	ctx_class(w, t->cfg->mode == MODE_KERNEL ? TIME_SYSTEM : TIME_USER);
}

void op_fork(struct thread *t, const struct op_config *op)
{
	struct space *s = t->space;

	begin(t, op);
	t->ctx.op_start = s->start;
	t->ctx.op_end = s->start + s->pages;
	s->child[s->n_children++] = dup_mm(&t->ctx, s->mm);
	t->ctx.op_start = t->ctx.op_end = 0;
	while (s->n_children > op->keep) {
		struct mm *oldest = s->child[0];

		s->n_children--;
		memmove(s->child, s->child + 1, sizeof(s->child[0]) * (size_t)s->n_children);
		exit_copy(&t->ctx, oldest);
	}
	finish(t, op);
}

static struct region *region_of(struct thread *t, const struct op_config *op)
{
	return &t->space->region[op->region < 0 ? 0 : op->region];
}

static struct address_space *file_of(struct thread *t, const struct op_config *op)
{
	return vma_of(t->space->mm, region_of(t, op)->start)->mapping;
}

/* The file is cut to op->length, and at once extended again: what was behind is a hole. */
void op_truncate(struct thread *t, const struct op_config *op)
{
	struct region *r = region_of(t, op);
	struct address_space *a = file_of(t, op);
	uint64_t length = (uint64_t)op->length / PAGE_SIZE, whole = a->nr_pages;
	struct ctx *w = &t->ctx;

	begin(t, op);
	w->op_start = r->start + length;
	w->op_end = r->start + r->pages;
	if (length < whole)
		vmtruncate(w, a, length);
	sync(w);
	a->nr_pages = whole;
	finish(t, op);
}

void op_writeback(struct thread *t, const struct op_config *op, uint64_t *cursor)
{
	begin(t, op);
	write_cache_pages(&t->ctx, file_of(t, op), cursor, op->n);
	finish(t, op);
}

void op_migrate(struct thread *t, const struct op_config *op, uint64_t *cursor)
{
	struct page_list list = { NULL, NULL, 0 };
	struct mm *mm = t->space->mm;
	struct ctx *w = &t->ctx;

	begin(t, op);
	down_read(w, &mm->mmap_sem);
	find_vma(w, mm, region_of(t, op)->start);
	for (int64_t i = 0; i < op->n; i++)
		migrate_add(w, mm, pick_page(t->l->picks, region_of(t, op), &op->pages, &t->pages,
					     cursor), &list);
	migrate_pages(w, &list);
	up_read(w, &mm->mmap_sem);
	finish(t, op);
}
