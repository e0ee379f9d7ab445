/* SPDX-License-Identifier: Apache-2.0 */
/* The walk that turns a tree and input shapes into a graph. */
#include "core/graph/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/shape.h"

enum { MAX_CALL_DEPTH = 200 };

nsc_status nsc_trace_error(nsc_trace *trace, nsc_status status, const char *format, ...)
{
    if (trace->status != NSC_OK)
        return trace->status;
    va_list arguments;
    trace->status = status;
    int used = 0;
    if (trace->frame != NULL)
        used = snprintf(trace->text, sizeof trace->text,
                        "%s (%s): ", trace->frame->path[0] == 0 ? "the net" : trace->frame->path,
                        trace->frame->block->kind);
    if (used < 0 || (size_t)used >= sizeof trace->text)
        used = 0;
    va_start(arguments, format);
    vsnprintf(trace->text + used, sizeof trace->text - (size_t)used, format, arguments);
    va_end(arguments);
    return status;
}

nsc_status nsc_trace_fail(nsc_trace *trace, nsc_status status, const char *text)
{
    if (trace == NULL)
        return status == NSC_OK ? NSC_INVALID : status;
    return nsc_trace_error(trace, status == NSC_OK ? NSC_INVALID : status, "%s", text == NULL ? "" : text);
}

nsc_mode nsc_trace_mode(const nsc_trace *trace)
{
    return trace == NULL ? NSC_INFERENCE : trace->mode;
}

nsc_value *nsc_trace_value(nsc_trace *trace, nsc_node node, nsc_value *const *operands, size_t count, int rank)
{
    if (trace->status != NSC_OK)
        return &trace->broken;
    nsc_value *value = nsc_arena_take(&trace->arena, sizeof *value);
    nsc_value **copy = nsc_arena_take(&trace->arena, (count + 1) * sizeof *copy);
    if (value == NULL || copy == NULL || trace->value_count >= UINT32_MAX ||
        !nsc_grow((void **)&trace->values, &trace->value_capacity, trace->value_count, sizeof *trace->values)) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return &trace->broken;
    }
    if (count > 0)
        memcpy(copy, operands, count * sizeof *copy);
    value->trace = trace;
    value->id = (uint32_t)trace->value_count;
    value->node = node;
    value->dtype = NSC_FLOAT32;
    value->frame = trace->frame;
    value->operands = copy;
    value->operand_count = count;
    value->rank = rank;
    trace->values[trace->value_count++] = value;
    return value;
}

const char *nsc_value_describe(nsc_trace *trace, const nsc_value *value)
{
    const char *text;
    if (value->node == NSC_NODE_PARAMETER)
        return trace->parameters[value->is.index].path;
    if (value->node == NSC_NODE_INPUT)
        text = nsc_arena_format(&trace->arena, "input %" PRIu32, value->is.index);
    else
        text = nsc_arena_format(&trace->arena, "the output of %s (%s)",
                                value->frame->path[0] == 0 ? "the net" : value->frame->path, value->frame->block->kind);
    return text == NULL ? "a value" : text;
}

int nsc_value_sizes(nsc_trace *trace, const nsc_value *value, int64_t dims[NSC_MAX_RANK])
{
    for (int i = 0; i < value->rank; i++)
        dims[i] = nsc_dim_size(trace, value->dims[i]);
    return value->rank;
}

int nsc_value_shape(const nsc_value *value, int64_t dims[NSC_MAX_RANK])
{
    if (value == NULL || dims == NULL || value->trace == NULL || value->trace->status != NSC_OK)
        return NSC_UNKNOWN;
    return nsc_value_sizes(value->trace, value, dims);
}

nsc_dtype nsc_value_dtype(const nsc_value *value)
{
    return value == NULL || value->trace == NULL || value->trace->status != NSC_OK ? NSC_FLOAT32 : value->dtype;
}

void nsc_value_fix_rank(nsc_trace *trace, nsc_value *value, int rank)
{
    if (trace->status != NSC_OK || value->rank >= 0)
        return;
    nsc_trace_parameter *parameter = &trace->parameters[value->is.index];
    value->rank = parameter->rank = rank;
    parameter->rank_learnt = true;
    for (int i = 0; i < rank; i++) {
        parameter->before[i] = NSC_UNKNOWN;
        value->dims[i] = parameter->dims[i] = nsc_dim_new(trace, NSC_UNKNOWN, NULL);
    }
}

/* ---- the start -------------------------------------------------------------------------------------------------- */

/* A dimension that two parameters share is one dimension here too. path is the parameter's. */
static uint32_t cell_dim(nsc_trace *trace, nsc_cell *root, const char *kind, const char *path)
{
    uint32_t dim = 0;
    const char *dot = strrchr(path, '.'), *origin = NULL;
    if (nsc_map_get(&trace->cell_index, root, &dim))
        return dim;
    if (root->origin != NULL)
        origin = nsc_arena_format(&trace->arena, "%s", root->origin);
    else if (root->size >= 0)
        origin = nsc_arena_format(&trace->arena, "declared by %.*s (%s)", dot == NULL ? 7 : (int)(dot - path),
                                  dot == NULL ? "the net" : path, kind);
    dim = nsc_dim_new(trace, root->size, origin);
    if (!nsc_map_put(&trace->cell_index, root, dim))
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
    return dim;
}

