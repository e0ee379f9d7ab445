/* SPDX-License-Identifier: Apache-2.0 */
/* Running a net: the slow path of a first forward, the short path of the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block/net.h"
#include "core/context.h"
#include "core/device/profile.h"
#include "core/graph/settle.h"
#include "core/param/commit.h"
#include "core/shape.h"
#include "core/tensor.h"

/* ---- the first forward ------------------------------------------------------------------------------------------- */

/* What keeps one parameter from being run, as an error; NSC_OK with *fill when it has to be filled first. */
static nsc_status judge(nsc_context *context, const nsc_trace_parameter *traced, const nsc_shape_update *update,
                        bool *fill)
{
    const nsc_parameter *parameter = traced->parameter;
    bool reached = traced->value != NULL;
    char text[512];
    nsc_status status = NSC_OK;
    *fill = false;
    nsc_parameters_lock();
    if (parameter->value != NULL) {
        if (reached && parameter->value->context != context)
            status = nsc_fail(context->id, NSC_WRONG_DEVICE, "%s lives on another context than the input (%s)",
                              traced->path, context->device.title);
    } else if (parameter->request.context == 0) {
        if (reached)
            status = nsc_fail(context->id, NSC_NOT_REQUESTED,
                              "%s has no value and none was requested: call nsc_initialize", traced->path);
    } else if (parameter->request.context != context->id) {
        if (reached)
            status =
                nsc_fail(context->id, NSC_WRONG_DEVICE, "%s was requested on another context than the input's (%s)",
                         traced->path, context->device.title);
    } else if (nsc_shape_known(update->rank, update->dims)) {
        *fill = true;
    } else if (reached) {
        nsc_parameter_missing_locked(parameter, traced->path, text, sizeof text);
        status = nsc_fail(context->id, NSC_PENDING, "%s; these inputs do not tell it", text);
    }
    nsc_parameters_unlock();
    return status;
}

