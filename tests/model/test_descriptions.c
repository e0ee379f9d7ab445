/* SPDX-License-Identifier: Apache-2.0 */
/* Random nets, written, read, and written again: the same text, and the same net: paths, shapes, initial bits, results. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETS = 200, ROWS = 3, MAX_DEPTH = 4, MAX_VALUES = 24 };

typedef struct generator {
    uint64_t state;
    int depth;
} generator;

static int64_t pick(generator *g, int64_t count)
{
    return model_random_int(&g->state, 0, count);
}

/* ---- leaves ------------------------------------------------------------------------------------------------------- */

static float any_float(generator *g)
{
    const float value = model_random_float(&g->state, -2.0f, 2.0f);
    return pick(g, 3) == 0 ? value * 1e-20f : value;
}

static nsc_initializer any_initializer(generator *g, int weight)
{
    const float size = model_random_float(&g->state, 0.0f, 1.5f);
    switch (pick(g, weight ? 14 : 7)) {
    case 0:
        return (nsc_initializer){.kind = NSC_INIT_DEFAULT};
    case 1:
        return nsc_zeros();
    case 2:
        return nsc_ones();
    case 3:
        return nsc_constant(any_float(g));
    case 4:
        return nsc_uniform(size);
    case 5:
        return pick(g, 2) ? nsc_normal(size) : nsc_truncated_normal(size);
    case 6:
        return weight ? nsc_xavier() : nsc_lstm_bias(any_float(g));
    case 7:
        return nsc_lecun();
    case 8:
        return nsc_he((nsc_factor)pick(g, 3), pick(g, 2) ? 0 : any_float(g));
    case 9:
        return nsc_variance_scaling((nsc_draw)pick(g, 3), (nsc_factor)pick(g, 3), size);
    case 10:
        return nsc_orthogonal(pick(g, 2) ? 1 : any_float(g));
    case 11:
        return nsc_identity_matrix(pick(g, 2) ? 1 : any_float(g));
    case 12:
        return nsc_sparse(model_random_float(&g->state, 0.0f, 1.0f), size);
    default:
        return nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_AVERAGE, 1);
    }
}

static nsc_activation any_activation(generator *g)
{
    return (nsc_activation)pick(g, NSC_HARD_TANH + 1);
}

static nsc_block *any_dense(generator *g, int64_t width, int64_t units)
{
    return nsc_dense(units, .in_units = pick(g, 3) == 0 ? width : 0, .activation = any_activation(g),
                     .no_bias = (int)pick(g, 2), .no_flatten = (int)pick(g, 2), .weight_init = any_initializer(g, 1),
                     .bias_init = any_initializer(g, 0));
}

static nsc_block *any_simple(generator *g)
{
    switch (pick(g, 6)) {
    case 0:
        return nsc_flatten();
    case 1:
        return nsc_identity();
    case 2:
        return nsc_activate(NSC_LEAKY_RELU, .alpha = model_random_float(&g->state, 0.1f, 0.9f));
    case 3:
        return nsc_activate(pick(g, 2) ? NSC_SOFTMAX : NSC_LOG_SOFTMAX, .axis = pick(g, 2) ? 1 : -1);
    case 4:
        return nsc_dropout(model_random_float(&g->state, 0.0f, 0.9f));
    default:
        return nsc_activate(any_activation(g));
    }
}

/* (rows, *width) to the same with fewer or more columns. */
static nsc_block *any_arrangement(generator *g, int64_t *width)
{
    static const int64_t zeros[] = {0, 0};
    const int64_t more[] = {0, 1 + pick(g, 3)}, same[] = {NSC_DIM_SAME, NSC_UNKNOWN};
    switch (pick(g, 4)) {
    case 0:
        *width += more[1];
        return nsc_pad(2, zeros, more, NSC_PAD_CONSTANT, any_float(g));
    case 1:
        *width = (*width + 1) / 2;
        return nsc_slice(1, 0, NSC_END, 2);
    case 2:
        return nsc_slice(pick(g, 2) ? 1 : -1, -1, NSC_END, -1);
    default:
        return nsc_reshape(2, same);
    }
}

