/* SPDX-License-Identifier: Apache-2.0 */
/* Views and joins: exact, for every element type, rank and axis. */
#include "alone.h"

#include <string.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(ARRAY)[0])

static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};

static leaf typed(const leaf *shape, nsc_dtype dtype)
{
    leaf x = *shape;
    x.dtype = dtype;
    x.low = dtype == NSC_INT32 || dtype == NSC_FLOAT32 ? -100 : 0;
    x.high = 100;
    return x;
}

/* Of every type. */
static void check(int backend, graph_node node, const leaf *shape)
{
    for (size_t d = 0; d < COUNT(dtypes); d++)
        alone_check(backend, node, (leaf[]){typed(shape, dtypes[d])}, 1);
}

static void check_dims(int backend, graph_op op, leaf x, int rank, const int64_t *dims)
{
    graph_node node = {.op = op, .rank = rank};
    memcpy(node.dims, dims, (size_t)rank * sizeof *dims);
    check(backend, node, &x);
}

START_TEST(reshape_keeps_the_order)
{
    check_dims(_i, G_RESHAPE, (leaf)SCALAR, 0, (int64_t[]){0});
    check_dims(_i, G_RESHAPE, (leaf)SCALAR, DIMS(1, 1, 1));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(1, 1), 0, (int64_t[]){0});
    check_dims(_i, G_RESHAPE, (leaf)LEAF(6), DIMS(2, 3));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(4, 6), DIMS(3, NSC_UNKNOWN));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(4, 6), DIMS(NSC_DIM_SAME, 2, NSC_UNKNOWN));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(0, 6), DIMS(NSC_DIM_SAME, 2, NSC_UNKNOWN));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(0, 6), DIMS(3, 0, 5));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(2, 2, 2, 2, 2, 2, 2, 2), DIMS(16, NSC_UNKNOWN));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(256), DIMS(2, 2, 2, 2, 2, 2, 2, NSC_UNKNOWN));
    check_dims(_i, G_RESHAPE, (leaf)LEAF(1, 12, 1), DIMS(3, 1, 4));
}
END_TEST

START_TEST(flatten_keeps_the_first_axis)
{
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        if (shape->rank > 0)
            check(_i, (graph_node){.op = G_FLATTEN}, shape);
}
END_TEST

START_TEST(transpose_permutes)
{
    static const leaf four = LEAF(2, 3, 5, 2);
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        for (int shift = 0; shift <= shape->rank; shift++) { /* rotations, the reverse */
            graph_node node = {.op = G_TRANSPOSE};
            for (int i = 0; i < shape->rank; i++)
                node.axes[i] = shift == shape->rank ? -1 - i : (i + shift) % shape->rank;
            check(_i, node, shape);
        }
    for (int p = 0; p < 256; p++) { /* all permutations of four axes */
        graph_node node = {.op = G_TRANSPOSE, .axes = {p & 3, p >> 2 & 3, p >> 4 & 3, p >> 6}};
        int seen = 0;
        for (int i = 0; i < 4; i++)
            seen |= 1 << node.axes[i];
        if (seen == 15)
            alone_check(_i, node, &four, 1);
    }
}
END_TEST

START_TEST(slices_are_those_of_python)
{
    static const int64_t ends[] = {0, 1, 2, 6, 7, 8, -1, -3, -7, -9, INT64_MIN, INT64_MAX - 1, NSC_END};
    static const int64_t steps[] = {1, 2, 3, 7, -1, -2, -7, INT64_MAX, INT64_MIN};
    static const leaf x = LEAF(2, 7);
    for (size_t i = 0; i < COUNT(ends) - 1; i++)
        for (size_t j = 0; j < COUNT(ends); j++)
            for (size_t k = 0; k < COUNT(steps); k++)
                alone_check(_i,
                            (graph_node){.op = G_SLICE, .axis = 1, .start = ends[i], .stop = ends[j], .step = steps[k]},
                            &x, 1);
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        for (int axis = -shape->rank; axis < shape->rank; axis++) {
            check(_i, (graph_node){.op = G_SLICE, .axis = axis, .start = 1, .stop = NSC_END, .step = 2}, shape);
            check(_i, (graph_node){.op = G_SLICE, .axis = axis, .start = -1, .stop = NSC_END, .step = -1}, shape);
        }
}
END_TEST

START_TEST(split_gives_every_part)
{
    static const leaf shapes[] = {LEAF(6), LEAF(6, 4), LEAF(2, 6, 3), LEAF(0, 6), LEAF(6, 0, 6)};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int axis = -shapes[s].rank; axis < shapes[s].rank; axis++)
            for (int64_t count = 1; count <= 6; count++) {
                int64_t size = shapes[s].dims[axis < 0 ? axis + shapes[s].rank : axis];
                for (int part = 0; size % count == 0 && part < count; part++)
                    check(_i, (graph_node){.op = G_SPLIT, .axis = axis, .count = count, .part = part}, &shapes[s]);
            }
}
END_TEST

