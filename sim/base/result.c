/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building, packing and unpacking of one replication's result.
 *
 * Packed form: magic, total length, body, 64-bit hash of all that precedes.
 * Integers and doubles are in the machine's own order: both ends of the pipe
 * are the same binary on the same machine.  The reader trusts nothing: every
 * length is checked against what is left, and the hash is checked first.
 */
#include "sim/base/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/alloc.h"
#include "sim/base/hash.h"

#define RESULT_MAGIC	0x31746c7573657253u	/* "Sresult1" */
#define HASH_SEED	0x726573756c74u

const char *run_status_name(enum run_status s)
{
	static const char *const names[NR_RUN_STATUS] = {
		[RUN_OK] = "ok", [RUN_VIOLATION] = "violation",
		[RUN_DEADLOCK] = "deadlock", [RUN_ASSERTION] = "assertion",
		[RUN_CRASH] = "crash", [RUN_TIMEOUT] = "timeout",
		[RUN_MEMORY] = "memory", [RUN_OOM] = "oom",
	};

	return (unsigned)s < NR_RUN_STATUS ? names[s] : "unknown";
}

void result_init(struct result *r)
{
	memset(r, 0, sizeof(*r));
}

void result_free(struct result *r)
{
	uint32_t i;

	for (i = 0; i < r->n_histogram; i++)
		mem_free(r->histogram[i].bins);
	for (i = 0; i < r->n_violation; i++) {
		mem_free(r->violation[i].summary);
		mem_free(r->violation[i].steps);
	}
	mem_free(r->metric);
	mem_free(r->histogram);
	mem_free(r->violation);
	mem_free(r->count);
	mem_free(r->reason);
	mem_free(r->replay);
	result_init(r);
}

/* One more row in @array, which grows by doubling at powers of two; NULL and
 * ->failed if memory is out. */
static void *add_row(struct result *r, void **array, uint32_t *n, size_t size)
{
	if ((*n & (*n - 1)) == 0) {
		uint32_t cap = *n ? 2 * *n : 1;
		void *p = mem_realloc(*array, cap * size);

		if (!p) {
			r->failed = 1;
			return NULL;
		}
		*array = p;
	}
	return memset((char *)*array + (*n)++ * size, 0, size);
}

static void set_label(char *to, size_t size, const char *label)
{
	snprintf(to, size, "%s", label ? label : "");
}

struct metric_row *result_add_metric(struct result *r, int metric, const char *label)
{
	void *array = r->metric;
	struct metric_row *m = add_row(r, &array, &r->n_metric, sizeof(*m));

	r->metric = array;
	if (!m)
		return NULL;
	m->metric = metric;
	set_label(m->label, sizeof(m->label), label);
	m->value = m->sum = m->sumsq = m->min = m->max = NAN;
	return m;
}

void result_add_histogram(struct result *r, int metric, const char *label,
			  const void *bins, uint32_t len)
{
	void *array = r->histogram;
	unsigned char *copy = mem_alloc(len);
	struct histogram_row *h;

	if (!copy) {
		r->failed = 1;
		return;
	}
	h = add_row(r, &array, &r->n_histogram, sizeof(*h));
	r->histogram = array;
	if (!h) {
		mem_free(copy);
		return;
	}
	if (len)
		memcpy(copy, bins, len);
	h->metric = metric;
	set_label(h->label, sizeof(h->label), label);
	h->bins = copy;
	h->len = len;
}

void result_add_violation(struct result *r, const char *invariant, sim_time at,
			  int expected, const char *summary, const char *steps)
{
	void *array = r->violation;
	char *text = mem_strdup(summary), *json = mem_strdup(steps);
	struct violation_row *v = NULL;

	if (text && json) {
		v = add_row(r, &array, &r->n_violation, sizeof(*v));
		r->violation = array;
	}
	if (!v) {
		mem_free(text);
		mem_free(json);
		r->failed = 1;
		return;
	}
	set_label(v->invariant, sizeof(v->invariant), invariant);
	v->at = at;
	v->expected = expected;
	v->summary = text;
	v->steps = json;
}

void result_add_count(struct result *r, const char *invariant, int64_t count,
		      int64_t operations)
{
	void *array = r->count;
	struct violation_count_row *c = add_row(r, &array, &r->n_count, sizeof(*c));

	r->count = array;
	if (!c)
		return;
	set_label(c->invariant, sizeof(c->invariant), invariant);
	c->count = count;
	c->operations = operations;
}

void result_set_reason(struct result *r, const char *fmt, ...)
{
	struct strbuf sb;
	va_list ap;

	sb_init(&sb);
	va_start(ap, fmt);
	sb_vaddf(&sb, fmt, ap);
	va_end(ap);
	mem_free(r->reason);
	r->reason = sb.failed ? NULL : sb_detach(&sb);
	if (!r->reason)
		r->failed = 1;
	sb_free(&sb);
}

/* --- packing --------------------------------------------------------------- */
#define PUT(sb, x) sb_addmem(sb, &(x), sizeof(x))

static void put_bytes(struct strbuf *sb, const void *p, uint32_t n)
{
	PUT(sb, n);
	sb_addmem(sb, p, n);
}

static void put_text(struct strbuf *sb, const char *s)
{
	put_bytes(sb, s ? s : "", s ? (uint32_t)strlen(s) : 0);
}

static void put_head(struct strbuf *sb, const struct result *r)
{
	uint32_t status = r->status;

	PUT(sb, status);
	PUT(sb, r->sim_time_ps);
	PUT(sb, r->warmup_ps);
	PUT(sb, r->events);
	PUT(sb, r->fingerprint);
	put_text(sb, r->reason);
	put_text(sb, r->replay);
}

