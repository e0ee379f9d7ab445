/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of expressions and descriptors: one broken at a time. */
#include "core/device/validate.h"

#include "fake_backend.h"
#include "unit.h"

static char why[256];
static nsc_backend_instruction code[NSC_BACKEND_MAX_CODE];
static const float immediates[2] = {1, 2};

/* input 0 + immediate 0 -> output 0 */
static nsc_backend_expression sum(void)
{
    const nsc_backend_instruction plain[] = {
        {NSC_OP_LOAD, 0}, {NSC_OP_IMMEDIATE, 0}, {NSC_OP_ADD, 0}, {NSC_OP_STORE, 0}};
    memcpy(code, plain, sizeof plain);
    return (nsc_backend_expression){.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                    .version = 1,
                                    .code_count = 4,
                                    .immediate_count = 1,
                                    .code = code,
                                    .immediates = immediates,
                                    .input_count = 1,
                                    .output_count = 1,
                                    .stack_depth = 2};
}

static int refused(const nsc_backend_expression *e, const char *rule)
{
    why[0] = 0;
    return !nsc_expression_valid(e, why, sizeof why) && strstr(why, rule) != NULL;
}

#define BREAKS(CHANGE, RULE)                                            \
    do {                                                                \
        nsc_backend_expression e = sum();                               \
        CHANGE;                                                         \
        ck_assert_msg(refused(&e, RULE), "%s gives: %s", #CHANGE, why); \
    } while (0)

START_TEST(expressions)
{
    nsc_backend_expression good = sum();
    ck_assert_msg(nsc_expression_valid(&good, why, sizeof why), "%s", why);
    ck_assert(refused(NULL, "there is none"));
    BREAKS(e.struct_size -= 1, "struct_size");
    BREAKS(e.version = 2, "version");
    BREAKS(e.code_count = 0, "code");
    BREAKS(e.code_count = NSC_BACKEND_MAX_CODE + 1, "code");
    BREAKS(e.code = NULL, "code");
    BREAKS(e.immediates = NULL, "immediates");
    BREAKS(e.immediate_count = NSC_BACKEND_MAX_IMMEDIATES + 1, "immediates");
    BREAKS(e.input_count = NSC_BACKEND_MAX_INPUTS + 1, "inputs");
    BREAKS(e.output_count = 0, "outputs");
    BREAKS(e.output_count = 2, "output 1 is never stored");
    BREAKS(e.scalar_count = NSC_BACKEND_MAX_SCALARS + 1, "scalars");
    BREAKS(e.stack_depth = 3, "should be 2");
    BREAKS(e.code_count = 3, "1 values on the stack");
    BREAKS(code[0].arg = 1, "input 1 of 1");
    BREAKS(code[1].arg = 1, "immediate 1 of 1");
    BREAKS(code[3].arg = 1, "output 1 of 1");
    BREAKS(code[1].op = NSC_OP_SCALAR, "scalar 0 of 0");
    BREAKS(code[2].op = 47, "no operation 47");
    BREAKS(code[2].op = 0, "no operation 0");
    BREAKS(code[2].arg = 1, "no argument");
    BREAKS(code[2].op = NSC_OP_FMA, "3 operands from a stack of 2");
    BREAKS(code[1] = ((nsc_backend_instruction){NSC_OP_GET, 0}), "before it is set");
    BREAKS(code[1] = ((nsc_backend_instruction){NSC_OP_SET, NSC_BACKEND_MAX_TEMPS}), "temporary");
    BREAKS(code[0].op = NSC_OP_LOAD_RAW, "raw bits");
    BREAKS(code[3].op = NSC_OP_STORE_RAW, "STORE_RAW without");
    BREAKS(code[4] = code[0]; code[5] = code[3]; e.code_count = 6, "stored twice");
}
END_TEST

START_TEST(the_stack_has_a_bottom)
{
    for (uint32_t depth = 15; depth <= 17; depth++) {
        nsc_backend_expression e = sum();
        e.code_count = 0;
        for (uint32_t i = 0; i < depth; i++)
            code[e.code_count++] = (nsc_backend_instruction){NSC_OP_LOAD, 0};
        for (uint32_t i = 1; i < depth; i++)
            code[e.code_count++] = (nsc_backend_instruction){NSC_OP_ADD, 0};
        code[e.code_count++] = (nsc_backend_instruction){NSC_OP_STORE, 0};
        e.stack_depth = depth;
        ck_assert_int_eq(nsc_expression_valid(&e, why, sizeof why), depth <= 16);
    }
}
END_TEST

static nsc_backend_view view(uint32_t buffer, int64_t rows, int64_t columns)
{
    return (nsc_backend_view){.buffer = buffer,
                              .rank = 2,
                              .dtype = {NSC_BACKEND_FLOAT, 32, 1},
                              .dims = {rows, columns},
                              .strides = {columns, 1}};
}

static int operation_refused(const void *operation, const char *rule)
{
    why[0] = 0;
    return !nsc_operation_valid(operation, &fake.limits, why, sizeof why) && strstr(why, rule) != NULL;
}

#define MAP_BREAKS(CHANGE, RULE)                                                  \
    do {                                                                          \
        nsc_backend_expression e = sum();                                         \
        nsc_backend_map m = {.struct_size = NSC_BACKEND_MAP_SIZE,                 \
                             .kind = NSC_BACKEND_MAP,                             \
                             .expression = &e,                                    \
                             .input_count = 1,                                    \
                             .output_count = 1,                                   \
                             .inputs = {view(0, 2, 3)},                           \
                             .outputs = {view(1, 2, 3)}};                         \
        CHANGE;                                                                   \
        ck_assert_msg(operation_refused(&m, RULE), "%s gives: %s", #CHANGE, why); \
    } while (0)

START_TEST(maps)
{
    fake_reset();
    MAP_BREAKS(m.struct_size = 4, "no head");
    MAP_BREAKS(m.struct_size -= 8, "struct_size");
    MAP_BREAKS(m.kind = 99, "kind 99");
    MAP_BREAKS(m.expression = NULL, "there is none");
    MAP_BREAKS(m.input_count = 2, "the operation 2 and 1");
    MAP_BREAKS(m.inputs[0].rank = 9, "rank 9");
    MAP_BREAKS(m.inputs[0].dims[1] = 4, "other dims");
    MAP_BREAKS(m.inputs[0].dims[0] = 0, "positive");
    MAP_BREAKS(m.inputs[0].buffer = 64, "buffer 64");
    MAP_BREAKS(m.inputs[0].dtype.lanes = 2, "does not exist");
    MAP_BREAKS(m.inputs[0].dtype.bits = 64, "does not store");
    MAP_BREAKS(m.inputs[0].reserved = 1, "reserved");
    MAP_BREAKS(m.inputs[0].offset = -1, "before its buffer");
    MAP_BREAKS(m.inputs[0].offset = INT64_MIN, "64 bits");
    MAP_BREAKS(m.inputs[0].strides[0] = -3, "before its buffer");
    MAP_BREAKS(m.inputs[0].strides[0] = INT64_MAX, "64 bits");
    MAP_BREAKS(m.outputs[0].offset = INT64_MAX - 2, "64 bits");
    MAP_BREAKS(m.outputs[0].strides[0] = 0, "stride 0");
    MAP_BREAKS(m.outputs[0].strides[0] = 2, "overlaps itself");
    MAP_BREAKS(m.inputs[0].buffer = 1; m.inputs[0].offset = 1, "without being the same view");
    nsc_backend_expression e = sum();
    nsc_backend_map m = {.struct_size = NSC_BACKEND_MAP_SIZE, .kind = NSC_BACKEND_MAP, .expression = &e};
    m.input_count = m.output_count = 1;
    m.inputs[0] = m.outputs[0] = view(0, 2, 3);
    ck_assert_msg(nsc_operation_valid((const void *)&m, &fake.limits, why, sizeof why), "in place: %s", why);
    m.inputs[0] = view(1, 2, 3);
    m.inputs[0].strides[0] = m.inputs[0].strides[1] = 0;
    ck_assert_msg(nsc_operation_valid((const void *)&m, &fake.limits, why, sizeof why), "broadcast: %s", why);
}
END_TEST

#define GEMM_BREAKS(CHANGE, RULE)                                                 \
    do {                                                                          \
        nsc_backend_gemm g = {.struct_size = NSC_BACKEND_GEMM_SIZE,               \
                              .kind = NSC_BACKEND_GEMM,                           \
                              .a = view(0, 2, 3),                                 \
                              .b = view(1, 3, 4),                                 \
                              .c = view(2, 2, 4)};                                \
        CHANGE;                                                                   \
        ck_assert_msg(operation_refused(&g, RULE), "%s gives: %s", #CHANGE, why); \
    } while (0)

START_TEST(products)
{
    fake_reset();
    nsc_backend_gemm good = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM};
    good.a = view(0, 2, 3), good.b = view(1, 3, 4), good.c = view(2, 2, 4);
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "%s", why);
    good.b.strides[0] = 1, good.b.strides[1] = 3;
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "transposed: %s", why);
    GEMM_BREAKS(g.a.strides[0] = 2, "a has strides (2, 1)");
    GEMM_BREAKS(g.b.strides[1] = 2, "b has strides");
    GEMM_BREAKS(g.c.strides[0] = 1; g.c.strides[1] = 2, "c has a second stride of 2");
    GEMM_BREAKS(g.b.dims[0] = 5, "(2, 3) times (5, 4) is not (2, 4)");
    GEMM_BREAKS(g.c.buffer = 0, "c overlaps a");
    GEMM_BREAKS(g.a.rank = 1, "ranks");
    GEMM_BREAKS(g.a.dtype = ((nsc_backend_dtype){NSC_BACKEND_INT, 32, 1}), "float32");
    GEMM_BREAKS(g.a.rank = g.b.rank = g.c.rank = 3, "batches");
}
END_TEST

