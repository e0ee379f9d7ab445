/* SPDX-License-Identifier: Apache-2.0 */
/* reduce, softmax, gemm by every route, gemm with an epilogue, and the generator on the OpenCL backend. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param/random.h"
#include "host.h"
#include "opencl.h"
#include "suites.h"

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};

/* ---- reduce ---- */

static void reduce_case(test_bench *bench, uint32_t reduction, int64_t outer, int64_t inner, bool transposed)
{
    static const nsc_backend_instruction code[] = {
        {NSC_OP_LOAD, 0}, {NSC_OP_LOAD, 0}, {NSC_OP_MUL, 0}, {NSC_OP_STORE, 0}};
    const nsc_backend_expression square = {.struct_size = sizeof square,
                                           .version = 1,
                                           .code_count = 4,
                                           .code = code,
                                           .input_count = 1,
                                           .output_count = 1,
                                           .stack_depth = 2};
    nsc_backend_reduce reduce = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                 .kind = NSC_BACKEND_REDUCE,
                                 .producer = &square,
                                 .reduction = reduction,
                                 .reduced_rank = 2,
                                 .input_count = 1,
                                 .rank = 3,
                                 .dims = {outer, 3, inner}};
    const size_t total = (size_t)(outer * 3 * inner);
    float *x = malloc(total * 4), *out = malloc((size_t)outer * 4);
    for (size_t i = 0; i < total; i++)
        x[i] = test_float(-1.0f, 1.0f);
    reduce.inputs[0] = test_view(0, f32, 3, reduce.dims);
    if (transposed) { /* the same elements from a buffer laid out as (inner, outer, 3) */
        reduce.inputs[0].strides[0] = 3;
        reduce.inputs[0].strides[1] = 1;
        reduce.inputs[0].strides[2] = 3 * outer;
    }
    if (outer > 1)
        x[reduce.inputs[0].strides[0] + 2 * reduce.inputs[0].strides[2]] = NAN;
    reduce.output = test_view(1, f32, 1, &outer);
    const test_operand operands[] = {{x, NULL, total * 4}, {NULL, out, (uint64_t)outer * 4}};
    test_bench_run(bench, (const nsc_backend_operation *)&reduce, operands, 2, NULL, 0);
    for (int64_t o = 0; o < outer; o++) {
        double sum = 0, high = 0, low = INFINITY;
        for (int64_t p = 0; p < 3; p++)
            for (int64_t i = 0; i < inner; i++) {
                const int64_t *s = reduce.inputs[0].strides;
                const double v = (double)x[o * s[0] + p * s[1] + i * s[2]];
                sum += v * v;
                high = fmax(high, v * v);
                low = fmin(low, v * v);
            }
        const double right = reduction == NSC_BACKEND_SUM ? sum : reduction == NSC_BACKEND_MAXIMUM ? high : low;
        if (o == 1)
            ck_assert_msg(isnan(out[o]), "reduction %u of %lld: NaN lost", reduction, (long long)inner);
        else /* all terms are positive: n roundings of at most 2^-24, and one of the product */
            ck_assert_msg(fabs((double)out[o] - right) <= (double)(3 * inner + 1) * 0x1p-24 * right,
                          "reduction %u of %lld: %g, not %g", reduction, (long long)inner, (double)out[o], right);
    }
    free(x);
    free(out);
}

START_TEST(opencl_reduce)
{
    static const int64_t inner[] = {3, 5, 64, 85, 86, 1000, 7001};
    for (uint32_t reduction = NSC_BACKEND_SUM; reduction <= NSC_BACKEND_MINIMUM; reduction++)
        for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
            reduce_case(&suite_bench, reduction, 1, inner[i], false);
            reduce_case(&suite_bench, reduction, 7, inner[i], i % 2 == 0);
        }
}
END_TEST

/* Tiny devices: no local memory, work-groups of 1. */
START_TEST(opencl_reduce_on_a_small_device)
{
    nsc_backend_device *device = suite_bench.device;
    const size_t group = device->max_group;
    const uint64_t local = device->local_bytes;
    device->max_group = 1;
    device->local_bytes = 0;
    reduce_case(&suite_bench, NSC_BACKEND_SUM, 3, 1000, false);
    device->local_bytes = local;
    device->max_group = 8;
    reduce_case(&suite_bench, NSC_BACKEND_SUM, 3, 1001, false);
    device->max_group = group;
}
END_TEST

