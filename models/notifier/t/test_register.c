/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registering, unregistering and release, step by step: orders written by hand
 * from mm/mmu_notifier.c and mm/mmap.c of 2.6.27 (mm_take_all_locks), from the
 * posted mm_lock of the series #v14 and #v11, and from 3.7 (release first).
 *
 * The mm of the hand case: V1 anonymous (anon_vma A), V2 a file (mapping F),
 * V3 a private file with pages of its own (mapping G, anon_vma B).
 */
#include "models/kernel/mm_locks.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/rmap.h"
#include "models/secondary/t/rig.h"

/* --- a registrant, and an mm with three VMAs --------------------------------------- */

static struct {
	struct registrant r;
	int callouts, releases, on_list_at_release;
	sim_time work;
	int err[4], n;
	sim_time gp_wait;
	int sig_at;			/* a signal arrives before this attempt; -1: none */
	int same_mapping;		/* V3 maps V2's file */
	int extra;			/* more VMAs, each with two locks of its own */
} s;

static int callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	(void)priv; (void)op; (void)start; (void)end;
	s.callouts++;
	cpu_work(w, s.work);
	return 1;
}

static void release(struct ctx *w, void *priv)
{
	(void)priv;
	s.releases++;
	s.on_list_at_release = s.r.state == REGISTRANT_ON;
	cpu_work(w, s.work);
}

static int zaps(const void *priv, enum callout_op op)
{
	(void)priv; (void)op;
	return 1;
}

static int usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	(void)priv; (void)p; (void)why; (void)n; (void)cpu;
	return 0;
}

static const struct secondary_ops ops = {
	.kind = "fake", .callout = callout, .zaps = zaps, .release = release, .usable = usable,
};

static void add_vmas(struct rig_thread *t)
{
	struct machine *m = t->ctx.m;
	struct mm *mm = &t->rig->mm;
	struct address_space *f = address_space_new(m, "F", 8);
	struct vma *v3;

	vma_insert_file(mm, RIG_BASE + 20, RIG_BASE + 22, VM_READ, f, 0);
	v3 = vma_insert_file(mm, RIG_BASE + 24, RIG_BASE + 26, VM_READ | VM_WRITE,
			     s.same_mapping ? f : address_space_new(m, "G", 8), 4);
	anon_vma_prepare(m, v3);
	for (int i = 0; i < s.extra; i++)
		anon_vma_prepare(m, vma_insert_file(mm, RIG_BASE + 30 + 2 * (uint64_t)i,
						    RIG_BASE + 31 + 2 * (uint64_t)i,
						    VM_READ | VM_WRITE,
						    address_space_new(m, "X", 1), 0));
}

static void fresh(struct rig_thread *t)
{
	t->rig->mm.mmu_notifier_mm = NULL;	/* the rig's own registrant is not in the way */
	t->rig->mm.mm_count = 1;
	s.r = (struct registrant){ .ops = &ops };
	add_vmas(t);
	rig_until(t, US(10));
}

static void do_register(struct rig_thread *t)
{
	fresh(t);
	for (int i = 0; i < 4; i++) {
		if (i == s.sig_at)
			t->ctx.sigpending = 1;
		s.err[s.n] = mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
		if (!s.err[s.n++])
			break;
		t->ctx.sigpending = 0;
	}
	t->got[0] = t->ctx.spinlocks;
	t->got[1] = t->ctx.preempt_count;
	t->got[2] = t->rig->mm.mm_count;
}

static void steps(struct word_list *v, const char *text)
{
	char buf[256], *save = NULL;

	snprintf(buf, sizeof(buf), "%s", text);
	v->n = 0;
	for (char *x = strtok_r(buf, " ", &save); x; x = strtok_r(NULL, " ", &save))
		for (int i = 0; i < NR_STEPS; i++)
			if (!strcmp(step_table[i].name, x))
				v->word[v->n++] = (uint8_t)i;
}

static struct rig_thread *start(struct rig *r, const char *on_register,
				void (*body)(struct rig_thread *t))
{
	sim_time work = s.work;
	int sig_at = s.sig_at, same = s.same_mapping, extra = s.extra;

	memset(&s, 0, sizeof(s));
	s.work = work;
	s.sig_at = sig_at;
	s.same_mapping = same;
	s.extra = extra;
	rig_init(r, 16);
	r->present = r->prefilled = 16;
	rig_no_costs(r);
	steps(&r->f.design.on_register, on_register);
	steps(&r->f.design.on_unregister, "unlink release gp unpin_module free");
	steps(&r->f.design.on_exit, "unlink release gp");
	r->f.design.list_reader = READER_NONE;
	return rig_host(r, 2, body);
}

