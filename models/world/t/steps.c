/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces in words; see steps.h. */
#include "models/world/t/steps.h"

enum { WORD_MAX = 160, FOLD_MAX = 12 };

/* --- recording ------------------------------------------------------------- */

static void keep(void *arg, const struct trace_record *r)
{
	struct recording *rec = arg;

	if (rec->n == rec->cap) {
		rec->cap = rec->cap ? 2 * rec->cap : 4096;
		rec->r = realloc(rec->r, rec->cap * sizeof(*rec->r));
		BUG_ON(!rec->r);
	}
	rec->r[rec->n++] = *r;
}

void record_run(struct fixture *f, struct recording *rec, struct result *out)
{
	rec->n = 0;
	world_trace(f->w, keep, rec);
	fix_run(f, out);
	world_trace(f->w, NULL, NULL);
}

void record_free(struct recording *rec)
{
	free(rec->r);
	memset(rec, 0, sizeof(*rec));
}

static int matches(const struct trace_record *r, enum tracepoint id, int cpu)
{
	return r->id == (uint32_t)id && (cpu < 0 || r->cpu == cpu);
}

size_t record_find(const struct recording *rec, size_t from, enum tracepoint id, int cpu)
{
	while (from < rec->n && !matches(&rec->r[from], id, cpu))
		from++;
	return from;
}

int64_t record_count(const struct recording *rec, size_t from, size_t to,
		     enum tracepoint id, int cpu)
{
	int64_t n = 0;

	for (size_t i = from; i < rec->n && i <= to; i++)
		n += matches(&rec->r[i], id, cpu);
	return n;
}

int record_op(const struct recording *rec, int cpu, int nth, size_t *from, size_t *to)
{
	*from = record_find(rec, 0, TP_OP_BEGIN, cpu);
	while (nth-- > 0)
		*from = record_find(rec, *from + 1, TP_OP_BEGIN, cpu);
	*to = record_find(rec, *from, TP_OP_END, cpu);
	return *to < rec->n;
}

/* --- words: everything ------------------------------------------------------ */

static const char *op_text(uint64_t kind)
{
	return kind == OPK_MUNMAP ? "munmap" : "madvise";
}

static void lock_text(char *buf, char sign, uint64_t word)
{
	static const char *const suffix[] = { "", " irq", " R", " W" };

	snprintf(buf, WORD_MAX, "%c%s%s", sign, lock_class_names[word & 0xff],
		 suffix[(word >> 8) & 3]);
}

/* Numbers that a hand can know stay, identities (page, lock, thread) go. */
static int word_all(const struct trace_record *r, char *buf)
{
	unsigned long long a = r->a, b = r->b;

	switch ((enum tracepoint)r->id) {
	case TP_OP_BEGIN:
		snprintf(buf, WORD_MAX, "%s begins", op_text(a));
		return 1;
	case TP_OP_END:
		snprintf(buf, WORD_MAX, "%s ends", op_text(a));
		return 1;
	case TP_LOCK:
	case TP_UNLOCK:
		lock_text(buf, r->id == TP_LOCK ? '+' : '-', a);
		return 1;
	case TP_PTE_CLEAR:
		strcpy(buf, "pte cleared");
		return 1;
	case TP_SPTE_ZAP:
		strcpy(buf, "spte cleared");
		return 1;
	case TP_PAGE_FREE:
		strcpy(buf, "page freed");
		return 1;
	case TP_PIN_PUT:
		snprintf(buf, WORD_MAX, "put pin, %llu left", b);
		return 1;
	case TP_CALLOUT_BEGIN:
		snprintf(buf, WORD_MAX, "%s called", callout_table[a].name);
		return 1;
	case TP_CALLOUT_END:
		snprintf(buf, WORD_MAX, "%s returns", callout_table[a].name);
		return 1;
	case TP_SEQ_STEP:
		strcpy(buf, "kvm: seq++");
		return 1;
	case TP_SECTION_OPEN:
	case TP_SECTION_CLOSE:
		snprintf(buf, WORD_MAX, "kvm: count %llu", a);
		return 1;
	case TP_IPI_SEND:
		snprintf(buf, WORD_MAX, "IPI 0x%llx to cpu%llu", a, b);
		return 1;
	case TP_IRQ_ENTER:
		snprintf(buf, WORD_MAX, "interrupt 0x%llx", a);
		return 1;
	case TP_IRQ_LEAVE:
		snprintf(buf, WORD_MAX, "interrupt 0x%llx done", a);
		return 1;
	default:
		world_trace_text(r, buf, WORD_MAX);
		return 1;
	}
}

/* --- words: golden orders ------------------------------------------------------ */

