/* SPDX-License-Identifier: Apache-2.0 */
/* The filling of tensors: primitive fills as operations on the device, all else made here and written. */
#include <stdio.h>
#include <stdlib.h>

#include "core/context.h"
#include "core/device/work.h"
#include "core/error.h"
#include "core/param/initializer.h"
#include "core/param/random.h"
#include "core/shape.h"
#include "core/tensor.h"

/* One job as an operation on the device. The pieces must stay where they are until the operation is prepared. */
typedef struct fill_step {
    const nsc_fill_job *job;
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_random random;
    } operation;
    nsc_backend_expression expression;
    float constant;
    nsc_backend_binding binding;
    nsc_work work;
} fill_step;

static const nsc_backend_instruction constant_code[] = {{NSC_OP_IMMEDIATE, 0}, {NSC_OP_STORE, 0}};

static const uint32_t distributions[] = {
    [NSC_FILL_UNIFORM] = NSC_BACKEND_UNIFORM,
    [NSC_FILL_NORMAL] = NSC_BACKEND_NORMAL,
    [NSC_FILL_TRUNCATED_NORMAL] = NSC_BACKEND_TRUNCATED_NORMAL,
};

static nsc_fill_rule rule_of(const nsc_fill_job *job)
{
    return nsc_fill_resolve(job->init, job->rank, job->dims, &job->fans);
}

static void fill_describe(const nsc_fill_job *job, fill_step *step)
{
    nsc_fill_rule rule = rule_of(job);
    nsc_backend_view view = {.rank = 1, .dtype = nsc_dtype_to_backend(NSC_FLOAT32)};
    view.dims[0] = (int64_t)(job->tensor->bytes / sizeof(float));
    view.strides[0] = 1;
    step->job = job;
    step->binding = (nsc_backend_binding){job->tensor->memory->buffer, 0};
    if (rule.kind == NSC_FILL_CONSTANT) {
        step->constant = rule.shift;
        step->expression = (nsc_backend_expression){
            .struct_size = sizeof step->expression,
            .version = 1,
            .code = constant_code,
            .code_count = 2,
            .immediates = &step->constant,
            .immediate_count = 1,
            .output_count = 1,
            .stack_depth = 1,
        };
        step->operation.map = (nsc_backend_map){.struct_size = NSC_BACKEND_MAP_SIZE,
                                                .kind = NSC_BACKEND_MAP,
                                                .expression = &step->expression,
                                                .output_count = 1};
        step->operation.map.outputs[0] = view;
        return;
    }
    step->operation.random = (nsc_backend_random){
        .struct_size = NSC_BACKEND_RANDOM_SIZE,
        .kind = NSC_BACKEND_RANDOM,
        .distribution = distributions[rule.kind],
        .seed = job->seed,
        .stream = job->stream,
        .first = job->first,
        .scale = rule.scale,
        .shift = rule.shift,
        .output = view,
    };
}

static nsc_status fill_by_callback(const nsc_fill_job *job, size_t count, float *values)
{
    const nsc_tensor *tensor = job->tensor;
    nsc_status status =
        job->init->fill(job->init->user, &(nsc_fill){job->path, tensor->rank, tensor->dims, job->seed, values, count});
    if (status == NSC_OK)
        return NSC_OK;
    return nsc_fail(tensor->context->id, status, "the initialiser of %s answered %s", job->path,
                    nsc_status_name(status));
}

static nsc_status out_of_memory(const nsc_fill_job *job, size_t count)
{
    return nsc_fail(job->tensor->context->id, NSC_NO_MEMORY, "no host memory for the %zu initial values of %s", count,
                    job->path);
}

