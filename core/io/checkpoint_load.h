/* SPDX-License-Identifier: Apache-2.0 */
/* Loading, inside: names are matched (checkpoint_match.c), states compared (checkpoint_compare.c), and all of it is
 * published at once (checkpoint_load.c). */
#ifndef NSC_CORE_IO_CHECKPOINT_LOAD_H
#define NSC_CORE_IO_CHECKPOINT_LOAD_H

#include <regex.h>

#include "core/block/block.h"
#include "core/block/select.h"
#include "core/io/checkpoint.h"
#include "core/param/commit.h"

/* A name in the file: an array, a state, or both. */
typedef struct nsc_load_source {
    const char *name;
    const nsc_array *array; /* NULL: no value */
    const nsc_saved *saved; /* NULL: the file says nothing but the value */
} nsc_load_source;

/* A selected parameter of the net. */
typedef struct nsc_load_target {
    const char *path;
    nsc_parameter *parameter;
    const nsc_load_source *source; /* NULL: missing */
    const char *by;                /* the path that source's name became */
    bool takes_request;
    nsc_request request; /* to be recorded */
    nsc_shape_update shape;
} nsc_load_target;

typedef struct nsc_loader {
    nsc_block *net;
    nsc_context *context; /* may be NULL */
    uint64_t owner;       /* of errors */
    const char *file;
    const char *origin; /* "loaded from FILE" */
    nsc_load_options options;
    nsc_archive *archive;
    nsc_arena arena;
    nsc_selector selector;
    regex_t *regexes;
    size_t regex_count;
    nsc_load_source *sources;
    size_t source_count;
    nsc_load_target *targets;
    size_t target_count, target_capacity;
    nsc_map indices; /* parameter: its target */
    nsc_load_report *report;
    nsc_status code; /* of the first conflict */
    bool refused;    /* the report says why */
} nsc_loader;

nsc_status nsc_loader_no_memory(const nsc_loader *load);
/* An entry of the report, whose text follows format; false: no memory. */
bool nsc_loader_conflict(nsc_loader *load, nsc_status code, const char *path, const char *format, ...) NSC_PRINTF(4, 5);

/* Compiles the renames; collects sources and targets; gives every target its source, or reports what is left. */
nsc_status nsc_loader_match(nsc_loader *load);
/* Reports every conflict, and fills shape and request of each target that has a source. */
nsc_status nsc_loader_compare(nsc_loader *load);

#endif
