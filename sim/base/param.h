/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameter rows: the single source for struct member, loader, range check,
 * "list parameters", "explain", the JSON schema and the parameter table of
 * the store.
 *
 * A table describes one struct.  Values live in the struct as int64_t (times
 * in ps, sizes in bytes, shares in ppm, enums as their value, booleans 0/1),
 * as struct dist, or as char[PARAM_NAME_MAX] for names and texts.
 * Every row has an origin: who says so?
 */
#ifndef SIM_BASE_PARAM_H
#define SIM_BASE_PARAM_H

#include <stddef.h>
#include <stdint.h>

#define PARAM_NAME_MAX 64

enum param_type {
	PT_BOOL, PT_INT, PT_TIME, PT_SIZE, PT_FREQ, PT_PERCENT, PT_ENUM,
	PT_DIST,	/* a struct dist of times */
	PT_NAME,	/* char[PARAM_NAME_MAX], [a-z0-9][a-z0-9._-]* */
	PT_TEXT,	/* const char *, any text */
	PT_PICK,	/* a struct pick: all, seq, uniform, zipf(0.9), hot(90% 10%) */
	PT_REF,		/* the name of another object; stored as its index */
	PT_WORDS,	/* a struct word_list: words of the row's values, in order */
};

/* An ordered list of enumerated words; as a text they stand side by side. */
#define MAX_WORDS 16
struct word_list {
	uint8_t n;
	uint8_t word[MAX_WORDS];	/* values of the row's enumeration */
};

enum param_origin {
	ORIGIN_MEASURED,	/* citation says on what */
	ORIGIN_PUBLISHED,	/* citation names the source */
	ORIGIN_ESTIMATE,	/* range is mandatory */
	ORIGIN_CHOICE,		/* not a physical constant: a setting */
};

struct enum_value {
	const char *name;
	int64_t value;
	const char *help;
};

struct param_row {
	const char *key;	/* its PATH below the table's: clock, fence.kind */
	enum param_type type;
	size_t offset;
	const char *unit;	/* "ps", "B", "Hz", "%", "" : of the stored value in the database */
	const char *def;	/* default as the user would write it; NULL = required */
	int64_t lo, hi;		/* legal range in stored units (dist: of its mean) */
	int64_t est_lo, est_hi;	/* plausible range of an estimate; both 0 if none */
	const struct enum_value *values;	/* PT_ENUM and PT_WORDS, ended by a NULL name */
	enum param_origin origin;
	const char *citation;
	const char *help;
};

struct param_table {
	const char *path;	/* "machine", "machine.costs", "design.protocol.kvm" */
	const struct param_row *rows;
	size_t n;
};

const char *param_origin_name(enum param_origin o);
/* The words of @v side by side in @buf, "none" if there is none. */
const char *words_text(char *buf, size_t size, const struct param_row *row,
		       const struct word_list *v);
/* Nearest name within edit distance 3 (and half its length), or NULL. */
const char *nearest_name(const char *s, const char *const *names, size_t n);
const struct param_row *param_find(const struct param_table *t, const char *key);

#endif
