/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of sim/conf share.
 *
 * Life of a configuration: yaml.c makes a tree of nodes, each with its place
 * in the file; base.c resolves names of files and "base:" chains; path.c
 * writes overrides (a REF's, --set, a sweep's value) into the trees; load*.c
 * turn trees into the structs of models/config, checking everything against
 * the parameter tables; resolve.c lists what came out.
 *
 * Memory: trees and studies live in the arena of struct conf until
 * conf_free().  When an arena cannot grow, control returns to conf_try() by
 * longjmp; whatever is not in an arena (libyaml's parser and event, a DIR, the
 * scratch string) therefore belongs to struct conf and is released there.
 */
#ifndef SIM_CONF_INTERNAL_H
#define SIM_CONF_INTERNAL_H

#include <dirent.h>
#include <setjmp.h>
#include <yaml.h>

#include "sim/base/alloc.h"
#include "sim/base/strbuf.h"
#include "sim/conf/conf.h"

/* --- trees ------------------------------------------------------------------ */
enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind kind;
	int line, column;
	const char *file;
	const char *text;		/* scalar */
	struct entry *entry;		/* map, in file order */
	struct node **item;		/* list */
	int n, cap;
};

struct entry {
	const char *key;
	int line, column;
	struct node *value;
};

struct source {				/* one file, read once */
	struct source *next;
	const char *file;		/* as shown to the user */
	const char *text;
	struct node *root;		/* NULL: unreadable */
	int broken;			/* had errors, though there may be a tree */
};

struct conf {
	const char *root;
	struct arena arena;
	struct diag_list errors;
	struct source *sources;
	int used_broken;		/* since the call began, yaml_file() gave out such a one */
	jmp_buf *oom;
	yaml_parser_t parser;
	yaml_event_t event;
	int parser_active, event_active;
	DIR *dir;
	struct strbuf scratch;
	struct arena points;		/* what one point loads into, while studies are made */
};

