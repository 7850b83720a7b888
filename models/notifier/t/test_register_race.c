/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registration against the paths that take pages away, every interleaving in
 * steps of 250 ns: mm_take_all_locks with each class of locks left out, under
 * the merged callouts (a page callout after the clear) and under pairs at the
 * page sites.  The table of outcomes is worked by hand:
 *
 *  madvise   its section holds mmap_sem only: both styles lose a page without it;
 *  truncate  its section holds i_mmap_lock only: likewise;
 *  reclaim   merged has no section, and who has the page at the clear is on the
 *            list by then: no class is needed.  Pairs open one under anon_vma->lock
 *            (anonymous pages) or i_mmap_lock (of a file).
 *
 * The driver that registers maps pages as soon as it may.  A driver that was there
 * before takes 10 us for each of its callouts: so long can the start that the
 * new one misses be away from the clear.
 */
#include "models/kernel/filemap.h"
#include "models/kernel/mmap.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "models/kernel/truncate.h"
#include "models/kernel/vmscan.h"
#include "models/oracle/oracle.h"
#include "models/secondary/t/rig.h"

enum { PAGES = 8, OFFSETS = 160 };
enum path { MADVISE, TRUNCATE, RECLAIM_ANON, RECLAIM_FILE, NR_PATHS };
enum { MMAP_SEM = 1, IMM = 2, ANON = 4 };

static const char *const path_name[NR_PATHS] = {
	"madvise", "truncate", "reclaim of anonymous pages", "reclaim of a file's pages",
};

/* --- the driver that was there before ------------------------------------------------ */

static int slow_callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	(void)priv; (void)op; (void)start; (void)end;
	cpu_work(w, US(10));
	return 1;
}

static int never(const void *priv, enum callout_op op)
{
	(void)priv; (void)op;
	return 0;
}

static int unusable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	(void)priv; (void)p; (void)why; (void)n; (void)cpu;
	return 0;
}

static const struct secondary_ops slow_ops = {
	.kind = "slow", .callout = slow_callout, .zaps = never, .usable = unusable,
};
static struct registrant slow;

/* --- the two sides ---------------------------------------------------------------------- */

/* A vcpu's thread creates the VM, then runs the guest. */
static void driver(struct rig_thread *t)
{
	struct rig *r = t->rig;
	struct registrant *mine = &r->secondary->registrant;

	kvm_vcpu_stop(t->vcpu);
	mine->state = REGISTRANT_OFF;
	r->mm.mmu_notifier_mm = NULL;
	slow = (struct registrant){ .ops = &slow_ops };
	notifier_register(&r->mm, &slow);
	rig_until(t, US(100) + t->arg * NS(250));
	mmu_notifier_register(&t->ctx, &r->mm, mine);
	kvm_vcpu_start(t->vcpu);
	for (uint64_t i = 0; i < PAGES; i++)
		kvm_guest_access(t->vcpu, RIG_BASE + i, 0);
}

/* As the LRU hands them over, one at a time: shrink_page_list unmaps, writes, keeps. */
static void reclaim_all(struct rig_thread *t)
{
	struct scan_control sc = { .may_writepage = 1 };
	struct ctx *w = &t->ctx;
	struct kernel *k = w->m->kernel;

	for (uint64_t i = 0; i < PAGES; i++) {
		struct page_list list = { NULL, NULL, 0 };
		struct page *p = rig_page(t->rig, i);

		if (!p)
			continue;
		lru_del_page(k, p);
		p->active = 0;
		get_page(p);
		list_add_head(&list, p);
		shrink_page_list(w, &list, &sc);
	}
}

static void takes_pages(struct rig_thread *t)
{
	static struct unmap_op op;
	struct rig *r = t->rig;

	rig_until(t, US(110));
	memset(&op, 0, sizeof(op));
	switch ((enum path)t->arg) {
	case MADVISE:
		sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + PAGES, &op);
		break;
	case TRUNCATE:
		unmap_mapping_range(&t->ctx, r->mapping, 0, PAGES, 1);
		break;
	default:
		reclaim_all(t);
		break;
	}
}

/* --- one interleaving ---------------------------------------------------------------------- */

