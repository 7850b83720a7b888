/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps of registering, unregistering and exit: which may stand where, what
 * is taken must be dropped, and what looks wrong becomes a note.  A broken
 * order is a legitimate object (the oracle judges it); one that cannot be
 * executed at all is an error.
 */
#include <stdarg.h>
#include <string.h>

#include "sim/conf/internal.h"

struct steps_check {
	struct loader *l;
	const struct node *at;		/* of the list, or NULL: the table's default */
	const char *path, *name;
	unsigned where;
	const struct word_list *v;
	void (*note)(void *arg, const char *text);
	void *arg;
};

static void odd(struct steps_check *k, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void odd(struct steps_check *k, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k->note(k->arg, text);
}

static int place_of(const struct word_list *v, enum step_id step)
{
	int i;

	for (i = 0; i < v->n; i++)
		if (v->word[i] == step)
			return i;
	return -1;
}

static int takes_lock(int step)
{
	return step == STEP_mmap_sem_write || step == STEP_global_spinlock ||
	       step == STEP_global_mutex || step == STEP_i_mmap || step == STEP_anon_vma ||
	       step == STEP_seqlock_replay;
}

static int takes_spinlock(int step)
{
	return takes_lock(step) && step != STEP_mmap_sem_write && step != STEP_global_mutex;
}

static int sleeps(int step)
{
	return step == STEP_mmap_sem_write || step == STEP_global_mutex || step == STEP_gp ||
	       step == STEP_sort;
}

static void check_words(struct steps_check *k)
{
	int i, j;

	for (i = 0; i < k->v->n; i++) {
		const struct step_info *s = &step_table[k->v->word[i]];

		if (!(s->where & k->where))
			load_error(k->l, k->at, k->path, NULL, "'%s' is no step of %s", s->name, k->name);
		for (j = 0; j < i && s != &step_table[STEP_gp] && s != &step_table[STEP_unlock]; j++)
			if (k->v->word[j] == k->v->word[i])
				load_error(k->l, k->at, k->path, NULL, "'%s' stands in it twice", s->name);
	}
}

/* Everything taken is dropped; who sleeps under a spinlock is named. */
static void check_locks(struct steps_check *k)
{
	int i, held = -1, spin = -1;

	for (i = 0; i < k->v->n; i++) {
		int step = k->v->word[i];

		if (sleeps(step) && spin >= 0)
			odd(k, "I9: %s: %s may sleep while %s holds a spinlock", k->name,
			    step_table[step].name, step_table[spin].name);
		if (takes_lock(step))
			held = step;
		if (takes_spinlock(step))
			spin = step;
		if (step == STEP_unlock)
			held = spin = -1;
	}
	if (held >= 0)
		load_error(k->l, k->at, k->path, NULL, "the lock of %s is never dropped: unlock is missing",
			   step_table[held].name);
	if (place_of(k->v, STEP_mmap_sem_write) < 0 &&
	    (place_of(k->v, STEP_i_mmap) >= 0 || place_of(k->v, STEP_anon_vma) >= 0))
		odd(k, "%s: the VMAs are walked without mmap_sem", k->name);
}

static void check_register(struct steps_check *k, const struct design_config *d)
{
	if (k->v->n && place_of(k->v, STEP_insert) < 0)
		load_error(k->l, k->at, k->path, NULL, "insert is missing: nobody would be called");
	if (d->list_structure != LIST_NONE && !k->v->n)
		odd(k, "register: there is no way to register while the system runs");
}

static void check_removal(struct steps_check *k, const struct design_config *d)
{
	int unlink = place_of(k->v, STEP_unlink), release = place_of(k->v, STEP_release);
	int gp = place_of(k->v, STEP_gp), free = place_of(k->v, STEP_free);
	int unpin = place_of(k->v, STEP_unpin_module);

	if (release >= 0 && unlink >= 0 && unlink < release)
		odd(k, "I6: %s: off the list before ->release: in between nobody is told", k->name);
	if (free >= 0 && unlink < 0)
		load_error(k->l, k->at, k->path, NULL, "free without unlink: the list would keep it");
	if ((free >= 0 && (gp < 0 || gp > free)) || (unpin >= 0 && (gp < 0 || gp > unpin)))
		odd(k, "I5: %s: nothing waits for callouts that are under way", k->name);
	if (gp >= 0 && d->list_reader == READER_NONE)
		odd(k, "%s: gp has no reader to wait for", k->name);
}

void check_steps(struct loader *l, const struct node *core, const struct design_config *d,
		 void (*note)(void *arg, const char *text), void *arg)
{
	const struct { const char *name, *path; unsigned where; const struct word_list *v; } list[] = {
		{ "register", "design.core.register", STEP_IN_REGISTER, &d->on_register },
		{ "unregister", "design.core.unregister", STEP_IN_UNREGISTER, &d->on_unregister },
		{ "exit", "design.core.exit", STEP_IN_EXIT, &d->on_exit },
	};
	size_t i;

	if (d->list_structure == LIST_NONE)
		return;			/* nobody registers */
	for (i = 0; i < 3; i++) {
		struct steps_check k = {
			l, node_get(core, list[i].name), list[i].path, list[i].name,
			list[i].where, list[i].v, note, arg
		};

		check_words(&k);
		check_locks(&k);
		if (!i)
			check_register(&k, d);
		else
			check_removal(&k, d);
	}
}