START_TEST(reductions_and_random)
{
    fake_reset();
    nsc_backend_expression e = sum();
    nsc_backend_reduce r = {.struct_size = NSC_BACKEND_REDUCE_SIZE,
                            .kind = NSC_BACKEND_REDUCE,
                            .producer = &e,
                            .reduction = NSC_BACKEND_SUM,
                            .reduced_rank = 1,
                            .input_count = 1,
                            .rank = 2,
                            .dims = {2, 3},
                            .inputs = {view(0, 2, 3)},
                            .output = view(1, 2, 3)};
    ck_assert(operation_refused(&r, "other dims than those that are left"));
    r.output.rank = 1, r.output.strides[0] = 1;
    ck_assert_msg(nsc_operation_valid((const void *)&r, &fake.limits, why, sizeof why), "%s", why);
    r.reduced_rank = 3;
    ck_assert(operation_refused(&r, "3 of 2 dims"));
    r.reduced_rank = 1, r.reduction = 4;
    ck_assert(operation_refused(&r, "no reduction 4"));
    r.reduction = 1, r.output.buffer = 0;
    ck_assert(operation_refused(&r, "overlaps"));

    nsc_backend_random n = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                            .kind = NSC_BACKEND_RANDOM,
                            .distribution = NSC_BACKEND_NORMAL,
                            .output = r.output};
    ck_assert_msg(nsc_operation_valid((const void *)&n, &fake.limits, why, sizeof why), "%s", why);
    n.first = UINT64_MAX;
    ck_assert(operation_refused(&n, "beyond the stream"));
    n.first = 0, n.stream_scalars = 1;
    ck_assert_msg(nsc_operation_valid((const void *)&n, &fake.limits, why, sizeof why), "%s", why);
    n.stream = 1;
    ck_assert(operation_refused(&n, "given twice"));
    n.stream = 0, n.stream_scalars = 2;
    ck_assert(operation_refused(&n, "stream_scalars is 2"));
    n.stream_scalars = 0, n.reserved2 = 1;
    ck_assert(operation_refused(&n, "reserved"));
    n.reserved2 = 0, n.distribution = NSC_BACKEND_WORDS;
    ck_assert(operation_refused(&n, "uint32"));
    n.distribution = 0;
    ck_assert(operation_refused(&n, "no distribution 0"));
}
END_TEST

