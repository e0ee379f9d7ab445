/* SPDX-License-Identifier: Apache-2.0 */
/* map on the OpenCL backend in both of its forms, generated and interpreted: every rank, strides, dtypes, all ops. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "suites.h"

static const nsc_backend_dtype dtypes[4] = {
    {NSC_BACKEND_FLOAT, 32, 1}, {NSC_BACKEND_INT, 32, 1}, {NSC_BACKEND_UINT, 32, 1}, {NSC_BACKEND_UINT, 8, 1}};

/* Runs one map in the form asked for: alone it is interpreted while it is small, with a second one it is generated. */
static void run_form(test_bench *bench, nsc_backend_map *map, bool generated, const test_operand *operands,
                     uint32_t count, const float *scalars, uint32_t scalar_count)
{
    const nsc_backend_operation *operation = (const nsc_backend_operation *)map;
    if (!generated) {
        test_bench_run(bench, operation, operands, count, scalars, scalar_count);
        return;
    }
    const nsc_backend_operation *two[2] = {operation, operation};
    nsc_backend_step *steps[2];
    nsc_backend_status statuses[2];
    int status = bench->table->prepare_many(bench->device, 2, two, steps, statuses);
    ck_assert_msg(status == NSC_BACKEND_OK, "prepare_many: %d %s", status, bench->host->failure);
    bench->table->release(bench->device, steps[1]);
    test_bench_launch(bench, steps[0], operands, count, scalars, scalar_count);
}

static nsc_backend_expression expression_of(const nsc_backend_instruction *code, uint32_t count, uint32_t inputs,
                                            uint32_t outputs)
{
    return (nsc_backend_expression){.struct_size = sizeof(nsc_backend_expression),
                                    .version = 1,
                                    .code_count = count,
                                    .code = code,
                                    .input_count = inputs,
                                    .output_count = outputs,
                                    .stack_depth = 16};
}

/* out = a - 2 * b + s with a transposed or reversed, b broadcast along one dim; exact in float. */
static void strided_case(test_bench *bench, uint32_t rank, bool generated)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0}, {NSC_OP_LOAD, 1}, {NSC_OP_IMMEDIATE, 0},
                                                   {NSC_OP_MUL, 0},  {NSC_OP_SUB, 0},  {NSC_OP_SCALAR, 0},
                                                   {NSC_OP_ADD, 0},  {NSC_OP_STORE, 0}};
    static const float two[] = {2.0f};
    int64_t dims[NSC_BACKEND_MAX_RANK];
    int64_t total = 1;
    for (uint32_t d = 0; d < rank; d++)
        total *= dims[d] = 1 + (int64_t)(test_word() % 3) + (d == rank - 1);
    nsc_backend_expression expression = expression_of(code, 8, 2, 1);
    expression.immediate_count = 1;
    expression.immediates = two;
    expression.scalar_count = 1;
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = 2,
                           .output_count = 1};
    map.inputs[0] = test_view(0, dtypes[0], rank, dims);
    map.inputs[1] = test_view(1, dtypes[test_word() % 4], rank, dims);
    map.outputs[0] = test_view(2, dtypes[0], rank, dims);
    /* a: every dim backwards; b: stride 0 along a dim. */
    for (uint32_t d = 0; d < rank; d++) {
        map.inputs[0].offset += (dims[d] - 1) * map.inputs[0].strides[d];
        map.inputs[0].strides[d] = -map.inputs[0].strides[d];
    }
    map.inputs[1].strides[test_word() % rank] = 0;
    float *a = malloc((size_t)total * 4), *out = malloc((size_t)total * 4);
    uint32_t *b = calloc((size_t)total, 4);
    const uint32_t bytes = map.inputs[1].dtype.bits / 8u;
    for (int64_t i = 0; i < total; i++) {
        const uint8_t small = (uint8_t)(test_word() % 100);
        const float value = (float)small;
        const uint32_t wide = small;
        a[i] = (float)(test_word() % 1000);
        if (bytes == 1)
            ((uint8_t *)b)[i] = small;
        else
            memcpy(&b[i], map.inputs[1].dtype.code == NSC_BACKEND_FLOAT ? (const void *)&value : (const void *)&wide,
                   4);
    }
    const test_operand operands[] = {
        {a, NULL, (uint64_t)total * 4}, {b, NULL, (uint64_t)total * bytes}, {NULL, out, (uint64_t)total * 4}};
    const float scalar = 0.5f;
    run_form(bench, &map, generated, operands, 3, &scalar, 1);
    for (int64_t i = 0; i < total; i++) {
        int64_t rest = i, at[2] = {map.inputs[0].offset, map.inputs[1].offset};
        for (uint32_t d = rank; d-- > 0;) {
            for (int v = 0; v < 2; v++)
                at[v] += rest % dims[d] * map.inputs[v].strides[d];
            rest /= dims[d];
        }
        float right;
        if (bytes == 1)
            right = ((const uint8_t *)b)[at[1]];
        else if (map.inputs[1].dtype.code == NSC_BACKEND_FLOAT)
            memcpy(&right, &b[at[1]], 4);
        else
            right = (float)b[at[1]];
        ck_assert_msg(out[i] == a[at[0]] - 2.0f * right + scalar, "rank %u, element %lld: %g", rank, (long long)i,
                      (double)out[i]);
    }
    free(a);
    free(b);
    free(out);
}