static nsc_status fill_values(const nsc_fill_job *job, size_t count, float *values)
{
    nsc_fill_rule rule = rule_of(job);
    bool made = true;
    if (job->init->kind == NSC_INIT_CALLBACK)
        return fill_by_callback(job, count, values);
    if (rule.kind == NSC_FILL_UNIFORM)
        nsc_random_uniform(job->seed, job->stream, job->first, count, rule.scale, rule.shift, values);
    else if (rule.kind == NSC_FILL_NORMAL)
        nsc_random_normal(job->seed, job->stream, job->first, count, rule.scale, rule.shift, values);
    else if (rule.kind == NSC_FILL_TRUNCATED_NORMAL)
        nsc_random_truncated_normal(job->seed, job->stream, job->first, count, rule.scale, rule.shift, values);
    else if (job->init->kind == NSC_INIT_SPARSE)
        made = nsc_fill_sparse(job, count, values);
    else if (job->init->kind == NSC_INIT_ORTHOGONAL)
        made = nsc_fill_orthogonal(job, count, values);
    else
        nsc_fill_pattern(job, count, values);
    return made ? NSC_OK : out_of_memory(job, count);
}

/* For what no device makes, and for a device without the generator: the same bits, from the host. */
static nsc_status fill_from_host(const nsc_fill_job *job)
{
    nsc_tensor *tensor = job->tensor;
    size_t count = tensor->bytes / sizeof(float);
    if (job->init->kind == NSC_INIT_ARRAY)
        return nsc_tensor_write(tensor, job->init->values + job->first, tensor->bytes);
    float *values = calloc(count == 0 ? 1 : count, sizeof *values);
    if (values == NULL)
        return out_of_memory(job, count);
    nsc_status status = fill_values(job, count, values);
    if (status == NSC_OK)
        status = nsc_tensor_write(tensor, values, tensor->bytes);
    free(values);
    return status;
}

static bool fill_on_device(nsc_context *context, const nsc_fill_job *job)
{
    nsc_fill_kind kind = rule_of(job).kind;
    if (kind == NSC_FILL_CONSTANT)
        return true;
    return kind != NSC_FILL_ON_HOST && nsc_device_offers(&context->device, NSC_BACKEND_RANDOM);
}

/* What was known only in part when the initialiser was checked. */
static nsc_status check_job(const nsc_context *context, const nsc_fill_job *job)
{
    char text[512];
    if (nsc_initializer_suits(job->init, NSC_ROLE_ANY, job->rank, job->dims, &job->fans, text, sizeof text))
        return NSC_OK;
    return nsc_fail(context->id, NSC_INVALID, "initialising %s: %s", job->path, text);
}

static nsc_status run_steps(nsc_context *context, fill_step *steps, nsc_backend_step **prepared,
                            const bool *unsupported, nsc_launch *launches, size_t count)
{
    nsc_status status = NSC_OK;
    size_t native = 0;
    for (size_t i = 0; i < count; i++)
        if (!unsupported[i]) {
            steps[i].work.path = steps[i].job->path;
            steps[i].work.block = "";
            nsc_work_describe(&steps[i].work, &steps[i].operation.head);
            launches[native++] = (nsc_launch){
                .step = prepared[i], .bindings = &steps[i].binding, .binding_count = 1, .work = &steps[i].work};
        }
    if (native > 0)
        status = nsc_device_run(&context->device, launches, native);
    for (size_t i = 0; i < native; i++)
        nsc_device_release(&context->device, launches[i].step);
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        if (unsupported[i])
            status = fill_from_host(steps[i].job);
    return status;
}

nsc_status nsc_fill_tensors(nsc_context *context, const nsc_fill_job *jobs, size_t count)
{
    size_t native = 0;
    nsc_status status = NSC_OK;
    fill_step *steps = calloc(count + 1, sizeof *steps);
    const nsc_backend_operation **operations = calloc(count + 1, sizeof *operations);
    nsc_backend_step **prepared = calloc(count + 1, sizeof *prepared);
    nsc_launch *launches = calloc(count + 1, sizeof *launches);
    bool *unsupported = calloc(count + 1, sizeof *unsupported);
    if (steps == NULL || operations == NULL || prepared == NULL || launches == NULL || unsupported == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory to fill %zu parameters", count);
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        status = check_job(context, &jobs[i]);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        if (jobs[i].init->kind != NSC_INIT_CALLBACK && jobs[i].tensor->bytes == 0)
            continue;
        if (!fill_on_device(context, &jobs[i])) {
            status = fill_from_host(&jobs[i]);
            continue;
        }
        fill_describe(&jobs[i], &steps[native]);
        operations[native] = &steps[native].operation.head;
        native++;
    }
    if (status == NSC_OK && native > 0)
        status = nsc_device_prepare(&context->device, native, operations, prepared, unsupported);
    if (status == NSC_OK && native > 0)
        status = run_steps(context, steps, prepared, unsupported, launches, native);
    free(unsupported);
    free(launches);
    free(prepared);
    free(operations);
    free(steps);
    return status;
}

