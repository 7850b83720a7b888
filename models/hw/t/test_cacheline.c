/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cache lines: cost by distance, sharers, service of simultaneous requests
 * one after another in the order of booking, a debt that an interrupt pushes
 * back.  2 sockets of 4 CPUs; every cost has its own figure.
 */
#include "models/hw/cacheline.h"
#include "models/world/t/record.h"

enum { OWN = 1000, ATOMIC = 2000, SOCKET = 10000, CROSS = 100000, MEMORY = 1000000 };

static void prepare(struct bare *b, struct record *rec)
{
	bare_init(b, 2, 4);
	no_costs(b);
	b->machine->cost[COST_LINE_OWN] = OWN;
	b->machine->cost[COST_LINE_ATOMIC] = ATOMIC;
	b->machine->cost[COST_LINE_SOCKET] = SOCKET;
	b->machine->cost[COST_LINE_CROSS] = CROSS;
	b->machine->cost[COST_LINE_MEMORY] = MEMORY;
	boot(b, rec);
}

/* --- a script: who accesses how, in turn; what it took --------------------------- */

struct step {
	int cpu;
	enum line_access kind;
	sim_time want;
	const char *what;
};

static const struct step script[] = {
	{ 0, LINE_READ, MEMORY, "first read comes from memory" },
	{ 0, LINE_READ, OWN, "a second read hits" },
	{ 1, LINE_READ, SOCKET, "read from a core of the socket" },
	{ 4, LINE_READ, CROSS, "read from the other socket" },
	{ 5, LINE_READ, SOCKET, "read where a socket mate has a copy, the owner of none" },
	{ 0, LINE_READ, OWN, "others' reads leave a copy" },
	{ 0, LINE_WRITE, CROSS, "a write waits for the farthest copy to go" },
	{ 0, LINE_WRITE, OWN, "an owned line is written at once" },
	{ 0, LINE_ATOMIC, ATOMIC, "locked operation on an owned line" },
	{ 1, LINE_READ, SOCKET, "the write took every copy: the socket mate reads again" },
	{ 5, LINE_READ, CROSS, "and so does the other socket" },
	{ 1, LINE_ATOMIC, CROSS + ATOMIC, "a locked operation needs the line and itself" },
	{ 2, LINE_ATOMIC, SOCKET + ATOMIC, "from its owner in the socket" },
	{ 2, LINE_READ, OWN, "an atomic leaves a copy" },
	{ 3, LINE_READ, SOCKET, "shared again" },
	{ 2, LINE_ATOMIC, SOCKET + ATOMIC, "an owner that shares must invalidate" },
	{ 7, LINE_WRITE, CROSS, "write of a line owned in the other socket" },
};
enum { STEPS = sizeof(script) / sizeof(script[0]) };

struct play {
	struct line l;
	sim_time took[STEPS];
	int cpu;
};

/* Step i begins at i * 10 us. */
static void actor(struct ctx *w, void *arg)
{
	struct play *p = arg;

	for (int i = 0; i < STEPS; i++) {
		sim_time t;

		if (script[i].cpu != w->cpu->id)
			continue;
		work_until(w, i * US(10));
		t = now_of(w);
		line_access(w, &p->l, script[i].kind);
		sync(w);
		p->took[i] = now_of(w) - t;
	}
}

static void test_script(void)
{
	struct bare b;
	struct record rec;
	struct play p = { 0 };

	prepare(&b, &rec);
	line_init(&p.l);
	for (int i = 0; i < 8; i++)
		bare_thread(&b, i, NULL, "actor", actor, &p);
	bare_run(&b, SEC(1));
	for (int i = 0; i < STEPS; i++)
		is_int(p.took[i], script[i].want, script[i].what);
	finish(&b, &rec);
}

/* --- requests at one instant -------------------------------------------------------- */

struct rush {
	struct line l;
	sim_time done[8];
	sim_time late;
};

static void one_write(struct ctx *w, void *arg)
{
	struct rush *r = arg;

	work_until(w, US(10));
	line_access(w, &r->l, LINE_WRITE);
	sync(w);
	r->done[w->cpu->id] = now_of(w) - US(10);
}

