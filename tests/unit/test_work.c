/* SPDX-License-Identifier: Apache-2.0 */
/* FLOPs, bytes and shapes of operations, by hand. */
#include "core/device/work.h"
#include "unit.h"

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};
static const nsc_backend_dtype u8 = {NSC_BACKEND_UINT, 8, 1};

/* relu(x * s + b): FMA 2, MAX 1; the rest is free. */
static const nsc_backend_instruction relu_code[] = {{NSC_OP_LOAD, 0}, {NSC_OP_SCALAR, 0}, {NSC_OP_LOAD, 1},
                                                    {NSC_OP_FMA, 0},  {NSC_OP_SET, 0},    {NSC_OP_IMMEDIATE, 0},
                                                    {NSC_OP_MAX, 0},  {NSC_OP_STORE, 0}};
static const nsc_backend_expression relu = {.code = relu_code, .code_count = 8};
/* A copy: no arithmetic. */
static const nsc_backend_instruction copy_code[] = {{NSC_OP_LOAD_RAW, 0}, {NSC_OP_STORE_RAW, 0}};
static const nsc_backend_expression copy = {.code = copy_code, .code_count = 2};
/* select(x < y, exp x, y): LESS, EXP, SELECT. */
static const nsc_backend_instruction select_code[] = {{NSC_OP_LOAD, 0},   {NSC_OP_LOAD, 1}, {NSC_OP_LESS, 0},
                                                      {NSC_OP_LOAD, 0},   {NSC_OP_EXP, 0},  {NSC_OP_LOAD, 1},
                                                      {NSC_OP_SELECT, 0}, {NSC_OP_STORE, 0}};
static const nsc_backend_expression choose = {.code = select_code, .code_count = 8};

static nsc_backend_view matrix(int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride)
{
    return (nsc_backend_view){.rank = 2, .dtype = f32, .dims = {rows, columns}, .strides = {row_stride, column_stride}};
}

static void expect(const void *operation, const char *name, const char *shape, uint64_t flops, uint64_t read,
                   uint64_t written)
{
    nsc_work work = {.path = "", .block = ""};
    nsc_work_describe(&work, operation);
    ck_assert_str_eq(work.name, name);
    ck_assert_str_eq(work.shape, shape);
    ck_assert_uint_eq(work.flops, flops);
    ck_assert_uint_eq(work.bytes_read, read);
    ck_assert_uint_eq(work.bytes_written, written);
}

START_TEST(maps)
{
    nsc_backend_map map = {.kind = NSC_BACKEND_MAP, .expression = &relu, .input_count = 2, .output_count = 1};
    map.inputs[0] = map.outputs[0] = matrix(3, 5, 5, 1);
    map.inputs[1] = matrix(3, 5, 0, 1); /* a bias: five elements */
    expect(&map, "map", "(3,5)", 3 * 15, 60 + 20, 60);
    map.inputs[1] = matrix(3, 5, 0, 0); /* one element */
    expect(&map, "map", "(3,5)", 3 * 15, 60 + 4, 60);
    map.expression = &choose;
    expect(&map, "map", "(3,5)", 3 * 15, 60 + 4, 60);
    map.expression = &copy;
    map.input_count = 1;
    map.inputs[0].dtype = map.outputs[0].dtype = u8;
    expect(&map, "map", "(3,5)", 0, 15, 15);
    map.output_count = 2;
    map.outputs[1] = matrix(3, 5, 7, 1); /* with gaps, which are not touched */
    expect(&map, "map", "(3,5)", 0, 15, 15 + 60);
    map.output_count = 1;
    map.outputs[0] = (nsc_backend_view){.rank = 0, .dtype = f32};
    map.inputs[0] = map.outputs[0];
    expect(&map, "map", "()", 0, 4, 4);
}
END_TEST

START_TEST(views_that_overlap_themselves)
{
    nsc_backend_map map = {.kind = NSC_BACKEND_MAP, .expression = &copy, .input_count = 1, .output_count = 1};
    map.outputs[0] = matrix(5, 3, 3, 1);
    map.inputs[0] = matrix(5, 3, 1, 1); /* windows of three: seven elements */
    expect(&map, "map", "(5,3)", 0, 28, 60);
    map.inputs[0] = matrix(5, 3, -1, 1); /* the same backwards */
    map.inputs[0].offset = 4;
    expect(&map, "map", "(5,3)", 0, 28, 60);
}
END_TEST

START_TEST(reductions)
{
    nsc_backend_reduce reduce = {.kind = NSC_BACKEND_REDUCE,
                                 .producer = &relu,
                                 .reduction = NSC_BACKEND_SUM,
                                 .reduced_rank = 1,
                                 .input_count = 2,
                                 .rank = 2,
                                 .dims = {4, 10}};
    reduce.inputs[0] = matrix(4, 10, 10, 1);
    reduce.inputs[1] = matrix(4, 10, 1, 0);
    reduce.output = (nsc_backend_view){.rank = 1, .dtype = f32, .dims = {4}, .strides = {1}};
    expect(&reduce, "reduce", "(4,10)->(4)", 3 * 40 + 36, 160 + 16, 16);
    reduce.producer = &copy;
    reduce.reduced_rank = 2;
    reduce.input_count = 1;
    reduce.output.rank = 0;
    expect(&reduce, "reduce", "(4,10)->()", 39, 160, 4);
}
END_TEST

