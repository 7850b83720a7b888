/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Are two databases equal table by table, run_wall and log aside?
 * Returns the number of rows that only one of them has, -1 on error; the
 * first table that differs is named in @why (@n bytes).
 */
#ifndef SIM_STORE_T_DBCOMPARE_H
#define SIM_STORE_T_DBCOMPARE_H

#include <stddef.h>
#include <stdint.h>

int64_t db_differences(const char *a, const char *b, char *why, size_t n);
/* One integer by SQL, INT64_MIN on error. */
int64_t db_int(const char *path, const char *sql);
/* One text by SQL into @buf. */
const char *db_text(const char *path, const char *sql, char *buf, size_t n);
/* Name a new directory for a test's files, in memory where there is such a
 * file system: tests of databases wait for fsync() most of their time. */
void test_directory(char *buf, size_t n, const char *name);

#endif
