/* SPDX-License-Identifier: Apache-2.0 */
/* The loading of a model. */
#include "model.h"

#include <stdio.h>

#include "places.h"
#include "progress.h"
#include "say.h"

/* What a refused load found, a line each. */
static void list_misfits(const nsc_load_report *report)
{
    static const char *const kinds[] = {"", "loaded", "missing", "extra", "conflict"};
    for (size_t i = 0; i < nsc_load_report_count(report); i++) {
        const nsc_load_entry *entry = nsc_load_report_entry(report, i);
        if (entry->kind != NSC_LOAD_LOADED)
            fprintf(stderr, "  %-8s  %s%s%s\n", kinds[entry->kind], entry->path, *entry->text ? ": " : "", entry->text);
    }
}

/* The checkpoint; what does not fit is listed. 0: said. */
static int load_weights(const nsc_model_request *request, nsc_loaded *loaded)
{
    nsc_load_report *report = NULL;
    nsc_progress("loading %s", request->weights);
    const nsc_status status = nsc_load(loaded->net, loaded->context, request->weights, NULL, &report);
    nsc_progress_end();
    if (status != NSC_OK)
        nsc_say_refused("give --weights a checkpoint of this model; nascent init makes one");
    if (status != NSC_OK && report != NULL)
        list_misfits(report);
    nsc_load_report_release(report);
    return status == NSC_OK;
}

int nsc_model_device(const char *backend, nsc_context **context)
{
    const nsc_context_options options = {.backend = backend};
    const nsc_status status = nsc_context_create(context, &options, sizeof options);
    if (status == NSC_OK)
        return NSC_EXIT_OK;
    nsc_say_refused("nascent devices lists what can be chosen, and why");
    return backend != NULL && status == NSC_INVALID ? NSC_EXIT_USAGE : NSC_EXIT_FAILED;
}

/* 0: said. */
static int has_values(const nsc_model_request *request, nsc_block *net)
{
    nsc_sums sums;
    if (nsc_model_sums(net, &sums) == NSC_OK && sums.parameters == 0)
        return 1;
    nsc_say_usage(
        "%s has %zu parameters without values, and --weights is missing; make a checkpoint with nascent init %s "
        "--output FILE, or give --seed N for values made now",
        request->model, sums.parameters, request->model);
    return 0;
}

int nsc_model_open(const char *file, nsc_loaded *loaded)
{
    if (nsc_model_read(file, &loaded->net) == NSC_OK)
        return 1;
    nsc_say_refused("give MODEL the description of a net, as docs/model.md says");
    return 0;
}

/* The shapes of the inputs: of all, or of none. 0: said. */
static int place_shapes(const nsc_given *given, nsc_loaded *loaded)
{
    const nsc_value_given *placed[NSC_MOST_GIVEN];
    nsc_ports ports;
    if (!nsc_ports_of(loaded->net, "input", "shape", &ports) || !nsc_places(&ports, given, placed))
        return 0;
    for (; loaded->input_count < ports.count; loaded->input_count++) {
        if (placed[loaded->input_count] == NULL)
            return nsc_say_unplaced(&ports, loaded->input_count), 0;
        loaded->inputs[loaded->input_count] = placed[loaded->input_count]->shape;
    }
    return 1;
}

int nsc_model_load(const nsc_model_request *request, nsc_loaded *loaded, int *code)
{
    *code = NSC_EXIT_FAILED;
    if (loaded->net == NULL && !nsc_model_open(request->model, loaded))
        return 0;
    if (request->shapes != NULL && request->shapes->count > 0 && !place_shapes(request->shapes, loaded))
        return *code = NSC_EXIT_USAGE, 0;
    if (request->needs_values && request->weights == NULL && !has_values(request, loaded->net))
        return *code = NSC_EXIT_USAGE, 0;
    if (request->needs_device || request->weights != NULL) {
        *code = nsc_model_device(request->backend, &loaded->context);
        if (*code != NSC_EXIT_OK)
            return 0;
        *code = NSC_EXIT_FAILED;
    }
    if (request->weights != NULL && !load_weights(request, loaded))
        return 0;
    if (loaded->input_count > 0 && nsc_infer_shapes(loaded->net, loaded->inputs, loaded->input_count) != NSC_OK)
        return nsc_say_refused("give --input a shape that the model and its weights take"), 0;
    *code = NSC_EXIT_OK;
    return 1;
}

int nsc_model_close(nsc_loaded *loaded, int code)
{
    nsc_release(loaded->net);
    if (nsc_context_close(loaded->context) == NSC_OK)
        return code;
    const int failed = nsc_say_refused("this is a fault of the device or of nascent; please report it");
    return code != NSC_EXIT_OK ? code : failed;
}

static int add(void *user, const char *path, nsc_parameter *parameter)
{
    nsc_sums *sums = user;
    uint64_t bytes = 0;
    (void)path;
    sums->parameters++;
    sums->unknown += nsc_parameter_bytes(parameter, &bytes) != NSC_OK;
    sums->bytes += bytes;
    sums->elements += bytes / nsc_dtype_size(nsc_parameter_dtype(parameter));
    if (nsc_parameter_get_state(parameter) == NSC_INITIALIZED)
        sums->value_bytes += bytes;
    else
        sums->pending++;
    return 0;
}

nsc_status nsc_model_sums(nsc_block *net, nsc_sums *sums)
{
    *sums = (nsc_sums){0};
    return nsc_parameters_each(net, add, sums);
}