START_TEST(products)
{
    nsc_backend_gemm gemm = {.kind = NSC_BACKEND_GEMM, .alpha = 2};
    gemm.a = matrix(2, 20, 20, 1);
    gemm.b = matrix(20, 256, 1, 20);
    gemm.c = matrix(2, 256, 256, 1);
    expect(&gemm, "gemm", "(2,20)x(20,256)", 2 * 2 * 20 * 256, 160 + 20480, 2048);
    gemm.beta = -1;
    expect(&gemm, "gemm", "(2,20)x(20,256)", 20480, 160 + 20480 + 2048, 2048);
    gemm.a = (nsc_backend_view){.rank = 3, .dtype = f32, .dims = {7, 2, 3}, .strides = {6, 3, 1}};
    gemm.b = (nsc_backend_view){.rank = 3, .dtype = f32, .dims = {7, 3, 5}, .strides = {0, 5, 1}};
    gemm.c = (nsc_backend_view){.rank = 3, .dtype = f32, .dims = {7, 2, 5}, .strides = {10, 5, 1}};
    gemm.beta = 0;
    expect(&gemm, "gemm", "(7,2,3)x(7,3,5)", 2 * 7 * 2 * 3 * 5, 7 * 6 * 4 + 15 * 4, 280);

    nsc_backend_gemm_epilogue fused = {.kind = NSC_BACKEND_GEMM_EPILOGUE, .expression = &relu, .input_count = 1};
    fused.a = matrix(2, 20, 20, 1);
    fused.b = matrix(20, 256, 1, 20);
    fused.c = matrix(2, 256, 256, 1);
    fused.inputs[0] = matrix(2, 256, 0, 1);
    expect(&fused, "gemm_epilogue", "(2,20)x(20,256)", 20480 + 3 * 512, 160 + 20480 + 1024, 2048);
}
END_TEST

START_TEST(random_numbers)
{
    nsc_backend_random random = {.kind = NSC_BACKEND_RANDOM,
                                 .distribution = NSC_BACKEND_NORMAL,
                                 .output = {.rank = 1, .dtype = f32, .dims = {5120}, .strides = {1}}};
    expect(&random, "random", "(5120)", 10240, 0, 20480);
    random.distribution = NSC_BACKEND_WORDS;
    expect(&random, "random", "(5120)", 0, 0, 20480);
}
END_TEST

START_TEST(gathers)
{
    nsc_backend_gather gather = {.kind = NSC_BACKEND_GATHER,
                                 .source = {.rank = 3, .dtype = f32, .dims = {2, 100, 8}, .strides = {800, 8, 1}},
                                 .indices = {.rank = 1, .dtype = u8, .dims = {5}, .strides = {1}},
                                 .output = {.rank = 3, .dtype = f32, .dims = {2, 5, 8}, .strides = {40, 8, 1}}};
    expect(&gather, "gather", "(2,100,8)[(5)]", 0, 320 + 5, 320);
    gather.indices.dims[0] = gather.output.dims[1] = 1000; /* the whole source, again and again */
    gather.output.strides[0] = 8000;
    expect(&gather, "gather", "(2,100,8)[(1000)]", 0, 6400 + 1000, 64000);
}
END_TEST

START_TEST(softmaxes)
{
    nsc_backend_softmax softmax = {.kind = NSC_BACKEND_SOFTMAX};
    softmax.input = softmax.output = matrix(2, 10, 10, 1);
    expect(&softmax, "softmax", "(2,10)", 5 * 20, 80, 80);
}
END_TEST

START_TEST(what_does_not_fit)
{
    nsc_backend_gemm gemm = {.kind = NSC_BACKEND_GEMM};
    const int64_t large = INT64_C(1) << 31;
    gemm.a = matrix(large, large, large, 1);
    gemm.b = gemm.c = gemm.a;
    nsc_work work = {.path = "", .block = ""};
    nsc_work_describe(&work, (const void *)&gemm);
    ck_assert_uint_eq(work.flops, UINT64_MAX);

    nsc_backend_map map = {.kind = NSC_BACKEND_MAP, .expression = &copy, .output_count = 1};
    map.outputs[0] = (nsc_backend_view){.rank = 8, .dtype = f32};
    for (int i = 0; i < 8; i++)
        map.outputs[0].dims[i] = INT64_C(1000000000000000);
    nsc_work_describe(&work, (const void *)&map);
    ck_assert_uint_eq(strlen(work.shape), NSC_WORK_SHAPE - 1);
    ck_assert_str_eq(work.shape + NSC_WORK_SHAPE - 4, "...");
    expect(&(nsc_backend_operation){.kind = 30}, "operation", "", 0, 0, 0);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, maps);
    tcase_add_test(to, views_that_overlap_themselves);
    tcase_add_test(to, reductions);
    tcase_add_test(to, products);
    tcase_add_test(to, random_numbers);
    tcase_add_test(to, gathers);
    tcase_add_test(to, softmaxes);
    tcase_add_test(to, what_does_not_fit);
}
