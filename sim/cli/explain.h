/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of "shootdown explain": each adds one text block for what it finds.
 */
#ifndef SIM_CLI_EXPLAIN_H
#define SIM_CLI_EXPLAIN_H

#include "sim/base/strbuf.h"
#include "sim/cli/catalogue.h"
#include "sim/conf/conf.h"

/* What explain found under one name: @text is free, @data are JSON members. */
struct explanation {
	const char *kind, *name, *summary;
	struct strbuf *text;
	struct json *json;	/* an object is open; add members only */
};

/* "  key   value" with the value wrapped behind it. */
void explain_field(struct strbuf *sb, const char *key, const char *value);

void explain_design(struct explanation *x, const struct design_config *d);
void explain_parameter(struct explanation *x, struct conf *conf,
		       const struct param_table *t, const struct param_row *row);
const char *param_text(const struct param_table *t, const char *key, const void *base);
/* Every value of @t in the struct at @base, one line each. */
void explain_values(struct strbuf *sb, const struct param_table *t, const void *base);
void explain_claim(struct explanation *x, const struct claim *c);
void explain_question(struct explanation *x, const struct question *q);
void explain_scenario(struct explanation *x, const struct study *s);
void explain_metric(struct explanation *x, int metric);
void explain_site(struct explanation *x, int site);
void explain_point(struct explanation *x, int point);
void explain_callout(struct explanation *x, int op);

#endif
