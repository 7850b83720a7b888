/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the files of this room write a row of a parameter table. */
#ifndef MODELS_CONFIG_ROWS_H
#define MODELS_CONFIG_ROWS_H

#include "models/config/config.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

#define NAME_ROW(type_, field_, help_) \
	{ .key = "name", .type = PT_NAME, .offset = offsetof(type_, field_), .unit = "", \
	  .origin = ORIGIN_CHOICE, .citation = "", .help = help_ }
#define TEXT_ROW(type_, key_, field_, def_, help_) \
	{ .key = key_, .type = PT_TEXT, .offset = offsetof(type_, field_), .unit = "", \
	  .def = def_, .origin = ORIGIN_CHOICE, .citation = "", .help = help_ }
/* a setting: nobody measured it */
#define CHOICE(type_, key_, kind_, field_, unit_, def_, lo_, hi_, values_, cite_, help_) \
	{ .key = key_, .type = kind_, .offset = offsetof(type_, field_), .unit = unit_, \
	  .def = def_, .lo = lo_, .hi = hi_, .values = values_, \
	  .origin = ORIGIN_CHOICE, .citation = cite_, .help = help_ }
#define CONSTANT(type_, key_, kind_, field_, unit_, def_, lo_, hi_, elo_, ehi_, origin_, cite_, help_) \
	{ .key = key_, .type = kind_, .offset = offsetof(type_, field_), .unit = unit_, \
	  .def = def_, .lo = lo_, .hi = hi_, .est_lo = elo_, .est_hi = ehi_, \
	  .origin = ORIGIN_##origin_, .citation = cite_, .help = help_ }

#endif
