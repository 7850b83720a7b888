/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does this C library compute the same bits?  glibc's log, exp and pow differ
 * with the instruction set of the CPU they run on.
 */
#ifndef SIM_RUN_PROBE_H
#define SIM_RUN_PROBE_H

/* 16 hexadecimal digits of a hash over log, exp and pow at 64 points. */
void math_probe(char out[17]);

#endif
