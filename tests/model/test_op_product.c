/* SPDX-License-Identifier: Apache-2.0 */
/* Products: sizes, vectors, batches that broadcast, and operands that are views. */
#include "alone.h"

#include <math.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(ARRAY)[0])

START_TEST(linear_of_any_shape)
{
    /* x, units: the last size of x is k */
    static const struct {
        leaf x;
        int64_t units;
    } cases[] = {
        {LEAF(1), 1},       {LEAF(7), 5},        {LEAF(1, 1), 1},      {LEAF(2, 3), 5},
        {LEAF(7, 33), 65},  {LEAF(64, 128), 96}, {LEAF(130, 257), 31}, {LEAF(1, 300), 17},
        {LEAF(200, 1), 9},  {LEAF(2, 3, 4), 5},  {LEAF(5, 1, 16), 16}, {LEAF(2, 2, 3, 8), 6},
        {LEAF(0, 3), 4},    {LEAF(4, 3), 0},     {LEAF(4, 0), 3},      {LEAF(0, 0), 3},
        {LEAF(2, 0, 3), 4}, {LEAF(0), 2},        {LEAF(33, 17), 1},    {LEAF(1, 2, 1, 2, 1, 2, 1, 5), 3},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int count = 2; count <= 3; count++) {
            int64_t k = cases[i].x.dims[cases[i].x.rank - 1], units = cases[i].units;
            leaf x[3] = {cases[i].x, LEAF(units, k), LEAF(units)};
            alone_check(_i, (graph_node){.op = G_LINEAR}, x, count);
        }
}
END_TEST

static const leaf pairs[][2] = {
    {LEAF(1, 1), LEAF(1, 1)},
    {LEAF(3, 5), LEAF(5, 7)},
    {LEAF(1, 5), LEAF(5, 1)},
    {LEAF(5, 1), LEAF(1, 5)},
    {LEAF(67, 129), LEAF(129, 33)},
    {LEAF(5), LEAF(5)},
    {LEAF(5), LEAF(5, 3)},
    {LEAF(3, 5), LEAF(5)},
    {LEAF(5), LEAF(2, 5, 3)},
    {LEAF(2, 3, 5), LEAF(5)},
    {LEAF(2, 3, 5), LEAF(5, 4)},
    {LEAF(3, 5), LEAF(2, 5, 4)},
    {LEAF(2, 3, 5), LEAF(2, 5, 4)},
    {LEAF(2, 3, 5), LEAF(1, 5, 4)},
    {LEAF(1, 3, 5), LEAF(2, 5, 4)},
    {LEAF(2, 1, 3, 5), LEAF(1, 3, 5, 4)},
    {LEAF(2, 3, 4, 5), LEAF(3, 5, 4)},
    {LEAF(2, 1, 4, 5), LEAF(3, 5, 4)},
    {LEAF(2, 3, 2, 3, 4), LEAF(2, 1, 2, 4, 3)},
    {LEAF(2, 1, 2, 1, 2, 1, 3, 4), LEAF(1, 3, 1, 2, 1, 2, 4, 2)},
    {LEAF(0, 5), LEAF(5, 3)},
    {LEAF(3, 0), LEAF(0, 4)},
    {LEAF(3, 5), LEAF(5, 0)},
    {LEAF(0, 3, 5), LEAF(5, 2)},
    {LEAF(2, 3, 0), LEAF(2, 0, 4)},
    {LEAF(0), LEAF(0)},
    {LEAF(0, 3, 5), LEAF(1, 5, 2)},
};

START_TEST(matmul_of_any_shape)
{
    for (size_t i = 0; i < COUNT(pairs); i++)
        alone_check(_i, (graph_node){.op = G_MATMUL}, pairs[i], 2);
}
END_TEST