/* Makes what has to be filled, for the plan to be bound to; *items stays until the commit ends. */
static nsc_status make_values(nsc_context *context, nsc_trace *trace, nsc_commit_item **items, nsc_commit **commit)
{
    size_t count = 0;
    nsc_status status = NSC_OK;
    nsc_commit_item *wanted = *items = calloc(trace->parameter_count + 1, sizeof *wanted);
    nsc_trace_parameter **filled = calloc(trace->parameter_count + 1, sizeof *filled);
    if (wanted == NULL || filled == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for a commit");
    for (size_t i = 0; i < trace->parameter_count && status == NSC_OK; i++) {
        bool fill = false;
        nsc_trace_update(trace, &trace->parameters[i], &wanted[count].shape);
        status = judge(context, &trace->parameters[i], &wanted[count].shape, &fill);
        wanted[count].request = &trace->parameters[i].parameter->request;
        filled[count] = &trace->parameters[i];
        count += fill;
    }
    if (status == NSC_OK && trace->status != NSC_OK)
        status = nsc_fail(context->id, trace->status, "%s", trace->text);
    if (status == NSC_OK)
        status = nsc_commit_make(context, wanted, count, commit);
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        filled[i]->made = nsc_commit_value(*commit, i);
    free(filled);
    return status;
}

/* A plan and its first executor. */
static nsc_status plan_and_prepare(nsc_context *context, nsc_trace *trace, nsc_plan **plan, nsc_executor **executor)
{
    nsc_backend_step **steps = NULL;
    nsc_status status = nsc_plan_settle(context, trace, plan, &steps);
    if (status == NSC_OK)
        status = nsc_executor_make(*plan, steps, executor);
    return status;
}

/* Makes the outputs that are NULL; made[i] remembers which, so that a failure takes them back. */
static nsc_status make_outputs(const nsc_plan *plan, nsc_tensor **out, size_t count, uint64_t *made)
{
    char want[NSC_SHAPE_TEXT], have[NSC_SHAPE_TEXT];
    for (size_t i = 0; i < count; i++) {
        const nsc_shape *shape = &plan->outputs[i];
        if (out[i] == NULL) {
            nsc_status status = nsc_tensor_create(plan->context, shape->dtype, shape->rank, shape->dims, &out[i]);
            if (status != NSC_OK)
                return status;
            *made |= UINT64_C(1) << i;
        } else if (out[i]->context != plan->context) {
            return nsc_fail(plan->context->id, NSC_WRONG_DEVICE, "nsc_run: output %zu is of another context", i);
        } else if (out[i]->dtype != shape->dtype) {
            return nsc_fail(plan->context->id, NSC_WRONG_DTYPE, "nsc_run: output %zu is %s, the net gives %s", i,
                            nsc_dtype_name(out[i]->dtype), nsc_dtype_name(shape->dtype));
        } else if (out[i]->rank != shape->rank || !nsc_shape_equal(shape->rank, out[i]->dims, shape->dims)) {
            return nsc_fail(plan->context->id, NSC_SHAPE_CONFLICT,
                            "nsc_run: output %zu has shape %s, the net gives %s; pass NULL to have it made", i,
                            nsc_shape_text(have, out[i]->rank, out[i]->dims),
                            nsc_shape_text(want, shape->rank, shape->dims));
        } else if (nsc_tensor_held(out[i]) != NULL) {
            return nsc_fail(plan->context->id, NSC_INVALID,
                            "nsc_run: output %zu cannot be written, %s; or pass NULL to have another made", i,
                            nsc_tensor_held(out[i]));
        }
    }
    return NSC_OK;
}

/* One call of nsc_run. */
typedef struct nsc_call {
    nsc_block *block;
    nsc_net *net;
    nsc_mode mode;
    const nsc_tensor *const *in;
    size_t in_count;
    nsc_tensor **out;
    size_t out_count;
    uint64_t made; /* the outputs that this call made */
    nsc_plan *plan;
    nsc_executor *executor;
} nsc_call;

/* The step of a run that draws, which is used up, whatever becomes of the run. */
static nsc_random_at next_random(const nsc_call *call)
{
    nsc_random_at at = {0, 0};
    if (call->plan->random_count == 0)
        return at;
    pthread_mutex_lock(&call->net->lock);
    at = (nsc_random_at){call->net->seed, call->net->step++};
    pthread_mutex_unlock(&call->net->lock);
    return at;
}

/* Everything that can fail comes before the parameters change: values, plan, outputs, the run itself. */
static nsc_status run_trace(nsc_call *call, nsc_trace *trace)
{
    nsc_context *context = call->in[0]->context;
    nsc_commit_item *items = NULL;
    nsc_commit *commit = NULL;
    nsc_status status = make_values(context, trace, &items, &commit);
    if (status == NSC_OK)
        status = plan_and_prepare(context, trace, &call->plan, &call->executor);
    if (status == NSC_OK)
        status = make_outputs(call->plan, call->out, call->out_count, &call->made);
    if (status == NSC_OK)
        status = nsc_executor_run(call->executor, call->in, call->out, next_random(call));
    if (status == NSC_OK) {
        nsc_commit_publish(commit);
        nsc_net_keep(call->net, call->plan);
    } else {
        nsc_executor_free(call->executor);
        nsc_plan_free(call->plan);
        call->executor = NULL;
        call->plan = NULL;
        nsc_commit_drop(commit);
    }
    free(items);
    return status;
}

/* *ran tells whether the run is done: not where another thread was first. */
static nsc_status first_run(nsc_call *call, bool *ran)
{
    nsc_context *context = call->in[0]->context;
    nsc_trace *trace = NULL;
    nsc_status status = NSC_OK;
    if (pthread_mutex_lock(&context->slow_path) != 0)
        return nsc_fail(context->id, NSC_INVALID, "a net cannot be run from inside a custom block or an initialiser");
    uint64_t begin = nsc_profile_begin(&context->device);
    call->plan = nsc_net_borrow(call->net, call->mode, call->in, call->in_count, &call->executor);
    if (call->plan == NULL) {
        nsc_shape *shapes = calloc(call->in_count, sizeof *shapes);
        if (shapes == NULL)
            status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory for a trace");
        for (size_t i = 0; status == NSC_OK && i < call->in_count; i++) {
            shapes[i].rank = call->in[i]->rank;
            shapes[i].dtype = call->in[i]->dtype;
            memcpy(shapes[i].dims, call->in[i]->dims, sizeof shapes[i].dims);
        }
        uint64_t traced = nsc_profile_begin(&context->device);
        if (status == NSC_OK)
            status = nsc_trace_make(context->id, call->block, call->mode, shapes, call->in_count, &trace);
        nsc_profile_phase(&context->device, "trace", traced);
        if (status == NSC_OK)
            status = run_trace(call, trace);
        *ran = status == NSC_OK;
        nsc_trace_free(trace);
        free(shapes);
        nsc_profile_phase(&context->device, "first forward", begin);
    }
    pthread_mutex_unlock(&context->slow_path);
    return status;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static nsc_status check_arguments(const nsc_block *net, nsc_mode mode, const nsc_tensor *const *in, size_t in_count,
                                  nsc_tensor *const *out, size_t out_count)
{
    if (net == NULL || in == NULL || out == NULL || in_count == 0)
        return nsc_fail(0, NSC_INVALID, "nsc_run: %s",
                        net == NULL ? "net is NULL" : (in_count == 0 ? "there is no input" : "in or out is NULL"));
    for (size_t i = 0; i < in_count; i++)
        if (in[i] == NULL)
            return nsc_fail(0, NSC_INVALID, "nsc_run: input %zu is NULL", i);
    if (nsc_block_static(net)) /* shared by all that failed: it holds no plans */
        return nsc_fail(in[0]->context->id, net->status, "%s", net->text);
    uint64_t owner = in[0]->context->id;
    if (mode != NSC_INFERENCE && mode != NSC_TRAINING)
        return nsc_fail(owner, NSC_INVALID, "nsc_run: %d is no mode", (int)mode);
    if (out_count != net->outputs)
        return nsc_fail(owner, NSC_INVALID, "nsc_run: %zu outputs wanted, the net (%s) has %zu", out_count, net->kind,
                        net->outputs);
    for (size_t i = 1; i < in_count; i++)
        if (in[i]->context != in[0]->context)
            return nsc_fail(owner, NSC_WRONG_DEVICE, "nsc_run: input %zu is of another context than input 0", i);
    for (size_t i = 0; i < out_count; i++) {
        for (size_t j = 0; j < in_count && out[i] != NULL; j++)
            if (out[i] == in[j])
                return nsc_fail(owner, NSC_INVALID, "nsc_run: output %zu is also input %zu", i, j);
        for (size_t j = 0; j < i && out[i] != NULL; j++)
            if (out[i] == out[j])
                return nsc_fail(owner, NSC_INVALID, "nsc_run: output %zu is also output %zu", i, j);
    }
    return NSC_OK;
}

nsc_status nsc_run(nsc_block *block, nsc_mode mode, const nsc_tensor *const *in, size_t in_count, nsc_tensor **out,
                   size_t out_count)
{
    bool ran = false;
    nsc_status status = check_arguments(block, mode, in, in_count, out, out_count);
    if (status != NSC_OK)
        return status;
    nsc_call call = {.block = block,
                     .net = nsc_net_of(block),
                     .mode = mode,
                     .in = in,
                     .in_count = in_count,
                     .out = out,
                     .out_count = out_count};
    if (call.net == NULL)
        return nsc_fail(in[0]->context->id, NSC_NO_MEMORY, "no host memory to run a net");
    call.plan = nsc_net_borrow(call.net, mode, in, in_count, &call.executor);
    if (call.plan == NULL)
        status = first_run(&call, &ran);
    if (status == NSC_OK && call.executor == NULL)
        status = nsc_net_executor(call.net, call.plan, &call.executor);
    if (status == NSC_OK && !ran)
        status = make_outputs(call.plan, out, out_count, &call.made);
    if (status == NSC_OK && !ran)
        status = nsc_executor_run(call.executor, in, out, next_random(&call));
    if (call.plan != NULL)
        nsc_net_give_back(call.net, call.plan, call.executor);
    for (size_t i = 0; status != NSC_OK && i < out_count; i++)
        if (call.made >> i & 1) {
            nsc_tensor_release(out[i]);
            out[i] = NULL;
        }
    return status;
}

nsc_status nsc_forward(nsc_block *net, const nsc_tensor *x, nsc_tensor **y)
{
    return nsc_run(net, NSC_INFERENCE, &x, 1, y, 1);
}