#define MERGED "mmap_sem_write global_mutex i_mmap anon_vma insert unlock"

static const struct { const char *what, *steps, *want; } order[] = {
	{ "2.6.27: two passes in the order of the VMAs, dropped in one", MERGED,
	  "mmu_notifier_register\n+mmap_sem W\n+mm_all_locks W\n+i_mmap\n+i_mmap\n+anon_vma\n+anon_vma\n"
	  "+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "-anon_vma\n-i_mmap\n-anon_vma\n-i_mmap\n-mm_all_locks W\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "without the mapping locks", "mmap_sem_write global_mutex anon_vma insert unlock",
	  "mmu_notifier_register\n+mmap_sem W\n+mm_all_locks W\n+anon_vma\n+anon_vma\n"
	  "+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "-anon_vma\n-anon_vma\n-mm_all_locks W\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "#v14: sorted, anon_vma first", "mmap_sem_write sort anon_vma i_mmap insert unlock",
	  "mmu_notifier_register\n+mmap_sem W\n+anon_vma\n+anon_vma\n+i_mmap\n+i_mmap\n"
	  "+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "-anon_vma\n-anon_vma\n-i_mmap\n-i_mmap\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "#v11: found one by one, mappings first", "mmap_sem_write scan i_mmap anon_vma insert unlock",
	  "mmu_notifier_register\n+mmap_sem W\n+i_mmap\n+i_mmap\n+anon_vma\n+anon_vma\n"
	  "+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "-anon_vma\n-i_mmap\n-anon_vma\n-i_mmap\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "a global spinlock", "global_spinlock insert unlock",
	  "mmu_notifier_register\n+notifier_global\n+notifier_list\nnotifier list: add\n"
	  "-notifier_list\n-notifier_global\nmmu_notifier_register returns, 1 registered\n" },
	{ "#v10: the write side of a seqlock", "mmap_sem_write seqlock_replay insert unlock",
	  "mmu_notifier_register\n+mmap_sem W\n+notifier_list\n+notifier_list\nnotifier list: add\n"
	  "-notifier_list\n-notifier_list\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "insert, then a grace period, then the semaphore", "mmap_sem_write insert gp unlock",
	  "mmu_notifier_register\n+mmap_sem W\n+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "waits for readers of the list\nreaders of the list are gone\n-mmap_sem W\n"
	  "mmu_notifier_register returns, 1 registered\n" },
	{ "insert alone", "insert",
	  "mmu_notifier_register\n+notifier_list\nnotifier list: add\n-notifier_list\n"
	  "mmu_notifier_register returns, 1 registered\n" },
};

/* vfree's rounds and the unlocked start of the mm are not of interest here. */
static int boring(const char *line)
{
	static const char *const head[] = { "+call", "-call", "IPI", "local", "goes", "runs", "+rwsem", "-rwsem" };

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (!strncmp(line, head[i], strlen(head[i])))
			return 1;
	return 0;
}

static const char *order_of(const struct rig *r, int cpu, sim_time from)
{
	static char out[8192];
	char buf[8192], *save = NULL;

	snprintf(buf, sizeof(buf), "%s", rig_order(r, cpu, from, TIME_NEVER));
	out[0] = 0;
	for (char *x = strtok_r(buf, "\n", &save); x; x = strtok_r(NULL, "\n", &save))
		if (!boring(x))
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s\n", x);
	return out;
}

static void test_orders(void)
{
	s.sig_at = -1;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct rig r;
		struct rig_thread *t = start(&r, order[i].steps, do_register);

		rig_run(&r);
		is_str(order_of(&r, 2, US(10)), order[i].want, order[i].what);
		is_int(t->got[0] + t->got[1], 0, "no spinlock is held, preemption is on");
		is_int(t->got[2], 2, "a reference to the mm_struct");
		is_int(s.err[0], 0, "registered");
		rig_free(&r);
	}
}

/* --- how many locks, how many visits ------------------------------------------------- */

