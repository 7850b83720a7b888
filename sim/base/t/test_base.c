/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings, JSON, errors, names, hash, arenas, allocation faults, results, checks. */
#include "sim/base/alloc.h"
#include "sim/base/check.h"
#include "sim/base/err.h"
#include "sim/base/hash.h"
#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/base/result.h"
#include "sim/base/strbuf.h"
#include "sim/base/tap.h"

static void test_strbuf(void)
{
	struct strbuf sb;
	char *s;

	sb_init(&sb);
	is_str(sb.s, "", "empty");
	sb_adds(&sb, "one\n");
	sb_addf(&sb, "%d", 2);
	sb_pad(&sb, 5);
	sb_addc(&sb, '|');
	is_str(sb.s, "one\n2    |", "pad counts from the last newline");
	mem_fail_at(1);
	while (!sb.failed)
		sb_adds(&sb, "0123456789012345678901234567890123456789");
	mem_fail_at(0);
	ok(strlen(sb.s) == sb.len, "a failed buffer keeps a valid string");
	sb_free(&sb);
	s = sb_detach(&sb);
	is_str(s, "", "detach of nothing is an empty string");
	mem_free(s);
}

static void test_json(void)
{
	struct strbuf sb;
	struct json j;

	sb_init(&sb);
	json_init(&j, &sb);
	json_open(&j, '{');
	json_kstr(&j, "a\"b", "q\"\\\n\t\x01 \xc3\xa9 \xff \xed\xa0\x80");
	json_kint(&j, "i", INT64_MIN);
	json_knum(&j, "n", 0.1);
	json_knum(&j, "nan", NAN);
	json_key(&j, "l");
	json_open(&j, '[');
	json_bool(&j, 1);
	json_null(&j);
	json_str(&j, NULL);
	json_num(&j, 1.0 / 3);
	json_open(&j, '{');
	json_close(&j, '}');
	json_raw(&j, "[1]");
	json_close(&j, ']');
	json_close(&j, '}');
	is_str(sb.s, "{\"a\\\"b\":\"q\\\"\\\\\\n\\t\\u0001 \xc3\xa9 \xef\xbf\xbd "
	       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"i\":-9223372036854775808,\"n\":0.1,"
	       "\"nan\":null,\"l\":[true,null,null,0.3333333333333333,{},[1]]}",
	       "escapes, surrogates and stray bytes, shortest doubles");
	sb_free(&sb);
}

static void test_diag(void)
{
	struct diag_list l = { 0 };
	char text[512] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	diag_add(&l, "a.yaml", 3, 7, "threads.vcpu.cuont", "count", "unknown key");
	diag_add(&l, "b.yaml", 0, 0, "", NULL, "the file is empty");
	diag_add(&l, "c\x1b[31m.yaml", 1, 1, "", NULL, "'%s' is odd", "x");
	diag_print(&l, f);
	fclose(f);
	is_str(text, "a.yaml:3:7: threads.vcpu.cuont: unknown key; did you mean count?\n"
	       "b.yaml: the file is empty\n"
	       "c\\x1b[31m.yaml:1:1: 'x' is odd\n", "form of an error; no escape sequence gets out");
	mem_fail_at(2);
	diag_add(&l, "d", 1, 1, "p", "s", "m");
	mem_fail_at(0);
	ok(l.failed && l.n == 3, "a list that ran out of memory says so");
	diag_free(&l);
}

static void test_names(void)
{
	static const char *const names[] = { "count", "length", "range_start", "start" };
	char path[200];

	is_str(nearest_name("cuont", names, 4), "count", "swapped letters");
	is_str(nearest_name("lenght", names, 4), "length", "swapped letters at the end");
	is_str(nearest_name("range_strat", names, 4), "range_start", "long name");
	ok(!nearest_name("zebra", names, 4), "nothing near");
	ok(!nearest_name("x", names, 4), "too short to guess");
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ok(!nearest_name(path, names, 4), "longer than any name");
}

static void test_hash(void)
{
	is_int((int64_t)hash_str("merged-2.6.27", 1), (int64_t)0x2548faf0192d01b4u, "fixed for ever");
	ok(hash_mem("a", 1, 0) != hash_mem("a\0", 2, 0), "length counts");
	ok(hash_str("ab", 0) != hash_str("ba", 0), "order counts");
	ok(hash_str("", 0) != hash_str("", 1), "seed counts");
	is_int(hash_rowid(0), 1, "a row id is never 0");
	is_int(hash_rowid((uint64_t)1 << 63), 1, "... nor negative");
}