/* Books last, but is nearest to the owner then; a hit of its own meanwhile. */
static void one_read(struct ctx *w, void *arg)
{
	struct rush *r = arg;
	sim_time t;

	work_until(w, US(10) + 1);
	line_access(w, &r->l, LINE_READ);
	sync(w);
	r->done[w->cpu->id] = now_of(w) - US(10);
	t = now_of(w);
	line_access(w, &r->l, LINE_READ);
	sync(w);
	r->late = now_of(w) - t;
}

static void test_serial(void)
{
	static const int order[] = { 3, 4, 0, 5 };	/* of starting, hence of booking */
	static const sim_time cost[] = { MEMORY, CROSS, CROSS, CROSS };
	struct bare b;
	struct record rec;
	struct rush r = { 0 };
	sim_time sum = 0;

	prepare(&b, &rec);
	line_init(&r.l);
	for (int i = 0; i < 4; i++)
		bare_thread(&b, order[i], NULL, "writer", one_write, &r);
	bare_thread(&b, 6, NULL, "reader", one_read, &r);
	bare_run(&b, SEC(1));
	for (int i = 0; i < 4; i++) {
		sum += cost[i];
		is_int(r.done[order[i]], sum,
		       "simultaneous writes are served one after another, in booking order");
	}
	is_int(r.done[6], sum + SOCKET, "a later read queues behind all of them");
	is_int(r.late, OWN, "then it hits");
	is_int(r.l.busy_until, US(10) + sum + SOCKET, "the line is busy until the last transfer");
	is_int(r.l.owner, 5, "the owner is the last writer");
	is_int((int64_t)r.l.sharers, (1 << 5) | (1 << 6), "sharers are the last writer and the reader");
	finish(&b, &rec);
}

static void hit_while_busy(struct ctx *w, void *arg)
{
	struct rush *r = arg;
	sim_time t;

	line_access(w, &r->l, LINE_READ);
	work_until(w, US(10) + 2);
	t = now_of(w);
	line_access(w, &r->l, LINE_READ);
	sync(w);
	r->late = now_of(w) - t;
}

static void read_at_10(struct ctx *w, void *arg)
{
	struct rush *r = arg;

	work_until(w, US(10));
	line_access(w, &r->l, LINE_READ);
}

static void test_hit_while_busy(void)
{
	struct bare b;
	struct record rec;
	struct rush r = { 0 };

	prepare(&b, &rec);
	line_init(&r.l);
	bare_thread(&b, 0, NULL, "has a copy", hit_while_busy, &r);
	bare_thread(&b, 4, NULL, "reads", read_at_10, &r);
	bare_run(&b, SEC(1));
	is_int(r.late, OWN, "a hit does not wait for another's transfer");
	is_int(r.l.busy_until, US(10) + CROSS, "and occupies nobody");
	finish(&b, &rec);
}

/* --- an interrupt between booking and completion ---------------------------------------- */

static void body_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	cpu_work(w, US(7));
}

static void test_debt_pushed_back(void)
{
	struct bare b;
	struct record rec;
	struct rush r = { 0 };

	prepare(&b, &rec);
	line_init(&r.l);
	b.m->vector_handler[VC_BACKGROUND] = body_handler;
	bare_thread(&b, 0, NULL, "writer 0", one_write, &r);
	bare_thread(&b, 1, NULL, "writer 1", one_write, &r);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(10) + NS(1));
	bare_run(&b, SEC(1));
	is_int(r.done[0], MEMORY + US(7), "an interrupted access is paid after the handler");
	is_int(r.done[1], MEMORY + SOCKET, "the line itself was served at its booked time");
	finish(&b, &rec);
}

/* --- jitter ------------------------------------------------------------------------------ */

static void draw_many(struct ctx *w, void *arg)
{
	struct tally *t = arg;

	for (int i = 0; i < 20000; i++) {
		ctx_next_item(w);
		tally_add(t, cost_draw(w, COST_LINE_CROSS));
	}
}

