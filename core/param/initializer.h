/* SPDX-License-Identifier: Apache-2.0 */
/* Initialisers inside: what is checked before a batch, what one comes to for a shape, and the filling of tensors, on the
 * device wherever it can. */
#ifndef NSC_CORE_PARAM_INITIALIZER_H
#define NSC_CORE_PARAM_INITIALIZER_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/parameter.h>

typedef struct nsc_fill_job {
    nsc_tensor *tensor; /* float32 */
    const nsc_initializer *init;
    const char *path;
    uint64_t seed, stream, first;
    int rank; /* of the whole parameter, as dims and fans: the tensor may be a slice of it */
    const int64_t *dims;
    nsc_fans fans;
} nsc_fill_job;

/* init_check.c: false, and why, for an initialiser that can fill nothing. NSC_INIT_DEFAULT is legal. */
bool nsc_initializer_valid(const nsc_initializer *init, char *text, size_t capacity);
/* Whether it can fill a parameter of which this much is known: rank -1 or dims[i] -1 are unknown, and pass. false: text
 * names what does not fit and what to do. `init` is valid; fans may be NULL (the common layout). */
bool nsc_initializer_suits(const nsc_initializer *init, nsc_role role, int rank, const int64_t *dims,
                           const nsc_fans *fans, char *text, size_t capacity);

/* init_resolve.c: what an initialiser comes to, once shape and fans are known. */
typedef enum nsc_fill_kind {
    NSC_FILL_CONSTANT,
    NSC_FILL_UNIFORM,
    NSC_FILL_NORMAL,
    NSC_FILL_TRUNCATED_NORMAL,
    NSC_FILL_ON_HOST /* a pattern, a decomposition, an array or a callback */
} nsc_fill_kind;
typedef struct nsc_fill_rule {
    nsc_fill_kind kind;
    float scale, shift; /* a constant is its shift */
} nsc_fill_rule;
nsc_fill_rule nsc_fill_resolve(const nsc_initializer *init, int rank, const int64_t *dims, const nsc_fans *fans);

/* init_pattern.c: count elements from the job's first of an identity, a Dirac, a bilinear kernel or an LSTM bias. */
void nsc_fill_pattern(const nsc_fill_job *job, size_t count, float *values);
/* init_sparse.c, init_orthogonal.c: the same. false: no host memory. */
bool nsc_fill_sparse(const nsc_fill_job *job, size_t count, float *values);
bool nsc_fill_orthogonal(const nsc_fill_job *job, size_t count, float *values);

/* fill.c: fills all of them; enqueues without waiting, callbacks run now. All jobs' programs are built at once. */
nsc_status nsc_fill_tensors(nsc_context *context, const nsc_fill_job *jobs, size_t count);

/* Law 4: magnitudes under 2^-126 become 0, in what scales as in what results. */
float nsc_flushed(float value);

#endif
