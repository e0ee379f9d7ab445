/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a parameter. Its shape is a row of cells; a cell is one dimension, shared by the parameters that have it
 * in common (by name within a block, or by a tie), joined as in a union-find forest.
 *
 * Everything here but references and generation is guarded by the one process-wide lock below, which is taken on slow
 * paths only: a steady run compares generations and touches nothing else.
 */
#ifndef NSC_CORE_PARAM_PARAMETER_H
#define NSC_CORE_PARAM_PARAMETER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <nascent/parameter.h>

typedef struct nsc_cell {
    size_t references;
    struct nsc_cell *joined; /* not NULL: this cell is that one (counted) */
    int64_t declared;        /* -1, or what the declaration said */
    int64_t size;            /* -1, or what is known now */
    char *origin;            /* who said size; NULL: the declaration */
    size_t values;           /* axes of initialized parameters that are this dimension; they hold its size */
} nsc_cell;

/* What nsc_initialize recorded. */
typedef struct nsc_request {
    uint64_t context; /* its id; 0: no request */
    uint64_t seed;
    uint64_t stream; /* hash of path */
    nsc_initializer init;
    char *path;
} nsc_request;

struct nsc_parameter {
    atomic_size_t references;
    nsc_parameter *tied; /* not NULL: this parameter is that one (counted) */
    char *name;
    const char *kind;   /* of the block that declared it; static or owned by `kind_owned` */
    char *kind_owned;   /* a custom block's own word, copied, since handles outlive blocks */
    const char *remedy; /* what to declare so that nothing is left to infer; static */
    nsc_dtype dtype;
    int declared_rank;
    int rank; /* -1: unknown */
    nsc_cell *axes[NSC_MAX_RANK];
    nsc_role role; /* not NSC_ROLE_ANY */
    nsc_fans fans;
    nsc_initializer init; /* as declared; NSC_INIT_DEFAULT: none */
    float *constant;      /* what init's values point to, when they are the parameter's own; NULL: they are not */
    nsc_gradient_request gradient;
    bool frozen;
    float learning_rate, weight_decay; /* multipliers */
    nsc_observer observer;
    void *observer_user;
    nsc_request request;
    nsc_tensor *value; /* not NULL: initialized */
    atomic_uint_fast64_t generation;
};

void nsc_parameters_lock(void);
void nsc_parameters_unlock(void);

/* A declaration, already checked. */
typedef struct nsc_parameter_declaration {
    const char *name, *kind, *remedy; /* name and kind are copied */
    nsc_dtype dtype;
    int rank;
    const int64_t *dims;
    nsc_cell *const *cells; /* what dim names share: cells[i] not NULL is used (and counted) for axis i; may be NULL */
    nsc_initializer init;
    nsc_role role; /* NSC_ROLE_ANY: a weight */
    nsc_fans fans;
} nsc_parameter_declaration;
/* NULL: no memory. */
nsc_parameter *nsc_parameter_new(const nsc_parameter_declaration *declaration);

/* Tells the observer of a resolved parameter; no lock is held. */
void nsc_parameter_tell(nsc_parameter *parameter, nsc_parameter_event event);
/* nsc_parameter_explain for the parameter at path; NULL: its own. */
size_t nsc_parameter_explain_at(const nsc_parameter *parameter, const char *path, char *text, size_t capacity);
/* The path that a request froze, else the name. */
const char *nsc_parameter_told_path(const nsc_parameter *parameter);

/* The parameter that a handle means. */
nsc_parameter *nsc_parameter_resolve(const nsc_parameter *parameter);

nsc_cell *nsc_cell_new(int64_t declared);
nsc_cell *nsc_cell_root(nsc_cell *cell);
nsc_cell *nsc_cell_retain(nsc_cell *cell);
void nsc_cell_release(nsc_cell *cell);
/* "declared by dense", or the origin. */
const char *nsc_cell_origin(const nsc_cell *root, const char *kind, char *text, size_t capacity);

/* With the lock held: rank, sizes and state of a resolved parameter. */
int nsc_parameter_shape_locked(const nsc_parameter *parameter, int64_t dims[NSC_MAX_RANK]);
nsc_parameter_state nsc_parameter_state_locked(const nsc_parameter *parameter);
/* What it lacks, for an error: "0.weight (256, -1): axis 1 is unknown; ..." into text. */
void nsc_parameter_missing_locked(const nsc_parameter *parameter, const char *path, char *text, size_t capacity);
/* Back to the declaration, but for dimensions that a value of another parameter has; the request stays. */
void nsc_parameter_forget_locked(nsc_parameter *parameter);

#endif
