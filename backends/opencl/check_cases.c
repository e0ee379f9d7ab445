/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked at open: every kind, and each of its kernels that this device would use. Numbers are small integers
 * wherever that makes the result exact, whatever the order of a sum. */
#include "self_check.h"

#include <math.h>
#include <string.h>

/* Places in the image. */
#define A 0
#define B 1961
#define X 3500
#define BIAS 5000
#define INDICES 5040
#define OUT NSC_CL_CHECK_OUT

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1}, i32 = {NSC_BACKEND_INT, 32, 1};

/* Some of them outside of the 20 lines of gather's source. */
static const int32_t indices[16] = {3, 19, 0, 20, 7, -1, 11, 2147483647, 2, 18, 5, 5, 0, 9, 16, 1};

void nsc_cl_check_image(float *image)
{
    for (uint32_t i = 0; i < NSC_CL_CHECK_VALUES; i++)
        image[i] = (float)((int)((i * 2654435761u) >> 9 & 15) - 7);
    memcpy(image + INDICES, indices, sizeof indices);
}

static nsc_backend_view view(int64_t offset, uint32_t rank, int64_t d0, int64_t d1, int64_t d2)
{
    nsc_backend_view made = {.rank = rank, .dtype = f32, .offset = offset, .dims = {d0, d1, d2}};
    for (uint32_t d = rank, stride = 1; d-- > 0; stride *= (uint32_t)made.dims[d])
        made.strides[d] = stride;
    return made;
}

/* ---- map: 2 max(x, 0) + 3 of a transposed matrix ---- */

enum { MAP_ROWS = 60, MAP_COLUMNS = 24 };

static void describe_map(uint32_t form, nsc_cl_check_operation *operation)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},      {NSC_OP_IMMEDIATE, 0}, {NSC_OP_MAX, 0},
                                                   {NSC_OP_IMMEDIATE, 1}, {NSC_OP_MUL, 0},       {NSC_OP_IMMEDIATE, 2},
                                                   {NSC_OP_ADD, 0},       {NSC_OP_STORE, 0}};
    static const float numbers[] = {0.0f, 2.0f, 3.0f};
    static const nsc_backend_expression expression = {.struct_size = sizeof expression,
                                                      .version = 1,
                                                      .code_count = 8,
                                                      .immediate_count = 3,
                                                      .code = code,
                                                      .immediates = numbers,
                                                      .input_count = 1,
                                                      .output_count = 1,
                                                      .stack_depth = 2};
    (void)form;
    operation->map = (nsc_backend_map){.struct_size = NSC_BACKEND_MAP_SIZE,
                                       .kind = NSC_BACKEND_MAP,
                                       .expression = &expression,
                                       .input_count = 1,
                                       .output_count = 1};
    operation->map.inputs[0] = view(X, 2, MAP_ROWS, MAP_COLUMNS, 0);
    operation->map.inputs[0].strides[0] = 1;
    operation->map.inputs[0].strides[1] = MAP_ROWS;
    operation->map.outputs[0] = view(OUT, 2, MAP_ROWS, MAP_COLUMNS, 0);
}

static double expected_map(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i, double *bound)
{
    (void)host, (void)form, (void)bound;
    return 2 * fmax((double)image[X + i / MAP_COLUMNS + i % MAP_COLUMNS * MAP_ROWS], 0) + 3;
}

/* ---- reduce: sums of squares of long rows, by work-groups; maxima of short ones, by work-items ---- */

enum { LONG = 400, SHORT = 20 };

static void describe_reduce(uint32_t form, nsc_cl_check_operation *operation)
{
    static const nsc_backend_instruction square_code[] = {
        {NSC_OP_LOAD, 0}, {NSC_OP_LOAD, 0}, {NSC_OP_MUL, 0}, {NSC_OP_STORE, 0}};
    static const nsc_backend_expression square = {.struct_size = sizeof square,
                                                  .version = 1,
                                                  .code_count = 4,
                                                  .code = square_code,
                                                  .input_count = 1,
                                                  .output_count = 1,
                                                  .stack_depth = 2};
    static const nsc_backend_instruction same_code[] = {{NSC_OP_LOAD, 0}, {NSC_OP_STORE, 0}};
    static const nsc_backend_expression same = {.struct_size = sizeof same,
                                                .version = 1,
                                                .code_count = 2,
                                                .code = same_code,
                                                .input_count = 1,
                                                .output_count = 1,
                                                .stack_depth = 1};
    const int64_t rows = form == 0 ? 3 : 60, length = form == 0 ? LONG : SHORT;
    operation->reduce = (nsc_backend_reduce){.struct_size = NSC_BACKEND_REDUCE_SIZE,
                                             .kind = NSC_BACKEND_REDUCE,
                                             .producer = form == 0 ? &square : &same,
                                             .reduction = form == 0 ? NSC_BACKEND_SUM : NSC_BACKEND_MAXIMUM,
                                             .reduced_rank = 1,
                                             .input_count = 1,
                                             .rank = 2,
                                             .dims = {rows, length},
                                             .output = view(OUT, 1, rows, 0, 0)};
    operation->reduce.inputs[0] = view(X, 2, rows, length, 0);
}

