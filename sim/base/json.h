/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON writer (no parser).  Escapes everything; a NaN or infinity becomes
 * null; doubles are written with 17 significant digits at most, shortest that
 * reads back equal.
 */
#ifndef SIM_BASE_JSON_H
#define SIM_BASE_JSON_H

#include <stdint.h>

#include "sim/base/strbuf.h"

struct json {
	struct strbuf *sb;
	int depth;
	uint64_t has_item;	/* bit per depth: a comma is due */
	int after_key;
};

void json_init(struct json *j, struct strbuf *sb);
void json_open(struct json *j, char bracket);	/* '{' or '[' */
void json_close(struct json *j, char bracket);	/* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s);	/* NULL -> null */
void json_int(struct json *j, int64_t v);
void json_num(struct json *j, double v);
void json_bool(struct json *j, int v);
void json_null(struct json *j);
/* Insert text that is JSON already. */
void json_raw(struct json *j, const char *text);

/* key + value in one call */
void json_kstr(struct json *j, const char *key, const char *s);
void json_kint(struct json *j, const char *key, int64_t v);
void json_knum(struct json *j, const char *key, double v);
void json_kbool(struct json *j, const char *key, int v);

#endif
