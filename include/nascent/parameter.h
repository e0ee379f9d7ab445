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

/* ---- roles and fans --------------------------------------------------------------------------------------------- */

/* What a parameter is for. Layers declare it; rules and selections ask for it. */
typedef enum nsc_role {
    NSC_ROLE_ANY = 0, /* in a declaration: NSC_ROLE_WEIGHT */
    NSC_ROLE_WEIGHT,
    NSC_ROLE_RECURRENT_WEIGHT,
    NSC_ROLE_BIAS,
    NSC_ROLE_SCALE,
    NSC_ROLE_OFFSET,
    NSC_ROLE_RUNNING_MEAN,
    NSC_ROLE_RUNNING_VARIANCE,
    NSC_ROLE_CONSTANT /* neither rules nor a net's default reach it, and it has no gradient */
} nsc_role;
/* "weight", "running variance" and so on; NULL for a number that is no role. Static. */
NSC_API const char *nsc_role_name(nsc_role role);

/* How fan-in and fan-out follow from the shape: the product of the sizes of the axes in a mask (bit i: axis i), divided.
 * So a transposed, grouped, channels-last or packed weight says what its axes are. Zero fields mean the common layout
 * (out, in, ...): fan-in is the product of all axes but the first, fan-out of all but the second; divisor 1. */
typedef struct nsc_fans {
    uint32_t in_axes, out_axes;
    int64_t in_divisor, out_divisor;
} nsc_fans;

/* ---- initialisers ----------------------------------------------------------------------------------------------- */

typedef enum nsc_initializer_kind {
    NSC_INIT_DEFAULT = 0, /* not given: what the next rule says */
    NSC_INIT_CONSTANT,
    NSC_INIT_UNIFORM,
    NSC_INIT_NORMAL,
    NSC_INIT_CALLBACK,
    NSC_INIT_TRUNCATED_NORMAL,
    NSC_INIT_VARIANCE_SCALING,
    NSC_INIT_ORTHOGONAL,
    NSC_INIT_IDENTITY,
    NSC_INIT_DIRAC,
    NSC_INIT_BILINEAR,
    NSC_INIT_LSTM_BIAS,
    NSC_INIT_SPARSE,
    NSC_INIT_ARRAY
} nsc_initializer_kind;

typedef enum nsc_draw { NSC_DRAW_UNIFORM = 0, NSC_DRAW_NORMAL, NSC_DRAW_TRUNCATED_NORMAL } nsc_draw;
typedef enum nsc_factor { NSC_FAN_AVERAGE = 0, NSC_FAN_IN, NSC_FAN_OUT } nsc_factor;

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

/* A small value, copied; made by the functions below. Elements are a pure function of (seed, path, index, shape): see
 * <nascent/random.h>. A uniform u in [0, 1) becomes fma(u, b - a, a), a normal z becomes fma(z, b, a), b - a rounded to
 * float once. What an initialiser needs of the shape (rank, fans) is checked as soon as the rank is known. */
typedef struct nsc_initializer {
    nsc_initializer_kind kind;
    float a; /* constant, lower end, mean, magnitude, gain, forget bias or sparsity */
    float b; /* upper end or standard deviation */
    nsc_draw draw;
    nsc_factor factor;
    int64_t groups;
    nsc_fill_function fill;
    void *user;          /* handed to fill; must stay valid while a block or a request holds the initialiser */
    const float *values; /* of an array, the same rule */
    int rank;
    int64_t dims[NSC_MAX_RANK];
} nsc_initializer;

NSC_API nsc_initializer nsc_zeros(void);
NSC_API nsc_initializer nsc_ones(void);
NSC_API nsc_initializer nsc_constant(float value);
/* U[-scale, scale). */
NSC_API nsc_initializer nsc_uniform(float scale);
/* N(0, sigma^2). */
NSC_API nsc_initializer nsc_normal(float sigma);
/* N(0, sigma^2) restricted to two standard deviations either side; one word an element, by inversion. sigma is that of
 * the normal before it is cut. */