static int locks_taken(const struct rig *r)
{
	int n = 0;

	for (size_t i = 0; i < r->n_steps; i++)
		n += r->step[i].id == TP_LOCK && ((r->step[i].a & 0xff) == LOCK_I_MMAP ||
						  (r->step[i].a & 0xff) == LOCK_ANON_VMA);
	return n;
}

static void test_counts(void)
{
	struct rig r;

	s.same_mapping = 1;
	start(&r, MERGED, do_register);
	rig_run(&r);
	is_int(locks_taken(&r), 3, "V2 and V3 map one file: one mapping, two anon_vmas");
	rig_free(&r);

	s.same_mapping = 0;
	s.extra = 100;
	start(&r, MERGED, do_register);
	r.f.machine.cost[COST_VMA_STEP] = NS(10);
	r.f.machine.cost[COST_NOTIFIER_ALLOC] = NS(1);
	rig_run(&r);
	is_int(locks_taken(&r), 4 + 200, "distinct mappings plus distinct anon_vmas");
	is_int(rig_tally(&r, METRIC_REGISTER_LATENCY, 0)->sum, NS(1) + 3 * 103 * NS(10),
	       "two passes to take, one to drop: 3 x 103 VMAs");
	is_int(rig_tally(&r, METRIC_REGISTER_ATOMIC, 0)->sum, 3 * 103 * NS(10),
	       "all of it with preemption off");
	rig_free(&r);

	start(&r, "mmap_sem_write sort anon_vma i_mmap insert unlock", do_register);
	r.f.machine.cost[COST_VMALLOC] = US(1);
	r.f.machine.cost[COST_VMALLOC_PAGE] = US(2);
	r.f.machine.cost[COST_SORT_STEP] = NS(1);
	rig_run(&r);
	is_int(locks_taken(&r), 4 + 200, "the same locks");
	/* two arrays of 103 pointers: a page each, allocated and freed; two sorts of 102 entries */
	is_int(rig_tally(&r, METRIC_REGISTER_LATENCY, 0)->sum, 4 * US(3) + 2 * 102 * 7 * NS(1),
	       "n log n comparisons, vmalloc and vfree");
	is_int(rig_count(&r, METRIC_IPI_SENT, 1), 2 * 7, "each vfree flushes all other CPUs");
	rig_free(&r);

	start(&r, "mmap_sem_write scan i_mmap anon_vma insert unlock", do_register);
	r.f.machine.cost[COST_VMA_STEP] = NS(1);
	rig_run(&r);
	is_int(rig_tally(&r, METRIC_REGISTER_LATENCY, 0)->sum,
	       NS(1) * (103 * (102 + 1) * 2 + 103 * 204 + 103),
	       "a pass for each lock and one that finds none, twice over");
	rig_free(&r);
	s.extra = 0;
}

/* --- signals --------------------------------------------------------------------------- */

static void signal_at(struct rig_thread *t)
{
	rig_until(t, US(10) + t->arg);
	t->rig->thread[0].ctx.sigpending = 1;
}

static void test_eintr(void)
{
	struct rig r;
	struct rig_thread *t, *k;

	s.sig_at = 0;
	t = start(&r, MERGED, do_register);
	rig_run(&r);
	is_int(s.err[0], EINTR_SIGNAL, "a signal is pending: the first test ends it");
	is_int(s.err[1], 0, "the second attempt");
	is_int(locks_taken(&r), 4, "the first took none");
	is_int(t->got[2], 2, "one reference, not two");
	is_int(rig_count(&r, METRIC_REGISTER_EINTR, 0), 1, "counted apart");
	is_int(rig_tally(&r, METRIC_REGISTER_LATENCY, 0)->n, 1, "one latency");
	rig_free(&r);

	s.sig_at = -1;
	t = start(&r, MERGED, do_register);
	r.f.machine.cost[COST_VMA_STEP] = US(1);
	k = rig_kthread(&r, 3, signal_at);
	k->arg = US(4) + NS(500);	/* in the second pass, A is taken */
	rig_run(&r);
	is_int(s.err[0], EINTR_SIGNAL, "a signal in the middle of the second pass");
	is_int(locks_taken(&r), 2 + 1 + 4, "three were taken, then four");
	is_int(rig_steps(&r, TP_LIST_ADD, 2, ANY), 1, "nobody was on the list meanwhile");
	is_int(t->got[0] + t->got[1], 0, "every lock was dropped");
	is_int(s.err[1], 0, "the retry finds all marks clear");
	rig_free(&r);

	t = start(&r, "mmap_sem_write sort anon_vma i_mmap insert unlock", do_register);
	k = rig_kthread(&r, 3, signal_at);
	r.f.machine.cost[COST_VMA_STEP] = US(1);
	k->arg = US(2);
	rig_run(&r);
	is_int(s.err[0], 0, "mm_lock does not look for signals");
	rig_free(&r);
}

