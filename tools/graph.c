/* SPDX-License-Identifier: Apache-2.0 */
/* nascent graph: what was declared, or what a device would run. */
#include "graph.h"

#include <stdlib.h>

#include "graph_write.h"
#include "progress.h"
#include "say.h"
#include "values.h"

enum { INPUT, PLANNED, WEIGHTS, BACKEND, SVG, DOT, JSON };

/* ---- gathering; each gives the exit code ------------------------------------------------------------------------------ */

static int gather_declared(nsc_graph_shown *shown)
{
    nsc_proposal *proposal = shown->proposal;
    nsc_status status = NSC_OK;
    shown->node_count = nsc_proposal_node_count(proposal);
    shown->nodes = calloc(shown->node_count + 1, sizeof *shown->nodes);
    for (size_t i = 0; i < shown->node_count && shown->nodes != NULL && status == NSC_OK; i++)
        status = nsc_proposal_node(proposal, i, &shown->nodes[i], sizeof shown->nodes[i]);
    for (size_t i = 0; i < shown->ins.count && status == NSC_OK; i++)
        status = nsc_proposal_input(proposal, i, &shown->in_shapes[i]);
    for (size_t i = 0; i < shown->outs.count && status == NSC_OK; i++) {
        shown->out_nodes[i] = nsc_proposal_output_node(proposal, i);
        status = nsc_proposal_output(proposal, i, &shown->out_shapes[i]);
    }
    if (shown->nodes == NULL)
        return nsc_say_failed("no memory for %zu values; free some", shown->node_count);
    return status == NSC_OK ? NSC_EXIT_OK : nsc_say_refused("free some memory");
}

static int gather_planned(nsc_graph_shown *shown)
{
    char text[1024];
    for (size_t i = 0; i < shown->ins.count; i++)
        for (int axis = 0; axis < shown->in_shapes[i].rank; axis++)
            if (shown->in_shapes[i].dims[axis] < 0)
                return nsc_say_usage("--planned needs every size, and there is %s; give --input a number in place of ?",
                                     nsc_graph_ports_text(&shown->ins, shown->in_shapes, text, sizeof text));
    nsc_progress("planning, and building what the plan needs");
    nsc_status status = nsc_plan_view_create(shown->proposal, shown->model.context, &shown->plan);
    nsc_progress_end();
    if (status == NSC_OK)
        status = nsc_plan_view_info(shown->plan, &shown->sums, sizeof shown->sums);
    if (status != NSC_OK)
        return nsc_say_refused("give a smaller --input, or another device with --backend");
    shown->steps = calloc(shown->sums.steps + 1, sizeof *shown->steps);
    shown->storages = calloc(shown->sums.storages + 1, sizeof *shown->storages);
    if (shown->steps == NULL || shown->storages == NULL)
        return nsc_say_failed("no memory for %zu steps; free some", shown->sums.steps);
    for (size_t i = 0; i < shown->sums.steps && status == NSC_OK; i++)
        status = nsc_plan_view_step(shown->plan, i, &shown->steps[i], sizeof shown->steps[i]);
    for (size_t i = 0; i < shown->sums.storages && status == NSC_OK; i++)
        status = nsc_plan_view_storage(shown->plan, i, &shown->storages[i], sizeof shown->storages[i]);
    return status == NSC_OK ? NSC_EXIT_OK : nsc_say_refused("free some memory");
}

/* ---- showing ----------------------------------------------------------------------------------------------------------- */

