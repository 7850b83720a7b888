/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON writer, RFC 8259.  Misuse (a key outside an object, unbalanced
 * brackets) is a bug of the caller and asserted where it can be seen.
 * Bytes that are not UTF-8 become U+FFFD: file names and scenario texts may
 * hold anything, the document must still parse.
 */
#include "sim/base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/xassert.h"

void json_init(struct json *j, struct strbuf *sb)
{
	j->sb = sb;
	j->depth = 0;
	j->has_item = 0;
	j->after_key = 0;
}

static uint64_t depth_bit(const struct json *j)
{
	return (uint64_t)1 << j->depth;
}

/* Comma if one is due; call before every value and key. */
static void separate(struct json *j)
{
	if (j->after_key) {
		j->after_key = 0;
		return;
	}
	if (j->has_item & depth_bit(j))
		sb_addc(j->sb, ',');
	j->has_item |= depth_bit(j);
}

void json_open(struct json *j, char bracket)
{
	BUG_ON(bracket != '{' && bracket != '[');
	BUG_ON(j->depth >= 62);
	separate(j);
	sb_addc(j->sb, bracket);
	j->depth++;
	j->has_item &= ~depth_bit(j);
}

void json_close(struct json *j, char bracket)
{
	BUG_ON(bracket != '}' && bracket != ']');
	BUG_ON(j->depth <= 0 || j->after_key);
	j->depth--;
	sb_addc(j->sb, bracket);
}

/* Length of the UTF-8 sequence at @s, 0 if it is not one. */
static int utf8_length(const unsigned char *s)
{
	uint32_t c;
	int n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000))
		return 0;
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

static void add_escaped(struct strbuf *sb, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	sb_addc(sb, '"');
	while (*s) {
		int n = utf8_length(s);

		if (!n) {
			sb_adds(sb, "\xef\xbf\xbd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			sb_addc(sb, '\\');
			sb_addc(sb, (char)*s);
		} else if (*s == '\n') {
			sb_adds(sb, "\\n");
		} else if (*s == '\t') {
			sb_adds(sb, "\\t");
		} else if (*s < 0x20 || *s == 0x7f) {
			sb_addf(sb, "\\u%04x", *s);
		} else {
			sb_addmem(sb, s, (size_t)n);
		}
		s += n;
	}
	sb_addc(sb, '"');
}

void json_key(struct json *j, const char *key)
{
	BUG_ON(j->after_key || !j->depth);
	separate(j);
	add_escaped(j->sb, key);
	sb_addc(j->sb, ':');
	j->after_key = 1;
}

void json_str(struct json *j, const char *s)
{
	if (!s) {
		json_null(j);
		return;
	}
	separate(j);
	add_escaped(j->sb, s);
}

void json_int(struct json *j, int64_t v)
{
	separate(j);
	sb_addf(j->sb, "%" PRId64, v);
}

void json_num(struct json *j, double v)
{
	char buf[40];
	int digits;

	if (!isfinite(v)) {
		json_null(j);
		return;
	}
	for (digits = 15; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	separate(j);
	sb_adds(j->sb, buf);
}

void json_bool(struct json *j, int v)
{
	separate(j);
	sb_adds(j->sb, v ? "true" : "false");
}

void json_null(struct json *j)
{
	separate(j);
	sb_adds(j->sb, "null");
}

void json_raw(struct json *j, const char *text)
{
	separate(j);
	sb_adds(j->sb, text);
}

void json_kstr(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_kint(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

void json_knum(struct json *j, const char *key, double v)
{
	json_key(j, key);
	json_num(j, v);
}

void json_kbool(struct json *j, const char *key, int v)
{
	json_key(j, key);
	json_bool(j, v);
}
