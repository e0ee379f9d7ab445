/* SPDX-License-Identifier: Apache-2.0 */
/* A steady forward allocates, builds, formats and waits for nothing. Seen from outside: by the interposer for our
 * objects, by the counts of the context, and on OpenCL by the counting layer (the file in OPENCL_LAYERS) for the rest. */
#include "interpose.h"
#include "support.h"

#include <nascent/device.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 1000, BATCH = 16, WIDTH = 20, UNITS = 10 };

/* ---- the counting layer ----------------------------------------------------------------------------------------- */

static struct {
    int (*count)(const char *name, unsigned long long *value);
    void (*reset)(void);
} layer;

/* The loader has the file open already; a second dlopen of the path gives the same object. */
static int find_layer(void)
{
    const char *path = getenv("OPENCL_LAYERS");
    void *object = path != NULL ? dlopen(path, RTLD_NOW | RTLD_NOLOAD) : NULL;
    if (object == NULL)
        return 0;
    *(void **)&layer.count = dlsym(object, "nsc_layer_count");
    *(void **)&layer.reset = dlsym(object, "nsc_layer_reset");
    return layer.count != NULL && layer.reset != NULL;
}

static unsigned long long layer_calls(const char *name)
{
    unsigned long long value = 0;
    ck_assert_msg(layer.count(name, &value) == 1, "the layer does not count %s", name);
    return value;
}

/* ---- steady runs ------------------------------------------------------------------------------------------------ */

static nsc_block *a_net(void)
{
    return nsc_sequential(nsc_dense(32, .activation = NSC_RELU), nsc_dense(24, .activation = NSC_GELU),
                          nsc_add_branches(nsc_identity(), nsc_dense(24, .activation = NSC_TANH)),
                          nsc_concat_branches(1, nsc_dense(8), nsc_dense(4, .activation = NSC_SIGMOID)),
                          nsc_dense(UNITS, .activation = NSC_SOFTMAX));
}

typedef struct steady {
    nsc_block *net;
    nsc_tensor *x, *y;
    void *volatile planted; /* volatile, or the compiler takes a planted call out */
} steady;

/* Two runs, so that everything that is made once is there. */
static steady begin(nsc_context *context, nsc_block *net)
{
    steady own = {.net = net, .x = INPUT(context, 1, BATCH, WIDTH)};
    ASSERT_OK(nsc_initialize(own.net, context, NULL));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(nsc_forward(own.net, own.x, &own.y));
        free(model_read(own.y));
    }
    return own;
}

static void end(steady *own)
{
    nsc_tensor_release(own->x);
    nsc_tensor_release(own->y);
    nsc_release(own->net);
}

typedef enum plant { NOTHING, AN_ALLOCATION, A_FORMAT } plant;

/* RUNS forwards, each with its read; one of them with a planted call. Gives what the interposer saw. */
static unsigned long run_steadily(steady *own, plant planted, const char **name)
{
    float values[BATCH * UNITS];
    char text[16];
    int failed = 0;
    nsc_tensor *same = own->y;
    interpose_start();
    for (int i = 0; i < RUNS; i++) {
        failed |= nsc_forward(own->net, own->x, &own->y) != NSC_OK;
        failed |= nsc_tensor_read(own->y, values, sizeof values) != NSC_OK;
        if (planted == AN_ALLOCATION && i == RUNS / 2)
            own->planted = malloc(16);
        if (planted == A_FORMAT && i == RUNS / 2)
            snprintf(text, sizeof text, "%d", i);
    }
    unsigned long calls = interpose_stop(name);
    if (planted == AN_ALLOCATION)
        free(own->planted);
    ck_assert_int_eq(failed, 0);
    ck_assert_ptr_eq(own->y, same);
    return calls;
}

