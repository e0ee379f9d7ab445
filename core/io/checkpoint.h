/* SPDX-License-Identifier: Apache-2.0 */
/* What saving and loading share: a parameter as a checkpoint describes it, and the report of a load. */
#ifndef NSC_CORE_IO_CHECKPOINT_H
#define NSC_CORE_IO_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/checkpoint.h>

#include "core/memory.h"

enum { NSC_CHECKPOINT_VERSION = 1 };
#define NSC_CHECKPOINT_KEY "nascent" /* of the metadata */

/* Texts and arrays belong to an arena. */
typedef struct nsc_saved {
    const char *path; /* as in the file, with the prefix */
    int rank;         /* -1: unknown */
    int64_t dims[NSC_MAX_RANK];
    const char *origins[NSC_MAX_RANK]; /* NULL: unknown, or declared */
    nsc_role role;
    bool requested;
    uint64_t seed;
    const char *request_path; /* names the stream */
    nsc_initializer init;     /* NSC_INIT_DEFAULT: the declared one */
    const char **aliases;
    size_t alias_count;
    nsc_gradient_request gradient;
    bool frozen;
    float learning_rate, weight_decay;
} nsc_saved;

/* ---- checkpoint_state.c: the JSON of the state */

/* Whether an initialiser can be written: no callback, no array. */
bool nsc_saved_init_writable(const nsc_initializer *init);
/* A compact text, to be freed. false: no memory. */
bool nsc_saved_encode(const nsc_saved *items, size_t count, char **text);
/* Everything is checked: keys, types, ranges. *items belongs to arena. */
nsc_status nsc_saved_decode(const char *file, const char *text, nsc_arena *arena, nsc_saved **items, size_t *count);

/* ---- checkpoint_report.c */

nsc_load_report *nsc_load_report_new(void); /* NULL: no memory */
bool nsc_load_report_add(nsc_load_report *report, nsc_load_kind kind, const char *path, const char *text);
size_t nsc_load_report_kind_count(const nsc_load_report *report, nsc_load_kind kind);

#endif
