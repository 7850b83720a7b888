/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB flush of today: hand cases of generations.  Who gets an IPI is decided by
 * what a CPU has loaded; one handler absorbs several requests; freed tables
 * reach everybody; a lazy CPU that missed nothing comes back for nothing;
 * identifiers keep entries over switches; ranges up to the ceiling by page.
 */
#include "models/hw/tlb.h"
#include "models/world/t/record.h"

enum { MAX_ROUNDS = 8, CEILING = 33 };
enum how { PAGE, TABLES, WHOLE };

struct stage {
	struct mm mm, other, more[6];
	struct ctx *sleeper;
	sim_time at[MAX_ROUNDS], took[MAX_ROUNDS];
	enum how how[MAX_ROUNDS];
	uint64_t pages;			/* of a PAGE flush; 0: 1 */
	int ipis[MAX_ROUNDS];
	sim_time off;
	uint64_t mask[MAX_ROUNDS];	/* after each round */
	const struct record *rec;
};

static void set(struct bare *b, int cores)
{
	bare_init(b, 1, cores);
	no_costs(b);
	b->kernel->ipi_kind = IPI_CSD;
	b->kernel->flush_lazy = LAZY_SKIP;
	b->kernel->flush_ceiling = CEILING;
	b->machine->cost[COST_ICR_WRITE] = NS(100);
	b->machine->cost[COST_IPI_SOCKET] = NS(400);
	b->machine->cost[COST_IRQ_ENTRY] = NS(300);
	b->machine->cost[COST_IRQ_RETURN] = NS(100);
	b->machine->cost[COST_CALL_HANDLER] = NS(50);
	b->machine->cost[COST_FLUSH_FUNC] = NS(70);
	b->machine->cost[COST_INVLPG] = NS(90);
	b->machine->cost[COST_CR3_LOAD] = NS(45);
	b->machine->apic = APIC_X2APIC;
}

static void start(struct stage *s, struct bare *b, struct record *rec)
{
	memset(s, 0, sizeof(*s));
	boot(b, rec);
	mm_init(b->m, &s->mm, "mm", 0, PTRS_PER_TABLE);
	mm_init(b->m, &s->other, "other", 0, PTRS_PER_TABLE);
	for (int i = 0; i < 6; i++)
		mm_init(b->m, &s->more[i], "more", 0, PTRS_PER_TABLE);
	for (int i = 0; i < b->m->nr_cpus; i++) {
		b->m->cpu[i].tlb = tlb_new(&b->arena, 64, 16);
		for (uint64_t va = 0; va < 8; va++)
			tlb_fill(b->m->cpu[i].tlb, va, NULL, 0);
	}
	s->rec = rec;
}

static void flush_as(struct ctx *w, struct stage *s, enum how how)
{
	uint64_t n = s->pages ? s->pages : 1;

	if (how == WHOLE)
		flush_tlb_mm(w, &s->mm, 0, 1);
	else
		flush_tlb_mm_range(w, &s->mm, 3, 3 + n, how == TABLES);
}

static void sends(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	for (int i = 0; i < MAX_ROUNDS && s->at[i]; i++) {
		int before = record_count(s->rec, TP_IPI_SEND, w->cpu->id, ANY);
		sim_time t;

		work_until(w, s->at[i]);
		t = now_of(w);
		flush_as(w, s, s->how[i]);
		sync(w);
		s->took[i] = now_of(w) - t;
		s->ipis[i] = record_count(s->rec, TP_IPI_SEND, w->cpu->id, ANY) - before;
		s->mask[i] = s->mm.cpu_vm_mask;
	}
}

static void computes(struct ctx *w, void *arg)
{
	(void)arg;
	cpu_work(w, MS(1));
}

static void sleeps_then_computes(struct ctx *w, void *arg)
{
	(void)arg;
	schedule(w, "somebody", NULL);
	cpu_work(w, MS(1));
}

/* Becomes a thread of @mm, as another process of this CPU. */
static void become(struct ctx *w, struct mm *mm)
{
	w->mm = mm;
	schedule_timeout(w, US(1));
}