static double expected_reduce(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i,
                              double *bound)
{
    const float *row = image + X + i * (form == 0 ? LONG : SHORT);
    double result = form == 0 ? 0 : -INFINITY;
    (void)host, (void)bound;
    for (int j = 0; j < (form == 0 ? LONG : SHORT); j++)
        result = form == 0 ? result + (double)row[j] * (double)row[j] : fmax(result, (double)row[j]);
    return result;
}

/* ---- gemm: 2 A B - C, and max(A B + bias, 0) with B transposed, by our own kernels ---- */

enum { M = 37, N = 29, K = 53 };

static void describe_gemm(uint32_t form, nsc_cl_check_operation *operation)
{
    (void)form;
    operation->gemm = (nsc_backend_gemm){.struct_size = NSC_BACKEND_GEMM_SIZE,
                                         .kind = NSC_BACKEND_GEMM,
                                         .alpha = 2.0f,
                                         .beta = -1.0f,
                                         .a = view(A, 2, M, K, 0),
                                         .b = view(B, 2, K, N, 0),
                                         .c = view(OUT, 2, M, N, 0)};
}

static double product(const float *image, uint32_t i, bool transposed)
{
    const uint32_t row = i / N, column = i % N;
    double sum = 0;
    for (uint32_t p = 0; p < K; p++)
        sum += (double)image[A + row * K + p] * (double)image[B + (transposed ? column * K + p : p * N + column)];
    return sum;
}

static double expected_gemm(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i, double *bound)
{
    (void)host, (void)form, (void)bound;
    return 2 * product(image, i, false) - (double)image[OUT + i];
}

static void describe_epilogue(uint32_t form, nsc_cl_check_operation *operation)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},      {NSC_OP_LOAD, 1}, {NSC_OP_ADD, 0},
                                                   {NSC_OP_IMMEDIATE, 0}, {NSC_OP_MAX, 0},  {NSC_OP_STORE, 0}};
    static const float zero[] = {0.0f};
    static const nsc_backend_expression relu = {.struct_size = sizeof relu,
                                                .version = 1,
                                                .code_count = 6,
                                                .immediate_count = 1,
                                                .code = code,
                                                .immediates = zero,
                                                .input_count = 2,
                                                .output_count = 1,
                                                .stack_depth = 2};
    (void)form;
    operation->epilogue = (nsc_backend_gemm_epilogue){.struct_size = NSC_BACKEND_GEMM_EPILOGUE_SIZE,
                                                      .kind = NSC_BACKEND_GEMM_EPILOGUE,
                                                      .expression = &relu,
                                                      .input_count = 1,
                                                      .a = view(A, 2, M, K, 0),
                                                      .b = view(B, 2, K, N, 0),
                                                      .c = view(OUT, 2, M, N, 0)};
    operation->epilogue.b.strides[0] = 1;
    operation->epilogue.b.strides[1] = K;
    operation->epilogue.inputs[0] = view(BIAS, 2, M, N, 0);
    operation->epilogue.inputs[0].strides[0] = 0;
}

static double expected_epilogue(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i,
                                double *bound)
{
    (void)host, (void)form, (void)bound;
    return fmax(product(image, i, true) + (double)image[BIAS + i % N], 0);
}

/* ---- gather: lines of (3, 20, 7) ---- */

enum { LINES = 20, LINE = 7, PICKED = sizeof indices / sizeof *indices };

static void describe_gather(uint32_t form, nsc_cl_check_operation *operation)
{
    (void)form;
    operation->gather = (nsc_backend_gather){.struct_size = NSC_BACKEND_GATHER_SIZE,
                                             .kind = NSC_BACKEND_GATHER,
                                             .source = view(X, 3, 3, LINES, LINE),
                                             .indices = view(INDICES, 1, PICKED, 0, 0),
                                             .output = view(OUT, 3, 3, PICKED, LINE)};
    operation->gather.indices.dtype = i32;
}

static double expected_gather(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i,
                              double *bound)
{
    int32_t line = indices[i / LINE % PICKED];
    line = line < 0 ? 0 : line >= LINES ? LINES - 1 : line;
    (void)host, (void)form, (void)bound;
    return (double)image[X + (i / LINE / PICKED * LINES + (uint32_t)line) * LINE + i % LINE];
}

