/* SPDX-License-Identifier: Apache-2.0 */
/* See support.h. */
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SKELETON is the path of a plug-in that offers nothing optional: there every operation is composed. */
static const char *const backend_names[] = {"reference", "opencl", SKELETON};
#define BACKENDS ((int)(sizeof backend_names / sizeof backend_names[0]))

static struct {
    const char *name;
    nsc_context *context, *composed;
} present[BACKENDS];
static int present_count;
static Suite *suite;

TCase *model_begin(const char *name)
{
    for (int i = 0; i < BACKENDS; i++) {
        nsc_context_options options = {.backend = backend_names[i]};
        nsc_context *context = NULL;
        nsc_status status = nsc_context_create(&context, &options, sizeof options);
        if (status == NSC_OK) {
            present[present_count].name = backend_names[i];
            present[present_count++].context = context;
            continue;
        }
        /* Not built (no such name) or no device: absent. Anything else, and of the others anything, is a fault. */
        fprintf(stderr, "%s: absent: %s: %s\n", backend_names[i], nsc_status_name(status), nsc_last_error(NULL));
        if (strcmp(backend_names[i], "opencl") != 0 || (status != NSC_UNAVAILABLE && status != NSC_INVALID))
            exit(EXIT_FAILURE);
    }
    suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    return tests;
}

int model_end(void)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    for (int i = 0; i < present_count; i++) {
        nsc_context *const contexts[] = {present[i].composed, present[i].context};
        for (size_t j = 0; j < sizeof contexts / sizeof contexts[0]; j++) {
            if (contexts[j] == NULL || nsc_context_close(contexts[j]) == NSC_OK)
                continue;
            fprintf(stderr, "%s: the context cannot be closed: %s\n", present[i].name, nsc_last_error(contexts[j]));
            failed++;
        }
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int model_backend_count(void)
{
    return present_count;
}

int model_is_plain(int index)
{
    return strcmp(present[index].name, SKELETON) == 0;
}

const char *model_backend_name(int index)
{
    return present[index].name;
}

nsc_context *model_context(int index)
{
    return present[index].context;
}

nsc_context *model_composed(int index)
{
    if (present[index].composed == NULL)
        present[index].composed = model_open(index, &(nsc_context_options){.compose = "all"});
    return present[index].composed;
}

nsc_context *model_open(int index, const nsc_context_options *options)
{
    nsc_context_options mine = options != NULL ? *options : (nsc_context_options){0};
    mine.backend = present[index].name;
    nsc_context *context = NULL;
    ASSERT_OK(nsc_context_create(&context, &mine, sizeof mine));
    return context;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t model_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

float model_random_float(uint64_t *state, float low, float high)
{
    return low + (high - low) * ((float)(model_random(state) >> 40) * 0x1p-24f);
}

int64_t model_random_int(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(model_random(state) % (uint64_t)(high - low));
}

size_t model_elements(int rank, const int64_t *dims)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    return count;
}

static void *reserve(size_t bytes)
{
    void *memory = malloc(bytes + 1);
    if (memory == NULL)
        abort();
    return memory;
}

nsc_tensor *model_tensor(nsc_context *context, uint64_t seed, const float *data, int rank, const int64_t *dims)
{
    size_t count = model_elements(rank, dims);
    float *made = NULL;
    if (data == NULL) {
        made = reserve(count * sizeof *made);
        for (size_t i = 0; i < count; i++)
            made[i] = model_random_float(&seed, -1.0f, 1.0f);
    }
    nsc_tensor *tensor = NULL;
    ASSERT_OK(nsc_tensor_from(context, NSC_FLOAT32, rank, dims, data != NULL ? data : made, &tensor));
    free(made);
    return tensor;
}

float *model_read(const nsc_tensor *tensor)
{
    float *values = reserve(nsc_tensor_bytes(tensor));
    ASSERT_OK(nsc_tensor_read(tensor, values, nsc_tensor_bytes(tensor)));
    return values;
}

float *model_read_parameter(const nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK];
    int rank = nsc_parameter_shape(parameter, dims);
    ck_assert_int_ge(rank, 0);
    size_t bytes = model_elements(rank, dims) * sizeof(float);
    float *values = reserve(bytes);
    ASSERT_OK(nsc_parameter_read(parameter, values, bytes));
    return values;
}

nsc_parameter *model_parameter(nsc_block *net, const char *path)
{
    nsc_parameter *parameter = nsc_find_parameter(net, path);
    ck_assert_msg(parameter != NULL, "no parameter at %s", path);
    return parameter;
}

float *model_forward(nsc_block *net, const nsc_tensor *x, size_t *count)
{
    nsc_tensor *y = NULL;
    ASSERT_OK(nsc_forward(net, x, &y));
    float *values = model_read(y);
    if (count != NULL)
        *count = nsc_tensor_bytes(y) / sizeof(float);
    nsc_tensor_release(y);
    return values;
}

int model_has_shape(const nsc_parameter *parameter, int rank, const int64_t *dims)
{
    int64_t have[NSC_MAX_RANK];
    if (nsc_parameter_shape(parameter, have) != rank)
        return 0;
    return rank <= 0 || memcmp(have, dims, (size_t)rank * sizeof *dims) == 0;
}

int model_same_shape(const nsc_shape *shape, int rank, const int64_t *dims)
{
    return shape->rank == rank && (rank <= 0 || memcmp(shape->dims, dims, (size_t)rank * sizeof *dims) == 0);
}

int model_same_value(const nsc_parameter *a, const nsc_parameter *b)
{
    int64_t dims[NSC_MAX_RANK];
    int rank = nsc_parameter_shape(a, dims);
    if (!model_has_shape(b, rank, dims) || nsc_parameter_get_state(a) != NSC_INITIALIZED ||
        nsc_parameter_get_state(b) != NSC_INITIALIZED)
        return 0;
    float *of_a = model_read_parameter(a), *of_b = model_read_parameter(b);
    int same = memcmp(of_a, of_b, model_elements(rank, dims) * sizeof(float)) == 0;
    free(of_a);
    free(of_b);
    return same;
}

const char *model_missing(const char *text, ...)
{
    va_list texts;
    va_start(texts, text);
    const char *wanted;
    while ((wanted = va_arg(texts, const char *)) != NULL && strstr(text, wanted) != NULL)
        ;
    va_end(texts);
    return wanted;
}

const char *model_either(const nsc_context *context)
{
    static _Thread_local char text[1 << 14];
    snprintf(text, sizeof text, "%s\n%s", nsc_last_error(context), nsc_last_error(NULL));
    return text;
}

const char *model_all_errors(void)
{
    static _Thread_local char text[1 << 15];
    size_t used = (size_t)snprintf(text, sizeof text, "without a context: %s\n", nsc_last_error(NULL));
    for (int i = 0; i < present_count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s: %s\n", present[i].name,
                                 nsc_last_error(present[i].context));
    return text;
}
