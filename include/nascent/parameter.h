/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters: named, shaped values of blocks, and the initialisers that fill them.
 *
 * A parameter is declared (a dimension is unknown), shape-known, or initialized. A request to initialise
 * (nsc_initialize, block.h) is beside the state: it is recorded, survives every failure, and is carried out by one
 * commit once every shape in its scope is known. Nothing changes on failure.
 *
 * Threads: declaring, tying, setting and forgetting are single-threaded, as every change of a tree. Everything that
 * takes a const nsc_parameter may be called from any thread.
 */
#ifndef NASCENT_PARAMETER_H
#define NASCENT_PARAMETER_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nsc_parameter nsc_parameter;

#define NSC_UNKNOWN (-1)         /* an unknown size, or an unknown rank */
#define NSC_DIM_ZERO (INT64_MIN) /* in option structs only: a true size of 0, where 0 means "not given" */

typedef enum nsc_parameter_state {
    NSC_DECLARED,    /* a dimension, or the rank, is unknown */
    NSC_SHAPE_KNOWN, /* every dimension is known, there is no value */
    NSC_INITIALIZED  /* there is a value on a device */
} nsc_parameter_state;

/* ---- initialisers ----------------------------------------------------------------------------------------------- */

typedef enum nsc_initializer_kind {
    NSC_INIT_DEFAULT = 0, /* not given: what the next rule says */
    NSC_INIT_CONSTANT,
    NSC_INIT_UNIFORM,
    NSC_INIT_NORMAL,
    NSC_INIT_CALLBACK
} nsc_initializer_kind;

/* What a callback is asked to fill: all elements of one parameter, row-major, float32. It is called during a commit,
 * by the thread that commits; a result other than NSC_OK fails that commit. It must not use the context. */
typedef struct nsc_fill {
    const char *path;
    int rank;
    const int64_t *dims;
    uint64_t seed;
    float *values;
    size_t count;
} nsc_fill;
typedef nsc_status (*nsc_fill_function)(void *user, const nsc_fill *fill);

/* A small value, copied. a and b: the constant (a); lower and upper end (uniform, half open); mean and standard
 * deviation (normal). Elements are a pure function of (seed, path, index): see <nascent/random.h>. A uniform u in
 * [0, 1) becomes fma(u, b - a, a), a normal z becomes fma(z, b, a), b - a rounded to float once. */
typedef struct nsc_initializer {
    nsc_initializer_kind kind;
    float a;
    float b;
    nsc_fill_function fill;
    void *user; /* handed to fill; must stay valid while a request holds the initialiser */
} nsc_initializer;

NSC_API nsc_initializer nsc_zeros(void);
NSC_API nsc_initializer nsc_ones(void);
NSC_API nsc_initializer nsc_constant(float value);
/* U[-scale, scale). */
NSC_API nsc_initializer nsc_uniform(float scale);
/* N(0, sigma^2). */
NSC_API nsc_initializer nsc_normal(float sigma);
NSC_API nsc_initializer nsc_callback(nsc_fill_function fill, void *user);

/* Elements first to first + count - 1 (count: the tensor's elements) of the value that `initializer` gives a parameter
 * at `path` under `seed`, made on the tensor's device: a slice equals that part of the whole. tensor is float32.
 * Errors: UNSUPPORTED for a callback, which knows no slices; INVALID. */
NSC_API nsc_status nsc_initializer_fill(const nsc_initializer *initializer, uint64_t seed, const char *path,
                                        uint64_t first, nsc_tensor *tensor);

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/* Handles are stable from declaration and outlive their block. After a tie, both handles mean the one parameter. */
NSC_API nsc_parameter *nsc_parameter_retain(nsc_parameter *parameter);
NSC_API void nsc_parameter_release(nsc_parameter *parameter);

NSC_API nsc_parameter_state nsc_parameter_get_state(const nsc_parameter *parameter);
/* "declared", "shape-known", "initialized". Static. */
NSC_API const char *nsc_parameter_state_name(nsc_parameter_state state);
/* 1 when a request is recorded. */
NSC_API int nsc_parameter_requested(const nsc_parameter *parameter);
/* The local name given at declaration ("weight"). Owned by the parameter. */
NSC_API const char *nsc_parameter_name(const nsc_parameter *parameter);
/* The path that a request froze ("0.weight"); before one, the local name. Owned by the parameter,
 * valid until its next request. */
NSC_API const char *nsc_parameter_path(const nsc_parameter *parameter);
NSC_API nsc_dtype nsc_parameter_dtype(const nsc_parameter *parameter);
/* NSC_UNKNOWN, or the rank; dims (capacity NSC_MAX_RANK, may be NULL) receives the sizes, NSC_UNKNOWN where unknown. */
NSC_API int nsc_parameter_shape(const nsc_parameter *parameter, int64_t dims[NSC_MAX_RANK]);
/* Moves whenever the value is made, replaced or forgotten, and with a tie. */
NSC_API uint64_t nsc_parameter_generation(const nsc_parameter *parameter);
/* How the size of axis became known, into text: "declared by dense", "inferred by 0 (dense) from input 0 (2, 20)", "set
 * by the caller"; "" when it is unknown. Gives the length, as snprintf. */
NSC_API size_t nsc_parameter_origin(const nsc_parameter *parameter, int axis, char *text, size_t capacity);

/* Copies the value to host memory; bytes must be the parameter's. Errors: NOT_REQUESTED, PENDING (the text names the
 * unknown dimensions and what would supply them), INVALID. */
NSC_API nsc_status nsc_parameter_read(const nsc_parameter *parameter, void *data, size_t bytes);

/* Gives the parameter a value, in any state: a copy of `value`, on its device, whose shape must agree with what is
 * known. It becomes initialized. On failure nothing changes. A pending request is then fulfilled for this parameter.
 * Errors: SHAPE_CONFLICT, WRONG_DTYPE, WRONG_DEVICE (initialized or requested elsewhere), NO_MEMORY. */
NSC_API nsc_status nsc_parameter_set(nsc_parameter *parameter, const nsc_tensor *value);

/* Makes `parameter` the same parameter as `with`: one shape (the two are merged), one value, one fill. parameter must
 * not be initialized. Errors: SHAPE_CONFLICT (nothing is tied), WRONG_DTYPE, INVALID. */
NSC_API nsc_status nsc_parameter_tie(nsc_parameter *parameter, nsc_parameter *with);

#ifdef __cplusplus
}
#endif

#endif
