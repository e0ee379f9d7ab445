/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of checkpoints share: a file, nets to be saved, and arrays to be loaded. */
#ifndef TESTS_MODEL_CHECKPOINT_H
#define TESTS_MODEL_CHECKPOINT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static char path[] = "/tmp/nascent-checkpoint-XXXXXX";

static inline void setup(void)
{
    strcpy(path, "/tmp/nascent-checkpoint-XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static inline void teardown(void)
{
    unlink(path);
}

static inline nsc_block *two_layers(void)
{
    return nsc_sequential(nsc_dense(256, .weight_init = nsc_xavier()), nsc_dense(10, .weight_init = nsc_normal(0.1f)));
}

static inline void request(nsc_block *net, nsc_context *context, uint64_t seed)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = seed};
    ASSERT_OK(nsc_initialize(net, context, &options));
}

static inline void run(nsc_block *net, nsc_context *context, int64_t width)
{
    nsc_tensor *x = INPUT(context, 1, 2, width);
    free(model_forward(net, x, NULL));
    nsc_tensor_release(x);
}

/* Both nets have the same parameters, in the same states, with the same values. */
static inline void assert_same(nsc_block *a, nsc_block *b)
{
    static const char *const names[] = {"0.weight", "0.bias", "1.weight", "1.bias"};
    for (int i = 0; i < 4; i++) {
        const nsc_parameter *x = model_parameter(a, names[i]), *y = model_parameter(b, names[i]);
        int64_t dims[NSC_MAX_RANK];
        const int rank = nsc_parameter_shape(x, dims);
        ck_assert(model_has_shape(y, rank, dims));
        ASSERT_STATE(y, nsc_parameter_get_state(x));
        ck_assert_int_eq(nsc_parameter_requested(x), nsc_parameter_requested(y));
        if (nsc_parameter_get_state(x) == NSC_INITIALIZED)
            ck_assert(model_same_value(x, y));
    }
}

static inline nsc_array array_of(const char *name, const float *data, int rank, const int64_t *dims)
{
    nsc_array array = {.name = name, .dtype = NSC_FLOAT32, .rank = rank, .data = data};
    memcpy(array.dims, dims, (size_t)rank * sizeof *dims);
    array.bytes = model_elements(rank, dims) * sizeof(float);
    return array;
}
#define ARRAY(NAME, DATA, ...) array_of((NAME), (DATA), DIMS(__VA_ARGS__))

static const float zeros[99 * 30];

static inline void write_arrays(const nsc_array *arrays, size_t count, const char *metadata)
{
    const nsc_metadata text = {.key = "nascent", .text = metadata};
    ASSERT_OK(nsc_safetensors_write(path, arrays, count, &text, metadata == NULL ? 0 : 1));
}

static inline size_t kinds(const nsc_load_report *report, nsc_load_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < nsc_load_report_count(report); i++)
        count += nsc_load_report_entry(report, i)->kind == kind;
    return count;
}

#endif