START_TEST(test_a_steady_forward_allocates_and_formats_nothing)
{
    steady own = begin(model_context(_i), a_net());
    const char *name = NULL;
    unsigned long calls = run_steadily(&own, NOTHING, &name);
    ck_assert_msg(calls == 0, "%lu calls, the last of %s", calls, name);
    end(&own);
}
END_TEST

START_TEST(test_a_planted_call_is_caught)
{
    steady own = begin(model_context(_i), a_net());
    const char *name = NULL;
    ck_assert_uint_eq(run_steadily(&own, AN_ALLOCATION, &name), 1);
    ck_assert_str_eq(name, "malloc");
    ck_assert_uint_eq(run_steadily(&own, A_FORMAT, &name), 1);
    ck_assert_str_eq(name, "snprintf");
    end(&own);

    /* And the library's own calls are: a first forward allocates. */
    nsc_context *context = model_context(_i);
    own = (steady){.net = a_net(), .x = INPUT(context, 1, BATCH, WIDTH)};
    ASSERT_OK(nsc_initialize(own.net, context, NULL));
    interpose_start();
    nsc_status status = nsc_forward(own.net, own.x, &own.y);
    ck_assert_uint_gt(interpose_stop(NULL), 0);
    ASSERT_OK(status);
    end(&own);
}
END_TEST

START_TEST(test_a_steady_forward_makes_and_waits_for_nothing)
{
    nsc_context *context = model_context(_i);
    steady own = begin(context, a_net());
    nsc_statistics before, after;
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    run_steadily(&own, NOTHING, NULL);
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_uint_eq(after.downloads - before.downloads, RUNS);
    ck_assert_uint_gt(after.launches, before.launches);
    ck_assert_uint_eq((after.launches - before.launches) % RUNS, 0);
    ck_assert_uint_eq(after.prepared, before.prepared);
    ck_assert_uint_eq(after.uploads, before.uploads);
    ck_assert_uint_eq(after.finishes, before.finishes);
    ck_assert_uint_eq(after.allocations, before.allocations);
    ck_assert_uint_eq(after.bytes_in_use, before.bytes_in_use);
    ck_assert_uint_eq(after.commits, before.commits);
    ck_assert_uint_eq(after.plans, before.plans);
    ck_assert_uint_eq(after.executors, before.executors);
    ck_assert_uint_eq(after.programs_built, before.programs_built);
    ck_assert_uint_eq(after.programs_loaded, before.programs_loaded);
    end(&own);
}
END_TEST

/* A profile takes its room in advance: once it has some, a run that is recorded takes none. */
START_TEST(test_a_recorded_forward_allocates_and_formats_nothing)
{
    nsc_context *context = model_context(_i);
    float values[BATCH * UNITS];
    const char *name = NULL;
    int failed = 0;
    steady own = begin(context, a_net());
    ASSERT_OK(nsc_profile_start(context));
    ASSERT_OK(nsc_forward(own.net, own.x, &own.y));
    ASSERT_OK(nsc_tensor_read(own.y, values, sizeof values));
    interpose_start();
    for (int i = 0; i < 20; i++) {
        failed |= nsc_forward(own.net, own.x, &own.y) != NSC_OK;
        failed |= nsc_tensor_read(own.y, values, sizeof values) != NSC_OK;
    }
    unsigned long calls = interpose_stop(&name);
    ASSERT_OK(nsc_profile_stop(context));
    nsc_profile_summary summary;
    ASSERT_OK(nsc_profile_summarize(context, &summary, sizeof summary));
    ck_assert_int_eq(failed, 0);
    ck_assert_uint_lt(summary.records, 1024); /* the room that is taken at once */
    ck_assert_uint_ge(summary.launches, 21);
    ck_assert_msg(calls == 0, "%lu calls, the last of %s", calls, name);
    end(&own);
}
END_TEST

/* ---- launches --------------------------------------------------------------------------------------------------- */

