/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a graph: a box for each value, an edge for each operand. */
#include <stdlib.h>
#include <string.h>

#include "graph_dot.h"
#include "values.h"

enum { TITLE = 1024 };

static void add_node(nsc_picture *picture, const nsc_graph_shown *shown, size_t number)
{
    const nsc_node_info *node = &shown->nodes[number];
    char shape[128], heading[256];
    const int input = strcmp(node->operation, "input") == 0, parameter = strcmp(node->operation, "parameter") == 0;
    const size_t port = input ? strtoul(node->text, NULL, 10) : 0;
    nsc_shape_text(node->shape.rank, node->shape.dims, shape, sizeof shape);
    snprintf(heading, sizeof heading, "%s",
             input       ? (port < shown->ins.count ? shown->ins.names[port] : "input")
             : parameter ? nsc_graph_last_name(node->path)
                         : node->operation);
    const char *dtype = node->shape.dtype == NSC_FLOAT32 ? "" : nsc_dtype_name(node->shape.dtype);
    const nsc_box box = {
        .kind = 'n',
        .number = number,
        .look = input       ? NSC_LOOK_INPUT
                : parameter ? NSC_LOOK_PARAMETER
                            : NSC_LOOK_VALUE,
        .path = node->path,
        .path_length = parameter ? nsc_graph_owner(node->path) : strlen(node->path),
        .block = parameter || input ? NULL : node->block,
        .lines = nsc_picture_text(heading, (const char *[]){input || parameter ? "" : node->text, shape, dtype, NULL})};
    nsc_picture_box(picture, &box);
}

static void add_outputs(nsc_picture *picture, const nsc_graph_shown *shown)
{
    char shape[128];
    for (size_t i = 0; i < shown->outs.count; i++) {
        nsc_shape_text(shown->out_shapes[i].rank, shown->out_shapes[i].dims, shape, sizeof shape);
        const nsc_box box = {.kind = 'o',
                             .number = i,
                             .look = NSC_LOOK_OUTPUT,
                             .path = "",
                             .lines = nsc_picture_text(shown->outs.names[i], (const char *[]){shape, NULL})};
        nsc_picture_box(picture, &box);
    }
}

/* What is made of parameters alone. */
static int is_constant(const nsc_graph_shown *shown, const char *constant, size_t number)
{
    const nsc_node_info *node = &shown->nodes[number];
    int all = node->operand_count > 0;
    for (size_t o = 0; o < node->operand_count; o++)
        all = all && constant[node->operands[o]];
    return all || strcmp(node->operation, "parameter") == 0;
}

/* The parameters that a value is made of stand below `above`, unless they are in its block, or have a place already. */
static void put_below(nsc_picture *picture, const nsc_graph_shown *shown, char *placed, size_t above, size_t number)
{
    const nsc_node_info *node = &shown->nodes[number];
    const char *path = shown->nodes[above].path;
    const size_t owner = nsc_graph_owner(node->path);
    if (placed[number])
        return;
    placed[number] = 1;
    for (size_t o = 0; o < node->operand_count; o++)
        put_below(picture, shown, placed, above, node->operands[o]);
    if (node->operand_count == 0 && (strlen(path) != owner || memcmp(path, node->path, owner) != 0))
        nsc_picture_below(picture, 'n', above, 'n', number);
}

/* Without this all parameters would stand in the first rows, and the blocks beside each other. */
static void arrange_parameters(nsc_picture *picture, const nsc_graph_shown *shown)
{
    char *constant = calloc(shown->node_count + 1, 1), *placed = calloc(shown->node_count + 1, 1);
    picture->failed = picture->failed || constant == NULL || placed == NULL;
    for (size_t i = 0; i < shown->node_count && !picture->failed; i++) {
        const nsc_node_info *node = &shown->nodes[i];
        constant[i] = (char)is_constant(shown, constant, i);
        size_t above = NSC_NO_INDEX;
        for (size_t o = 0; o < node->operand_count && !constant[i]; o++)
            if (!constant[node->operands[o]])
                above = node->operands[o];
        for (size_t o = 0; o < node->operand_count && above != NSC_NO_INDEX; o++)
            if (constant[node->operands[o]])
                put_below(picture, shown, placed, above, node->operands[o]);
    }
    free(placed);
    free(constant);
}

void nsc_graph_draw_declared(nsc_picture *picture, const nsc_graph_shown *shown)
{
    char title[TITLE];
    snprintf(title, sizeof title, "%s, as declared", shown->model_file);
    for (size_t i = 0; i < shown->node_count; i++)
        add_node(picture, shown, i);
    add_outputs(picture, shown);
    nsc_picture_boxes(picture, title);
    for (size_t i = 0; i < shown->node_count; i++)
        for (size_t o = 0; o < shown->nodes[i].operand_count; o++)
            nsc_picture_edge(picture, 'n', shown->nodes[i].operands[o], 'n', i, "");
    for (size_t i = 0; i < shown->outs.count; i++)
        if (shown->out_nodes[i] != NSC_NO_INDEX)
            nsc_picture_edge(picture, 'n', shown->out_nodes[i], 'o', i, "");
    arrange_parameters(picture, shown);
}
