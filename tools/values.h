/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they are written on a command line. Each gives 0, and in `wrong` what is wrong, when it is none. */
#ifndef NASCENT_TOOLS_VALUES_H
#define NASCENT_TOOLS_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

/* Decimal digits; low to high, high 0 meaning 2^64 - 1. */
int nsc_read_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value, char *wrong, size_t capacity);
/* "2x20"; ? or -1 for an unknown size. */
int nsc_read_shape(const char *text, nsc_shape *shape, char *wrong, size_t capacity);
/* One of words; `wrong` lists them. */
int nsc_is_word(const char *text, const char *const *words, char *wrong, size_t capacity);
/* "(2, 20)", with -1 for an unknown size, as the library writes shapes. Gives text. */
const char *nsc_shape_text(int rank, const int64_t *dims, char *text, size_t capacity);

#endif