static void runs_other(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	become(w, &s->other);
	cpu_work(w, s->off ? s->off : MS(1));
}

/* --- who gets an IPI ------------------------------------------------------------- */

/* Mask {0,1,2,3}: 1 runs the mm, 2 is lazy on it, 3 runs another one. */
static void test_receivers(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 4);
	start(&s, &b, &rec);
	for (int i = 0; i < 4; i++) {
		s.at[i] = (i + 1) * US(100);
		s.how[i] = i ? TABLES : PAGE;
	}
	s.mm.tlb_gen = 5;
	bare_thread(&b, 0, &s.mm, "sender", sends, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	s.sleeper = bare_thread(&b, 2, &s.mm, "lazy", sleeps_then_computes, &s);
	bare_thread(&b, 3, &s.mm, "elsewhere", runs_other, &s);
	bare_run(&b, MS(5));
	is_int(s.ipis[0], 1, "a page: only the CPU that runs the mm");
	is_int(record_count(&rec, TP_IPI_SEND, 0, ANY) > 0 &&
	       record_nth(&rec, 0, TP_IPI_SEND, 0, ANY)->b == 1, 1, "CPU 1 is that");
	is_int((int64_t)s.mask[0], 0xf, "nobody left the mask");
	is_int(s.ipis[1], 3, "page tables go: everybody in the mask");
	ok(b.m->cpu[2].active_mm == NULL, "the lazy CPU has init_mm then");
	is_int((int64_t)s.mask[1], 7, "the CPU that runs another mm clears its bit");
	is_int(s.ipis[2], 2, "the next one: 2 IPIs");
	is_int((int64_t)s.mask[2], 3, "now the CPU with init_mm clears its bit");
	is_int(s.ipis[3], 1, "and then 1");
	is_int((int64_t)s.mm.tlb_gen, 9, "four flushes, four generations");
	is_int(record_count(&rec, TP_INVLPG, 1, 3), 4, "the user of the mm flushes one page each time");
	ok(tlb_find(b.m->cpu[1].tlb, 4) != NULL, "and keeps its other entries");
	finish(&b, &rec);
}

/* Eight users; the same with three of them lazy. */
static void test_eight(int lazy, int ipis)
{
	struct bare b;
	struct record rec;
	struct stage s;
	char text[80];

	set(&b, 8);
	start(&s, &b, &rec);
	s.at[0] = US(100);
	s.at[1] = US(200);
	bare_thread(&b, 0, &s.mm, "sender", sends, &s);
	for (int i = 1; i < 8; i++)
		bare_thread(&b, i, &s.mm, "user", i <= lazy ? sleeps_then_computes : computes, &s);
	bare_run(&b, MS(5));
	snprintf(text, sizeof(text), "8 CPUs, %d of them lazy: %d IPIs, each time", lazy, ipis);
	is_int(s.ipis[0] * 10 + s.ipis[1], ipis * 11, text);
	is_int(b.m->metrics.cell[METRIC_IPI_SENT][VC_FLUSH].count, 2 * ipis, "counted as flushes");
	is_int(b.m->metrics.cell[METRIC_IPI_RECEIVED][VC_FLUSH].count, 2 * ipis, "also where they arrive");
	is_int(b.m->metrics.cell[METRIC_ROUND][0].count, 2, "two rounds");
	finish(&b, &rec);
}

/* A CPU that runs something else is asked to leave the mask once per second. */
static void test_trim(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 4);
	start(&s, &b, &rec);
	s.at[0] = MS(900);
	s.at[1] = MS(1001);
	s.at[2] = MS(1002);
	s.off = MS(1900);
	bare_thread(&b, 0, &s.mm, "sender", sends, &s);
	bare_thread(&b, 3, &s.mm, "elsewhere", runs_other, &s);
	bare_run(&b, SEC(2));
	is_int(s.ipis[0] * 100 + s.ipis[1] * 10 + s.ipis[2], 10, "no IPI, one after a second, none");
	is_int((int64_t)s.mask[1], 1, "which clears the bit");
	is_int(b.m->metrics.cell[METRIC_ROUND_EMPTY][0].count, 2, "the others are empty rounds");
	finish(&b, &rec);
}

