/* SPDX-License-Identifier: Apache-2.0 */
/* The one route to shapes and values: everything is prepared first, and published only when nothing can fail any more. */
#ifndef NSC_CORE_PARAM_COMMIT_H
#define NSC_CORE_PARAM_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/param/parameter.h"

/* What is known of one (resolved) parameter's shape. origins[i] is NULL where nothing was learnt on that axis. */
typedef struct nsc_shape_update {
    nsc_parameter *parameter;
    int rank;
    int64_t dims[NSC_MAX_RANK];
    const char *origins[NSC_MAX_RANK];
} nsc_shape_update;

/* Publishes shapes alone. */
nsc_status nsc_commit_shapes(uint64_t owner, const nsc_shape_update *updates, size_t count);

typedef struct nsc_commit_item {
    nsc_shape_update shape; /* complete */
    const nsc_request *request;
    nsc_tensor *value;         /* given by the caller (taken over on success), or NULL: made and filled as requested */
    nsc_parameter_event event; /* what observers are told; 0: NSC_EVENT_INITIALIZED */
} nsc_commit_item;

/* Values that are made and not yet published. */
typedef struct nsc_commit nsc_commit;

/* Allocates and fills what has no value yet and waits. context->slow_path is held. Nothing has changed; items must stay
 * until the commit ends. */
nsc_status nsc_commit_make(nsc_context *context, const nsc_commit_item *items, size_t count, nsc_commit **commit);
/* The value that item `index` will get. */
nsc_tensor *nsc_commit_value(const nsc_commit *commit, size_t index);
/* Ends it: all shapes and values are there for everybody. Cannot fail. */
void nsc_commit_publish(nsc_commit *commit);
/* Ends it without a change. NULL is allowed. */
void nsc_commit_drop(nsc_commit *commit);

/* Makes and publishes. On failure nothing has changed. */
nsc_status nsc_commit_values(nsc_context *context, const nsc_commit_item *items, size_t count);

#endif
