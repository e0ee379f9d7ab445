/* SPDX-License-Identifier: Apache-2.0 */
/* Words that somebody wrote: which of the known ones they are, and which may have been meant. */
#ifndef NSC_CORE_WORDS_H
#define NSC_CORE_WORDS_H

#include <stddef.h>

/* The index of `given` among words (ended by NULL), or -1. */
int nsc_words_find(const char *given, const char *const *words);
/* "say NEAR" or "say one of: A, B", cut with "..." where it does not fit, into text; gives it. */
const char *nsc_words_advice(const char *given, const char *const *words, char *text, size_t capacity);

/* Many names, sorted, so that each is found in few steps. */
typedef struct nsc_name {
    const char *name;
    size_t index;
} nsc_name;
void nsc_names_sort(nsc_name *names, size_t count);
/* NULL: there is none. */
const nsc_name *nsc_names_find(const nsc_name *sorted, size_t count, const char *name);
/* A name that stands twice; NULL: none does. */
const char *nsc_names_twice(const nsc_name *sorted, size_t count);

#endif