/* --- generations ------------------------------------------------------------------- */

static void off_then_computes(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	local_irq_disable(w);
	cpu_work(w, s->off);
	local_irq_enable(w);
	cpu_work(w, MS(1));
}

static void sends_later(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	work_until(w, s->at[w->cpu->id]);
	flush_tlb_page(w, &s->mm, (uint64_t)w->cpu->id);
}

/* CPUs 0 and 3 flush different pages while the target cannot take interrupts. */
static void test_merge(sim_time later)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 4);
	start(&s, &b, &rec);
	s.mm.tlb_gen = 5;
	s.at[0] = US(100);
	s.at[3] = US(100) + later;
	s.off = US(150);
	bare_thread(&b, 0, &s.mm, "sender", sends_later, &s);
	bare_thread(&b, 3, &s.mm, "sender", sends_later, &s);
	bare_thread(&b, 2, &s.mm, "target", off_then_computes, &s);
	bare_run(&b, MS(5));
	is_int((int64_t)s.mm.tlb_gen, 7, "two generations");
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), 3, "one IPI to the target, one each between the senders");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, 2, ANY), 1, "the target flushes all of it, once");
	is_int(record_count(&rec, TP_INVLPG, 2, ANY), 0, "and no page: the other request was newer");
	is_int(record_count(&rec, TP_FLUSH_END, ANY, ANY), 2, "both rounds end");
	finish(&b, &rec);
}