NSC_API nsc_initializer nsc_truncated_normal(float sigma);
/* Variance scaling: s = sqrt(magnitude / factor), factor the fan-in, the fan-out or their mean; U[-s, s), N(0, s^2), or
 * the latter truncated. Needs rank 2 or more, or declared fans. */
NSC_API nsc_initializer nsc_variance_scaling(nsc_draw draw, nsc_factor factor, float magnitude);
/* Glorot and Bengio 2010: uniform, mean fan, magnitude 3. */
NSC_API nsc_initializer nsc_xavier(void);
/* He, Zhang, Ren and Sun 2015: normal, magnitude 2 / (1 + slope^2), slope that of a (P)ReLU's negative side. */
NSC_API nsc_initializer nsc_he(nsc_factor factor, float slope);
/* LeCun, Bottou, Orr and Mueller 1998: normal, fan-in, magnitude 1. */
NSC_API nsc_initializer nsc_lecun(void);
/* Saxe, McClelland and Ganguli 2014: the Q of a normal matrix (first axis times the product of the rest; signs made
 * unique), times gain. Its rows or columns, whichever are fewer, are orthonormal. Needs rank 2 or more. Made on the host. */
NSC_API nsc_initializer nsc_orthogonal(float gain);
/* gain where all indices of a matrix are equal, else 0. Needs rank 2. */
NSC_API nsc_initializer nsc_identity_matrix(float gain);
/* The convolution (out, in, ...) that gives its input, in each group: 1 at the centre of the kernel from input i to
 * output i. Needs rank 3 or more, and axis 0 a multiple of groups (0 counts as 1). */
NSC_API nsc_initializer nsc_dirac(int64_t groups);
/* The kernel of bilinear up-sampling, the same for every pair of channels: f = ceil(width / 2),
 * c = (2f - 1 - f mod 2) / 2f, value (1 - |x/f - c|)(1 - |y/f - c|). Needs rank 4, (.., .., height, width). */
NSC_API nsc_initializer nsc_bilinear(void);
/* 0, but forget in the second quarter (gates i, f, g, o; quarters are floor(size / 4) long). Needs rank 1. */
NSC_API nsc_initializer nsc_lstm_bias(float forget);
/* Martens 2010: each column (axis 1) of a matrix has ceil(sparsity x rows) zeros, the rest is N(0, sigma^2). */
NSC_API nsc_initializer nsc_sparse(float sparsity, float sigma);
/* These values, row-major; the parameter's shape must agree. values is not copied. */
NSC_API nsc_initializer nsc_array_values(int rank, const int64_t *dims, const float *values);
NSC_API nsc_initializer nsc_callback(nsc_fill_function fill, void *user);

/* The initialiser in words, "xavier (uniform, average fan, magnitude 3)"; the length, as snprintf. */
NSC_API size_t nsc_initializer_describe(const nsc_initializer *initializer, char *text, size_t capacity);

/* The parameter that a slice belongs to. */
typedef struct nsc_fill_scope {
    uint64_t seed;
    const char *path;
    int rank; /* of the whole parameter */
    const int64_t *dims;
    nsc_fans fans;
} nsc_fill_scope;
/* Elements first to first + count - 1 (count: the tensor's elements) of the value that `initializer` gives the parameter
 * `scope`, made on the tensor's device where the initialiser can be: a slice equals that part of the whole. tensor is
 * float32. Errors: UNSUPPORTED for a callback, which knows no slices; WRONG_DTYPE; INVALID. */
NSC_API nsc_status nsc_initializer_fill(const nsc_initializer *initializer, const nsc_fill_scope *scope, uint64_t first,
                                        nsc_tensor *tensor);

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