/* Launches of one dense layer with bias and activation, as the context counts them. */
static uint64_t launches_of_dense(nsc_context *context, int64_t rows, int64_t k, int64_t units)
{
    nsc_block *net = nsc_dense(units, .activation = NSC_RELU, .bias_init = nsc_ones());
    nsc_tensor *x = INPUT(context, 1, rows, k), *y = NULL;
    nsc_statistics before, after;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    nsc_status status = nsc_forward(net, x, &y);
    ck_assert_msg(status == NSC_OK, "%s", nsc_last_error(context));
    ASSERT_OK(nsc_context_finish(context));
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    if (layer.reset != NULL)
        layer.reset();
    ASSERT_OK(nsc_forward(net, x, &y));
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
    return after.launches - before.launches;
}

static const int64_t sizes[][3] = {{16, 20, 10}, {64, 784, 256}, {1, 33, 7}, {257, 100, 65}};

START_TEST(test_a_dense_layer_is_one_launch_or_two)
{
    nsc_context *native = model_context(_i),
                *composed = model_open(_i, &(nsc_context_options){.compose = "gemm_epilogue"});
    const uint32_t bit = NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE);
    ck_assert_uint_eq(nsc_context_device(native)->optional_kinds & bit, model_is_plain(_i) ? 0 : bit);
    ck_assert_uint_eq(nsc_context_device(composed)->optional_kinds & bit, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ck_assert_uint_eq(launches_of_dense(native, sizes[i][0], sizes[i][1], sizes[i][2]), model_is_plain(_i) ? 2 : 1);
        ck_assert_uint_eq(launches_of_dense(composed, sizes[i][0], sizes[i][1], sizes[i][2]), 2);
    }
    ASSERT_OK(nsc_context_close(composed));
}
END_TEST

/* Kernels that the backend enqueues for the layer's product alone: x (m, k), weight (n, k). */
static uint64_t kernels_of_gemm(nsc_context *context, int64_t m, int64_t k, int64_t n)
{
    const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1.0f};
    gemm.a = (nsc_backend_view){.buffer = 0, .rank = 2, .dtype = f32, .dims = {m, k}, .strides = {k, 1}};
    gemm.b = (nsc_backend_view){.buffer = 1, .rank = 2, .dtype = f32, .dims = {k, n}, .strides = {1, k}};
    gemm.c = (nsc_backend_view){.buffer = 2, .rank = 2, .dtype = f32, .dims = {m, n}, .strides = {n, 1}};
    nsc_tensor *operands[] = {INPUT(context, 1, m, k), INPUT(context, 2, n, k), INPUT(context, 3, m, n)};
    layer.reset();
    ASSERT_OK(nsc_operation_run(context, (const nsc_backend_operation *)(const void *)&gemm, operands, 3, NULL, 0));
    uint64_t kernels = layer_calls("launches");
    for (int i = 0; i < 3; i++)
        nsc_tensor_release(operands[i]);
    return kernels;
}

/* The index of the OpenCL backend: the layer's tests are about it only. */
static int opencl_index(void)
{
    for (int i = 0; i < model_backend_count(); i++)
        if (strcmp(model_backend_name(i), "opencl") == 0)
            return i;
    return -1;
}

START_TEST(test_layer_a_dense_layer_is_one_kernel_or_those_of_clblast_and_one)
{
    nsc_context *native = model_context(opencl_index()),
                *composed = model_open(opencl_index(), &(nsc_context_options){.compose = "gemm_epilogue"});
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t m = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
        launches_of_dense(native, m, k, n);
        ck_assert_uint_eq(layer_calls("launches"), 1);
        launches_of_dense(composed, m, k, n);
        uint64_t kernels = layer_calls("launches");
        ck_assert_uint_eq(kernels, kernels_of_gemm(composed, m, k, n) + 1);
    }
    ASSERT_OK(nsc_context_close(composed));
}
END_TEST