/* Whole numbers are exact, so a wrong element cannot hide in a bound. */
START_TEST(matmul_of_integers)
{
    static double whole[67 * 129];
    for (size_t i = 0; i < COUNT(whole); i++)
        whole[i] = (double)(i * 7 % 11) - 5;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        leaf x[2] = {pairs[i][0], pairs[i][1]};
        x[0].values = x[1].values = whole;
        alone_check(_i, (graph_node){.op = G_MATMUL}, x, 2);
    }
}
END_TEST

/* Each operand of (6, 10) as it is, transposed, every second row or column, reversed, broadcast, a part. */
static int view_of(graph *of, int x, int which)
{
    static const graph_node views[] = {
        {.op = G_TRANSPOSE, .axes = {0, 1}},
        {.op = G_TRANSPOSE, .axes = {1, 0}},
        {.op = G_SLICE, .axis = 0, .stop = NSC_END, .step = 2},
        {.op = G_SLICE, .axis = 1, .stop = NSC_END, .step = 2},
        {.op = G_SLICE, .axis = 1, .start = -1, .stop = NSC_END, .step = -1},
        {.op = G_SLICE, .axis = 0, .start = -1, .stop = NSC_END, .step = -1},
        {.op = G_SLICE, .axis = 0, .start = 2, .stop = 3, .step = 1},
        {.op = G_SLICE, .axis = 1, .start = 2, .stop = 3, .step = 1},
        {.op = G_SPLIT, .axis = 1, .count = 2, .part = 1},
        {.op = G_BROADCAST, .rank = 3, .dims = {3, 6, 10}},
        {.op = G_RESHAPE, .rank = 3, .dims = {2, 3, 10}},
    };
    if (which >= (int)COUNT(views))
        return -1;
    graph_node node = views[which];
    node.operands[node.operand_count++] = x;
    return graph_add(of, node);
}

START_TEST(products_of_views)
{
    char what[64];
    for (int a = 0; a < 11; a++)
        for (int b = 0; b < 11; b++) {
            graph *of = graph_new();
            oracle left = oracle_make(DIMS(6, 10)), right = oracle_make(DIMS(6, 10));
            for (int i = 0; i < 60; i++) {
                left.value[i] = i * 5 % 13 - 6;
                right.value[i] = i * 3 % 7 - 3;
            }
            int x = view_of(of, graph_add_leaf(of, G_INPUT, left), a);
            int y = view_of(of, graph_add_leaf(of, G_INPUT, right), b);
            graph_evaluate(of);
            const oracle *wide = &of->nodes[y].value;
            /* x y^T, where the sizes fit: the last axes are summed over. */
            graph_node turn = {.op = G_TRANSPOSE, .operands = {y}, .operand_count = 1};
            for (int i = 0; i < wide->rank; i++)
                turn.axes[i] = i < wide->rank - 2 ? i : 2 * wide->rank - 3 - i;
            graph_node product = {.op = G_MATMUL, .operands = {x, graph_add(of, turn)}, .operand_count = 2};
            const oracle *narrow = &of->nodes[x].value;
            int fits = narrow->dims[narrow->rank - 1] == wide->dims[wide->rank - 1] &&
                       (narrow->rank < 3 || wide->rank < 3 || narrow->dims[0] == wide->dims[0]);
            if (fits) {
                int c = graph_add(of, product);
                of->outputs[of->output_count++] = c;
                of->outputs[of->output_count++] =
                    graph_add(of, (graph_node){.op = G_RELU, .operands = {c}, .operand_count = 1});
                graph_evaluate(of);
                snprintf(what, sizeof what, "view %d times view %d", a, b);
                graph_check(of, model_context(_i), what);
                graph_check(of, model_composed(_i), what);
                of->outputs[0] = of->outputs[--of->output_count]; /* only the chain that rides on the product */
                graph_check(of, model_context(_i), what);
                graph_check(of, model_composed(_i), what);
            }
            graph_free(of);
        }
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_product");
    EACH_BACKEND(tests, linear_of_any_shape);
    EACH_BACKEND(tests, matmul_of_any_shape);
    EACH_BACKEND(tests, matmul_of_integers);
    EACH_BACKEND(tests, products_of_views);
    return model_end();
}