/* ---- softmax: short rows; long rows; the logarithm ---- */

static void describe_softmax(uint32_t form, nsc_cl_check_operation *operation)
{
    const int64_t rows = form == 0 ? 40 : 3, length = form == 0 ? 20 : 150;
    operation->softmax = (nsc_backend_softmax){.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                               .kind = NSC_BACKEND_SOFTMAX,
                                               .logarithm = form == 2,
                                               .input = view(X, 2, rows, length, 0),
                                               .output = view(OUT, 2, rows, length, 0)};
}

/* As docs/conformance.md has it, where x - m is exact. */
static double expected_softmax(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i,
                               double *bound)
{
    const uint32_t length = form == 0 ? 20 : 150;
    const float *row = image + X + i / length * length;
    double top = -INFINITY, sum = 0;
    (void)host;
    for (uint32_t j = 0; j < length; j++)
        top = fmax(top, (double)row[j]);
    for (uint32_t j = 0; j < length; j++)
        sum += exp((double)row[j] - top);
    const double d = (double)row[i % length] - top, result = form == 2 ? d - log(sum) : exp(d) / sum;
    *bound = form == 2 ? 0x1p-24 * (length + 18 + 8 * fabs(result)) : 0x1p-24 * (length + 18) * result;
    return result;
}

/* ---- random: the same bits as the host's ---- */

static const nsc_backend_random streams[] = {
    {.distribution = NSC_BACKEND_UNIFORM, .first = 1, .scale = 0.1f, .shift = -0.05f},
    {.distribution = NSC_BACKEND_NORMAL, .first = 3, .scale = 0.0625f, .shift = 0.75f},
    {.distribution = NSC_BACKEND_TRUNCATED_NORMAL, .first = 0xfffffffe, .scale = 1.5f}};

static void describe_random(uint32_t form, nsc_cl_check_operation *operation)
{
    operation->random = streams[form];
    operation->random.struct_size = NSC_BACKEND_RANDOM_SIZE;
    operation->random.kind = NSC_BACKEND_RANDOM;
    operation->random.seed = 0x0123456789abcdefu;
    operation->random.stream = 0xfedcba9876543210u;
    operation->random.output = view(OUT, 1, NSC_CL_CHECK_RESULTS, 0, 0);
}

static double expected_random(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i,
                              double *bound)
{
    const nsc_backend_random *stream = &streams[form];
    const uint64_t element = stream->first + i;
    uint32_t words[4];
    (void)image, (void)bound;
    nsc_cl_philox(0x0123456789abcdefu, 0xfedcba9876543210u, element / 4, words);
    const uint32_t word = words[element % 4];
    const float variate = stream->distribution == NSC_BACKEND_UNIFORM ? (float)(word >> 8) * 0x1p-24f
                          : stream->distribution == NSC_BACKEND_NORMAL
                              ? nsc_cl_normal(word, host->normal_table)
                              : nsc_cl_normal(nsc_cl_truncated(word), host->normal_table);
    return (double)fmaf(variate, stream->scale, stream->shift);
}

const nsc_cl_check nsc_cl_checks[NSC_CL_CHECKS] = {
    {"map", NSC_BACKEND_MAP, true, 0, MAP_ROWS *MAP_COLUMNS, describe_map, expected_map},
    {"reduce", NSC_BACKEND_REDUCE, true, 0, 3, describe_reduce, expected_reduce},
    {"reduce", NSC_BACKEND_REDUCE, true, 1, 60, describe_reduce, expected_reduce},
    {"gemm", NSC_BACKEND_GEMM, true, 0, M *N, describe_gemm, expected_gemm},
    {"gemm_epilogue", NSC_BACKEND_GEMM_EPILOGUE, false, 0, M *N, describe_epilogue, expected_epilogue},
    {"gather", NSC_BACKEND_GATHER, false, 0, 3 * PICKED *LINE, describe_gather, expected_gather},
    {"softmax", NSC_BACKEND_SOFTMAX, false, 0, 40 * 20, describe_softmax, expected_softmax},
    {"softmax", NSC_BACKEND_SOFTMAX, false, 1, 3 * 150, describe_softmax, expected_softmax},
    {"softmax", NSC_BACKEND_SOFTMAX, false, 2, 3 * 150, describe_softmax, expected_softmax},
    {"random", NSC_BACKEND_RANDOM, false, 0, NSC_CL_CHECK_RESULTS, describe_random, expected_random},
    {"random", NSC_BACKEND_RANDOM, false, 1, NSC_CL_CHECK_RESULTS, describe_random, expected_random},
    {"random", NSC_BACKEND_RANDOM, false, 2, NSC_CL_CHECK_RESULTS, describe_random, expected_random},
};