/* ---- containers --------------------------------------------------------------------------------------------------- */

static nsc_block *any_block(generator *g, int64_t *width);

/* A name now and then: where it stands must not depend on it. */
static nsc_block *maybe_named(generator *g, nsc_block *block, int index)
{
    static const char *const stems[] = {"a", "layer:", "\xc3\xa4\"\\", "0x"};
    char name[32];
    if (pick(g, 3) != 0)
        return block;
    snprintf(name, sizeof name, "%s%d", stems[pick(g, 4)], index);
    return nsc_named(name, block);
}

/* Up to 4 blocks in sequence, ended by NULL; the last gives `units` columns unless 0. */
static void any_sequence(generator *g, int64_t *width, int64_t units, nsc_block *blocks[6])
{
    const int count = (int)pick(g, 4);
    int used = 0;
    for (; used < count; used++)
        blocks[used] = maybe_named(g, any_block(g, width), used);
    if (units > 0) {
        blocks[used] = maybe_named(g, any_dense(g, *width, units), used);
        used++;
        *width = units;
    }
    blocks[used] = NULL;
}

static nsc_block *any_branches(generator *g, int64_t *width)
{
    nsc_block *branches[5] = {NULL}, *blocks[6];
    const int count = 1 + (int)pick(g, 3), add = (int)pick(g, 2);
    const int64_t units = 1 + pick(g, 5);
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
        int64_t mine = *width;
        any_sequence(g, &mine, add ? units : 0, blocks);
        branches[i] = maybe_named(g, nsc_sequential_create(blocks), i);
        sum += mine;
    }
    *width = add ? units : sum;
    return add ? nsc_add_branches_create(branches) : nsc_concat_branches_create(pick(g, 2) ? 1 : -1, branches);
}

typedef struct repetition {
    generator *g, fixed;
    int64_t width;
    int equal;
} repetition;

static nsc_block *make_repeated(void *user, size_t index)
{
    repetition *r = user;
    generator again = r->fixed;
    int64_t width = r->width;
    nsc_block *blocks[6];
    (void)index;
    any_sequence(r->equal ? &again : r->g, &width, r->width, blocks);
    return nsc_sequential_create(blocks);
}

/* A chain of nodes and merges: each takes from anything before it; what is left over is joined at the end. */
static nsc_block *any_graph(generator *g, size_t inputs, const int64_t *widths, int64_t *width)
{
    nsc_graph_node nodes[MAX_VALUES + 1] = {{NULL, NULL, NULL}};
    char names[2 * MAX_VALUES][24], from[MAX_VALUES + 1][600], kept[MAX_VALUES + 1][16], list[128] = "";
    int64_t columns[2 * MAX_VALUES];
    int used[2 * MAX_VALUES] = {0}, values = 0, count = 0;
    for (size_t i = 0; i < inputs; i++) {
        snprintf(names[values], sizeof names[0], inputs == 1 && pick(g, 2) ? "input" : "x%zu", i);
        strcat(strcat(list, " "), names[values]);
        columns[values++] = widths[i];
    }
    const int wanted = 1 + (int)pick(g, 6);
    while (count < wanted) {
        char node[16];
        const int a = (int)pick(g, values), b = (int)pick(g, values);
        snprintf(node, sizeof node, pick(g, 2) ? "%d" : "n%d", count);
        int64_t mine = columns[a];
        used[a] = 1;
        snprintf(from[count], sizeof from[0], "%s", names[a]);
        nodes[count] = (nsc_graph_node){NULL, NULL, from[count]};
        snprintf(names[values], sizeof names[0], "%s", node);
        const int64_t kind = pick(g, 5);
        if (kind < 2 && (kind == 0 || columns[a] == columns[b])) {
            used[b] = 1;
            snprintf(from[count], sizeof from[0], "%s %s", names[a], names[b]);
            nodes[count].block = kind == 0    ? nsc_concat_inputs(2, 1)
                                 : pick(g, 2) ? nsc_add_inputs(2)
                                              : nsc_multiply_inputs(2);
            mine = kind == 0 ? columns[a] + columns[b] : columns[a];
        } else if (kind == 2 && columns[a] % 2 == 0) {
            nodes[count].block = nsc_split(1, 2);
            mine = columns[a] / 2;
            snprintf(names[values + 1], sizeof names[0], "%s:1", node);
            columns[values + 1] = mine;
            used[values + 1] = 1; /* nobody has to take it */
        } else {
            nodes[count].block = any_block(g, &mine);
        }
        memcpy(kept[count], node, sizeof node);
        nodes[count].name = kept[count];
        const int two = kind == 2 && columns[a] % 2 == 0;
        columns[values] = mine;
        values += two ? 2 : 1;
        count++;
    }
    int64_t sum = 0;
    size_t left = 0;
    for (int i = 0; i < values; i++)
        if (!used[i] || i == values - 1) {
            strcat(strcat(left == 0 ? memset(from[count], 0, 1) : from[count], " "), names[i]);
            sum += columns[i];
            left++;
        }
    if (left > 1)
        nodes[count] = (nsc_graph_node){"end", nsc_concat_inputs(left, -1), from[count]};
    else
        nodes[count] = (nsc_graph_node){"end", nsc_identity(), from[count]};
    *width = sum;
    const nsc_graph_output outputs[] = {
        {pick(g, 2) ? "output" : "y", "end"}, {inputs > 1 ? "second" : NULL, names[values - 1]}, {NULL, NULL}};
    return nsc_graph_create(&(nsc_graph_options){.inputs = inputs == 1 && strcmp(names[0], "input") == 0 ? NULL : list,
                                                 .nodes = nodes,
                                                 .outputs = outputs},
                            sizeof(nsc_graph_options));
}

