/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of expressions at every rank, on every kind of strides, in place, and on values that are not ordinary.
 * What a device may give is a range (ranges.c). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "samples.h"

enum { OPS = 27, MOST = 3 };

static const char *const ops[OPS + 1] = {
    "neg", "abs", "exp", "log", "sqrt", "rsqrt", "tanh", "erf", "floor", "ceil", "rint",       "expm1",  "log1p", "sin",
    "cos", "add", "sub", "mul", "div",  "max",   "min",  "pow", "equal", "less", "less_equal", "select", "fma",   NULL};
static const char *const rank_names[] = {"rank_0", "rank_1", "rank_2", "rank_3", "rank_4",
                                         "rank_5", "rank_6", "rank_7", "rank_8", NULL};
static const char *const value_names[] = {"nan", "infinite", "subnormal", "largest", "zero", "integer", NULL};
static const char *const place_names[] = {"size_1", "size_257", "size_1031", "3x5x7", NULL};
static const int64_t rank_dims[8] = {3, 2, 5, 1, 4, 2, 3, 2};

static uint16_t op_of(const char *name)
{
    for (uint16_t op = 0; op <= NSC_OP_FMA; op++)
        if (op_name(op) && strcmp(op_name(op), name) == 0)
            return op;
    return 0;
}

static void program_of(expression *e, uint16_t op)
{
    expression_start(e, op_operands(op), 1, 0);
    for (uint32_t i = 0; i < op_operands(op); i++)
        expression_add(e, NSC_OP_LOAD, (uint16_t)i);
    expression_add(e, op, 0);
    expression_add(e, NSC_OP_STORE, 0);
}

/* The data of an operand: mostly ordinary numbers, some that are special. */
static float *operand(target *t, int which, int64_t room)
{
    float *x = memory(t, (size_t)room * sizeof *x);
    uint64_t state = t->seed * 31 + nsc_hash_path(t->name) + (uint64_t)which;

    for (int64_t i = 0; i < room; i++)
        x[i] = draw_float(&state);
    return x;
}

/* Runs the map on operands x into the last one, and checks every element and all that lies between them. */
static void check_map(target *t, uint16_t op, const nsc_backend_map *map, nsc_tensor *const *operands, uint32_t count,
                      float *const *x, const float *before, int64_t room)
{
    const nsc_backend_view *out = &map->outputs[0];
    float *got = memory(t, (size_t)room * sizeof *got);
    unsigned char *written = memory(t, (size_t)room);

    if (!run(t, map, operands, count, NULL, 0) || !read_back(t, operands[count - 1], got))
        return;
    for (int64_t i = 0; i < element_count(out->rank, out->dims); i++) {
        const int64_t at = element_at(out, i);
        float values[MOST] = {0};
        range in[MOST];

        for (uint32_t o = 0; o < map->input_count; o++) {
            values[o] = x[o][element_at(&map->inputs[o], i)];
            in[o] = range_of(values[o]);
        }
        const range r = range_apply(op, in);

        written[at] = 1;
        if (!range_has(&r, got[at])) {
            fail(t, "element %lld of %s(%.9g, %.9g, %.9g) is %.9g, not in [%.9g, %.9g]%s", (long long)i, op_name(op),
                 values[0], values[1], values[2], got[at], r.lo, r.hi, r.nan ? " or NaN" : "");
            return;
        }
    }
    for (int64_t i = 0; i < room; i++)
        if (!written[i] && bits_of(got[i]) != bits_of(before[i])) {
            fail(t, "element %lld of the buffer was written, and is none of the output", (long long)i);
            return;
        }
}

/* Three operands on three layouts that go with one another. */
static void ranks(target *t, const int *class)
{
    const uint16_t op = op_of(ops[class[OPERATION]]);
    const uint32_t rank = (uint32_t) class[SHAPE];
    const layout source = (layout) class[STRIDES], destination = source < LAYOUT_REVERSED ? source : LAYOUT_PADDED;
    float *x[MOST] = {NULL};
    nsc_tensor *operands[MOST + 1];
    expression e;

    program_of(&e, op);
    nsc_backend_map map = map_of(&e);
    const uint32_t count = map.input_count;

    for (uint32_t i = 0; i < count; i++) {
        map.inputs[i] = view_of(i, NSC_FLOAT32, rank, rank_dims);
        const int64_t room = lay_out(&map.inputs[i], i == 1 ? LAYOUT_ROWS : source);

        x[i] = operand(t, (int)i, room);
        operands[i] = tensor(t, NSC_FLOAT32, room, x[i]);
    }
    map.outputs[0] = view_of(count, NSC_FLOAT32, rank, rank_dims);
    const int64_t room = lay_out(&map.outputs[0], destination);
    float *before = numbers(t, 9, room, 100, 200);

    operands[count] = tensor(t, NSC_FLOAT32, room, before);
    check_map(t, op, &map, operands, count + 1, x, before, room);
}