/* ---- softmax ---- */

/* Within the bound of docs/conformance.md, where no d is below -2. */
static void softmax_case(test_bench *bench, int64_t rows, int64_t length)
{
    const int64_t dims[2] = {rows, length};
    const size_t total = (size_t)(rows * length);
    float *x = malloc(total * 4), *out = malloc(total * 4);
    nsc_backend_softmax softmax = {.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                   .kind = NSC_BACKEND_SOFTMAX,
                                   .input = test_view(0, f32, 2, dims),
                                   .output = test_view(1, f32, 2, dims)};
    for (size_t i = 0; i < total; i++)
        x[i] = test_float(-1.0f, 1.0f);
    const test_operand operands[] = {{x, NULL, total * 4}, {NULL, out, total * 4}};
    for (softmax.logarithm = 0; softmax.logarithm < 2; softmax.logarithm++) {
        test_bench_run(bench, (const nsc_backend_operation *)&softmax, operands, 2, NULL, 0);
        for (size_t start = 0; start < total; start += (size_t)length) {
            double top = -INFINITY, sum = 0;
            for (size_t i = start; i < start + (size_t)length; i++)
                top = fmax(top, (double)x[i]);
            for (size_t i = start; i < start + (size_t)length; i++)
                sum += exp((double)x[i] - top);
            for (size_t i = start; i < start + (size_t)length; i++) {
                const double d = (double)x[i] - top, right = softmax.logarithm ? d - log(sum) : exp(d) / sum;
                const double relative = 0x1p-24 * (double)(length + 22);
                const double bound = softmax.logarithm ? relative + 8 * 0x1p-24 * fabs(right) : relative * right;
                ck_assert_msg(fabs((double)out[i] - right) <= bound, "softmax %u of %lld at %zu: %g, not %g",
                              softmax.logarithm, (long long)length, i, (double)out[i], right);
            }
        }
    }
    free(x);
    free(out);
}

/* Both forms of the kernel, whatever the device is. Neither the sizes of rows nor how many there are, nor the
 * logarithm, are part of a program. */
START_TEST(opencl_softmax_builds_nothing_for_another_size)
{
    const cl_device_type type = suite_bench.device->type;
    suite_bench.device->type = CL_DEVICE_TYPE_CPU;
    softmax_case(&suite_bench, 100, 300);
    suite_bench.device->type = CL_DEVICE_TYPE_GPU;
    softmax_case(&suite_bench, 3, 10);
    softmax_case(&suite_bench, 3, 40);
    const uint64_t built = test_bench_stats(&suite_bench).programs_built;
    softmax_case(&suite_bench, 100, 31);
    softmax_case(&suite_bench, 1, 1);
    softmax_case(&suite_bench, 300, 129);
    softmax_case(&suite_bench, 2, 2049);
    suite_bench.device->type = type;
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, built);
}
END_TEST

/* Work-groups of 1 and 8, no local memory: other shapes of the same kernel. */
START_TEST(opencl_softmax_on_a_small_device)
{
    nsc_backend_device *device = suite_bench.device;
    const size_t group = device->max_group;
    const uint64_t local = device->local_bytes;
    const cl_device_type type = device->type;
    device->type = CL_DEVICE_TYPE_GPU;
    device->max_group = 8;
    softmax_case(&suite_bench, 5, 33);
    softmax_case(&suite_bench, 3, 1100);
    device->max_group = 1;
    softmax_case(&suite_bench, 3, 1000);
    device->max_group = group;
    device->local_bytes = 0;
    softmax_case(&suite_bench, 70, 1000);
    device->local_bytes = local;
    device->type = type;
}
END_TEST

/* ---- gemm ---- */

typedef struct matrices {
    float *a, *b, *c, *bias;
    nsc_backend_view va, vb, vc;
    size_t a_count, b_count, c_count;
} matrices;