/* --- one place on the list ------------------------------------------------------------------ */

static void register_two(struct rig_thread *t)
{
	struct registrant other = { .ops = &ops };

	fresh(t);
	s.err[0] = mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
	s.err[1] = mmu_notifier_register(&t->ctx, &t->rig->mm, &other);
	t->got[0] = t->ctx.spinlocks;
	t->got[1] = t->rig->mm.mmu_notifier_mm->head == &s.r;
}

static void test_pointer(void)
{
	struct rig r;
	struct rig_thread *t;

	s.sig_at = -1;
	t = start(&r, "global_spinlock insert unlock", register_two);
	r.f.design.list_structure = LIST_POINTER;
	rig_run(&r);
	is_int(s.err[1], EBUSY_LIST, "the second registrant is refused");
	is_int(t->got[0], 0, "and the lock dropped");
	is_int(t->got[1], 1, "the first stays");
	rig_free(&r);
}

/* --- unregister and release ------------------------------------------------------------------ */

static void unregister(struct rig_thread *t)
{
	fresh(t);
	mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
	rig_until(t, US(20));
	s.err[0] = mmu_notifier_unregister(&t->ctx, &t->rig->mm, &s.r, &s.gp_wait);
	t->got[0] = t->rig->mm.mm_count;
	t->got[1] = s.r.state;
	t->got[2] = t->ctx.spinlocks + t->ctx.preempt_count;
}

static void release_mm(struct rig_thread *t)
{
	struct registrant other = { .ops = &ops };

	fresh(t);
	mmu_notifier_register(&t->ctx, &t->rig->mm, &other);
	mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
	rig_until(t, US(20));
	mmu_notifier_release(&t->ctx, &t->rig->mm, &s.gp_wait);
	t->got[0] = t->rig->mm.mmu_notifier_mm->head != NULL;
	t->got[1] = t->ctx.spinlocks;
}

static void one_removal(const char *what, const char *list, void (*body)(struct rig_thread *t),
			const char *want)
{
	struct rig r;
	struct rig_thread *t = start(&r, "insert", body);

	steps(body == unregister ? &r.f.design.on_unregister : &r.f.design.on_exit, list);
	rig_run(&r);
	is_str(order_of(&r, 2, US(20)), want, what);
	is_int(t->got[body == unregister ? 2 : 1], 0, "nothing is held");
	if (body == unregister) {
		is_int(t->got[0], 1, "the reference to the mm_struct is gone");
		is_int(t->got[1], REGISTRANT_GONE, "and so is it");
	} else {
		is_int(t->got[0], 0, "the list is empty");
	}
	rig_free(&r);
}

static void test_removal(void)
{
	s.sig_at = -1;
	one_removal("2.6.27: off the list, then ->release", "unlink release gp free", unregister,
		    "mmu_notifier_unregister\n+notifier_list\nnotifier list: del\n-notifier_list\n"
		    "->release\n->release returns\nwaits for readers of the list\n"
		    "readers of the list are gone\nmmu_notifier_unregister returns, 1 unregistered\n");
	is_int(s.on_list_at_release, 0, "a walk does not find it any more");
	one_removal("3.7: ->release, then off the list", "release unlink gp free", unregister,
		    "mmu_notifier_unregister\n->release\n->release returns\n+notifier_list\n"
		    "notifier list: del\n-notifier_list\nwaits for readers of the list\n"
		    "readers of the list are gone\nmmu_notifier_unregister returns, 1 unregistered\n");
	is_int(s.on_list_at_release, 1, "a walk still finds it");
	one_removal("#v12: under mm_lock", "mmap_sem_write sort anon_vma i_mmap unlink unlock", unregister,
		    "mmu_notifier_unregister\n+mmap_sem W\n+anon_vma\n+anon_vma\n+i_mmap\n+i_mmap\n"
		    "+notifier_list\nnotifier list: del\n-notifier_list\n"
		    "-anon_vma\n-anon_vma\n-i_mmap\n-i_mmap\n-mmap_sem W\n"
		    "mmu_notifier_unregister returns, 1 unregistered\n");
	one_removal("exit of 2.6.27: one by one", "unlink release gp", release_mm,
		    "+notifier_list\nnotifier list: del\n-notifier_list\n->release\n->release returns\n"
		    "+notifier_list\nnotifier list: del\n-notifier_list\n->release\n->release returns\n"
		    "+notifier_list\n-notifier_list\n"
		    "waits for readers of the list\nreaders of the list are gone\n");
	is_int(s.releases, 2, "each once");
	one_removal("exit of 3.7: all released, then all deleted", "release unlink gp", release_mm,
		    "->release\n->release returns\n->release\n->release returns\n"
		    "+notifier_list\nnotifier list: del\nnotifier list: del\n-notifier_list\n"
		    "waits for readers of the list\nreaders of the list are gone\n");
}