static nsc_backend_view view_of(uint32_t buffer, uint32_t rank, int64_t a, int64_t b, int64_t c)
{
    const int64_t strides[3] = {b * c, c, 1};
    nsc_backend_view v = {.buffer = buffer, .rank = rank, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {a, b, c}};
    memcpy(v.strides, strides, sizeof strides);
    return v;
}

/* (2, 5, 3), four indices, (2, 4, 3) */
static nsc_backend_gather lines(void)
{
    nsc_backend_gather g = {.struct_size = NSC_BACKEND_GATHER_SIZE, .kind = NSC_BACKEND_GATHER};
    g.source = view_of(0, 3, 2, 5, 3);
    g.indices = view_of(1, 1, 4, 1, 1);
    g.indices.dtype.code = NSC_BACKEND_INT;
    g.output = view_of(2, 3, 2, 4, 3);
    return g;
}

#define GATHER_BREAKS(CHANGE, RULE)                                               \
    do {                                                                          \
        nsc_backend_gather g = lines();                                           \
        CHANGE;                                                                   \
        ck_assert_msg(operation_refused(&g, RULE), "%s gives: %s", #CHANGE, why); \
    } while (0)

START_TEST(gathers)
{
    fake_reset();
    nsc_backend_gather good = lines();
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "%s", why);
    good.source.strides[0] = 0, good.indices.strides[0] = -1, good.indices.offset = 3;
    good.source.dtype.code = good.output.dtype.code = NSC_BACKEND_UINT;
    good.source.dtype.bits = good.output.dtype.bits = good.indices.dtype.bits = 8;
    good.indices.dtype.code = NSC_BACKEND_UINT;
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "bytes: %s", why);
    GATHER_BREAKS(g.struct_size -= 4, "struct_size");
    GATHER_BREAKS(g.source.rank = 2, "ranks 2, 1 and 3");
    GATHER_BREAKS(g.indices.rank = 2, "ranks 3, 2 and 3");
    GATHER_BREAKS(g.output.rank = 2, "ranks 3, 1 and 2");
    GATHER_BREAKS(g.source.dims[1] = 0, "the source has a dim 1 of 0");
    GATHER_BREAKS(g.indices.dims[0] = 0, "indices has a dim 0 of 0");
    GATHER_BREAKS(g.source.offset = -1, "before its buffer");
    GATHER_BREAKS(g.indices.dtype = g.source.dtype, "neither int32 nor uint32 nor uint8");
    GATHER_BREAKS(g.output.dtype.code = NSC_BACKEND_INT, "another dtype than the source");
    GATHER_BREAKS(g.source.dtype.bits = g.output.dtype.bits = 16, "does not store");
    GATHER_BREAKS(g.output.dims[0] = 3, "the output is (3, 4, 3), and should be (2, 4, 3)");
    GATHER_BREAKS(g.indices.dims[0] = 5, "should be (2, 5, 3)");
    GATHER_BREAKS(g.source.dims[2] = 2, "should be (2, 4, 2)");
    GATHER_BREAKS(g.output.strides[2] = -1; g.output.offset = 2, "written with stride -1");
    GATHER_BREAKS(g.output.strides[1] = 0, "written with stride 0");
    GATHER_BREAKS(g.output.strides[0] = 2, "overlaps itself");
    GATHER_BREAKS(g.output.buffer = 0, "the output overlaps the source");
    GATHER_BREAKS(g.output.buffer = 1, "the output overlaps indices");
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    ck_assert_uint_eq(nsc_operation_views((const void *)&good, views), 3);
    ck_assert(views[0] == &good.source && views[1] == &good.indices && views[2] == &good.output);
    ck_assert_uint_eq(nsc_operation_outputs((const void *)&good), 1);
    ck_assert_uint_eq(nsc_operation_scalars((const void *)&good), 0);
}
END_TEST