/* Leading dimensions with padding; c is full of NaN where beta is 0. */
static void matrices_make(matrices *x, int64_t m, int64_t n, int64_t k, bool ta, bool tb, bool nan)
{
    const int64_t da[2] = {m, k}, db[2] = {k, n}, dc[2] = {m, n};
    x->va = test_view(0, f32, 2, da);
    x->vb = test_view(1, f32, 2, db);
    x->vc = test_view(2, f32, 2, dc);
    x->va.strides[0] = ta ? 1 : k + 3;
    x->va.strides[1] = ta ? m + 2 : 1;
    x->vb.strides[0] = tb ? 1 : n + 1;
    x->vb.strides[1] = tb ? k + 5 : 1;
    x->vc.strides[0] = n + 4;
    x->a_count = (size_t)(ta ? k * (m + 2) : m * (k + 3));
    x->b_count = (size_t)(tb ? n * (k + 5) : k * (n + 1));
    x->c_count = (size_t)(m * (n + 4));
    x->a = malloc(x->a_count * 4);
    x->b = malloc(x->b_count * 4);
    x->c = malloc(x->c_count * 4);
    x->bias = malloc((size_t)n * 4);
    for (size_t i = 0; i < x->a_count; i++)
        x->a[i] = test_float(-1.0f, 1.0f);
    for (size_t i = 0; i < x->b_count; i++)
        x->b[i] = test_float(-1.0f, 1.0f);
    for (size_t i = 0; i < x->c_count; i++)
        x->c[i] = nan ? NAN : test_float(-1.0f, 1.0f);
    for (int64_t i = 0; i < n; i++)
        x->bias[i] = test_float(-1.0f, 1.0f);
}

static void matrices_free(matrices *x)
{
    free(x->a);
    free(x->b);
    free(x->c);
    free(x->bias);
}

/* The product and the sum of magnitudes that bounds its error. */
static double product(const matrices *x, int64_t i, int64_t j, double *magnitude)
{
    double sum = 0;
    *magnitude = 0;
    for (int64_t p = 0; p < x->va.dims[1]; p++) {
        const double term = (double)x->a[i * x->va.strides[0] + p * x->va.strides[1]] *
                            (double)x->b[p * x->vb.strides[0] + j * x->vb.strides[1]];
        sum += term;
        *magnitude += fabs(term);
    }
    return sum;
}

static void gemm_case(test_bench *bench, int64_t m, int64_t n, int64_t k, bool ta, bool tb, float alpha, float beta)
{
    matrices x;
    matrices_make(&x, m, n, k, ta, tb, beta == 0.0f);
    const nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE,
                                   .kind = NSC_BACKEND_GEMM,
                                   .alpha = alpha,
                                   .beta = beta,
                                   .a = x.va,
                                   .b = x.vb,
                                   .c = x.vc};
    float *out = malloc(x.c_count * 4);
    const test_operand operands[] = {{x.a, NULL, x.a_count * 4}, {x.b, NULL, x.b_count * 4}, {x.c, out, x.c_count * 4}};
    test_bench_run(bench, (const nsc_backend_operation *)&gemm, operands, 3, NULL, 0);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double magnitude;
            const double before = beta == 0.0f ? 0 : (double)beta * (double)x.c[i * (n + 4) + j];
            const double right = (double)alpha * product(&x, i, j, &magnitude) + before;
            const double bound = 0x1p-24 * ((double)(k + 2) * fabs((double)alpha) * magnitude + 2 * fabs(before));
            ck_assert_msg(fabs((double)out[i * (n + 4) + j] - right) <= bound,
                          "%lldx%lldx%lld%s%s at %lld,%lld: %g, not %g", (long long)m, (long long)n, (long long)k,
                          ta ? " ta" : "", tb ? " tb" : "", (long long)i, (long long)j, (double)out[i * (n + 4) + j],
                          right);
        }
        for (int64_t j = n; j < n + 4; j++) /* what lies behind a row stays */
            ck_assert_mem_eq(&out[i * (n + 4) + j], &x.c[i * (n + 4) + j], 4);
    }
    free(out);
    matrices_free(&x);
}

static void gemm_cases(test_bench *bench)
{
    static const int64_t sizes[][3] = {{1, 1, 1},  {1, 10, 7},   {3, 5, 2},      {17, 33, 31},
                                       {65, 3, 9}, {64, 64, 64}, {131, 66, 200}, {9, 130, 260}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int t = 0; t < 4; t++)
            gemm_case(bench, sizes[i][0], sizes[i][1], sizes[i][2], t & 1, t & 2, t == 1 ? 0.5f : 1.0f,
                      t == 2 ? 1.5f : 0.0f);
}