static int word_lock(const struct trace_record *r, char *buf)
{
	static const char *const name[NR_LOCK_CLASSES] = {
		[LOCK_PTL] = "ptl", [LOCK_MMU] = "mmu", [LOCK_ANON_VMA] = "anon",
		[LOCK_NOTIFIER_LIST] = "S",
	};
	unsigned class = r->a & 0xff, mode = (r->a >> 8) & 3;
	char sign = r->id == TP_LOCK ? '+' : '-';

	if (class == LOCK_MMAP_SEM)
		snprintf(buf, WORD_MAX, "%cmm%c", sign, mode == LOCK_WRITE_MODE ? 'W' : 'R');
	else if (name[class])
		snprintf(buf, WORD_MAX, "%c%s", sign, name[class]);
	else
		return 0;
	return 1;
}

static const char *const short_word[NR_TRACEPOINTS] = {
	[TP_PREEMPT_OFF] = "preempt-", [TP_PREEMPT_ON] = "preempt+",
	[TP_PTE_CLEAR] = "pte0", [TP_SPTE_ZAP] = "spte0", [TP_PIN_PUT] = "put",
	[TP_PAGE_FREE] = "free", [TP_FLUSH_BEGIN] = "FLmm", [TP_FLUSH_EMPTY] = "FLmm",
	[TP_KVM_FLUSH_BEGIN] = "round", [TP_KVM_FLUSH_EMPTY] = "round",
	[TP_CALLOUT_END] = "]", [TP_SECTION_OPEN] = "open", [TP_SECTION_CLOSE] = "close",
	[TP_SEQ_STEP] = "seq", [TP_TABLE_FREE] = "table", [TP_VIOLATION] = "VIOLATION",
	[TP_LIST_ADD] = "add", [TP_LIST_DEL] = "del", [TP_RELEASE_BEGIN] = "release[",
	[TP_RELEASE_END] = "]", [TP_LIST_GP_BEGIN] = "GP", [TP_REGISTER_BEGIN] = "register",
	[TP_UNREGISTER_BEGIN] = "unregister", [TP_EXIT_MM] = "mmput", [TP_EXIT_DONE] = "notify",
};

static int word_order(const struct trace_record *r, char *buf)
{
	if (r->id == TP_LOCK || r->id == TP_UNLOCK)
		return word_lock(r, buf);
	if (r->id == TP_CALLOUT_BEGIN) {
		snprintf(buf, WORD_MAX, "%s[", r->a == OP_range_start ? "CBs" :
			 r->a == OP_range_end ? "CBe" : callout_table[r->a].name);
		return 1;
	}
	if (!short_word[r->id])
		return 0;
	strcpy(buf, short_word[r->id]);
	return 1;
}

/* --- folding -------------------------------------------------------------------- */

static int same(char *const *a, char *const *b, int len)
{
	for (int i = 0; i < len; i++)
		if (strcmp(a[i], b[i]))
			return 0;
	return 1;
}

static char *folded(char *const *word, int len, int times)
{
	size_t size = 32;
	char *s;
	int n;

	for (int i = 0; i < len; i++)
		size += strlen(word[i]) + 1;
	s = malloc(size);
	BUG_ON(!s);
	n = sprintf(s, len > 1 ? "%dx{" : "%dx ", times);
	for (int i = 0; i < len; i++)
		n += sprintf(s + n, "%s%s", i ? " " : "", word[i]);
	if (len > 1)
		strcpy(s + n, "}");
	return s;
}

/* Fold repetitions of blocks of @len words. */
static void fold(struct steps *s, int len)
{
	int out = 0;

	for (int i = 0; i < s->n; ) {
		int times = 1;

		while (i + (times + 1) * len <= s->n &&
		       same(&s->word[i], &s->word[i + times * len], len))
			times++;
		if (times == 1) {
			s->word[out++] = s->word[i++];
			continue;
		}
		char *w = folded(&s->word[i], len, times);

		for (int j = 0; j < times * len; j++)
			free(s->word[i + j]);
		i += times * len;
		s->word[out++] = w;
	}
	s->n = out;
}

void steps_of(struct steps *s, const struct recording *rec, int cpu, size_t from,
	      size_t to, enum step_detail detail)
{
	char buf[WORD_MAX];

	s->n = 0;
	s->word = calloc(to >= from ? to - from + 2 : 1, sizeof(*s->word));
	BUG_ON(!s->word);
	for (size_t i = from; i < rec->n && i <= to; i++) {
		if (rec->r[i].cpu != cpu)
			continue;
		if (detail == STEPS_ALL ? word_all(&rec->r[i], buf) : word_order(&rec->r[i], buf))
			s->word[s->n++] = strdup(buf);
	}
	for (int len = 1; len <= FOLD_MAX; len++)
		fold(s, len);
}

char *steps_line(struct steps *s)
{
	char *line;
	size_t size = 1;

	for (int i = 0; i < s->n; i++)
		size += strlen(s->word[i]) + 1;
	line = malloc(size);
	BUG_ON(!line);
	line[0] = 0;
	for (int i = 0; i < s->n; i++) {
		strcat(line, i ? " " : "");
		strcat(line, s->word[i]);
		free(s->word[i]);
	}
	s->word[0] = line;
	s->n = 1;
	return line;
}

void steps_free(struct steps *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->word[i]);
	free(s->word);
}
