/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, what runs along an axis, and what takes or gives indices. */
#include "alone.h"

#include <math.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(ARRAY)[0])

static int empty(const leaf *shape)
{
    return model_elements(shape->rank, shape->dims) == 0;
}

/* Every set of axes, from the start and from the end, left out and kept. */
START_TEST(reductions_over_all_sets_of_axes)
{
    for (graph_op op = G_SUM; op <= G_PROD; op++)
        for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
            for (int set = 0; set < 1 << shape->rank && set < 24 && !(empty(shape) && (op == G_MAX || op == G_MIN));
                 set++)
                for (int keep = 0; keep < 2; keep++) {
                    graph_node node = {.op = op, .keep = keep};
                    for (int i = 0; i < shape->rank; i++)
                        if (set >> i & 1)
                            node.axes[node.rank++] = set & 1 ? i - shape->rank : i;
                    leaf x = *shape;
                    x.low = op == G_PROD ? 0.5 : -2;
                    alone_check(_i, node, &x, 1);
                }
}
END_TEST

START_TEST(nothing_is_summed_and_multiplied)
{
    static const leaf shapes[] = {LEAF(0), LEAF(3, 0), LEAF(0, 3), LEAF(2, 0, 3)};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int axis = 0; axis < shapes[s].rank; axis++)
            for (graph_op op = G_SUM; op <= G_PROD; op++)
                if (op != G_MAX && op != G_MIN)
                    alone_check(_i, (graph_node){.op = op, .rank = 1, .axes = {axis}}, &shapes[s], 1);
    /* no maximum is asked for */
    alone_check(_i, (graph_node){.op = G_MAX, .rank = 1, .axes = {1}}, &(leaf)LEAF(0, 3), 1);
}
END_TEST

START_TEST(reductions_of_what_is_special)
{
    static const double rows[][5] = {{1, NAN, 3, 4, 5},
                                     {INFINITY, 1, 2, 3, 4},
                                     {-INFINITY, 1, 2, 3, 4},
                                     {INFINITY, -INFINITY, 1, 2, 3},
                                     {0.0, -0.0, 0, 0, 0},
                                     {-5, -4, -3, -2, -1},
                                     {NAN, INFINITY, 0, 1, NAN},
                                     {INFINITY, 0, 1, 2, 3},
                                     {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY}};
    leaf x = {.rank = 2, .dims = {COUNT(rows), 5}, .values = &rows[0][0]};
    for (graph_op op = G_SUM; op <= G_PROD; op++)
        alone_check(_i, (graph_node){.op = op, .rank = 1, .axes = {1}}, &x, 1);
    for (graph_op op = G_ARGMAX; op <= G_LOG_SOFTMAX; op++)
        alone_check(_i, (graph_node){.op = op, .axis = 1}, &x, 1);
}
END_TEST

START_TEST(long_sums_and_products)
{
    for (graph_op op = G_SUM; op <= G_PROD; op++)
        for (int axis = 0; axis < 2; axis++) {
            leaf x = {.rank = 2, .dims = {2049, 3}, .low = op == G_PROD ? 0.99 : -2, .high = op == G_PROD ? 1.01 : 2};
            alone_check(_i, (graph_node){.op = op, .rank = 1, .axes = {axis}}, &x, 1);
            leaf y = {.rank = 2, .dims = {3, 2049}, .low = x.low, .high = x.high};
            alone_check(_i, (graph_node){.op = op, .rank = 1, .axes = {axis}}, &y, 1);
        }
}
END_TEST

START_TEST(along_every_axis)
{
    for (graph_op op = G_ARGMAX; op <= G_LOG_SOFTMAX; op++)
        for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
            for (int axis = -shape->rank; axis < shape->rank; axis++)
                for (int keep = 0; keep < 2; keep++)
                    if (!(op <= G_ARGMIN && empty(shape)))
                        alone_check(_i, (graph_node){.op = op, .axis = axis, .keep = keep}, shape, 1);
}
END_TEST

START_TEST(softmax_of_any_width)
{
    static const double widths[] = {1, 90, 1e4};
    for (graph_op op = G_SOFTMAX; op <= G_LOG_SOFTMAX; op++)
        for (size_t w = 0; w < COUNT(widths); w++)
            for (int axis = 0; axis < 2; axis++)
                alone_check(_i, (graph_node){.op = op, .axis = axis},
                            &(leaf){.rank = 2, .dims = {3, 1000}, .low = -widths[w], .high = widths[w]}, 1);
}
END_TEST