static nsc_backend_softmax rows(void)
{
    return (nsc_backend_softmax){.struct_size = NSC_BACKEND_SOFTMAX_SIZE,
                                 .kind = NSC_BACKEND_SOFTMAX,
                                 .input = view(0, 4, 3),
                                 .output = view(1, 4, 3)};
}

#define SOFTMAX_BREAKS(CHANGE, RULE)                                              \
    do {                                                                          \
        nsc_backend_softmax s = rows();                                           \
        CHANGE;                                                                   \
        ck_assert_msg(operation_refused(&s, RULE), "%s gives: %s", #CHANGE, why); \
    } while (0)

START_TEST(softmaxes)
{
    fake_reset();
    nsc_backend_softmax good = rows();
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "%s", why);
    good.logarithm = 1, good.input.strides[0] = 0, good.input.strides[1] = -1, good.input.offset = 2;
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "strides: %s", why);
    good.input = good.output;
    ck_assert_msg(nsc_operation_valid((const void *)&good, &fake.limits, why, sizeof why), "in place: %s", why);
    SOFTMAX_BREAKS(s.struct_size += 8, "struct_size");
    SOFTMAX_BREAKS(s.logarithm = 2, "logarithm is 2");
    SOFTMAX_BREAKS(s.reserved = 1, "reserved");
    SOFTMAX_BREAKS(s.input.rank = s.output.rank = 0, "rank 0");
    SOFTMAX_BREAKS(s.input.rank = 1, "other dims");
    SOFTMAX_BREAKS(s.input.dims[1] = 2, "other dims");
    SOFTMAX_BREAKS(s.output.dims[1] = 0, "the output has a dim 1 of 0");
    SOFTMAX_BREAKS(s.input.dtype.code = NSC_BACKEND_INT, "not both float32");
    SOFTMAX_BREAKS(s.output.dtype.code = NSC_BACKEND_UINT, "not both float32");
    SOFTMAX_BREAKS(s.input.offset = -1, "before its buffer");
    SOFTMAX_BREAKS(s.output.strides[1] = -1; s.output.offset = 2, "written with stride -1");
    SOFTMAX_BREAKS(s.output.strides[0] = 2, "overlaps itself");
    SOFTMAX_BREAKS(s.output.buffer = 0; s.output.offset = 1, "without being the same view");
    SOFTMAX_BREAKS(s.output.buffer = 0; s.input.strides[0] = 0, "without being the same view");
    const nsc_backend_view *views[NSC_OPERATION_VIEWS];
    ck_assert_uint_eq(nsc_operation_views((const void *)&good, views), 2);
    ck_assert(views[0] == &good.input && views[1] == &good.output);
    ck_assert_uint_eq(nsc_operation_outputs((const void *)&good), 1);
    ck_assert_uint_eq(nsc_operation_scalars((const void *)&good), 0);
}
END_TEST

