/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study's reports say at their foot; see study_notes.c. */
#ifndef SIM_RUN_STUDY_NOTES_H
#define SIM_RUN_STUDY_NOTES_H

#include "sim/base/strbuf.h"
#include "sim/conf/conf.h"

void study_notes(const struct study *s, struct strbuf *out);

#endif