static nsc_block *any_container(generator *g, int64_t *width)
{
    nsc_block *blocks[6];
    const int64_t before = *width;
    switch (pick(g, 5)) {
    case 0:
        any_sequence(g, width, 0, blocks);
        return nsc_sequential_create(blocks);
    case 1:
        any_sequence(g, width, before, blocks);
        return nsc_residual_create(blocks);
    case 2:
        return any_branches(g, width);
    case 3: {
        repetition r = {.g = g, .width = before, .equal = (int)pick(g, 3) > 0};
        const size_t count = (size_t)pick(g, 4);
        r.fixed = *g;
        return nsc_repeat(count, make_repeated, &r);
    }
    default:
        return any_graph(g, 1, &before, width);
    }
}

static nsc_block *any_block(generator *g, int64_t *width)
{
    nsc_block *block;
    const int64_t units = 1 + pick(g, 6), kind = pick(g, 8);
    if (++g->depth < MAX_DEPTH && kind < 3) {
        block = any_container(g, width);
    } else if (kind == 3) {
        block = any_arrangement(g, width);
    } else if (kind < 6) {
        block = any_dense(g, *width, units);
        *width = units;
    } else {
        block = any_simple(g);
    }
    g->depth--;
    return block;
}

/* ---- the same net ------------------------------------------------------------------------------------------------- */

typedef struct listing {
    nsc_block *other;
    size_t count;
    int values;
} listing;

static int compare(void *user, const char *path, nsc_parameter *parameter)
{
    listing *list = user;
    int64_t mine[NSC_MAX_RANK], theirs[NSC_MAX_RANK];
    const nsc_parameter *other = model_parameter(list->other, path);
    const int rank = nsc_parameter_shape(parameter, mine);
    ck_assert_int_eq(nsc_parameter_shape(other, theirs), rank);
    for (int i = 0; i < rank; i++)
        ck_assert_int_eq(mine[i], theirs[i]);
    ck_assert_int_eq(nsc_parameter_role(parameter), nsc_parameter_role(other));
    ck_assert_msg(!list->values || model_same_value(parameter, other), "%s", path);
    list->count++;
    return 0;
}

static size_t same_parameters(nsc_block *a, nsc_block *b, int values)
{
    listing list = {.other = b, .values = values}, back = {.other = a, .values = 0};
    ASSERT_OK(nsc_parameters_each(a, compare, &list));
    ASSERT_OK(nsc_parameters_each(b, compare, &back));
    ck_assert_uint_eq(list.count, back.count);
    return list.count;
}