/* Kinds whose elements follow from seed, path and index alone: their scope may leave the shape out. */
static bool shapeless(const nsc_initializer *init)
{
    return init->kind == NSC_INIT_CONSTANT || init->kind == NSC_INIT_UNIFORM || init->kind == NSC_INIT_NORMAL ||
           init->kind == NSC_INIT_TRUNCATED_NORMAL;
}

static nsc_status check_scope(uint64_t owner, const nsc_initializer *init, const nsc_fill_scope *scope, uint64_t first,
                              uint64_t count)
{
    uint64_t whole = UINT64_MAX;
    char shape[NSC_SHAPE_TEXT];
    bool given = scope->rank != 0 || scope->dims != NULL || !shapeless(init);
    if (scope->rank < 0 || scope->rank > NSC_MAX_RANK || (scope->rank > 0 && scope->dims == NULL))
        return nsc_fail(owner, NSC_INVALID,
                        "nsc_initializer_fill: the scope has rank %d%s: give that of the whole parameter, 0 to %d, and "
                        "its sizes",
                        scope->rank, scope->dims == NULL ? " and no sizes" : "", NSC_MAX_RANK);
    if (given && (!nsc_shape_count(scope->rank, scope->dims, &whole) || whole > INT64_MAX / sizeof(float)))
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: %s is no shape of a whole parameter",
                        nsc_shape_text(shape, scope->rank, scope->dims));
    if (first > whole || count > whole - first)
        return nsc_fail(owner, NSC_INVALID,
                        "nsc_initializer_fill: first and the tensor's elements pass the end of the parameter");
    return NSC_OK;
}

nsc_status nsc_initializer_fill(const nsc_initializer *initializer, const nsc_fill_scope *scope, uint64_t first,
                                nsc_tensor *tensor)
{
    char text[128];
    if (initializer == NULL || scope == NULL || scope->path == NULL || tensor == NULL)
        return nsc_fail(tensor == NULL ? 0 : tensor->context->id, NSC_INVALID, "nsc_initializer_fill: %s is NULL",
                        tensor == NULL ? "tensor" : (initializer == NULL ? "initializer" : "scope or its path"));
    uint64_t owner = tensor->context->id;
    if (tensor->dtype != NSC_FLOAT32)
        return nsc_fail(owner, NSC_WRONG_DTYPE, "nsc_initializer_fill: the tensor is %s, initial values are float32",
                        nsc_dtype_name(tensor->dtype));
    const char *held = nsc_tensor_held(tensor);
    if (held != NULL)
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: the tensor cannot be written, %s", held);
    if (!nsc_initializer_valid(initializer, text, sizeof text))
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: %s", text);
    if (initializer->kind == NSC_INIT_DEFAULT)
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: no initialiser is given");
    if (initializer->kind == NSC_INIT_CALLBACK)
        return nsc_fail(owner, NSC_UNSUPPORTED,
                        "nsc_initializer_fill: a callback fills whole parameters, it knows no slices");
    nsc_status status = check_scope(owner, initializer, scope, first, tensor->bytes / sizeof(float));
    if (status != NSC_OK)
        return status;
    nsc_fill_job job = {.tensor = tensor,
                        .init = initializer,
                        .path = scope->path,
                        .seed = scope->seed,
                        .stream = nsc_hash_path(scope->path),
                        .first = first,
                        .rank = scope->rank,
                        .dims = scope->dims,
                        .fans = scope->fans};
    return nsc_fill_tensors(tensor->context, &job, 1);
}