/* Also on a CPU, where our own kernels go first. */
START_TEST(opencl_gemm_by_clblast)
{
    const bool blocks = suite_bench.device->blocks;
    suite_bench.device->blocks = false;
    gemm_cases(&suite_bench);
    if (suite_bench.device->max_group >= 16) /* the least that it can be given */
        ck_assert_msg(suite_bench.device->blast == NSC_CL_BLAST_ON, "%s", suite_bench.device->note);
    gemm_case(&suite_bench, 300, 257, 259, false, true, 1.0f, 0.0f); /* the indirect path */
    suite_bench.device->blocks = blocks;
}
END_TEST

static void epilogue_case(test_bench *bench, int64_t m, int64_t n, int64_t k, bool tb)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},      {NSC_OP_LOAD, 1}, {NSC_OP_ADD, 0},
                                                   {NSC_OP_IMMEDIATE, 0}, {NSC_OP_MAX, 0},  {NSC_OP_SCALAR, 0},
                                                   {NSC_OP_MUL, 0},       {NSC_OP_STORE, 0}};
    static const float zero[] = {0.0f};
    const nsc_backend_expression relu = {.struct_size = sizeof relu,
                                         .version = 1,
                                         .code_count = 8,
                                         .immediate_count = 1,
                                         .code = code,
                                         .immediates = zero,
                                         .input_count = 2,
                                         .output_count = 1,
                                         .scalar_count = 1,
                                         .stack_depth = 2};
    matrices x;
    matrices_make(&x, m, n, k, false, tb, true);
    nsc_backend_gemm_epilogue gemm = {.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                      .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                      .expression = &relu,
                                      .input_count = 1,
                                      .a = x.va,
                                      .b = x.vb,
                                      .c = x.vc};
    gemm.inputs[0] = test_view(3, f32, 2, x.vc.dims);
    gemm.inputs[0].strides[0] = 0;
    float *out = malloc(x.c_count * 4);
    const float two = 2.0f;
    const test_operand operands[] = {{x.a, NULL, x.a_count * 4},
                                     {x.b, NULL, x.b_count * 4},
                                     {x.c, out, x.c_count * 4},
                                     {x.bias, NULL, (uint64_t)n * 4}};
    test_bench_run(bench, (const nsc_backend_operation *)&gemm, operands, 4, &two, 1);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double magnitude;
            const double right = 2 * fmax(product(&x, i, j, &magnitude) + (double)x.bias[j], 0);
            const double bound = 2 * 0x1p-24 * (double)(k + 2) * (magnitude + fabs((double)x.bias[j]));
            ck_assert_msg(fabs((double)out[i * (n + 4) + j] - right) <= bound, "epilogue at %lld,%lld: %g, not %g",
                          (long long)i, (long long)j, (double)out[i * (n + 4) + j], right);
        }
    free(out);
    matrices_free(&x);
}

static void own_cases(test_bench *bench)
{
    gemm_cases(bench);
    epilogue_case(bench, 1, 1, 1, false);
    epilogue_case(bench, 5, 10, 20, true);
    epilogue_case(bench, 130, 65, 129, true);
    epilogue_case(bench, 67, 31, 300, false);
}

/* CLBlast switched off: our own kernels, in the three shapes that the limits lead to. */
START_TEST(opencl_gemm_by_our_own_kernels)
{
    nsc_backend_device *device = suite_bench.device;
    const nsc_cl_blast_state blast = device->blast;
    const bool blocks = device->blocks, tiles = device->tiles;
    device->blast = NSC_CL_BLAST_OFF;
    device->blocks = true;
    own_cases(&suite_bench);
    device->blocks = false;
    device->tiles = true;
    own_cases(&suite_bench);
    device->tiles = false;
    own_cases(&suite_bench);
    device->blast = blast;
    device->blocks = blocks;
    device->tiles = tiles;
}
END_TEST

/* ---- random ---- */

enum { COUNT = 1003 };

static nsc_backend_random random_of(uint32_t distribution)
{
    const int64_t dims[1] = {COUNT};
    const nsc_backend_dtype words = {NSC_BACKEND_UINT, 32, 1};
    return (nsc_backend_random){.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                .kind = NSC_BACKEND_RANDOM,
                                .distribution = distribution,
                                .seed = 42,
                                .scale = 0.1f,
                                .output = test_view(0, distribution == NSC_BACKEND_WORDS ? words : f32, 1, dims)};
}

