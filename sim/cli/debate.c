/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading and storing of claims and questions, for debate.
 *
 * A scenario that several claims name is one study.  A claim's role
 * "sensitivity" is a study of its own: the designs compared, at one point,
 * over samples of the estimated costs.
 */
#include "sim/cli/debate.h"

#include <string.h>

#include "gen/version.h"
#include "sim/base/param.h"
#include "sim/run/run.h"
#include "sim/store/store.h"

static void add_scenario(struct debate *d, const char *name, const struct options *o)
{
	char path[4096];
	const char *file = find_file(d->loaded.root_path, "scenarios", name, path, sizeof(path));

	for (int i = 0; i < d->loaded.n; i++) {
		const struct study *s = d->loaded.study[i];

		if (!s->samples && (!strcmp(s->name, name) || !strcmp(s->file, file)))
			return;
	}
	loaded_add(&d->loaded, file, o);
}

/* Memory of it is the configuration's: replays name it as long as the studies live. */
static const struct study *add_samples(struct debate *d, const struct claim *c)
{
	const struct claim_sensitivity *s = &c->sensitivity;
	struct conf_options co = {
		.seed = -1, .set = s->set, .n_set = s->n_set, .designs = s->designs,
		.samples = s->points, .samples_for = c->id,
	};
	char path[4096];
	struct strbuf sb;
	int added;

	sb_init(&sb);
	sb_addf(&sb, " --samples %d", s->points);
	for (int i = 0; i < s->n_set; i++) {
		sb_adds(&sb, " --set ");
		run_quote(&sb, s->set[i]);
	}
	co.arguments = sb.s;
	added = loaded_add_conf(&d->loaded, find_file(d->loaded.root_path, "scenarios", s->scenario,
						      path, sizeof(path)), &co);
	sb_free(&sb);
	return added ? NULL : d->loaded.study[d->loaded.n - 1];
}

static void add_claim(struct debate *d, const char *file, const struct options *o)
{
	const struct claim *c = conf_claim(d->loaded.conf, file);

	if (!c || d->n == MAX_CLAIMS)
		return;
	for (int i = 0; i < d->n; i++)
		if (!strcmp(d->id[i], c->id))
			return;
	for (int i = 0; i < c->n_scenarios; i++)
		add_scenario(d, c->scenario[i].name, o);
	if (c->sensitivity.scenario)
		d->sampled[d->n] = add_samples(d, c);
	d->claim[d->n] = c;
	d->id[d->n++] = c->id;
}

static void add_question(struct debate *d, const char *file, const struct options *o)
{
	const struct question *q = conf_question(d->loaded.conf, file);

	if (!q || d->n_questions == MAX_QUESTIONS)
		return;
	for (int i = 0; i < q->n_claims; i++) {
		char path[4096];

		add_claim(d, find_file(d->loaded.root_path, "scenarios/claims", q->claim[i], path,
				       sizeof(path)), o);
	}
	d->question[d->n_questions] = q;
	d->question_id[d->n_questions++] = q->id;
}

struct known { struct conf_entry *claim, *question; int n_claims, n_questions; };

static int unknown_name(const struct debate *d, const char *name, const struct known *k)
{
	const char *names[MAX_CLAIMS + MAX_QUESTIONS], *near;
	size_t n = 0;

	for (int i = 0; i < k->n_claims && n < MAX_CLAIMS; i++)
		names[n++] = k->claim[i].name;
	for (int i = 0; i < k->n_questions && i < MAX_QUESTIONS; i++)
		names[n++] = k->question[i].name;
	near = nearest_name(name, names, n);
	if (near)
		return usage_error(d->command, "unknown claim '%s'; did you mean %s?", name, near);
	return usage_error(d->command, "unknown claim '%s'; 'list claims' names them", name);
}