static bool take_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    nsc_trace *trace = user;
    const char *copy = nsc_arena_format(&trace->arena, "%s", path);
    if (copy == NULL || !nsc_map_put(&trace->parameter_index, parameter, (uint32_t)trace->parameter_count) ||
        !nsc_grow((void **)&trace->parameters, &trace->parameter_capacity, trace->parameter_count,
                  sizeof *trace->parameters)) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return false;
    }
    nsc_trace_parameter *taken = &trace->parameters[trace->parameter_count++];
    *taken = (nsc_trace_parameter){.parameter = parameter, .path = copy};
    nsc_parameters_lock();
    taken->rank = nsc_parameter_shape_locked(parameter, taken->before);
    for (int i = 0; i < taken->rank; i++) {
        taken->cells[i] = nsc_cell_root(parameter->axes[i]);
        taken->dims[i] = cell_dim(trace, taken->cells[i], parameter->kind, path);
    }
    nsc_parameters_unlock();
    return trace->status == NSC_OK;
}

static bool make_inputs(nsc_trace *trace, const nsc_shape *shapes, size_t count)
{
    char text[NSC_SHAPE_TEXT];
    trace->inputs = nsc_arena_take(&trace->arena, (count + 1) * sizeof(nsc_value *));
    if (trace->inputs == NULL) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return false;
    }
    if (count != trace->root->inputs) {
        nsc_trace_error(trace, NSC_INVALID, "%zu inputs given, the net (%s) takes %zu", count, trace->root->kind,
                        trace->root->inputs);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const nsc_shape *shape = &shapes[i];
        if (shape->rank < 0 || shape->rank > NSC_MAX_RANK) {
            nsc_trace_error(trace, NSC_INVALID, "input %zu: rank %d; ranks are 0 to %d", i, shape->rank, NSC_MAX_RANK);
            return false;
        }
        for (int axis = 0; axis < shape->rank; axis++)
            if (shape->dims[axis] < NSC_UNKNOWN) {
                nsc_trace_error(trace, NSC_INVALID,
                                "input %zu, axis %d: size %" PRId64 "; sizes are 0 or more, or -1: unknown", i, axis,
                                shape->dims[axis]);
                return false;
            }
        if (shape->dtype != 0 && nsc_dtype_name(shape->dtype) == NULL) {
            nsc_trace_error(trace, NSC_WRONG_DTYPE, "input %zu: %d is no element type", i, (int)shape->dtype);
            return false;
        }
        nsc_value *value = trace->inputs[i] = nsc_trace_value(trace, NSC_NODE_INPUT, NULL, 0, shape->rank);
        const char *origin =
            nsc_arena_format(&trace->arena, "input %zu %s", i, nsc_shape_text(text, shape->rank, shape->dims));
        value->is.index = (uint32_t)i;
        value->dtype = shape->dtype == 0 ? NSC_FLOAT32 : shape->dtype;
        for (int axis = 0; axis < shape->rank; axis++)
            value->dims[axis] = nsc_dim_new(trace, shape->dims[axis], shape->dims[axis] == NSC_UNKNOWN ? NULL : origin);
    }
    trace->input_count = count;
    return trace->status == NSC_OK;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static void call_block(nsc_trace *trace, nsc_block *block, const char *path, nsc_value *const *in, size_t in_count,
                       nsc_value **out, size_t out_count)
{
    int depth = 0;
    for (size_t i = 0; i < out_count; i++)
        out[i] = &trace->broken;
    nsc_frame *frame = nsc_arena_take(&trace->arena, sizeof *frame);
    if (trace->status != NSC_OK)
        return;
    for (const nsc_frame *up = trace->frame; up != NULL; up = up->parent)
        depth++;
    if (depth > MAX_CALL_DEPTH) {
        nsc_trace_error(trace, NSC_INVALID, "blocks are nested deeper than %d", (int)MAX_CALL_DEPTH);
        return;
    }
    if (frame == NULL || path == NULL) {
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
        return;
    }
    *frame = (nsc_frame){.parent = trace->frame, .block = block, .path = path};
    trace->frame = frame;
    if (in_count != block->inputs || out_count != block->outputs)
        nsc_trace_error(trace, NSC_INVALID, "called with %zu inputs and %zu outputs, it has %zu and %zu", in_count,
                        out_count, block->inputs, block->outputs);
    for (size_t i = 0; i < in_count && trace->status == NSC_OK; i++)
        if (in[i] == NULL || in[i]->trace != trace)
            nsc_trace_error(trace, NSC_INVALID, "input %zu is %s", i,
                            in[i] == NULL ? "NULL" : "a value of another trace");
    nsc_status status = NSC_OK;
    if (trace->status == NSC_OK)
        status = block->class->forward(trace, block, in, in_count, out, out_count);
    if (status != NSC_OK)
        nsc_trace_error(trace, status, "its forward answered %s", nsc_status_name(status));
    for (size_t i = 0; i < out_count && trace->status == NSC_OK; i++)
        if (out[i] == NULL || out[i]->trace != trace || out[i] == &trace->broken)
            nsc_trace_error(trace, NSC_INVALID,
                            "its forward left output %zu unset, or set it to a value of another trace", i);
    frame->output = out_count > 0 ? out[0] : NULL;
    if (nsc_grow((void **)&trace->calls, &trace->call_capacity, trace->call_count, sizeof *trace->calls))
        trace->calls[trace->call_count++] = frame;
    else
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
    trace->frame = frame->parent;
}

