/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the model side share: the backends present, each with one open context, and short ways to make
 * inputs, read values and look at messages. */
#ifndef TESTS_MODEL_SUPPORT_H
#define TESTS_MODEL_SUPPORT_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

/* ---- backends and the runner ------------------------------------------------------------------------------------ */

/* Opens a context on every backend present (the reference and the skeleton always; an absent one is named on stderr, with the reason)
 * and gives the case to which tests are added. */
TCase *model_begin(const char *name);
/* Runs without forking (drivers do not survive it), then closes the contexts: one that cannot be closed is a leak and
 * fails the program. Gives main's result. */
int model_end(void);

int model_backend_count(void);
/* As in NASCENT_BACKEND: a name, or the path of a plug-in. */
const char *model_backend_name(int index);
/* 1 for the backend that offers nothing optional: backends/skeleton, as a plug-in. */
int model_is_plain(int index);
nsc_context *model_context(int index);
/* A context on that backend in which every optional kind is composed of the required ones; one for the whole program. */
nsc_context *model_composed(int index);
/* A further context on that backend. */
nsc_context *model_open(int index, const nsc_context_options *options);

/* Adds a test that runs once per backend; its context is model_context(_i). */
#define EACH_BACKEND(CASE, TEST) tcase_add_loop_test((CASE), (TEST), 0, model_backend_count())

/* ---- random numbers, fixed by their seed ------------------------------------------------------------------------ */

uint64_t model_random(uint64_t *state);
/* In [low, high). */
float model_random_float(uint64_t *state, float low, float high);
int64_t model_random_int(uint64_t *state, int64_t low, int64_t high);

/* ---- tensors and values ----------------------------------------------------------------------------------------- */

size_t model_elements(int rank, const int64_t *dims);
/* A float32 tensor from data, or with values in [-1, 1) made from seed where data is NULL. */
nsc_tensor *model_tensor(nsc_context *context, uint64_t seed, const float *data, int rank, const int64_t *dims);
#define DIMS(...)                                                          \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) \
    {                                                                      \
        __VA_ARGS__                                                        \
    }
#define TENSOR(CONTEXT, DATA, ...) model_tensor((CONTEXT), 0, (DATA), DIMS(__VA_ARGS__))
#define INPUT(CONTEXT, SEED, ...) model_tensor((CONTEXT), (SEED), NULL, DIMS(__VA_ARGS__))
#define SHAPE(...)                                                                                 \
    (nsc_shape)                                                                                    \
    {                                                                                              \
        .rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), .dims = { __VA_ARGS__ } \
    }

/* The elements of a float32 tensor or parameter; free them. Never NULL. */
float *model_read(const nsc_tensor *tensor);
float *model_read_parameter(const nsc_parameter *parameter);
/* The parameter at path, which must be there. */
nsc_parameter *model_parameter(nsc_block *net, const char *path);
/* One forward whose result is read and given back; *count receives its elements. The forward must succeed. */
float *model_forward(nsc_block *net, const nsc_tensor *x, size_t *count);

/* 1 when the parameter has this shape. */
int model_has_shape(const nsc_parameter *parameter, int rank, const int64_t *dims);
int model_same_shape(const nsc_shape *shape, int rank, const int64_t *dims);
/* 1 when both are initialized with equal bytes and shapes. */
int model_same_value(const nsc_parameter *a, const nsc_parameter *b);

/* ---- messages --------------------------------------------------------------------------------------------------- */

/* The first of the texts (ended by NULL) that does not occur in text; NULL when all do. */
const char *model_missing(const char *text, ...);
/* The chains of a call that may belong to the context or to none, one after the other. Valid until the next call. */
const char *model_either(const nsc_context *context);

#define ASSERT_STATUS(CALL, WANT)                                                                    \
    do {                                                                                             \
        nsc_status status_ = (CALL);                                                                 \
        ck_assert_msg(status_ == (WANT), "%s gives %s, not %s\n%s", #CALL, nsc_status_name(status_), \
                      nsc_status_name(WANT), model_all_errors());                                    \
    } while (0)
#define ASSERT_OK(CALL) ASSERT_STATUS(CALL, NSC_OK)
#define ASSERT_SHAPE(PARAMETER, ...) ck_assert(model_has_shape((PARAMETER), DIMS(__VA_ARGS__)))
#define ASSERT_STATE(PARAMETER, STATE) \
    ck_assert_str_eq(nsc_parameter_state_name(nsc_parameter_get_state(PARAMETER)), nsc_parameter_state_name(STATE))
#define ASSERT_SAYS(TEXT, ...)                                                     \
    do {                                                                           \
        const char *missing_ = model_missing((TEXT), __VA_ARGS__, NULL);           \
        ck_assert_msg(missing_ == NULL, "\"%s\" is not in: %s", missing_, (TEXT)); \
    } while (0)

/* The chains of all contexts and of none, for messages of failed tests. */
const char *model_all_errors(void);

#endif