static int flushes_of_range(uint64_t pages, int *invlpg)
{
	struct bare b;
	struct record rec;
	struct stage s;
	int full;

	set(&b, 2);
	start(&s, &b, &rec);
	s.at[0] = US(100);
	s.pages = pages;
	bare_thread(&b, 0, &s.mm, "sender", sends, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	bare_run(&b, MS(5));
	*invlpg = record_count(&rec, TP_INVLPG, ANY, ANY);
	full = record_count(&rec, TP_FLUSH_LOCAL, ANY, ANY);
	finish(&b, &rec);
	return full;
}

static void test_ceiling(void)
{
	int invlpg, full = flushes_of_range(CEILING, &invlpg);

	is_int(full * 1000 + invlpg, 2 * CEILING, "33 pages: 33 INVLPGs on both CPUs");
	full = flushes_of_range(CEILING + 1, &invlpg);
	is_int(full * 1000 + invlpg, 2000, "34: a full flush on both");
}

/* --- coming back -------------------------------------------------------------------- */

static void wakes(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	sends(w, s);
	work_until(w, US(300));
	wake_up_process(w, s->sleeper);
}

static void leaves_then_sleeps(struct ctx *w, void *arg)
{
	(void)arg;
	cpu_work(w, US(1));
	enter_lazy_tlb(w);
	leave_mm(w);			/* what a deep idle state does */
	schedule(w, "somebody", NULL);
	cpu_work(w, MS(1));
}

/* How many cr3 loads the sleeping CPU pays; @flushed: it missed one; @deep: its
 * idle state lost the TLB. */
static int come_back(int flushed, int deep, int pcid, int *ipis)
{
	struct bare b;
	struct record rec;
	struct stage s;
	int loads;

	set(&b, 4);
	b.machine->tlb_pcid = pcid;
	start(&s, &b, &rec);
	s.at[0] = flushed ? US(100) : 0;
	s.sleeper = bare_thread(&b, 1, &s.mm, "lazy", deep ? leaves_then_sleeps : sleeps_then_computes, &s);
	bare_thread(&b, 0, &s.mm, "waker", wakes, &s);
	bare_run(&b, MS(5));
	loads = record_count(&rec, TP_FLUSH_LOCAL, 1, ANY);
	*ipis = record_count(&rec, TP_IPI_SEND, 0, ANY) -
		record_count(&rec, TP_IPI_SEND, 0, VECTOR_RESCHEDULE);
	ok(b.m->cpu[1].active_mm == &s.mm, "it runs the mm again");
	finish(&b, &rec);
	return loads;
}

static void test_lazy(void)
{
	int ipis;

	is_int(come_back(0, 0, 0, &ipis), 0, "nothing was flushed: the way back is free");
	is_int(come_back(1, 0, 0, &ipis), 1, "one flush missed: a cr3 load");
	is_int(ipis, 0, "and no IPI was sent");
	is_int(come_back(1, 1, 0, &ipis), 1, "from a deep state: a cr3 load");
	is_int(ipis, 0, "and no IPI either");
	is_int(come_back(0, 1, 1, &ipis), 0, "from a deep state with identifiers, nothing missed: no flush");
}

struct tour { struct stage s; int n; int found[8]; };

/* Round trip through @n other address spaces; is entry 5 still there? */
static void tours(struct ctx *w, void *arg)
{
	struct tour *t = arg;

	for (int i = 0; i < t->n; i++)
		become(w, i ? &t->s.more[i - 1] : &t->s.other);
	become(w, &t->s.mm);
	t->found[0] = tlb_find(w->cpu->tlb, 5) != NULL;
	cpu_work(w, MS(1));
}

static int entry_after(int n, int pcid, int flush_between)
{
	struct bare b;
	struct record rec;
	struct tour t;

	memset(&t, 0, sizeof(t));
	set(&b, 2);
	b.machine->tlb_pcid = pcid;
	start(&t.s, &b, &rec);
	t.n = n;
	t.s.at[0] = flush_between ? NS(1500) : 0;
	bare_thread(&b, 0, &t.s.mm, "traveller", tours, &t);
	bare_thread(&b, 1, NULL, "sender", sends, &t.s);
	bare_run(&b, MS(5));
	finish(&b, &rec);
	return t.found[0];
}

static void test_identifiers(void)
{
	is_int(entry_after(1, 0, 0), 0, "without identifiers a switch loses all entries");
	is_int(entry_after(1, 1, 0), 1, "with them they wait");
	is_int(entry_after(5, 1, 0), 1, "five other address spaces: still there");
	is_int(entry_after(6, 1, 0), 0, "six others: its identifier was given away");
	is_int(entry_after(2, 1, 1), 0, "a flush while away: seen by its generation");
}

/* --- the two patches ---------------------------------------------------------------------- */

static sim_time round_time(enum flush_local local, enum flush_ack ack, enum how how)
{
	struct bare b;
	struct record rec;
	struct stage s;
	sim_time took;

	set(&b, 2);
	b.kernel->flush_local = local;
	b.kernel->flush_ack = ack;
	start(&s, &b, &rec);
	s.at[0] = US(100);
	s.how[0] = how;
	bare_thread(&b, 0, &s.mm, "sender", sends, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	bare_run(&b, MS(5));
	took = s.took[0];
	finish(&b, &rec);
	return took;
}

static void test_patches(void)
{
	const sim_time func = NS(70 + 90), way = NS(100 + 400 + 300 + 50);

	is_int(round_time(LOCAL_BEFORE, ACK_LATE, PAGE), func + way + func,
	       "one flush here, the way, one there");
	is_int(round_time(LOCAL_CONCURRENT, ACK_LATE, PAGE), way + func, "the sender's own is hidden");
	is_int(round_time(LOCAL_BEFORE, ACK_EARLY, PAGE), func + way, "or the target's");
	is_int(round_time(LOCAL_CONCURRENT, ACK_EARLY, PAGE), way, "or both");
	is_int(round_time(LOCAL_CONCURRENT, ACK_EARLY, TABLES), way + func,
	       "page tables go: nobody acknowledges early");
}

/* --- reclaim's batch -------------------------------------------------------------------------- */

struct batch { struct stage s; int n, ipis[4], deferred; };

static void reclaims(struct ctx *w, void *arg)
{
	struct batch *t = arg;

	work_until(w, US(100));
	for (int i = 0; i < t->n; i++) {
		struct mm *mm = i % 2 ? &t->s.other : &t->s.mm;

		t->deferred += should_defer_flush(w, mm);
		set_tlb_ubc_flush_pending(w, mm, i == t->n - 1);
	}
	t->ipis[0] = record_count(t->s.rec, TP_IPI_SEND, 0, ANY);
	try_to_unmap_flush(w);
	t->ipis[1] = record_count(t->s.rec, TP_IPI_SEND, 0, ANY);
	try_to_unmap_flush_dirty(w);
	try_to_unmap_flush(w);
	t->ipis[2] = record_count(t->s.rec, TP_IPI_SEND, 0, ANY);
	set_tlb_ubc_flush_pending(w, &t->s.mm, 0);
	try_to_unmap_flush_dirty(w);
	t->ipis[3] = record_count(t->s.rec, TP_IPI_SEND, 0, ANY);
}

static void test_batch(void)
{
	struct bare b;
	struct record rec;
	struct batch t;

	memset(&t, 0, sizeof(t));
	set(&b, 6);
	b.kernel->flush_reclaim = RECLAIM_BATCHED;
	start(&t.s, &b, &rec);
	t.n = 32;
	bare_thread(&b, 0, NULL, "reclaim", reclaims, &t);
	bare_thread(&b, 1, &t.s.mm, "user", computes, &t.s);
	bare_thread(&b, 2, &t.s.other, "user", computes, &t.s);
	bare_thread(&b, 3, &t.s.mm, "lazy", sleeps_then_computes, &t.s);
	bare_thread(&b, 4, &t.s.mm, "elsewhere", runs_other, &t.s);
	bare_thread(&b, 5, &t.s.more[0], "stranger", computes, &t.s);
	bare_run(&b, MS(5));
	is_int(t.deferred, 32, "all 32 are put off");
	is_int(t.ipis[0], 0, "unmapping sends nothing");
	is_int(t.ipis[1], 3, "one round for two address spaces: their users and whoever is in a mask, not the lazy");
	is_int(t.ipis[2], 3, "it is done then");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, 1, ANY), 1, "32 pages, one full flush");
	is_int(record_count(&rec, TP_INVLPG, ANY, ANY), 0, "and none by page");
	is_int(t.ipis[3], 3, "clean ptes do not hurry a write-out");
	is_int((int64_t)t.s.mm.tlb_gen, 1 + 16 + 1, "a generation per page");
	finish(&b, &rec);
}