START_TEST(axes_of_size_1_come_and_go)
{
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        for (int axis = -shape->rank - 1; axis <= shape->rank; axis++) {
            if (shape->rank < NSC_MAX_RANK)
                check(_i, (graph_node){.op = G_EXPAND, .axis = axis}, shape);
            if (axis >= -shape->rank && axis < shape->rank && shape->dims[axis < 0 ? axis + shape->rank : axis] == 1)
                check(_i, (graph_node){.op = G_SQUEEZE, .axis = axis}, shape);
        }
}
END_TEST

START_TEST(broadcast_repeats)
{
    check_dims(_i, G_BROADCAST, (leaf)SCALAR, 0, (int64_t[]){0});
    check_dims(_i, G_BROADCAST, (leaf)SCALAR, DIMS(3, 5));
    check_dims(_i, G_BROADCAST, (leaf)SCALAR, DIMS(0));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(5), DIMS(3, NSC_DIM_SAME));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(3, 1), DIMS(3, 7));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(1, 7), DIMS(2, 3, 7));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(1, 7), DIMS(0, 7));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(1, 1), DIMS(1, 1, 1, 1));
    check_dims(_i, G_BROADCAST, (leaf)LEAF(2, 1, 2, 1), DIMS(2, 1, 2, 3, 2, 2, 2, 3));
}
END_TEST

/* As many parts as there are, of different sizes on the axis that is joined. */
START_TEST(concat_joins_on_every_axis)
{
    static const leaf shapes[] = {
        LEAF(3), LEAF(3, 4), LEAF(2, 3, 4), LEAF(2, 1, 3, 2, 2), LEAF(0, 2), LEAF(2, 1, 2, 1, 2, 1, 2, 3)};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int axis = -shapes[s].rank; axis < shapes[s].rank; axis++)
            for (int count = 1; count <= 5; count++)
                for (size_t d = 0; d < COUNT(dtypes); d++) {
                    leaf parts[5];
                    for (int i = 0; i < count; i++) {
                        parts[i] = typed(&shapes[s], dtypes[d]);
                        parts[i].dims[axis < 0 ? axis + parts[i].rank : axis] = (i + 1) % 3 * 2; /* 2, 4, 0, 2, 4 */
                    }
                    alone_check(_i, (graph_node){.op = G_CONCAT, .axis = axis}, parts, count);
                }
}
END_TEST

START_TEST(stack_joins_on_a_new_axis)
{
    static const leaf shapes[] = {SCALAR, LEAF(3), LEAF(2, 3), LEAF(0, 2), LEAF(1, 2, 1, 2, 1, 2, 3)};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int axis = -shapes[s].rank - 1; axis <= shapes[s].rank; axis++)
            for (int count = 1; count <= 3; count++)
                for (size_t d = 0; d < COUNT(dtypes); d++) {
                    leaf x = typed(&shapes[s], dtypes[d]);
                    alone_check(_i, (graph_node){.op = G_STACK, .axis = axis}, (leaf[]){x, x, x}, count);
                }
}
END_TEST

START_TEST(pad_in_every_mode)
{
    static const leaf shapes[] = {SCALAR, LEAF(1), LEAF(5), LEAF(3, 4), LEAF(2, 3, 4), LEAF(2, 1, 3, 2, 3)};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int mode = NSC_PAD_CONSTANT; mode <= NSC_PAD_REFLECT; mode++)
            for (int amount = 0; amount < 3; amount++) {
                graph_node node = {.op = G_PAD, .mode = (nsc_pad_mode)mode, .numbers = {7, 0}};
                for (int i = 0; i < shapes[s].rank; i++) {
                    int64_t most = mode == NSC_PAD_REFLECT ? shapes[s].dims[i] - 1 : 3;
                    node.dims[i] = amount == 0 ? 0 : most < i + 1 ? most : i + 1;
                    node.after[i] = amount == 1 ? 0 : most;
                }
                check(_i, node, &shapes[s]);
            }
    graph_node node = {.op = G_PAD, .dims = {1, 2}, .after = {0, 1}, .numbers = {3, 0}};
    check(_i, node, &(leaf)LEAF(0, 3)); /* from nothing */
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_shape");
    EACH_BACKEND(tests, reshape_keeps_the_order);
    EACH_BACKEND(tests, flatten_keeps_the_first_axis);
    EACH_BACKEND(tests, transpose_permutes);
    EACH_BACKEND(tests, slices_are_those_of_python);
    EACH_BACKEND(tests, split_gives_every_part);
    EACH_BACKEND(tests, axes_of_size_1_come_and_go);
    EACH_BACKEND(tests, broadcast_repeats);
    EACH_BACKEND(tests, concat_joins_on_every_axis);
    EACH_BACKEND(tests, stack_joins_on_a_new_axis);
    EACH_BACKEND(tests, pad_in_every_mode);
    return model_end();
}