START_TEST(opencl_map_strides_and_ranks)
{
    for (uint32_t rank = 1; rank <= NSC_BACKEND_MAX_RANK; rank++)
        for (int round = 0; round < 2; round++)
            strided_case(&suite_bench, rank, round == 1);
}
END_TEST

/* The op in double. */
static double op_value(uint16_t op, double x, double y)
{
    switch (op) {
    case NSC_OP_NEG:
        return -x;
    case NSC_OP_ABS:
        return fabs(x);
    case NSC_OP_EXP:
        return exp(x);
    case NSC_OP_LOG:
        return log(x);
    case NSC_OP_SQRT:
        return sqrt(x);
    case NSC_OP_RSQRT:
        return 1 / sqrt(x);
    case NSC_OP_TANH:
        return tanh(x);
    case NSC_OP_ERF:
        return erf(x);
    case NSC_OP_FLOOR:
        return floor(x);
    case NSC_OP_CEIL:
        return ceil(x);
    case NSC_OP_RINT:
        return rint(x);
    case NSC_OP_EXPM1:
        return expm1(x);
    case NSC_OP_LOG1P:
        return log1p(x);
    case NSC_OP_SIN:
        return sin(x);
    case NSC_OP_COS:
        return cos(x);
    case NSC_OP_ADD:
        return x + y;
    case NSC_OP_SUB:
        return x - y;
    case NSC_OP_MUL:
        return x * y;
    case NSC_OP_DIV:
        return x / y;
    case NSC_OP_MAX:
        return isnan(x) || isnan(y) ? NAN : fmax(x, y);
    case NSC_OP_MIN:
        return isnan(x) || isnan(y) ? NAN : fmin(x, y);
    case NSC_OP_POW:
        return pow(x, y);
    case NSC_OP_EQUAL:
        return x == y;
    case NSC_OP_LESS:
        return x < y;
    default:
        return x <= y;
    }
}

/* OpenCL 1.2, table 7.1: the largest bound that it gives to an op here is 16 ulp (erf, pow). */
static void op_case(test_bench *bench, uint16_t op, bool generated)
{
    enum { COUNT = 64 };
    const bool two = op >= NSC_OP_ADD;
    const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},
                                            {(uint16_t)(two ? NSC_OP_LOAD : op), (uint16_t)(two ? 1 : 0)},
                                            {(uint16_t)(two ? op : NSC_OP_STORE), 0},
                                            {NSC_OP_STORE, 0}};
    const int64_t dims[1] = {COUNT};
    const bool positive =
        op == NSC_OP_LOG || op == NSC_OP_SQRT || op == NSC_OP_RSQRT || op == NSC_OP_POW || op == NSC_OP_LOG1P;
    float x[COUNT], y[COUNT], out[COUNT];
    nsc_backend_expression expression = expression_of(code, two ? 4 : 3, two ? 2 : 1, 1);
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = two ? 2 : 1,
                           .output_count = 1};
    map.inputs[0] = test_view(0, dtypes[0], 1, dims);
    map.inputs[1] = test_view(1, dtypes[0], 1, dims);
    map.outputs[0] = test_view(2, dtypes[0], 1, dims);
    for (int i = 0; i < COUNT; i++) {
        x[i] = test_float(positive ? 0.01f : -8.0f, 8.0f);
        y[i] = i % 4 == 0 ? x[i] : test_float(-8.0f, 8.0f);
    }
    x[0] = y[1] = NAN;
    const test_operand operands[] = {{x, NULL, sizeof x}, {y, NULL, sizeof y}, {NULL, out, sizeof out}};
    run_form(bench, &map, generated, operands, 3, NULL, 0);
    for (int i = 0; i < COUNT; i++) {
        const double right = op_value(op, (double)x[i], (double)y[i]);
        if (isnan(right))
            ck_assert_msg(isnan(out[i]), "op %u: NaN lost at %d", op, i);
        else
            ck_assert_msg(fabs((double)out[i] - right) <= 16 * 0x1p-23 * fabs(right) + 0x1p-126,
                          "op %u(%g, %g) = %g, not %g", op, (double)x[i], (double)y[i], (double)out[i], right);
    }
}

START_TEST(opencl_map_every_op)
{
    for (int form = 0; form < 2; form++) {
        for (uint16_t op = NSC_OP_NEG; op <= NSC_OP_COS; op++)
            op_case(&suite_bench, op, form == 1);
        for (uint16_t op = NSC_OP_ADD; op <= NSC_OP_LESS_EQUAL; op++)
            op_case(&suite_bench, op, form == 1);
    }
}
END_TEST