static void touches_after(struct ctx *w, void *arg)
{
	struct batch *t = arg;

	work_until(w, US(10));
	set_tlb_ubc_flush_pending(w, &t->s.mm, 0);
	flush_tlb_batched_pending(w, &t->s.mm);
	t->ipis[0] = record_count(t->s.rec, TP_FLUSH_END, 0, ANY);
	flush_tlb_batched_pending(w, &t->s.mm);
	t->ipis[1] = record_count(t->s.rec, TP_FLUSH_END, 0, ANY);
}

static void test_batched_pending(void)
{
	struct bare b;
	struct record rec;
	struct batch t;

	memset(&t, 0, sizeof(t));
	set(&b, 2);
	b.kernel->flush_reclaim = RECLAIM_BATCHED;
	start(&t.s, &b, &rec);
	bare_thread(&b, 0, &t.s.mm, "zap", touches_after, &t);
	bare_thread(&b, 1, &t.s.mm, "user", computes, &t.s);
	bare_run(&b, MS(5));
	is_int(t.ipis[0] * 10 + t.ipis[1], 11, "who relies on flushed ptes flushes what is pending, once");
	finish(&b, &rec);
}

int main(void)
{
	test_receivers();
	test_eight(0, 7);
	test_eight(3, 4);
	test_trim();
	test_merge(0);
	test_merge(US(5));
	test_ceiling();
	test_lazy();
	test_identifiers();
	test_patches();
	test_batch();
	test_batched_pending();
	return tap_done();
}
