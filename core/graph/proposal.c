/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals: what a trace would give, seen from outside. */
#include <stdlib.h>

#include "core/context.h"
#include "core/error.h"
#include "core/graph/proposal.h"
#include "core/param/budget.h"
#include "core/param/commit.h"
#include "core/shape.h"

static nsc_status check_call(const char *call, const nsc_block *net, const nsc_shape *inputs, size_t count)
{
    if (net == NULL)
        return nsc_fail(0, NSC_INVALID, "%s: net is NULL", call);
    if (inputs == NULL && count > 0)
        return nsc_fail(0, NSC_INVALID, "%s: inputs is NULL", call);
    return NSC_OK;
}

nsc_status nsc_propose(nsc_block *net, nsc_mode mode, const nsc_shape *inputs, size_t input_count,
                       nsc_proposal **proposal)
{
    if (proposal == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_propose: proposal is NULL");
    *proposal = NULL;
    nsc_status status = check_call("nsc_propose", net, inputs, input_count);
    if (status != NSC_OK)
        return status;
    nsc_proposal *made = calloc(1, sizeof *made);
    if (made == NULL)
        return nsc_fail(0, NSC_NO_MEMORY, "nsc_propose: no host memory");
    status = nsc_trace_make(0, net, mode, inputs, input_count, &made->trace);
    if (status != NSC_OK) {
        free(made);
        return status;
    }
    made->net = nsc_retain(net);
    *proposal = made;
    return NSC_OK;
}

void nsc_proposal_release(nsc_proposal *proposal)
{
    if (proposal == NULL)
        return;
    nsc_trace_free(proposal->trace);
    nsc_release(proposal->net);
    free(proposal);
}

static nsc_status value_shape(const char *call, nsc_trace *trace, nsc_value *const *values, size_t count, size_t index,
                              nsc_shape *shape)
{
    if (shape == NULL || index >= count)
        return nsc_fail(0, NSC_INVALID, "%s: %s", call, shape == NULL ? "shape is NULL" : "there is no such index");
    shape->rank = nsc_value_sizes(trace, values[index], shape->dims);
    shape->dtype = values[index]->dtype;
    return NSC_OK;
}

size_t nsc_proposal_output_count(const nsc_proposal *proposal)
{
    return proposal == NULL ? 0 : proposal->trace->output_count;
}

nsc_status nsc_proposal_output(const nsc_proposal *proposal, size_t index, nsc_shape *shape)
{
    if (proposal == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_proposal_output: proposal is NULL");
    nsc_trace *trace = proposal->trace;
    return value_shape("nsc_proposal_output", trace, trace->outputs, trace->output_count, index, shape);
}

nsc_status nsc_proposal_input(const nsc_proposal *proposal, size_t index, nsc_shape *shape)
{
    if (proposal == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_proposal_input: proposal is NULL");
    nsc_trace *trace = proposal->trace;
    return value_shape("nsc_proposal_input", trace, trace->inputs, trace->input_count, index, shape);
}

size_t nsc_proposal_parameter_count(const nsc_proposal *proposal)
{
    return proposal == NULL ? 0 : proposal->trace->parameter_count;
}

int nsc_proposal_dims(nsc_trace *trace, const nsc_trace_parameter *parameter, int64_t dims[NSC_MAX_RANK])
{
    for (int i = 0; i < parameter->rank; i++)
        dims[i] = nsc_dim_size(trace, parameter->dims[i]);
    return parameter->rank;
}

nsc_status nsc_proposal_parameter(const nsc_proposal *proposal, size_t index, const char **path, nsc_shape *shape)
{
    if (proposal == NULL || shape == NULL || index >= proposal->trace->parameter_count)
        return nsc_fail(0, NSC_INVALID, "nsc_proposal_parameter: %s",
                        proposal == NULL || shape == NULL ? "an argument is NULL" : "there is no such index");
    const nsc_trace_parameter *parameter = &proposal->trace->parameters[index];
    if (path != NULL)
        *path = parameter->path;
    shape->rank = nsc_proposal_dims(proposal->trace, parameter, shape->dims);
    shape->dtype = parameter->parameter->dtype;
    return NSC_OK;
}

bool nsc_proposal_add(nsc_trace *trace, const nsc_trace_parameter *parameter, uint64_t *elements, uint64_t *bytes)
{
    int64_t dims[NSC_MAX_RANK];
    uint64_t count = 0, more, sum;
    int rank = nsc_proposal_dims(trace, parameter, dims);
    if (!nsc_shape_known(rank, dims) || !nsc_shape_count(rank, dims, &count) ||
        __builtin_mul_overflow(count, nsc_dtype_size(parameter->parameter->dtype), &more) ||
        __builtin_add_overflow(*bytes, more, &sum))
        return false;
    *elements += count; /* fewer than the bytes, which fit */
    *bytes = sum;
    return true;
}

void nsc_proposal_totals(const nsc_proposal *proposal, uint64_t *elements, uint64_t *bytes, size_t *unknown)
{
    uint64_t sums[2] = {0, 0};
    size_t missing = 0;
    for (size_t i = 0; proposal != NULL && i < proposal->trace->parameter_count; i++)
        missing += !nsc_proposal_add(proposal->trace, &proposal->trace->parameters[i], &sums[0], &sums[1]);
    if (elements != NULL)
        *elements = sums[0];
    if (bytes != NULL)
        *bytes = sums[1];
    if (unknown != NULL)
        *unknown = missing;
}

nsc_status nsc_check_budget(const nsc_proposal *proposal, nsc_context *context)
{
    char shape[NSC_SHAPE_TEXT];
    int64_t dims[NSC_MAX_RANK];
    if (proposal == NULL || context == NULL)
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "nsc_check_budget: %s is NULL",
                        proposal == NULL ? "proposal" : "context");
    nsc_status status = NSC_OK;
    nsc_budget budget = nsc_budget_of(context);
    nsc_trace *trace = proposal->trace;
    for (size_t i = 0; i < trace->parameter_count && status == NSC_OK; i++) {
        const nsc_trace_parameter *parameter = &trace->parameters[i];
        if (nsc_parameter_get_state(parameter->parameter) == NSC_INITIALIZED)
            continue;
        int rank = nsc_proposal_dims(trace, parameter, dims);
        if (!nsc_shape_known(rank, dims))
            status = nsc_fail(context->id, NSC_PENDING,
                              "nsc_check_budget: %s %s has an unknown size: give more of the input", parameter->path,
                              nsc_shape_text(shape, rank, dims));
        else
            status = nsc_budget_add(&budget, parameter->path, parameter->parameter->dtype, rank, dims);
    }
    return status;
}

/* ---- accepting shapes -------------------------------------------------------------------------------------------- */

bool nsc_trace_update(nsc_trace *trace, const nsc_trace_parameter *parameter, nsc_shape_update *update)
{
    bool learnt = parameter->rank_learnt;
    *update = (nsc_shape_update){.parameter = parameter->parameter, .rank = parameter->rank};
    for (int axis = 0; axis < parameter->rank; axis++) {
        update->dims[axis] = nsc_dim_size(trace, parameter->dims[axis]);
        if (parameter->before[axis] >= 0 || update->dims[axis] < 0)
            continue;
        learnt = true;
        const nsc_frame *frame = parameter->frame;
        const char *origin = nsc_dim_origin(trace, parameter->dims[axis]);
        update->origins[axis] =
            frame == NULL ? nsc_arena_format(&trace->arena, "inferred from %s", origin)
                          : nsc_arena_format(&trace->arena, "inferred by %s (%s) from %s",
                                             frame->path[0] == 0 ? "the net" : frame->path, frame->block->kind, origin);
        if (update->origins[axis] == NULL)
            nsc_trace_error(trace, NSC_NO_MEMORY, "no host memory for the trace");
    }
    return learnt;
}

nsc_status nsc_infer_shapes(nsc_block *net, const nsc_shape *inputs, size_t input_count)
{
    nsc_trace *trace = NULL;
    size_t count = 0;
    nsc_status status = check_call("nsc_infer_shapes", net, inputs, input_count);
    if (status == NSC_OK)
        status = nsc_trace_make(0, net, NSC_INFERENCE, inputs, input_count, &trace);
    if (status != NSC_OK)
        return status;
    nsc_shape_update *updates = calloc(trace->parameter_count + 1, sizeof *updates);
    for (size_t i = 0; updates != NULL && i < trace->parameter_count; i++)
        count += nsc_trace_update(trace, &trace->parameters[i], &updates[count]);
    if (updates == NULL || trace->status != NSC_OK)
        status = nsc_fail(0, NSC_NO_MEMORY, "nsc_infer_shapes: no host memory");
    else
        status = nsc_commit_shapes(0, updates, count);
    free(updates);
    nsc_trace_free(trace);
    return status;
}
