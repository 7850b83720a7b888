/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantities: simulated time is a signed 64-bit count of picoseconds (106
 * days), sizes are bytes, frequencies hertz, shares parts per million.
 *
 * Every quantity in a configuration has a unit; a bare number where a unit is
 * due is an error.  Parsers return 0, or -1 with a reason in @why (a static or
 * thread-free string, lower case, no full stop).
 */
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t sim_time;

#define PS(n)	((sim_time)(n))
#define NS(n)	((sim_time)(n) * 1000)
#define US(n)	((sim_time)(n) * 1000000)
#define MS(n)	((sim_time)(n) * 1000000000)
#define SEC(n)	((sim_time)(n) * 1000000000000)
#define TIME_NEVER	INT64_MAX

#define PAGE_SIZE	4096		/* x86; ia64 comes with its machines */
#define PPM_ONE		1000000		/* a share of 100% */

/* "250ns", "1.5us", "20 cycles" (needs @hz > 0). */
int parse_time(const char *s, int64_t hz, sim_time *out, const char **why);
/* "64MiB", "4KiB", "8pages", "1page", "512B" -> bytes. */
int parse_size(const char *s, int64_t *out, const char **why);
/* "3GHz", "250Hz" -> hertz. */
int parse_freq(const char *s, int64_t *out, const char **why);
/* "10%" -> parts per million. */
int parse_percent(const char *s, int64_t *out, const char **why);
int parse_int(const char *s, int64_t *out, const char **why);
int parse_bool(const char *s, int64_t *out, const char **why);

/* Exact, shortest: parse_x(format_x(v)) == v.  @buf >= 48 bytes; returns it. */
char *format_time(char *buf, sim_time t);
char *format_size(char *buf, int64_t bytes);
char *format_freq(char *buf, int64_t hz);
char *format_percent(char *buf, int64_t ppm);

#endif