static void same_results(nsc_context *context, nsc_block *a, nsc_block *b, const nsc_shape *shapes)
{
    nsc_tensor *in[2] = {NULL, NULL}, *out[2][2] = {{NULL, NULL}, {NULL, NULL}};
    nsc_block *const nets[] = {a, b};
    const size_t inputs = nsc_input_count(a), outputs = nsc_output_count(a);
    for (size_t i = 0; i < inputs; i++)
        in[i] = model_tensor(context, 100 + i, NULL, shapes[i].rank, shapes[i].dims);
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(nsc_set_random(nets[i], 3, 0));
        ASSERT_OK(nsc_run(nets[i], NSC_TRAINING, (const nsc_tensor *const *)in, inputs, out[i], outputs));
    }
    for (size_t i = 0; i < outputs; i++) {
        float *first = model_read(out[0][i]), *second = model_read(out[1][i]);
        ck_assert_uint_eq(nsc_tensor_bytes(out[0][i]), nsc_tensor_bytes(out[1][i]));
        ck_assert(memcmp(first, second, nsc_tensor_bytes(out[0][i])) == 0);
        free(first);
        free(second);
        nsc_tensor_release(out[0][i]);
        nsc_tensor_release(out[1][i]);
    }
    for (size_t i = 0; i < inputs; i++)
        nsc_tensor_release(in[i]);
}

START_TEST(test_random_nets)
{
    nsc_context *context = model_context(_i);
    const nsc_initialize_options options = {.size = sizeof options, .seed = 11};
    size_t parameters = 0, bytes = 0;
    const int nets = _i == 0 ? NETS : NETS / 4; /* the reference is quick */
    for (int net = 0; net < nets; net++) {
        generator g = {.state = 1000 + (uint64_t)net};
        const int64_t widths[] = {1 + pick(&g, 6), 1 + pick(&g, 6)};
        int64_t width = widths[0];
        const size_t inputs = net % 3 == 0 ? 2 : 1;
        const nsc_shape shapes[] = {SHAPE(ROWS, widths[0]), SHAPE(ROWS, widths[1])};
        nsc_block *a = inputs == 2 ? any_graph(&g, 2, widths, &width) : any_container(&g, &width), *b = NULL;
        char *text = NULL, *again = NULL, why[512];
        if (net % 5 == 0)
            nsc_named("root", a);
        ck_assert_msg(nsc_block_check(a, why, sizeof why) == NSC_OK, "net %d: %s", net, why);
        ck_assert_msg(nsc_model_format(a, &text) == NSC_OK, "net %d: %s", net, nsc_last_error(NULL));
        ck_assert_msg(nsc_model_parse("net", text, strlen(text), &b) == NSC_OK, "%s\n%s", nsc_last_error(NULL), text);
        ASSERT_OK(nsc_model_format(b, &again));
        ck_assert_str_eq(text, again);
        ck_assert_uint_eq(nsc_input_count(b), nsc_input_count(a));
        ck_assert_uint_eq(nsc_output_count(b), nsc_output_count(a));
        parameters += same_parameters(a, b, 0);
        ck_assert_msg(nsc_infer_shapes(a, shapes, inputs) == NSC_OK, "net %d: %s\n%s", net, nsc_last_error(NULL), text);
        ASSERT_OK(nsc_infer_shapes(b, shapes, inputs));
        ASSERT_OK(nsc_initialize(a, context, &options));
        ASSERT_OK(nsc_initialize(b, context, &options));
        same_parameters(a, b, 1);
        if (_i == 0) /* it builds no programs */
            same_results(context, a, b, shapes);
        bytes += strlen(text);
        free(text);
        free(again);
        nsc_release(a);
        nsc_release(b);
    }
    ck_assert_uint_gt(parameters, (size_t)nets); /* the nets are no trifles */
    ck_assert_uint_gt(bytes, (size_t)nets * 200);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("descriptions");
    EACH_BACKEND(tests, test_random_nets);
    return model_end();
}