/* Stores to integers, raw moves, SELECT, FMA, SET and GET, several outputs, in place. */
START_TEST(opencl_map_special_rules)
{
    enum { COUNT = 8 };
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},  {NSC_OP_SET, 0},      {NSC_OP_STORE, 0},
                                                   {NSC_OP_GET, 0},   {NSC_OP_STORE, 1},    {NSC_OP_GET, 0},
                                                   {NSC_OP_STORE, 2}, {NSC_OP_LOAD_RAW, 1}, {NSC_OP_STORE_RAW, 3}};
    static const float x[COUNT] = {NAN, INFINITY, -INFINITY, -1.75f, 255.9f, 3e9f, -3e9f, 5e9f};
    static const int32_t as_int[COUNT] = {0, INT32_MAX, INT32_MIN, -1, 255, INT32_MAX, INT32_MIN, INT32_MAX};
    static const uint32_t as_uint[COUNT] = {0, UINT32_MAX, 0, 0, 255, 3000000000u, 0, UINT32_MAX};
    static const uint8_t as_byte[COUNT] = {0, 255, 0, 0, 255, 255, 0, 255};
    static const uint32_t raw[COUNT] = {0x7fa00001u, 0xffc12345u, 1u, 0x80000000u, 2, 3, 4, 0x7f800001u};
    const int64_t dims[1] = {COUNT};
    for (int form = 0; form < 2; form++) {
        int32_t ints[COUNT];
        uint32_t uints[COUNT], moved[COUNT];
        uint8_t bytes[COUNT];
        nsc_backend_expression expression = expression_of(code, 9, 2, 4);
        nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                               .kind = NSC_BACKEND_MAP,
                               .expression = &expression,
                               .input_count = 2,
                               .output_count = 4};
        map.inputs[0] = test_view(0, dtypes[0], 1, dims);
        map.inputs[1] = test_view(4, dtypes[0], 1, dims);
        for (uint32_t i = 0; i < 3; i++)
            map.outputs[i] = test_view(1 + i, dtypes[1 + i], 1, dims);
        map.outputs[3] = test_view(4, dtypes[0], 1, dims);
        const test_operand operands[] = {{x, NULL, sizeof x},
                                         {NULL, ints, sizeof ints},
                                         {NULL, uints, sizeof uints},
                                         {NULL, bytes, sizeof bytes},
                                         {raw, moved, sizeof raw}};
        run_form(&suite_bench, &map, form == 1, operands, 5, NULL, 0);
        ck_assert_mem_eq(ints, as_int, sizeof ints);
        ck_assert_mem_eq(uints, as_uint, sizeof uints);
        ck_assert_mem_eq(bytes, as_byte, sizeof bytes);
        ck_assert_mem_eq(moved, raw, sizeof raw);
    }
}
END_TEST

START_TEST(opencl_map_select_and_fma)
{
    enum { COUNT = 4 };
    static const nsc_backend_instruction code[] = {{NSC_OP_LOAD, 0},   {NSC_OP_LOAD, 1}, {NSC_OP_LOAD, 1},
                                                   {NSC_OP_LOAD, 1},   {NSC_OP_LOAD, 2}, {NSC_OP_FMA, 0},
                                                   {NSC_OP_SELECT, 0}, {NSC_OP_STORE, 0}};
    static const float x[COUNT] = {0.0f, -0.0f, NAN, 2.0f}, y[COUNT] = {1.0f + 0x1p-23f, 3.0f, 4.0f, 5.0f};
    static const float z[COUNT] = {-1.0f - 0x1p-22f, 1.0f, 1.0f, 1.0f};
    const int64_t dims[1] = {COUNT};
    for (int form = 0; form < 2; form++) {
        float out[COUNT];
        nsc_backend_expression expression = expression_of(code, 8, 3, 1);
        nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                               .kind = NSC_BACKEND_MAP,
                               .expression = &expression,
                               .input_count = 3,
                               .output_count = 1};
        for (uint32_t i = 0; i < 3; i++)
            map.inputs[i] = test_view(i, dtypes[0], 1, dims);
        map.outputs[0] = test_view(3, dtypes[0], 1, dims);
        const test_operand operands[] = {
            {x, NULL, sizeof x}, {y, NULL, sizeof y}, {z, NULL, sizeof z}, {NULL, out, sizeof out}};
        run_form(&suite_bench, &map, form == 1, operands, 4, NULL, 0);
        ck_assert(out[0] == 0x1p-46f); /* one rounding */
        ck_assert(out[1] == 10.0f);
        ck_assert(out[2] == 4.0f);
        ck_assert(out[3] == 5.0f);
    }
}
END_TEST

TCase *opencl_map_cases(void)
{
    TCase *tests = tcase_create("map");
    tcase_add_test(tests, opencl_map_strides_and_ranks);
    tcase_add_test(tests, opencl_map_every_op);
    tcase_add_test(tests, opencl_map_special_rules);
    tcase_add_test(tests, opencl_map_select_and_fma);
    return tests;
}