void result_pack(const struct result *r, struct strbuf *out)
{
	size_t start = out->len;
	uint64_t word = RESULT_MAGIC;
	uint32_t i;

	PUT(out, word);
	word = 0;
	PUT(out, word);		/* length, below */
	put_head(out, r);
	put_bytes(out, r->metric, r->n_metric * (uint32_t)sizeof(*r->metric));
	put_bytes(out, r->count, r->n_count * (uint32_t)sizeof(*r->count));
	PUT(out, r->n_histogram);
	for (i = 0; i < r->n_histogram; i++) {
		PUT(out, r->histogram[i].metric);
		put_text(out, r->histogram[i].label);
		put_bytes(out, r->histogram[i].bins, r->histogram[i].len);
	}
	PUT(out, r->n_violation);
	for (i = 0; i < r->n_violation; i++) {
		put_text(out, r->violation[i].invariant);
		PUT(out, r->violation[i].at);
		PUT(out, r->violation[i].expected);
		put_text(out, r->violation[i].summary);
		put_text(out, r->violation[i].steps);
	}
	if (out->failed)
		return;
	word = out->len - start + sizeof(word);
	memcpy(out->s + start + sizeof(word), &word, sizeof(word));
	word = hash_mem(out->s + start, out->len - start, HASH_SEED);
	PUT(out, word);
}

struct reader {
	const unsigned char *p;
	size_t left;
	int bad;
};

static void get(struct reader *in, void *to, size_t n)
{
	if (in->bad || n > in->left) {
		in->bad = 1;
		memset(to, 0, n);
		return;
	}
	memcpy(to, in->p, n);
	in->p += n;
	in->left -= n;
}

#define GET(in, x) get(in, &(x), sizeof(x))

/* A NUL-terminated copy of the next counted bytes; NULL and ->bad on error. */
static char *get_bytes(struct reader *in, uint32_t *len)
{
	uint32_t n;
	char *s;

	GET(in, n);
	if (in->bad || n > in->left || !(s = mem_alloc((size_t)n + 1))) {
		in->bad = 1;
		return NULL;
	}
	get(in, s, n);
	s[n] = '\0';
	if (len)
		*len = n;
	return s;
}

static void get_label(struct reader *in, char *to, size_t size)
{
	char *s = get_bytes(in, NULL);

	set_label(to, size, s);
	mem_free(s);
}

/* Room for the next power of two: add_row() counts on that. */
static void *get_array(struct reader *in, uint32_t *n, size_t size)
{
	uint32_t bytes, cap = 1;
	void *p;

	GET(in, bytes);
	if (in->bad || bytes > in->left || bytes % size) {
		in->bad = 1;
		return NULL;
	}
	if (!bytes)
		return NULL;
	while (cap * size < bytes)
		cap *= 2;
	p = mem_alloc(cap * size);
	if (!p) {
		in->bad = 1;
		return NULL;
	}
	get(in, p, bytes);
	*n = bytes / (uint32_t)size;
	return p;
}

static void get_histograms(struct reader *in, struct result *r)
{
	uint32_t n, i, len;

	GET(in, n);
	for (i = 0; i < n && !in->bad; i++) {
		char label[32], *bins;
		int metric;

		GET(in, metric);
		get_label(in, label, sizeof(label));
		bins = get_bytes(in, &len);
		if (bins)
			result_add_histogram(r, metric, label, bins, len);
		mem_free(bins);
	}
}

static void get_violations(struct reader *in, struct result *r)
{
	uint32_t n, i;

	GET(in, n);
	for (i = 0; i < n && !in->bad; i++) {
		char invariant[4], *summary, *steps;
		sim_time at;
		int expected;

		get_label(in, invariant, sizeof(invariant));
		GET(in, at);
		GET(in, expected);
		summary = get_bytes(in, NULL);
		steps = get_bytes(in, NULL);
		if (summary && steps)
			result_add_violation(r, invariant, at, expected, summary, steps);
		mem_free(summary);
		mem_free(steps);
	}
}

/* Magic, length and hash; the body between them goes to @in. */
static int open_record(struct reader *in, const void *p, size_t n)
{
	uint64_t word[2], hash;

	if (n < sizeof(word) + sizeof(hash))
		return -1;
	memcpy(word, p, sizeof(word));
	memcpy(&hash, (const char *)p + n - sizeof(hash), sizeof(hash));
	if (word[0] != RESULT_MAGIC || word[1] != n ||
	    hash != hash_mem(p, n - sizeof(hash), HASH_SEED))
		return -1;
	in->p = (const unsigned char *)p + sizeof(word);
	in->left = n - sizeof(word) - sizeof(hash);
	in->bad = 0;
	return 0;
}

int result_unpack(struct result *r, const void *p, size_t n)
{
	struct reader in;
	uint32_t status;

	result_init(r);
	if (open_record(&in, p, n))
		return -1;
	GET(&in, status);
	r->status = status;
	GET(&in, r->sim_time_ps);
	GET(&in, r->warmup_ps);
	GET(&in, r->events);
	GET(&in, r->fingerprint);
	r->reason = get_bytes(&in, NULL);
	r->replay = get_bytes(&in, NULL);
	r->metric = get_array(&in, &r->n_metric, sizeof(*r->metric));
	r->count = get_array(&in, &r->n_count, sizeof(*r->count));
	get_histograms(&in, r);
	get_violations(&in, r);
	if (in.bad || in.left || r->failed || status >= NR_RUN_STATUS) {
		result_free(r);
		return -1;
	}
	return 0;
}