START_TEST(ties_go_to_the_first_and_nan_wins)
{
    static const double rows[][4] = {{1, 1, 1, 1},
                                     {2, 3, 3, 2},
                                     {3, 2, 2, 3},
                                     {NAN, 9, NAN, -9},
                                     {9, -9, NAN, NAN},
                                     {0.0, -0.0, 0, 0},
                                     {INFINITY, INFINITY, 0, -INFINITY},
                                     {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
                                     {NAN, NAN, NAN, NAN}};
    leaf x = {.rank = 2, .dims = {COUNT(rows), 4}, .values = &rows[0][0]};
    for (graph_op op = G_ARGMAX; op <= G_ARGMIN; op++) {
        alone_check(_i, (graph_node){.op = op, .axis = 1}, &x, 1);
        alone_check(_i, (graph_node){.op = op, .axis = 0}, &x, 1);
        alone_check(_i, (graph_node){.op = op, .axis = -1, .keep = 1}, &x, 1);
    }
}
END_TEST

/* ---- indices ------------------------------------------------------------------------------------------------------ */

static const nsc_dtype index_types[] = {NSC_INT32, NSC_UINT32, NSC_UINT8};

/* Negative ones and such beyond the end among them. */
static leaf indices_of(nsc_dtype dtype, int rank, const int64_t *dims)
{
    leaf indices = {.dtype = dtype, .rank = rank, .low = dtype == NSC_INT32 ? -3 : 0, .high = 9};
    for (int i = 0; i < rank; i++)
        indices.dims[i] = dims[i];
    return indices;
}

START_TEST(gather_along_every_axis)
{
    static const int64_t dims[4] = {3, 2, 1, 2};
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        for (int axis = -shape->rank; axis < shape->rank && !empty(shape); axis++)
            for (int rank = 0; rank <= 4 && shape->rank - 1 + rank <= NSC_MAX_RANK; rank++)
                for (size_t d = 0; d < COUNT(index_types); d++)
                    alone_check(_i, (graph_node){.op = G_GATHER, .axis = axis},
                                (leaf[]){*shape, indices_of(index_types[d], rank, dims)}, 2);
}
END_TEST

START_TEST(gather_of_what_is_special_and_of_nothing)
{
    static const double values[] = {1, NAN, INFINITY, -INFINITY, -0.0, 3},
                        extremes[] = {-0x1p31, 0x1p31 - 1, -1, 6, 5, 0};
    static const double large[] = {0x1p32 - 1, 0x1p31, 6, 5};
    leaf x = {.rank = 1, .dims = {6}, .values = values};
    alone_check(_i, (graph_node){.op = G_GATHER},
                (leaf[]){x, {.dtype = NSC_INT32, .rank = 1, .dims = {6}, .values = extremes}}, 2);
    alone_check(_i, (graph_node){.op = G_GATHER},
                (leaf[]){x, {.dtype = NSC_UINT32, .rank = 1, .dims = {4}, .values = large}}, 2);
    alone_check(_i, (graph_node){.op = G_GATHER}, (leaf[]){LEAF(5, 3), indices_of(NSC_INT32, DIMS(0))}, 2);
    alone_check(_i, (graph_node){.op = G_GATHER, .axis = 1}, (leaf[]){LEAF(0, 3), indices_of(NSC_INT32, DIMS(2))}, 2);
    alone_check(_i, (graph_node){.op = G_GATHER}, (leaf[]){LEAF(5, 0), indices_of(NSC_INT32, DIMS(2))}, 2);
}
END_TEST

START_TEST(one_hot_of_any_shape)
{
    static const int64_t depths[] = {0, 1, 5, 17};
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        for (size_t i = 0; i < COUNT(depths) && shape->rank < NSC_MAX_RANK; i++)
            for (size_t d = 0; d < COUNT(index_types); d++)
                alone_check(_i, (graph_node){.op = G_ONE_HOT, .count = depths[i]},
                            (leaf[]){indices_of(index_types[d], shape->rank, shape->dims)}, 1);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_axis");
    EACH_BACKEND(tests, reductions_over_all_sets_of_axes);
    EACH_BACKEND(tests, nothing_is_summed_and_multiplied);
    EACH_BACKEND(tests, reductions_of_what_is_special);
    EACH_BACKEND(tests, long_sums_and_products);
    EACH_BACKEND(tests, along_every_axis);
    EACH_BACKEND(tests, softmax_of_any_width);
    EACH_BACKEND(tests, ties_go_to_the_first_and_nan_wins);
    EACH_BACKEND(tests, gather_along_every_axis);
    EACH_BACKEND(tests, gather_of_what_is_special_and_of_nothing);
    EACH_BACKEND(tests, one_hot_of_any_shape);
    return model_end();
}