static void test_arena(void)
{
	struct arena a;
	unsigned char *first, *big, *p;
	int i, dirty = 0;

	arena_init(&a, 4096);
	first = arena_alloc(&a, 100);
	ok(((uintptr_t)first & 63) == 0, "100 bytes are aligned to 64");
	p = arena_alloc(&a, 8);
	ok(((uintptr_t)p & 15) == 0, "8 bytes are aligned to 16");
	big = arena_alloc(&a, 100000);
	memset(big, 0xff, 100000);
	memset(first, 0xff, 100);
	arena_reset(&a);
	is_int((int64_t)a.used, 0, "reset forgets");
	mem_fail_at(1);
	p = arena_alloc(&a, 100);
	ok(p == first, "and hands out the same memory again");
	for (i = 0; i < 100; i++)
		dirty |= p[i];
	p = arena_alloc(&a, 100000);
	ok(p == big, "without a new allocation");
	for (i = 0; i < 100000; i++)
		dirty |= p[i];
	is_int(dirty, 0, "zeroed");
	ok(!arena_alloc(&a, 1 << 20), "no hook: NULL when memory is out");
	mem_fail_at(0);
	arena_free(&a);
}

static void fill(struct result *r)
{
	struct metric_row *m;

	result_init(r);
	m = result_add_metric(r, 3, "primary");
	if (m) {
		m->value = 2.5;
		m->n = 4;
	}
	result_add_metric(r, 4, "");
	result_add_metric(r, 5, NULL);
	result_add_histogram(r, 4, "", "\x01\x02\x03", 3);
	result_add_histogram(r, 4, "empty", "", 0);
	result_add_violation(r, "I1", NS(7), 1, "page freed", "[{\"t\":1}]");
	result_add_count(r, "I1", 1, 20);
	result_add_count(r, "I2", 0, 9);
	result_set_reason(r, "reason %d", 1);
	r->replay = mem_strdup("shootdown run x");
	r->status = RUN_VIOLATION;
	r->events = 77;
	r->fingerprint = 0x1234;
}

static void test_result(void)
{
	struct result r, back, bad;
	struct strbuf sb;
	size_t i, accepted = 0;

	fill(&r);
	sb_init(&sb);
	result_pack(&r, &sb);
	is_int(result_unpack(&back, sb.s, sb.len), 0, "unpack");
	is_int(back.n_metric, 3, "metrics");
	is_near(back.metric[0].value, 2.5, 0, "value");
	ok(isnan(back.metric[1].value), "no observation stays NAN");
	is_str(back.metric[0].label, "primary", "label");
	is_int(back.histogram[0].len, 3, "histogram");
	is_str(back.violation[0].steps, "[{\"t\":1}]", "steps");
	is_int(back.count[1].operations, 9, "exposures");
	is_str(back.reason, "reason 1", "reason");
	is_str(run_status_name(back.status), "violation", "status");
	for (i = 0; i < 40; i++)
		result_add_metric(&back, (int)i, "more");
	is_int(back.n_metric, 43, "an unpacked result can grow");
	for (i = 0; i < sb.len; i++) {
		sb.s[i] ^= 0x40;
		accepted += !result_unpack(&bad, sb.s, sb.len);
		sb.s[i] ^= 0x40;
		accepted += !result_unpack(&bad, sb.s, i);
	}
	is_int((int64_t)accepted, 0, "every flipped bit and every short record is refused");
	result_free(&back);
	sb_free(&sb);
	result_free(&r);
	for (i = 1; i < 30; i++) {
		mem_fail_at((long)i);
		fill(&r);
		accepted += i < 10 && !r.failed && r.replay;
		result_free(&r);
	}
	mem_fail_at(0);
	is_int((int64_t)accepted, 0, "a result that lacks something says so");
}

static void test_checks(void)
{
	struct check_list l = { 0 };

	check_add(&l, "engine", "a", 1.0, 1.05, 0.1, "ns", "x");
	check_add(&l, "engine", "b", 1.0, 1.2, 0.1, "ns", "x");
	check_add(&l, "engine", "c", 1.0, NAN, 0.1, "ns", "x");
	ok(l.v[0].pass && !l.v[1].pass && !l.v[2].pass, "pass, fail, and NAN fails");
	check_free(&l);
}

int main(void)
{
	tap_seed(0);
	test_strbuf();
	test_json();
	test_diag();
	test_names();
	test_hash();
	test_arena();
	test_result();
	test_checks();
	return tap_done();
}