/* Run @fn; -1 if memory ran out on the way (errors.failed is then set). */
int conf_try(struct conf *c, void (*fn)(struct conf *c, void *arg), void *arg);
void conf_no_memory(struct conf *c) __attribute__((noreturn));
void *conf_alloc(struct conf *c, size_t n);
const char *conf_strdup(struct conf *c, const char *s);
const char *conf_printf(struct conf *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* One error at @at (NULL: the whole of @file), once however often it is met. */
void conf_error(struct conf *c, const struct node *at, const char *path,
		const char *suggestion, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void conf_error_at(struct conf *c, const char *file, int line, int column,
		   const char *path, const char *suggestion, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* Take back the errors after the first @n. */
void conf_forget_errors(struct conf *c, size_t n);
/* Files in order of appearance, lines ascending within each. */
void conf_sort_errors(struct conf *c);

/* --- yaml.c, tree.c ------------------------------------------------------------ */
/* Read @file; NULL with errors reported. */
struct source *yaml_file(struct conf *c, const char *file);
/* Parse @text, shown as @name; for values given on the command line. */
struct node *yaml_text(struct conf *c, const char *name, const char *text, size_t n);

struct node *node_new(struct conf *c, enum node_kind kind, const struct node *place);
struct node *node_scalar(struct conf *c, const struct node *place, const char *text);
void node_append(struct conf *c, struct node *list, struct node *item);
struct entry *node_add(struct conf *c, struct node *map, const char *key, struct node *value);
struct entry *node_entry(const struct node *map, const char *key);
struct node *node_get(const struct node *map, const char *key);
/* As node_get, but @key may have dots: "fence.kind". */
struct node *node_get_dotted(const struct node *map, const char *key);
struct node *node_clone(struct conf *c, const struct node *n);
/* A copy of @base with @over written into it: maps merge, all else replaces. */
struct node *node_merge(struct conf *c, const struct node *base, const struct node *over);
/* The text of "name:" of a list item, or NULL. */
const char *node_name(const struct node *item);
void node_json(const struct node *n, struct strbuf *sb);

/* --- path.c ---------------------------------------------------------------------- */
struct undo { struct node *map; int index; struct node *old; };
struct undo_log { struct undo v[2048]; int n; };	/* a sample sets every estimate */

/*
 * Write @value at @path of the tree @root.  @full is the path as the user
 * wrote it, @at where; 0, or -1 with an error reported.  @log may be NULL.
 */
int path_set(struct conf *c, struct node *root, const char *path, struct node *value,
	     const char *full, const struct node *at, struct undo_log *log);
void path_undo(struct undo_log *log);
/* If @path begins with component @head: what follows it, else NULL. */
const char *path_after(const char *path, const char *head);
/* design.protocol.KIND.key may be written without its head. */
const char *path_short(const char *path);

/* --- base.c: names, files, REFs ------------------------------------------------------ */
enum file_kind { FILE_MACHINE, FILE_KERNEL, FILE_DESIGN, FILE_SECONDARY, FILE_SCENARIO, FILE_CLAIM, FILE_QUESTION, FILE_VALIDATION, NR_FILE_KINDS };
struct file_kind_info { const char *name, *plural, *directory; };
extern const struct file_kind_info file_kinds[NR_FILE_KINDS];

/* Sorted names of the files of @kind; the count. */
int conf_names(struct conf *c, enum file_kind kind, const char *const **names);
/* The tree that a REF node or a name denotes, base chain and overrides applied; NULL: error. */
struct node *ref_tree(struct conf *c, enum file_kind kind, const struct node *ref, const char *path);
struct node *ref_tree_by_name(struct conf *c, enum file_kind kind, const char *ref);
/* The file that @ref stands for; NULL with an error at @at (or none: the whole). */
const char *conf_file_of(struct conf *c, enum file_kind kind, const char *ref,
			 const struct node *at, const char *path);
/* The name that the object of @tree shows: its "name:". */
const char *tree_name(const struct node *tree);

/* --- load.c: rows of a parameter table ------------------------------------------------ */
struct param_log { struct resolved_param *v; int n, cap; };

/* An estimated parameter and where it may lie, in stored units. */
struct range {
	const char *path;
	enum param_type type;
	int64_t lo, value, hi;		/* of a distribution: its mean */
	struct dist dist;
	int same_as;			/* index of the one whose value it takes */
};
struct range_log { struct range *v; int n, cap; };

struct loader {
	struct conf *c;
	struct arena *arena;		/* for the structs that come out */
	struct param_log *log;		/* NULL: nobody asks */
	struct range_log *ranges;	/* NULL: nobody asks */
	int64_t clock;			/* for cycles; 0: not allowed */
	int errors;
	int secondary_uses[NR_SECONDARY_KINDS];	/* of the configuration being loaded */
};

void *load_alloc(struct loader *l, size_t n);
void load_error(struct loader *l, const struct node *at, const char *path,
		const char *suggestion, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/*
 * Fill @to from @map (NULL: all defaults) by table @t.  @path: what stands
 * before the keys in messages and parameter rows.  @others: keys that the
 * caller reads itself, NULL ended.
 */
void load_rows(struct loader *l, const struct param_table *t, const struct node *map,
	       const char *path, const char *const *others, void *to);
/* "path.key" and "path[index]" into @buf, cut off if it is too small. */
const char *load_join(char *buf, size_t size, const char *path, const char *key);
const char *load_join_index(char *buf, size_t size, const char *path, int index);
/* Unknown keys of @map: neither in @keys (NULL ended) ... */
void load_check_keys(struct loader *l, const struct node *map, const char *path,
		     const char *const *keys);
int load_is_map(struct loader *l, const struct node *n, const char *path);
int load_is_list(struct loader *l, const struct node *n, const char *path);
const char *load_text(struct loader *l, const struct node *n, const char *path);
int load_pick(struct loader *l, const struct node *at, const char *path, const char *text,
	      struct pick *out);
void load_costs(struct loader *l, const struct param_table *t, const struct node *map,
		const char *path, struct machine_config *m);
/* The row came out as @value (a text's is not recorded). */
void load_record_row(struct loader *l, const struct param_row *row, const char *path,
		     const char *value, const struct node *at);
/* A row of type PT_WORDS; @n NULL: its default. */
void load_words(struct loader *l, const struct param_row *row, const struct node *n,
		const char *path, struct word_list *to);
void load_record(struct loader *l, const char *path, const char *value, const char *unit,
		 const char *origin, const struct node *at);
/* Full grammar, not built: 1 and an error if @word is such a key of @path. */
int not_modelled(struct loader *l, const struct node *at, const char *path, const char *word);
const char *format_pick(char *buf, const struct pick *p);

/* --- load_*.c ------------------------------------------------------------------------------ */
struct trees {				/* what one configuration is made of */
	struct node *machine, *kernel, *design, *scenario;
	struct node *secondary[MAX_SECONDARIES * MAX_ADDRESS_SPACES];
	const char *secondary_ref[MAX_SECONDARIES * MAX_ADDRESS_SPACES];
	int n_secondaries;
};

/* Hardware; costs of all three owners end up in @m. */
void load_machine(struct loader *l, const struct node *tree, struct machine_config *m);
void load_kernel(struct loader *l, const struct node *tree, struct kernel_config *k,
		 struct machine_config *costs);
/* @ref: how the scenario names it, for paths (secondary.REF.key). */
void load_secondary(struct loader *l, const struct node *tree, const char *ref,
		    struct secondary_use *u, struct machine_config *costs);
/* The first secondary MMU that threads of @mode access; -1: none. */
int space_secondary(const struct address_space_config *a, int mode);
void load_design(struct loader *l, const struct node *tree, struct design_config *d);
/* One record at a hook point; 0 with the error reported. */
int load_callout_record(struct loader *l, const struct node *n, int site, int point,
			const char *path, struct callout *c);
/* Order and balance of the lists of steps; what is odd goes to @note. */
void check_steps(struct loader *l, const struct node *core, const struct design_config *d,
		 void (*note)(void *arg, const char *text), void *arg);
void load_world(struct loader *l, const struct trees *t, struct world_config *w);
/* The operations of a loop into @t->loop. */
void load_loop(struct loader *l, const struct node *list, const char *path,
	       const struct address_space_config *space, int mode,
	       struct op_config **loop, int *n_loop);
/* Top-level keys of a scenario that study.c reads. */
extern const char *const scenario_keys[];
const char *const *kind_keys(enum file_kind kind);

/* --- sweep.c ---------------------------------------------------------------------------------- */
#define MAX_AXES 16

struct axis {
	const char *path;
	const struct node *at;		/* for messages */
	struct node **value;
	const char **text;		/* NULL: that of the values */
	int n;
	double *number;
	const char *unit;
	const struct node *only;	/* list of design names, or NULL */
	int group;			/* axes with one number advance together */
};
struct sweep { struct axis *axis; int n_axes, n_groups; int *group_size; const struct node *exclude; };

void sweep_read(struct conf *c, const struct node *scenario, struct sweep *s);
void sweep_fix(struct conf *c, struct sweep *s, const char *path, struct node *value);
/* Fill @s->point for its designs; -1 with errors reported. */
int sweep_points(struct conf *c, const struct sweep *w, struct study *s);

struct study_private;
/* --- sample.c ---------------------------------------------------------------------------------- */
#define MIN_SAMPLES 64
#define MAX_SAMPLES 4096
#define SAMPLE_AXIS "sample"
/* 0 if it is a power of two in range. */
int sample_count_ok(int64_t n);
/* Note the range of an estimate that has been loaded into @value. */
void load_range(struct loader *l, const struct param_row *row, const char *path,
		const struct node *at, int64_t lo, int64_t hi, const void *value);
/* Add the axis: @n samples of everything estimated. */
void sample_axis(struct conf *c, struct study_private *p, int n);
/* Write the values of one sample; 0, or not with errors reported. */
int sample_set(struct conf *c, struct study_private *p, int design, const struct axis *a,
	       int value);
/* Exposed for tests: the points in [0, 2^30), and a value within a range. */
int sample_points(uint32_t *u, int n, int dims, const char *const *name);
int64_t sample_value(int64_t lo, int64_t middle, int64_t hi, uint32_t u);

/* --- study.c, point.c, resolve.c --------------------------------------------------- */
struct study_private {			/* behind struct study; its first member */
	struct study study;
	struct node *scenario;
	struct trees trees;		/* ->design: of the point being loaded */
	struct node **design;		/* per design of the study */
	int own;			/* the first so many are the scenario's, the rest --design's */
	char *left_out;			/* per design: --design does not name it */
	int design_sets;		/* --set design.KEY was given */
	int only_sample;		/* --set sample=K; 0: all */
	struct sweep sweep;
	int *point_design;		/* per point: index of its design */
	int **point_value;		/* per point and axis: index of its value, -1 */
	struct undo_log undo;
};

/* Trees of a scenario and of everything it names; -1 if one is missing. */
int study_trees(struct conf *c, struct study_private *p, const struct conf_options *o);
/* The message that @tree has the name of @other, at @at. */
void design_twice(struct conf *c, const struct node *at, const struct node *tree,
		  const struct node *other);
/* How paths name the secondary MMU of @use (secondary.REF.key), or NULL. */
const char *secondary_ref(const struct node *use);
/* --set of the scenario's own keys, before anything that they name is read. */
int study_early_sets(struct conf *c, struct study_private *p, const struct conf_options *o);
/* The other --set and --duration into trees and sweep; -1 with errors reported. */
int study_sets(struct conf *c, struct study_private *p, const struct conf_options *o);
/* Write @value at @path, given at @at, of the scenario or of what it refers to;
 * @design: index, -1 all. */
int study_set(struct conf *c, struct study_private *p, int design, const char *path,
	      struct node *value, const struct node *at, struct undo_log *log);
/* Seed, replications, metrics, baseline ... */
void study_read(struct conf *c, struct study_private *p, const struct conf_options *o);
/* "NAME" or "NAME.p99"; 0, or not with an error reported. */
int conf_read_metric(struct conf *c, const struct node *n, const char *path,
		     struct study_metric *m);
/* expect.c: check expect_violations; add what it says of point @i to @w. */
void expect_read(struct conf *c, struct study_private *p);
void expect_point(const struct study_private *p, int i, struct world_config *w);
/* Load point @i into @w; the number of errors.  May jump away: call from conf_try(). */
int point_load(struct conf *c, struct study_private *p, int i, struct arena *arena,
	       struct param_log *log, struct world_config *w);
/* Sorted rows, each path once. */
void params_sort(struct param_log *g);
void params_json(const struct param_log *g, struct strbuf *sb);
void study_json(const struct study_private *p, struct strbuf *sb);

#endif