static void test_jitter(void)
{
	struct bare b;
	struct record rec;
	struct tally t = { 0 };
	uint32_t *table = mem_calloc(JITTER_STEPS, sizeof(*table));
	uint64_t sum = 0;

	prepare(&b, &rec);
	jitter_fill(table, 100000);
	for (int i = 0; i < JITTER_STEPS; i++)
		sum += table[i];
	is_int((int64_t)sum, JITTER_STEPS * 65536, "jitter factors have mean 1 exactly");
	b.m->jitter_table = table;
	bare_thread(&b, 0, NULL, "draws", draw_many, &t);
	bare_run(&b, SEC(1));
	is_near(tally_mean(&t) / CROSS, 1, 0.003, "mean of a cost with jitter is its value");
	is_near(sqrt(tally_variance(&t)) / CROSS, 0.1, 0.003,
	       "its coefficient of variation is machine.jitter");
	finish(&b, &rec);
	mem_free(table);
}

/* Any share that the configuration allows, down to where the gamma is a normal law. */
static void test_jitter_tables(void)
{
	static const int64_t cv[] = { 1, 500, 2000, 4500, 18451, 49999, 50001, 300000, 2000000 };
	uint32_t table[JITTER_STEPS];

	for (size_t k = 0; k < sizeof(cv) / sizeof(cv[0]); k++) {
		double sum = 0, square = 0, found, wanted = (double)cv[k] / PPM_ONE;
		int falling = 0;
		char what[80];

		jitter_fill(table, cv[k]);
		for (int i = 0; i < JITTER_STEPS; i++) {
			sum += table[i];
			square += (double)table[i] * table[i];
			falling += i && table[i] + 1 < table[i - 1];
		}
		found = sqrt(square / JITTER_STEPS / 65536 / 65536 - 1);
		snprintf(what, sizeof(what), "jitter of %lld ppm: cv %.6f, mean 1, rising",
			 (long long)cv[k], found);
		/* the table's own step is 1/65536; a law this wide loses its tail */
		ok(sum == JITTER_STEPS * 65536.0 && !falling &&
		   fabs(found - wanted) < 3e-5 + wanted * (wanted > 1 ? 0.15 : 0.01), what);
	}
}

/* Two atomics in a row, while another CPU has booked the line for in between. */
struct row { struct line l; sim_time took[2]; };

static void two_in_a_row(struct ctx *w, void *arg)
{
	struct row *r = arg;

	work_until(w, US(10));
	for (int i = 0; i < 2; i++) {
		sim_time t = now_of(w);

		line_access(w, &r->l, LINE_ATOMIC);
		sync(w);
		r->took[i] = now_of(w) - t;
	}
}

static void comes_between(struct ctx *w, void *arg)
{
	struct row *r = arg;

	work_until(w, US(10) + NS(1));
	line_access(w, &r->l, LINE_ATOMIC);
	sync(w);
}

static void test_dwell(sim_time dwell, sim_time want)
{
	struct bare b;
	struct record rec;
	struct row r;

	prepare(&b, &rec);
	b.machine->cost[COST_LINE_DWELL] = dwell;
	memset(&r, 0, sizeof(r));
	line_init(&r.l);
	r.l.owner = 2;
	r.l.sharers = 4;
	bare_thread(&b, 0, NULL, "row", two_in_a_row, &r);
	bare_thread(&b, 1, NULL, "between", comes_between, &r);
	bare_run(&b, MS(1));
	is_int(r.took[0], SOCKET + ATOMIC, "the line is fetched");
	is_int(r.took[1], want, dwell ? "and kept for what follows at once" :
	       "strictly in order: the second waits for the other CPU, and fetches it back");
	finish(&b, &rec);
}

int main(void)
{
	test_dwell(0, 2 * (SOCKET + ATOMIC));
	test_dwell(NS(1), ATOMIC);
	test_script();
	test_serial();
	test_hit_while_busy();
	test_debt_pushed_back();
	test_jitter();
	test_jitter_tables();
	return tap_done();
}