START_TEST(test_layer_a_steady_forward_builds_creates_and_waits_for_nothing)
{
    static const char *const never[] = {"builds", "kernels", "buffers", "finishes", "waits", "uploads"};
    steady own = begin(model_context(opencl_index()), a_net());
    layer.reset();
    run_steadily(&own, NOTHING, NULL);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        ck_assert_msg(layer_calls(never[i]) == 0, "%llu %s", layer_calls(never[i]), never[i]);
    ck_assert_uint_eq(layer_calls("reads"), RUNS);
    ck_assert_uint_ge(layer_calls("launches"), RUNS);
    end(&own);
}
END_TEST

/* Parameters are made where they live: nothing is uploaded but the input. */
START_TEST(test_layer_no_parameter_is_uploaded)
{
    nsc_context *context = model_context(opencl_index());
    nsc_tensor *x = INPUT(context, 1, BATCH, WIDTH), *y = NULL;
    nsc_block *net = a_net();
    nsc_statistics before, after;
    ASSERT_OK(nsc_context_statistics(context, &before, sizeof before));
    layer.reset();
    ASSERT_OK(nsc_initialize(
        net, context, &(nsc_initialize_options){.size = sizeof(nsc_initialize_options), .init = nsc_normal(0.1f)}));
    ASSERT_OK(nsc_forward(net, x, &y));
    ck_assert_uint_eq(layer_calls("uploads"), 0);
    ASSERT_OK(nsc_context_statistics(context, &after, sizeof after));
    ck_assert_uint_eq(after.uploads, before.uploads);
    ck_assert_uint_eq(after.commits, before.commits + 1);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

/* A view is one mapping, whatever the number of views, and neither a read nor memory. */
START_TEST(test_layer_a_view_maps_once_and_reads_nothing)
{
    nsc_context *context = model_context(opencl_index());
    steady own = begin(context, a_net());
    nsc_tensor *weight = NULL;
    const void *values[2] = {NULL, NULL};
    ASSERT_OK(nsc_parameter_value(model_parameter(own.net, "0.weight"), &weight));
    layer.reset();
    nsc_status status = nsc_tensor_view(weight, &values[0]);
    if (status == NSC_UNSUPPORTED) {
        ck_assert_uint_eq(layer_calls("maps"), 0); /* memory of the device's own */
    } else {
        ASSERT_OK(status);
        ASSERT_OK(nsc_tensor_view(weight, &values[1]));
        ASSERT_OK(nsc_forward(own.net, own.x, &own.y));
        ck_assert_uint_eq(layer_calls("unmaps"), 0);
        ASSERT_OK(nsc_tensor_end_view(weight));
        ASSERT_OK(nsc_tensor_end_view(weight));
        ck_assert_uint_eq(layer_calls("maps"), 1);
        ck_assert_uint_eq(layer_calls("unmaps"), 1);
    }
    ck_assert_uint_eq(layer_calls("reads") + layer_calls("buffers"), 0);
    nsc_tensor_release(weight);
    end(&own);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("steady");
    EACH_BACKEND(tests, test_a_steady_forward_allocates_and_formats_nothing);
    EACH_BACKEND(tests, test_a_planted_call_is_caught);
    EACH_BACKEND(tests, test_a_steady_forward_makes_and_waits_for_nothing);
    EACH_BACKEND(tests, test_a_recorded_forward_allocates_and_formats_nothing);
    EACH_BACKEND(tests, test_a_dense_layer_is_one_launch_or_two);
    if (opencl_index() >= 0 && find_layer()) {
        tcase_add_test(tests, test_layer_a_dense_layer_is_one_kernel_or_those_of_clblast_and_one);
        tcase_add_test(tests, test_layer_a_steady_forward_builds_creates_and_waits_for_nothing);
        tcase_add_test(tests, test_layer_no_parameter_is_uploaded);
        tcase_add_test(tests, test_layer_a_view_maps_once_and_reads_nothing);
    } else {
        fprintf(stderr, "OpenCL, or the layer in OPENCL_LAYERS, is absent: calls of the driver are not counted\n");
    }
    return model_end();
}