static bool has_rank(const int *class)
{
    const int how = class[STRIDES];

    return how == LAYOUT_ROWS || class[SHAPE] > 1 ||
           (class[SHAPE] == 1 && how != LAYOUT_REORDERED && how != LAYOUT_WINDOWS);
}

/* The first operand is written over. */
static void in_place(target *t, const int *class)
{
    static const struct {
        uint32_t rank;
        int64_t dims[3];
    } shapes[] = {{1, {1}}, {1, {257}}, {1, {1031}}, {3, {3, 5, 7}}};
    const uint16_t op = op_of(ops[class[OPERATION]]);
    const uint32_t rank = shapes[class[SHAPE]].rank;
    float *x[MOST] = {NULL};
    nsc_tensor *operands[MOST];
    expression e;

    program_of(&e, op);
    nsc_backend_map map = map_of(&e);
    const uint32_t count = map.input_count;
    nsc_backend_view view = view_of(0, NSC_FLOAT32, rank, shapes[class[SHAPE]].dims);
    const int64_t room = lay_out(&view, (layout) class[STRIDES]);

    for (uint32_t i = 0; i < count; i++) {
        x[i] = operand(t, (int)i, room);
        operands[count - 1 - i] = tensor(t, NSC_FLOAT32, room, x[i]);
        map.inputs[i] = view;
        map.inputs[i].buffer = count - 1 - i; /* the first operand is the last tensor, which check_map reads */
    }
    map.outputs[0] = map.inputs[0];
    check_map(t, op, &map, operands, count, x, x[0], room);
}

static bool has_place(const int *class)
{
    return class[STRIDES] == LAYOUT_ROWS || class[SHAPE] == 3;
}

static float value(int class, uint64_t *state)
{
    static const float zeros[] = {0.0f, -0.0f};
    const float one = draw(state, 2) ? 1.0f : -1.0f;

    switch (class) {
    case 0:
        return draw(state, 2) ? NAN : draw_float(state);
    case 1:
        return draw(state, 2) ? one * INFINITY : draw_float(state);
    case 2:
        return one * (float)draw(state, 1u << 23) * 0x1p-149f;
    case 3:
        return one * (0x1.fffffep127f - (float)draw(state, 1u << 20) * 0x1p107f);
    case 4:
        return draw(state, 2) ? zeros[draw(state, 2)] : draw_float(state);
    default:
        return one * (float)draw(state, 300);
    }
}

/* Values of one class, in operands of one dimension. */
static void values(target *t, const int *class)
{
    enum { COUNT = 509 };
    const int64_t dims[1] = {COUNT};
    const uint16_t op = op_of(ops[class[OPERATION]]);
    uint64_t state = t->seed * 131 + nsc_hash_path(t->name);
    float *x[MOST] = {NULL}, *before = numbers(t, 9, COUNT, 1, 2);
    nsc_tensor *operands[MOST + 1];
    expression e;

    program_of(&e, op);
    nsc_backend_map map = map_of(&e);
    const uint32_t count = map.input_count;

    for (uint32_t i = 0; i < count; i++) {
        x[i] = memory(t, COUNT * sizeof **x);
        for (int k = 0; k < COUNT; k++)
            x[i][k] = value(class[SHAPE], &state);
        operands[i] = tensor(t, NSC_FLOAT32, COUNT, x[i]);
        map.inputs[i] = view_of(i, NSC_FLOAT32, 1, dims);
    }
    operands[count] = tensor(t, NSC_FLOAT32, COUNT, before);
    map.outputs[0] = view_of(count, NSC_FLOAT32, 1, dims);
    check_map(t, op, &map, operands, count + 1, x, before, COUNT);
}

static const conformance_table tables[] = {
    {"map", ranks, {ops, rank_names, source_layouts, float32_name}, has_rank},
    {"map_in_place", in_place, {ops, place_names, destination_layouts, float32_name}, has_place},
    {"map_values", values, {ops, value_names, NULL, float32_name}, NULL},
    {0},
};

const conformance_group group_map_values = {.tables = tables};