START_TEST(scalars_of_a_launch)
{
    nsc_backend_expression e = sum();
    nsc_backend_map m = {.kind = NSC_BACKEND_MAP, .expression = &e};
    nsc_backend_reduce r = {.kind = NSC_BACKEND_REDUCE, .producer = &e};
    nsc_backend_gemm_epilogue g = {.kind = NSC_BACKEND_GEMM_EPILOGUE, .expression = &e};
    nsc_backend_random n = {.kind = NSC_BACKEND_RANDOM};
    const nsc_backend_operation other = {.kind = NSC_BACKEND_GEMM};
    for (e.scalar_count = 0; e.scalar_count <= 3; e.scalar_count += 3) {
        ck_assert_uint_eq(nsc_operation_scalars((const void *)&m), e.scalar_count);
        ck_assert_uint_eq(nsc_operation_scalars((const void *)&r), e.scalar_count);
        ck_assert_uint_eq(nsc_operation_scalars((const void *)&g), e.scalar_count);
    }
    ck_assert_uint_eq(nsc_operation_scalars((const void *)&n), 0);
    n.stream_scalars = 1;
    ck_assert_uint_eq(nsc_operation_scalars((const void *)&n), 2);
    ck_assert_uint_eq(nsc_operation_scalars(&other), 0);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, expressions);
    tcase_add_test(to, the_stack_has_a_bottom);
    tcase_add_test(to, maps);
    tcase_add_test(to, products);
    tcase_add_test(to, reductions_and_random);
    tcase_add_test(to, gathers);
    tcase_add_test(to, softmaxes);
    tcase_add_test(to, scalars_of_a_launch);
}