void nsc_op_call_many(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count, nsc_value **out,
                      size_t out_count)
{
    char name[24];
    if (trace == NULL)
        return;
    for (size_t i = 0; out != NULL && i < out_count; i++)
        out[i] = &trace->broken;
    if (trace->status != NSC_OK)
        return;
    if (block == NULL || (in == NULL && in_count > 0) || (out == NULL && out_count > 0)) {
        nsc_trace_error(trace, NSC_INVALID, "nsc_op_call: %s is NULL",
                        block == NULL ? "block" : (in == NULL && in_count > 0 ? "in" : "out"));
        return;
    }
    const nsc_block *parent = trace->frame->block;
    for (size_t i = 0; i < parent->child_count; i++)
        if (parent->children[i].block == block) {
            const char *path = nsc_arena_format(&trace->arena, "%s%s%s", trace->frame->path,
                                                trace->frame->path[0] == 0 ? "" : ".", nsc_child_name(parent, i, name));
            call_block(trace, block, path, in, in_count, out, out_count);
            return;
        }
    nsc_trace_error(trace, NSC_INVALID, "it calls a block (%s) that is not its child: use nsc_add_child", block->kind);
}

nsc_value *nsc_op_call(nsc_trace *trace, nsc_block *block, nsc_value *x)
{
    nsc_value *out = NULL;
    nsc_op_call_many(trace, block, &x, 1, &out, 1);
    return out;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static nsc_status report(uint64_t owner, const nsc_trace *trace)
{
    if (trace->status != NSC_OK)
        return nsc_fail(owner, trace->status, "%s", trace->text);
    if (trace->conflict_count == 0)
        return NSC_OK;
    nsc_fail(owner, NSC_SHAPE_CONFLICT, "%s", trace->conflicts[0]);
    for (size_t i = 1; i < trace->conflict_count; i++)
        nsc_fail_while(owner, NSC_SHAPE_CONFLICT, "%s", trace->conflicts[i]);
    return NSC_SHAPE_CONFLICT;
}

nsc_status nsc_trace_make(uint64_t owner, nsc_block *root, nsc_mode mode, const nsc_shape *inputs, size_t input_count,
                          nsc_trace **out)
{
    char text[768];
    *out = NULL;
    nsc_status status = nsc_block_check(root, text, sizeof text);
    if (status != NSC_OK)
        return nsc_fail(owner, status, "%s", text);
    nsc_trace *trace = calloc(1, sizeof *trace);
    if (trace == NULL)
        return nsc_fail(owner, NSC_NO_MEMORY, "no host memory for a trace");
    trace->root = root;
    trace->mode = mode;
    trace->broken.trace = trace;
    nsc_dim_new(trace, NSC_UNKNOWN, NULL); /* the one that stands for an error */
    trace->outputs = nsc_arena_take(&trace->arena, (root->outputs + 1) * sizeof(nsc_value *));
    trace->output_count = root->outputs;
    if (trace->outputs == NULL)
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for a trace");
    if (trace->status == NSC_OK &&
        nsc_block_walk(root, &(nsc_walk){.user = trace, .parameter = take_parameter}) != NSC_OK)
        nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for a trace");
    if (trace->status == NSC_OK && make_inputs(trace, inputs, input_count))
        call_block(trace, root, "", trace->inputs, input_count, trace->outputs, trace->output_count);
    nsc_trace_solve(trace);
    status = report(owner, trace);
    if (status != NSC_OK)
        nsc_trace_free(trace);
    else
        *out = trace;
    return status;
}

void nsc_trace_free(nsc_trace *trace)
{
    if (trace == NULL)
        return;
    free(trace->dims);
    free(trace->values);
    free(trace->equations);
    free(trace->conflicts);
    free(trace->parameters);
    free(trace->calls);
    nsc_map_clear(&trace->parameter_index);
    nsc_map_clear(&trace->cell_index);
    nsc_arena_clear(&trace->arena);
    free(trace);
}