/* --- a walk while the list changes ------------------------------------------------------------- */

static void walker(struct rig_thread *t)
{
	fresh(t);
	mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
	rig_until(t, US(20));
	mmu_notifier(&t->ctx, &t->rig->mm, SITE_zap_page_range, POINT_before, RIG_BASE, RIG_BASE + 1);
	sync(&t->ctx);
	t->got[0] = s.callouts;
}

static void adder(struct rig_thread *t)
{
	static struct registrant other;

	other = (struct registrant){ .ops = &ops };
	rig_until(t, US(25));
	mmu_notifier_register(&t->ctx, &t->rig->mm, &other);
}

static void remover(struct rig_thread *t)
{
	rig_until(t, US(25));
	mmu_notifier_unregister(&t->ctx, &t->rig->mm, &s.r, &s.gp_wait);
	t->got[0] = rig_now(t);
}

/* A section of 40 us whose callouts take 5 us each. */
static void section(struct rig_thread *t)
{
	fresh(t);
	mmu_notifier_register(&t->ctx, &t->rig->mm, &s.r);
	rig_until(t, US(20));
	mmu_notifier(&t->ctx, &t->rig->mm, SITE_zap_page_range, POINT_before, RIG_BASE, RIG_BASE + 1);
	rig_until(t, US(60));
	mmu_notifier(&t->ctx, &t->rig->mm, SITE_zap_page_range, POINT_after, RIG_BASE, RIG_BASE + 1);
}

static void test_span(void)
{
	for (int span = SPAN_CALLOUT; span <= SPAN_SECTION; span++) {
		struct rig_thread *t;
		struct rig r;

		s.sig_at = -1;
		s.work = US(5);
		start(&r, "insert", section);
		r.f.design.list_reader = READER_RWSEM;
		r.f.design.list_span = (uint8_t)span;
		t = rig_host(&r, 3, remover);
		rig_run(&r);
		if (span == SPAN_CALLOUT)
			ok(t->got[0] < US(60), "a reader for each callout: who unlinks comes in between");
		else
			ok(t->got[0] >= US(60), "a reader from start to end: who unlinks waits for the end");
		is_int(s.callouts, span == SPAN_CALLOUT ? 1 : 2, "start, and end if it is still there");
		rig_free(&r);
	}
	s.work = 0;
}

static void test_changes(void)
{
	struct rig r;
	struct rig_thread *t;

	s.sig_at = -1;
	s.work = US(10);
	t = start(&r, "insert", walker);
	rig_host(&r, 3, adder);
	rig_run(&r);
	is_int(t->got[0], 1, "who comes during a callout is not called: the walk is past the head");
	rig_free(&r);

	t = start(&r, "seqlock_replay insert unlock", walker);
	rig_host(&r, 3, adder);
	rig_run(&r);
	is_int(t->got[0], 3, "with the seqlock the walk runs again, over both");
	rig_free(&r);

	t = start(&r, "insert", walker);
	r.f.design.list_reader = READER_RWSEM;
	t = rig_host(&r, 3, remover);
	rig_run(&r);
	ok(t->got[0] >= US(30), "a reader that may sleep holds off who unlinks");
	is_int(s.callouts, 1, "the callout ran");
	rig_free(&r);
	s.work = 0;
}

int main(void)
{
	tap_seed(1);
	test_orders();
	test_counts();
	test_eintr();
	test_pointer();
	test_removal();
	test_changes();
	test_span();
	return tap_done();
}
