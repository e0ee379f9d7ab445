/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a proposal: visited, and as a table. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/graph/proposal.h"
#include "core/shape.h"

/* ---- visiting ---------------------------------------------------------------------------------------------------- */

static void describe(nsc_trace *trace, const nsc_frame *frame, nsc_layer_info *layer)
{
    *layer = (nsc_layer_info){.path = frame->path, .kind = frame->block->kind, .state = ""};
    layer->output.rank = nsc_value_sizes(trace, frame->output, layer->output.dims);
    layer->output.dtype = frame->output->dtype;
    for (size_t i = 0; i < trace->parameter_count; i++) {
        if (trace->parameters[i].frame != frame)
            continue;
        const char *state = nsc_parameter_state_name(nsc_parameter_get_state(trace->parameters[i].parameter));
        layer->parameters++;
        layer->unknown += !nsc_proposal_add(trace, &trace->parameters[i], &layer->elements, &layer->bytes);
        layer->state = layer->state[0] == 0 || strcmp(layer->state, state) == 0 ? state : "mixed";
    }
}

nsc_status nsc_layers_each(const nsc_proposal *proposal, nsc_layer_visit visit, void *user)
{
    if (proposal == NULL || visit == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_layers_each: %s is NULL", proposal == NULL ? "proposal" : "visit");
    nsc_trace *trace = proposal->trace;
    for (size_t i = 0; i < trace->call_count; i++) {
        nsc_layer_info layer;
        describe(trace, trace->calls[i], &layer);
        if ((layer.parameters > 0 || trace->calls[i]->block->child_count == 0) && visit(user, &layer) != 0)
            break;
    }
    return NSC_OK;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

typedef struct table {
    FILE *file;
    int path, kind, shape; /* widths */
    int written;           /* 0 or less: the last line could not be */
} table;

static const char *path_of(const nsc_layer_info *layer)
{
    return layer->path[0] == 0 ? "(net)" : layer->path;
}

static int wider(int width, const char *text)
{
    return (int)strlen(text) > width ? (int)strlen(text) : width;
}

static int measure(void *user, const nsc_layer_info *layer)
{
    table *t = user;
    char shape[NSC_SHAPE_TEXT];
    t->path = wider(t->path, path_of(layer));
    t->kind = wider(t->kind, layer->kind);
    t->shape = wider(t->shape, nsc_shape_text(shape, layer->output.rank, layer->output.dims));
    return 0;
}

static int print(void *user, const nsc_layer_info *layer)
{
    table *t = user;
    char shape[NSC_SHAPE_TEXT], elements[24] = "?", bytes[24] = "?";
    if (layer->unknown == 0) {
        snprintf(elements, sizeof elements, "%" PRIu64, layer->elements);
        snprintf(bytes, sizeof bytes, "%" PRIu64, layer->bytes);
    }
    nsc_shape_text(shape, layer->output.rank, layer->output.dims);
    t->written = fprintf(t->file, "%-*s  %-*s  %-*s  %12s  %14s  %s\n", t->path, path_of(layer), t->kind, layer->kind,
                         t->shape, shape, elements, bytes, layer->state[0] == 0 ? "-" : layer->state);
    return t->written <= 0;
}

nsc_status nsc_print_summary(const nsc_proposal *proposal, FILE *file)
{
    if (proposal == NULL || file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_print_summary: %s is NULL", proposal == NULL ? "proposal" : "file");
    table t = {.file = file, .path = 5, .kind = 4, .shape = 6};
    nsc_layers_each(proposal, measure, &t);
    t.written = fprintf(file, "%-*s  %-*s  %-*s  %12s  %14s  %s\n", t.path, "layer", t.kind, "kind", t.shape, "output",
                        "parameters", "bytes", "state");
    if (t.written > 0)
        nsc_layers_each(proposal, print, &t);
    uint64_t elements, bytes;
    size_t unknown;
    nsc_proposal_totals(proposal, &elements, &bytes, &unknown);
    if (t.written > 0)
        t.written = fprintf(file, "%zu parameters, %" PRIu64 " elements, %" PRIu64 " bytes",
                            nsc_proposal_parameter_count(proposal), elements, bytes);
    if (t.written > 0 && unknown > 0)
        t.written = fprintf(file, "; %zu of unknown shape are not counted", unknown);
    if (t.written <= 0 || fprintf(file, "\n") <= 0)
        return nsc_fail(0, NSC_IO, "nsc_print_summary: the table could not be written whole");
    return NSC_OK;
}
