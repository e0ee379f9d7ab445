/* SPDX-License-Identifier: Apache-2.0 */
/* nascent forward: a model on inputs from files. */
#include <stdio.h>
#include <stdlib.h>

#include "array.h"
#include "command.h"
#include "forward.h"
#include "model.h"
#include "places.h"
#include "progress.h"
#include "say.h"
#include "values.h"

enum { INPUT, WEIGHTS, SEED, OUTPUT, REPEAT, PROFILE, CHECK, BACKEND, JSON };

/* "x.npy (2, 20) float32, ...": what was given, for a message. */
static void describe_inputs(const nsc_forward_run *run, char *text, size_t capacity)
{
    char shape[128];
    size_t used = 0;
    for (size_t i = 0; i < run->ins.count && used < capacity; i++) {
        const nsc_array *a = run->arrays[i];
        used += (size_t)snprintf(text + used, capacity - used, "%s%s %s %s", i > 0 ? ", " : "", run->input_files[i],
                                 nsc_shape_text(a->rank, a->dims, shape, sizeof shape), nsc_dtype_name(a->dtype));
    }
}

static int say_inputs_refused(const nsc_forward_run *run)
{
    char given[512] = "", remedy[640];
    describe_inputs(run, given, sizeof given);
    snprintf(remedy, sizeof remedy, "given was %s: give what the model and its weights take", given);
    return nsc_say_refused(remedy);
}

/* The files of the inputs. 0: said. */
static int read_inputs(nsc_forward_run *run, int check_finite)
{
    for (size_t i = 0; i < run->ins.count; i++) {
        nsc_progress("reading %s", run->input_files[i]);
        const nsc_array *a = run->arrays[i] = nsc_array_open(run->input_files[i], &run->archives[i]);
        if (a == NULL)
            return 0;
        if (check_finite && !nsc_array_is_finite(run->input_files[i], a->data, a->dtype, a->rank, a->dims))
            return 0;
    }
    return 1;
}

/* Traces with the shapes of the inputs, and puts these on the device. 0: said. */
static int place_inputs(nsc_forward_run *run)
{
    nsc_shape shapes[NSC_MOST_GIVEN] = {0};
    for (size_t i = 0; i < run->ins.count; i++) {
        shapes[i] = (nsc_shape){.rank = run->arrays[i]->rank, .dtype = run->arrays[i]->dtype};
        for (int axis = 0; axis < shapes[i].rank; axis++)
            shapes[i].dims[axis] = run->arrays[i]->dims[axis];
    }
    if (nsc_propose(run->model.net, NSC_INFERENCE, shapes, run->ins.count, &run->proposal) != NSC_OK)
        return say_inputs_refused(run), 0;
    for (size_t i = 0; i < run->ins.count; i++) {
        const nsc_array *a = run->arrays[i];
        if (nsc_tensor_from(run->model.context, a->dtype, a->rank, a->dims, a->data, &run->in[i]) != NSC_OK)
            return say_inputs_refused(run), 0;
    }
    return 1;
}

/* The values of --weights, or those of --seed. 0: said, *code is the exit code. */
static int supply_values(const nsc_arguments *arguments, nsc_forward_run *run, int *code)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = nsc_whole_given(arguments, SEED)};
    const nsc_model_request request = {.model = arguments->operands[0],
                                       .weights = nsc_text_given(arguments, WEIGHTS),
                                       .backend = nsc_text_given(arguments, BACKEND),
                                       .needs_values = !nsc_is_given(arguments, SEED),
                                       .needs_device = 1};
    if (!nsc_model_load(&request, &run->model, code))
        return 0;
    if (!nsc_is_given(arguments, SEED) || nsc_initialize(run->model.net, run->model.context, &options) == NSC_OK)
        return 1;
    *code = nsc_say_refused("mend MODEL, or name another device with --backend");
    return 0;
}

static int check_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    nsc_forward_run *run = user;
    int64_t dims[NSC_MAX_RANK];
    uint64_t bytes = 0;
    char place[512];
    const int rank = nsc_parameter_shape(parameter, dims);
    void *values = nsc_parameter_bytes(parameter, &bytes) == NSC_OK ? malloc(bytes > 0 ? (size_t)bytes : 1) : NULL;
    snprintf(place, sizeof place, "%s: %s", run->values_from, path);
    if (values == NULL)
        run->not_finite =
            nsc_say_failed("%s: no memory for %llu bytes to look at; free some, or leave --check-finite out", place,
                           (unsigned long long)bytes);
    else if (nsc_parameter_read(parameter, values, (size_t)bytes) != NSC_OK)
        run->not_finite = nsc_say_refused("leave --check-finite out, or name another device with --backend");
    else if (!nsc_array_is_finite(place, values, nsc_parameter_dtype(parameter), rank, dims))
        run->not_finite = NSC_EXIT_FAILED;
    free(values);
    return run->not_finite != 0;
}

/* Runs, then looks at what there is to look at; nothing was printed or written yet. The exit code. */
static int compute(const nsc_arguments *arguments, nsc_forward_run *run)
{
    int code = nsc_forward_repeat(run, nsc_whole_given(arguments, REPEAT), nsc_is_given(arguments, PROFILE));
    if (code == NSC_EXIT_OK && nsc_is_given(arguments, CHECK)) {
        nsc_progress("checking the weights");
        if (nsc_parameters_each(run->model.net, check_parameter, run) != NSC_OK)
            return nsc_say_refused("free some memory");
        code = run->not_finite;
    }
    if (code == NSC_EXIT_OK)
        code = nsc_forward_fetch(run, nsc_is_given(arguments, CHECK));
    nsc_progress_end();
    return code;
}