/* What the host makes of it. */
static void random_right(const nsc_backend_random *r, uint64_t stream, uint32_t right[COUNT])
{
    float values[COUNT];
    if (r->distribution == NSC_BACKEND_WORDS) {
        nsc_random_words(r->seed, stream, r->first, COUNT, right);
        return;
    }
    if (r->distribution == NSC_BACKEND_UNIFORM)
        nsc_random_uniform(r->seed, stream, r->first, COUNT, r->scale, r->shift, values);
    else if (r->distribution == NSC_BACKEND_NORMAL)
        nsc_random_normal(r->seed, stream, r->first, COUNT, r->scale, r->shift, values);
    else
        nsc_random_truncated_normal(r->seed, stream, r->first, COUNT, r->scale, r->shift, values);
    memcpy(right, values, sizeof values);
}

START_TEST(opencl_random)
{
    static const uint64_t firsts[] = {0, 1, 7, 4294967290u, 0x100000000000002u};
    for (uint32_t distribution = NSC_BACKEND_WORDS; distribution <= NSC_BACKEND_TRUNCATED_NORMAL; distribution++)
        for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
            uint32_t got[COUNT], right[COUNT];
            nsc_backend_random random = random_of(distribution);
            random.stream = 0xcbf29ce484222325u;
            random.first = firsts[i];
            random.scale = i == 1 ? 0x1p-126f : 0.1f;
            random.shift = i == 2 ? -0.05f : 0.0f;
            const test_operand operand = {NULL, got, sizeof got};
            test_bench_run(&suite_bench, (const nsc_backend_operation *)&random, &operand, 1, NULL, 0);
            random_right(&random, random.stream, right);
            ck_assert_mem_eq(got, right, sizeof right);
        }
}
END_TEST

/* One prepared step a distribution, another stream at every launch, and no build after the first fill's. Words that
 * are NaN as floats arrive as they are. */
START_TEST(opencl_random_streams_at_launch)
{
    static const uint64_t streams[] = {0, 1, 0xcbf29ce484222325u, 0x7fa000017f800001u, UINT64_MAX};
    const nsc_backend_table *table = suite_bench.table;
    nsc_backend_device *device = suite_bench.device;
    uint32_t got[COUNT], right[COUNT];
    nsc_backend_random fixed = random_of(NSC_BACKEND_WORDS);
    nsc_backend_binding binding = {NULL, 0};
    const test_operand operand = {NULL, got, sizeof got};
    test_bench_run(&suite_bench, (const nsc_backend_operation *)&fixed, &operand, 1, NULL, 0);
    const uint64_t built = test_bench_stats(&suite_bench).programs_built;
    ck_assert_int_eq(table->alloc(device, sizeof got, &binding.buffer), NSC_BACKEND_OK);
    for (uint32_t distribution = NSC_BACKEND_WORDS; distribution <= NSC_BACKEND_TRUNCATED_NORMAL; distribution++) {
        nsc_backend_random random = random_of(distribution);
        nsc_backend_step *step = NULL;
        random.stream_scalars = 1;
        random.first = 6;
        ck_assert_int_eq(table->prepare(device, (const nsc_backend_operation *)&random, &step), NSC_BACKEND_OK);
        for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
            const uint32_t words[2] = {(uint32_t)streams[i], (uint32_t)(streams[i] >> 32)};
            float scalars[2];
            memcpy(scalars, words, sizeof scalars);
            ck_assert_int_eq(table->launch(device, NULL, step, &binding, 1, scalars, 2), NSC_BACKEND_OK);
            ck_assert_int_eq(table->read(device, NULL, binding.buffer, 0, sizeof got, got), NSC_BACKEND_OK);
            random_right(&random, streams[i], right);
            ck_assert_mem_eq(got, right, sizeof right);
        }
        table->release(device, step);
    }
    table->free(device, binding.buffer);
    ck_assert_uint_eq(test_bench_stats(&suite_bench).programs_built, built);
}
END_TEST

TCase *opencl_compute_cases(void)
{
    TCase *tests = tcase_create("compute");
    tcase_add_test(tests, opencl_reduce);
    tcase_add_test(tests, opencl_reduce_on_a_small_device);
    tcase_add_test(tests, opencl_softmax_builds_nothing_for_another_size);
    tcase_add_test(tests, opencl_softmax_on_a_small_device);
    tcase_add_test(tests, opencl_gemm_by_clblast);
    tcase_add_test(tests, opencl_gemm_by_our_own_kernels);
    tcase_add_test(tests, opencl_random);
    tcase_add_test(tests, opencl_random_streams_at_launch);
    return tests;
}