NSC_API nsc_role nsc_parameter_role(const nsc_parameter *parameter);
/* Bytes of the value that it has or will have. Errors: PENDING, while a dimension is unknown. */
NSC_API nsc_status nsc_parameter_bytes(const nsc_parameter *parameter, uint64_t *bytes);
/* The context of its value; NULL while there is none. */
NSC_API nsc_context *nsc_parameter_context(const nsc_parameter *parameter);
/* The value itself, not a copy: a tensor on the parameter's memory, retained for the caller. It must not be written, and
 * keeps the old value when the parameter gets another. nsc_tensor_view of it shows the value to the host without a copy,
 * where the device can. Errors: NOT_REQUESTED, PENDING. */
NSC_API nsc_status nsc_parameter_value(const nsc_parameter *parameter, nsc_tensor **tensor);
/* One paragraph: state, shape, what is missing, which call or which input supplies it, which block stands in the way,
 * what to declare to avoid it. The length, as snprintf. */
NSC_API size_t nsc_parameter_explain(const nsc_parameter *parameter, char *text, size_t capacity);

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

/* Back to its declaration: shape and value go, the request stays. A dimension that a value elsewhere has keeps its
 * size. */
NSC_API nsc_status nsc_parameter_forget(nsc_parameter *parameter);
/* Forgets one dimension (and the value, which had it). Errors: INVALID: no such axis, declared, or held by the value of
 * another parameter. */
NSC_API nsc_status nsc_parameter_forget_dimension(nsc_parameter *parameter, int axis);

/* ---- training attributes: legal in every state, read by optimisers ------------------------------------------------- */

typedef enum nsc_gradient_request {
    NSC_GRADIENT_WRITE = 0, /* each backward pass replaces the gradient */
    NSC_GRADIENT_ADD,       /* each adds to it */
    NSC_GRADIENT_NONE
} nsc_gradient_request;
NSC_API nsc_gradient_request nsc_parameter_gradient_request(const nsc_parameter *parameter);
/* Errors: INVALID; NO_GRADIENT for a constant or a running statistic, which never has one (NONE is accepted). */
NSC_API nsc_status nsc_parameter_request_gradient(nsc_parameter *parameter, nsc_gradient_request request);
/* A frozen parameter is not stepped; its gradient request is remembered. */
NSC_API int nsc_parameter_frozen(const nsc_parameter *parameter);
NSC_API nsc_status nsc_parameter_freeze(nsc_parameter *parameter, int frozen);
/* Factors of the learning rate and of the weight decay; finite, 0 or more; 1 at first. */
NSC_API float nsc_parameter_learning_rate_multiplier(const nsc_parameter *parameter);
NSC_API float nsc_parameter_weight_decay_multiplier(const nsc_parameter *parameter);
NSC_API nsc_status nsc_parameter_set_multipliers(nsc_parameter *parameter, float learning_rate, float weight_decay);

/* ---- events ------------------------------------------------------------------------------------------------------ */

typedef enum nsc_parameter_event {
    NSC_EVENT_SHAPE = 1, /* a dimension became known */
    NSC_EVENT_REQUESTED,
    NSC_EVENT_INITIALIZED, /* its initialiser made a value, for the first time or again */
    NSC_EVENT_SET,
    NSC_EVENT_LOADED,
    NSC_EVENT_MOVED,
    NSC_EVENT_TIED,
    NSC_EVENT_FORGOTTEN
} nsc_parameter_event;
/* "shape", "requested", ... NULL for a number that is no event. Static. */
NSC_API const char *nsc_parameter_event_name(nsc_parameter_event event);
/* Called after the change is there for everybody, by the thread that made it; may ask, must not change anything. */
typedef void (*nsc_observer)(void *user, nsc_parameter *parameter, nsc_parameter_event event);
/* One observer a parameter; NULL takes it away. A parameter tied to another reports as that one. */
NSC_API nsc_status nsc_parameter_observe(nsc_parameter *parameter, nsc_observer observer, void *user);

#ifdef __cplusplus
}
#endif

#endif