static void steps(struct word_list *v, int left_out)
{
	v->n = 0;
	if (!(left_out & MMAP_SEM))
		v->word[v->n++] = STEP_mmap_sem_write;
	v->word[v->n++] = STEP_global_mutex;
	if (!(left_out & IMM))
		v->word[v->n++] = STEP_i_mmap;
	if (!(left_out & ANON))
		v->word[v->n++] = STEP_anon_vma;
	v->word[v->n++] = STEP_insert;
	v->word[v->n++] = STEP_unlock;
}

static void style(struct design_config *d, int pairs)
{
	struct hook *h = d->hook[SITE_try_to_unmap_one];

	if (!pairs) {
		h[POINT_flushed].c[h[POINT_flushed].n++] = callout_record(OP_invalidate_page);
		return;
	}
	h[POINT_enter].c[h[POINT_enter].n++] = callout_record(OP_range_start);
	h[POINT_leave].c[h[POINT_leave].n++] = callout_record(OP_range_end);
}

static void run(int pairs, int left_out, enum path path, int offset, int64_t *i3, int64_t *i4)
{
	struct rig_thread *t;
	struct rig r;

	rig_init(&r, PAGES);
	r.file = path == TRUNCATE || path == RECLAIM_FILE;
	r.prefilled = 0;
	r.f.machine.memory = 32 << 20;
	r.f.machine.swap_device = DEVICE_SSD;
	r.f.machine.ssd_access = fix_const(US(100));
	r.f.machine.ssd_transfer = US(10);
	r.f.machine.ssd_depth = 8;
	r.f.machine.io_cpu = 5;
	r.f.kernel.swappiness = 60;
	r.no_kswapd = 1;
	r.f.world.oracle = 1;
	r.f.design.list_reader = READER_NONE;
	style(&r.f.design, pairs);
	steps(&r.f.design.on_register, left_out);
	t = rig_vcpu(&r, 2, driver);
	t->arg = offset;
	t = path == MADVISE ? rig_host(&r, 4, takes_pages) : rig_kthread(&r, 4, takes_pages);
	t->arg = path;
	rig_run(&r);
	*i3 += r.m.oracle->violations[INV_I3];
	*i4 += r.m.oracle->violations[INV_I4];
	rig_free(&r);
}

static void judge(int pairs, int left_out, enum path path, int lost, int miscounted)
{
	static const char *const out[] = { "all locks", "no mmap_sem", "no i_mmap_lock", "", "no anon_vma locks" };
	int64_t i3 = 0, i4 = 0;
	char what[160];

	for (int i = 0; i < OFFSETS; i++)
		run(pairs, left_out, path, i, &i3, &i4);
	snprintf(what, sizeof(what), "%s, %s, %s: %s (I3 %lld, I4 %lld)", pairs ? "pairs" : "merged",
		 out[left_out], path_name[path], lost ? "a page is lost" : "no page is lost",
		 (long long)i3, (long long)i4);
	is_int(i3 > 0, lost, what);
	is_int(i4 > 0, miscounted, miscounted ? "an end comes without its start" :
	       "every end has its start");
}

int main(void)
{
	static const int classes[] = { 0, MMAP_SEM, IMM, ANON };
	/*
	 * By style and path, the class without which a page is lost (I3), and the
	 * count goes wrong (I4).  A file's pages: the driver's fault wants to write,
	 * which makes the pte young, and reclaim lets the page be.
	 */
	static const int i3[2][NR_PATHS] = { { MMAP_SEM, IMM, 0, 0 }, { MMAP_SEM, IMM, ANON, 0 } };
	static const int i4[2][NR_PATHS] = { { MMAP_SEM, IMM, 0, 0 }, { MMAP_SEM, IMM, ANON, IMM } };

	tap_seed(1);
	for (int pairs = 0; pairs < 2; pairs++)
		for (int path = 0; path < NR_PATHS; path++)
			for (int c = 0; c < 4; c++)
				judge(pairs, classes[c], (enum path)path,
				      classes[c] && i3[pairs][path] == classes[c],
				      classes[c] && i4[pairs][path] == classes[c]);
	return tap_done();
}