/* Which files belong to which inputs and outputs. 0: said. */
static int place_files(const nsc_arguments *arguments, nsc_forward_run *run)
{
    const nsc_value_given *in[NSC_MOST_GIVEN], *out[NSC_MOST_GIVEN];
    if (!nsc_ports_of(run->model.net, "input", "file", &run->ins) ||
        !nsc_ports_of(run->model.net, "output", "file", &run->outs) ||
        !nsc_places(&run->ins, &arguments->options[INPUT], in) ||
        !nsc_places(&run->outs, &arguments->options[OUTPUT], out))
        return 0;
    for (size_t i = 0; i < run->ins.count; i++) {
        if (in[i] == NULL)
            return nsc_say_unplaced(&run->ins, i), 0;
        run->input_files[i] = nsc_behind_name(in[i]->text);
    }
    for (size_t i = 0; i < run->outs.count; i++)
        run->output_files[i] = out[i] != NULL ? nsc_behind_name(out[i]->text) : NULL;
    return 1;
}

static int forward(const nsc_arguments *arguments, nsc_forward_run *run)
{
    int code = NSC_EXIT_USAGE;
    if (nsc_is_given(arguments, WEIGHTS) && nsc_is_given(arguments, SEED))
        return nsc_say_usage(
            "--weights and --seed exclude each other: a checkpoint has values or its own seed; give one");
    if (!nsc_model_open(run->model_file, &run->model))
        return NSC_EXIT_FAILED;
    if (!place_files(arguments, run))
        return code;
    code = NSC_EXIT_FAILED;
    for (size_t i = 0; i < run->outs.count; i++)
        if (run->output_files[i] != NULL && !nsc_say_writable("output", run->output_files[i]))
            return code;
    if (!supply_values(arguments, run, &code))
        return code;
    code = NSC_EXIT_FAILED;
    if (!read_inputs(run, nsc_is_given(arguments, CHECK)) || !place_inputs(run))
        return code;
    code = compute(arguments, run);
    if (code == NSC_EXIT_OK)
        code = nsc_forward_write(run);
    if (code != NSC_EXIT_OK)
        return code;
    return nsc_is_given(arguments, JSON) ? nsc_forward_json(run) : nsc_forward_table(run);
}

static int run_forward(const nsc_arguments *arguments)
{
    const uint64_t seed = nsc_whole_given(arguments, SEED);
    nsc_forward_run run = {.model_file = arguments->operands[0],
                           .weights_file = nsc_text_given(arguments, WEIGHTS),
                           .seed = nsc_is_given(arguments, SEED) ? &seed : NULL};
    run.values_from = run.weights_file != NULL ? run.weights_file : run.model_file;
    const int code = forward(arguments, &run);
    nsc_progress_end();
    nsc_forward_clear(&run);
    return nsc_model_close(&run.model, code);
}

const nsc_command nsc_command_forward = {
    .name = "forward",
    .purpose = "run a model on inputs from npy files",
    .description =
        "Runs a model on the inputs that npy files hold. Each output is written to the npy file that --output "
        "names; its shape, smallest, mean and largest value and the first values are printed. Sizes that the "
        "model and its weights leave open follow from the inputs, and a checkpoint that holds requests gets its "
        "values by them.\n\n"
        "Files belong to inputs and outputs in their order, or by name: --input image=x.npy. The only input of a "
        "model is called input, and the only output output, unless its description names them.",
    .operands = (const nsc_operand[]){NSC_MODEL_OPERAND, {.name = NULL}},
    .options =
        (const nsc_option[]){
            [INPUT] = {.name = "input",
                       .argument = "[NAME=]FILE",
                       .kind = NSC_OPTION_FILE,
                       .required = 1,
                       .most = NSC_MOST_GIVEN,
                       .help = "an npy file, of float32 unless the model takes another type; once for each input"},
            [WEIGHTS] = {.name = "weights",
                         .argument = "FILE",
                         .kind = NSC_OPTION_FILE,
                         .help = "a checkpoint of the model, from nascent init for example"},
            [SEED] = {.name = "seed",
                      .argument = "N",
                      .kind = NSC_OPTION_WHOLE,
                      .help = "instead of --weights: the values that nascent init --seed N would make"},
            [OUTPUT] = {.name = "output",
                        .argument = "[NAME=]FILE",
                        .kind = NSC_OPTION_FILE,
                        .most = NSC_MOST_GIVEN,
                        .help = "the npy file to be written; once for each output. One that exists is replaced"},
            [REPEAT] = {.name = "repeat",
                        .argument = "N",
                        .kind = NSC_OPTION_WHOLE,
                        .low = 1,
                        .high = 1000000,
                        .help = "run N times more, 1 to 1000000, and tell the first, the shortest and the median time"},
            [PROFILE] =
                {.name = "profile",
                 .help = "tell what each step took in the runs after the first: those of --repeat, or one more; and "
                         "the launches and the memory of the plan"},
            [CHECK] = {.name = "check-finite",
                       .help = "a NaN or an infinity in an input, a weight or an output is an error that says where; "
                               "nothing is written then"},
            [BACKEND] = NSC_BACKEND_OPTION,
            [JSON] = NSC_JSON_OPTION,
            {.name = NULL}},
    .examples =
        (const nsc_example[]){
            {"nascent forward mlp.json --weights w.safetensors --input x.npy --output y.npy", "x.npy in, y.npy out"},
            {"nascent forward mlp.json --seed 7 --input x.npy --check-finite",
             "without a checkpoint, to try a model out"},
            {"nascent forward mlp.json --weights w.safetensors --input x.npy --repeat 100 --json",
             "how long it takes, for a program"},
            {"nascent forward mlp.json --seed 7 --input x.npy --repeat 100 --profile", "where the time goes"},
            {NULL, NULL}},
    .uses_device = 1,
    .run = run_forward,
};