/* A name of the command line: a claim, a question, or a claim's file. */
static int add_named(struct debate *d, const char *name, const struct known *k,
		     const struct options *o)
{
	if (strchr(name, '/')) {
		add_claim(d, name, o);
		return EX_DONE;
	}
	for (int i = 0; i < k->n_claims; i++) {
		if (strcmp(k->claim[i].name, name))
			continue;
		add_claim(d, k->claim[i].file, o);
		return EX_DONE;
	}
	for (int i = 0; i < k->n_questions; i++) {
		if (strcmp(k->question[i].name, name))
			continue;
		add_question(d, k->question[i].file, o);
		return EX_DONE;
	}
	return unknown_name(d, name, k);
}

int debate_load(struct debate *d, const struct options *o)
{
	struct known k = { 0 };

	k.n_claims = conf_list(d->loaded.conf, "claims", &k.claim);
	k.n_questions = conf_list(d->loaded.conf, "questions", &k.question);
	for (int i = 0; i < k.n_questions && !o->n_arg; i++)
		add_question(d, k.question[i].file, o);
	for (int i = 0; i < k.n_claims && !o->n_arg; i++)
		add_claim(d, k.claim[i].file, o);
	for (int a = 0; a < o->n_arg; a++) {
		int rc = add_named(d, o->arg[a], &k, o);

		if (rc != EX_DONE)
			return rc;
	}
	if (!d->n && !conf_errors(d->loaded.conf)->n)
		return usage_error(d->command, "no claims below %s/scenarios/claims",
				   d->loaded.root_path);
	return loaded_errors(d->command, &d->loaded);
}

/* --- storing ------------------------------------------------------------------- */
static const struct study *study_named(const struct debate *d, const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; i < d->loaded.n; i++) {
		const struct study *s = d->loaded.study[i];
		const char *slash = strrchr(s->file, '/');
		const char *base = slash ? slash + 1 : s->file;

		if (s->samples)
			continue;
		if (!strcmp(s->name, name) || !strcmp(s->file, name) ||
		    (!strncmp(base, name, n) && !strcmp(base + n, ".yaml")))
			return s;
	}
	return NULL;
}

static int put_role(struct store *s, const char *claim, const char *role, const struct study *study,
		    struct err *e)
{
	return store_put_claim_study(s, claim, role,
				     store_study_id(study->scenario_hash, SHOOTDOWN_MODEL_HASH,
						    study->seed), e);
}

static int put_claim(struct store *s, const struct debate *d, int i, struct err *e)
{
	const struct claim *c = d->claim[i];

	if (store_put_claim(s, c->id, c->hash, c->body_json, e))
		return -1;
	for (int k = 0; k < c->n_scenarios; k++) {
		const struct study *study = study_named(d, c->scenario[k].name);

		if (!study)
			return err_set(e, EX_CONFIG, "claim %s: scenario %s was not loaded", c->id,
				       c->scenario[k].name);
		if (put_role(s, c->id, c->scenario[k].role, study, e))
			return -1;
	}
	return d->sampled[i] ? put_role(s, c->id, "sensitivity", d->sampled[i], e) : 0;
}

static int put_all(struct store *s, const struct debate *d, struct err *e)
{
	int bad;

	if (store_begin(s, e))
		return -1;
	bad = 0;
	for (int i = 0; i < d->n && !bad; i++)
		bad = put_claim(s, d, i, e);
	for (int i = 0; i < d->n_questions && !bad; i++)
		bad = store_put_question(s, d->question[i]->id, d->question[i]->hash,
					 d->question[i]->body_json, e);
	if (!bad)
		return store_commit(s, e);
	store_rollback(s);
	return -1;
}

int debate_store(const struct debate *d, const char *db, struct err *e)
{
	struct store *s;
	struct err close_error = { 0 };
	int rc;

	if (store_open(db, &s, e))
		return -1;
	rc = put_all(s, d, e);
	if (store_close(s, &close_error) && !rc) {
		*e = close_error;
		rc = -1;
	}
	return rc;
}