static int show(const nsc_arguments *arguments, nsc_graph_shown *shown)
{
    const char *svg_file = nsc_text_given(arguments, SVG), *dot_file = nsc_text_given(arguments, DOT);
    if (!nsc_ports_of(shown->model.net, "input", "shape", &shown->ins) ||
        !nsc_ports_of(shown->model.net, "output", "shape", &shown->outs))
        return NSC_EXIT_FAILED;
    if (nsc_propose(shown->model.net, NSC_INFERENCE, shown->model.inputs, shown->model.input_count, &shown->proposal) !=
        NSC_OK)
        return nsc_say_refused("give --input a shape that the model and its weights take");
    int code = gather_declared(shown);
    if (code == NSC_EXIT_OK && nsc_is_given(arguments, PLANNED))
        code = gather_planned(shown);
    if (code == NSC_EXIT_OK && (svg_file != NULL || dot_file != NULL))
        code = nsc_graph_write(shown, svg_file, dot_file);
    if (code != NSC_EXIT_OK)
        return code;
    if (nsc_is_given(arguments, JSON))
        return nsc_graph_json(shown);
    if (svg_file == NULL && dot_file == NULL)
        return nsc_graph_text(shown);
    if (shown->dot_file != NULL)
        printf("%s: the picture, as DOT text\n", shown->dot_file);
    if (shown->svg_file != NULL)
        printf("%s: the picture, as SVG\n", shown->svg_file);
    return NSC_EXIT_OK;
}

static int run(const nsc_arguments *arguments)
{
    const char *const files[] = {nsc_text_given(arguments, SVG), nsc_text_given(arguments, DOT)};
    const nsc_model_request request = {.model = arguments->operands[0],
                                       .weights = nsc_text_given(arguments, WEIGHTS),
                                       .backend = nsc_text_given(arguments, BACKEND),
                                       .shapes = &arguments->options[INPUT],
                                       .needs_device = nsc_is_given(arguments, PLANNED)};
    nsc_graph_shown shown = {.model_file = request.model};
    int code = NSC_EXIT_FAILED;
    if ((files[0] != NULL && !nsc_say_writable("svg", files[0])) ||
        (files[1] != NULL && !nsc_say_writable("dot", files[1])))
        return code;
    if (nsc_model_load(&request, &shown.model, &code))
        code = show(arguments, &shown);
    free(shown.nodes);
    free(shown.steps);
    free(shown.storages);
    nsc_plan_view_release(shown.plan);
    nsc_proposal_release(shown.proposal);
    return nsc_model_close(&shown.model, code);
}

const nsc_command nsc_command_graph = {
    .name = "graph",
    .purpose = "show a model as a graph: as declared, or as a device runs it",
    .description =
        "Lists every value of a model, with the operation that makes it and its shape; with --planned the steps "
        "that a device would run for these inputs, what they read and write, and the memory that they need. Nothing "
        "is computed. With --svg or --dot it is drawn instead: a box a value or a step, a frame a block.\n\n"
        "Graphviz lays an SVG out. Where its program dot is not in PATH, the picture is written as DOT text to the "
        "name of the SVG file with .dot behind it. --planned needs every size, opens a device, and builds the "
        "programs of the plan: what is fused depends on what the device takes.",
    .operands = (const nsc_operand[]){NSC_MODEL_OPERAND, {.name = NULL}},
    .options =
        (const nsc_option[]){
            [INPUT] = {.name = "input",
                       .argument = "[NAME=]SHAPE",
                       .kind = NSC_OPTION_SHAPE,
                       .required = 1,
                       .most = NSC_MOST_GIVEN,
                       .help = NSC_INPUT_SHAPE_HELP},
            [PLANNED] = {.name = "planned", .help = "what the device would run: fused, lowered, with memory assigned"},
            [WEIGHTS] = NSC_WEIGHTS_OPTION,
            [BACKEND] = NSC_BACKEND_OPTION,
            [SVG] = {.name = "svg",
                     .argument = "FILE",
                     .kind = NSC_OPTION_FILE,
                     .help = "draw it in this SVG file. One that exists is replaced"},
            [DOT] = {.name = "dot",
                     .argument = "FILE",
                     .kind = NSC_OPTION_FILE,
                     .help = "write the picture to this file in the language of Graphviz. One that exists is replaced"},
            [JSON] = NSC_JSON_OPTION,
            {.name = NULL}},
    .examples =
        (const nsc_example[]){
            {"nascent graph mlp.json --input ?x20", "every value, for any number of rows"},
            {"nascent graph mlp.json --input 2x20 --planned --backend reference", "every step, and the memory"},
            {"nascent graph mlp.json --input 2x20 --planned --dot plan.dot", "a picture of the same"},
            {"nascent graph mlp.json --input 2x20 --planned --json", "the same, for a program"},
            {NULL, NULL}},
    .uses_device = 1,
    .run = run,
};
