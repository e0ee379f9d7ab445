/* SPDX-License-Identifier: Apache-2.0 */
/* Each operation of expressions, on random and on special values, within the bound that the OpenCL 1.2 specification
 * sets for single precision (section 7.4; docs/conformance.md has the table). */
#include <math.h>

#include "conformance.h"

typedef struct operation {
    uint16_t op;
    float low, high; /* of the first operand */
} operation;

enum {
    NEG,
    ABS,
    EXP,
    LOG,
    SQRT,
    RSQRT,
    TANH,
    ERF,
    FLOOR,
    CEIL,
    RINT,
    EXPM1,
    LOG1P,
    SIN,
    COS,
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN,
    POW,
    EQUAL,
    LESS,
    LESS_EQUAL,
    SELECT,
    FMA
};

static const operation operations[] = {
    [NEG] = {NSC_OP_NEG, -10, 10},
    [ABS] = {NSC_OP_ABS, -10, 10},
    [EXP] = {NSC_OP_EXP, -80, 80},
    [LOG] = {NSC_OP_LOG, 0.001f, 100},
    [SQRT] = {NSC_OP_SQRT, 0, 100},
    [RSQRT] = {NSC_OP_RSQRT, 0.001f, 100},
    [TANH] = {NSC_OP_TANH, -10, 10},
    [ERF] = {NSC_OP_ERF, -5, 5},
    [FLOOR] = {NSC_OP_FLOOR, -10, 10},
    [CEIL] = {NSC_OP_CEIL, -10, 10},
    [RINT] = {NSC_OP_RINT, -10, 10},
    [EXPM1] = {NSC_OP_EXPM1, -10, 10},
    [LOG1P] = {NSC_OP_LOG1P, -0.9f, 10},
    [SIN] = {NSC_OP_SIN, -100, 100},
    [COS] = {NSC_OP_COS, -100, 100},
    [ADD] = {NSC_OP_ADD, -10, 10},
    [SUB] = {NSC_OP_SUB, -10, 10},
    [MUL] = {NSC_OP_MUL, -10, 10},
    [DIV] = {NSC_OP_DIV, -10, 10},
    [MAX] = {NSC_OP_MAX, -10, 10},
    [MIN] = {NSC_OP_MIN, -10, 10},
    [POW] = {NSC_OP_POW, 0.01f, 10},
    [EQUAL] = {NSC_OP_EQUAL, -10, 10},
    [LESS] = {NSC_OP_LESS, -10, 10},
    [LESS_EQUAL] = {NSC_OP_LESS_EQUAL, -10, 10},
    [SELECT] = {NSC_OP_SELECT, -1, 1},
    [FMA] = {NSC_OP_FMA, -10, 10},
};

static void one_operation(target *t, int number)
{
    static const float special[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.5f, -2.5f, INFINITY, -INFINITY, NAN};
    enum { SPECIAL = sizeof special / sizeof *special, RANDOM = 4001, COUNT = SPECIAL * SPECIAL + RANDOM };
    const operation *o = &operations[number];
    const uint32_t operand_count = op_operands(o->op);
    int64_t dims[1] = {COUNT};
    float *in[3], *out = memory(t, COUNT * sizeof *out);
    nsc_tensor *operands[4];
    expression e;

    for (int i = 0; i < 3; i++) {
        in[i] = i == 0 ? numbers(t, i, COUNT, o->low, o->high) : numbers(t, i, COUNT, -10, 10);
        for (int j = 0; j < SPECIAL * SPECIAL; j++)
            in[i][j] = special[(i == 0 ? j : j / SPECIAL + i - 1) % SPECIAL];
        operands[i] = tensor(t, NSC_FLOAT32, COUNT, in[i]);
    }
    operands[3] = tensor(t, NSC_FLOAT32, COUNT, NULL);
    expression_start(&e, operand_count, 1, 0);
    for (uint32_t i = 0; i < operand_count; i++)
        expression_add(&e, NSC_OP_LOAD, (uint16_t)i);
    expression_add(&e, o->op, 0);
    expression_add(&e, NSC_OP_STORE, 0);
    nsc_backend_map map = map_of(&e);

    for (uint32_t i = 0; i < operand_count; i++)
        map.inputs[i] = view_of(i, NSC_FLOAT32, 1, dims);
    map.outputs[0] = view_of(3, NSC_FLOAT32, 1, dims);
    if (!run(t, &map, operands, 4, NULL, 0) || !read_back(t, operands[3], out))
        return;
    for (int i = 0; i < COUNT; i++) {
        double want = op_value(o->op, in[0][i], in[1][i], in[2][i]);
        double bound = op_ulps(o->op) * ulp(want);

        /* A subnormal may be flushed; the remainder of an operation with no bound must be equal. */
        if (fabs(want) < SMALLEST)
            bound = SMALLEST;
        if (!near(t, t->name, i, out[i], want, bound))
            return;
    }
}

static const conformance_case cases[] = {
    {"map", "neg", one_operation, NEG},
    {"map", "abs", one_operation, ABS},
    {"map", "exp", one_operation, EXP},
    {"map", "log", one_operation, LOG},
    {"map", "sqrt", one_operation, SQRT},
    {"map", "rsqrt", one_operation, RSQRT},
    {"map", "tanh", one_operation, TANH},
    {"map", "erf", one_operation, ERF},
    {"map", "floor", one_operation, FLOOR},
    {"map", "ceil", one_operation, CEIL},
    {"map", "rint", one_operation, RINT},
    {"map", "expm1", one_operation, EXPM1},
    {"map", "log1p", one_operation, LOG1P},
    {"map", "sin", one_operation, SIN},
    {"map", "cos", one_operation, COS},
    {"map", "add", one_operation, ADD},
    {"map", "sub", one_operation, SUB},
    {"map", "mul", one_operation, MUL},
    {"map", "div", one_operation, DIV},
    {"map", "max", one_operation, MAX},
    {"map", "min", one_operation, MIN},
    {"map", "pow", one_operation, POW},
    {"map", "equal", one_operation, EQUAL},
    {"map", "less", one_operation, LESS},
    {"map", "less_equal", one_operation, LESS_EQUAL},
    {"map", "select", one_operation, SELECT},
    {"map", "fma", one_operation, FMA},
    {0},
};

const conformance_group group_map_operations = {.cases = cases};
