/* SPDX-License-Identifier: Apache-2.0 */
#include "core/param/initializer.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/context.h"
#include "core/error.h"
#include "core/param/random.h"
#include "core/tensor.h"

nsc_initializer nsc_zeros(void)
{
    return nsc_constant(0.0f);
}

nsc_initializer nsc_ones(void)
{
    return nsc_constant(1.0f);
}

nsc_initializer nsc_constant(float value)
{
    return (nsc_initializer){.kind = NSC_INIT_CONSTANT, .a = value};
}

nsc_initializer nsc_uniform(float scale)
{
    return (nsc_initializer){.kind = NSC_INIT_UNIFORM, .a = -scale, .b = scale};
}

nsc_initializer nsc_normal(float sigma)
{
    return (nsc_initializer){.kind = NSC_INIT_NORMAL, .a = 0.0f, .b = sigma};
}

nsc_initializer nsc_callback(nsc_fill_function fill, void *user)
{
    return (nsc_initializer){.kind = NSC_INIT_CALLBACK, .fill = fill, .user = user};
}

bool nsc_initializer_valid(const nsc_initializer *init, char *text, size_t capacity)
{
    const char *wrong = NULL;
    switch (init->kind) {
    case NSC_INIT_DEFAULT:
    case NSC_INIT_CONSTANT:
        break;
    case NSC_INIT_UNIFORM:
        if (!isfinite(init->a) || !isfinite(init->b) || !isfinite(init->b - init->a) || init->a > init->b)
            wrong = "a uniform initialiser needs finite ends, the lower one first";
        break;
    case NSC_INIT_NORMAL:
        if (!isfinite(init->a) || !isfinite(init->b) || init->b < 0.0f)
            wrong = "a normal initialiser needs a finite mean and a finite deviation of 0 or more";
        break;
    case NSC_INIT_CALLBACK:
        if (init->fill == NULL)
            wrong = "a callback initialiser needs a function";
        break;
    default:
        snprintf(text, capacity, "%d is no kind of initialiser", (int)init->kind);
        return false;
    }
    if (wrong != NULL)
        snprintf(text, capacity, "%s", wrong);
    return wrong == NULL;
}

/* Law 4: magnitudes under 2^-126 become 0, in what scales as in what results. */
static float flushed(float value)
{
    return fabsf(value) < FLT_MIN ? 0.0f : value;
}

/* One job as an operation on the device. The pieces must stay where they are until the operation is prepared. */
typedef struct fill_step {
    union {
        nsc_backend_operation head;
        nsc_backend_map map;
        nsc_backend_random random;
    } operation;
    nsc_backend_expression expression;
    float constant;
    nsc_backend_binding binding;
} fill_step;

static const nsc_backend_instruction constant_code[] = {{NSC_OP_IMMEDIATE, 0}, {NSC_OP_STORE, 0}};

static void fill_describe(const nsc_fill_job *job, fill_step *step)
{
    const nsc_initializer *init = job->init;
    nsc_backend_view view = {.rank = 1, .dtype = nsc_dtype_to_backend(NSC_FLOAT32)};
    view.dims[0] = (int64_t)(job->tensor->bytes / sizeof(float));
    view.strides[0] = 1;
    step->binding = (nsc_backend_binding){job->tensor->memory->buffer, 0};
    if (init->kind == NSC_INIT_CONSTANT) {
        step->constant = flushed(init->a);
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
    bool normal = init->kind == NSC_INIT_NORMAL;
    step->operation.random = (nsc_backend_random){
        .struct_size = NSC_BACKEND_RANDOM_SIZE,
        .kind = NSC_BACKEND_RANDOM,
        .distribution = normal ? NSC_BACKEND_NORMAL : NSC_BACKEND_UNIFORM,
        .seed = job->seed,
        .stream = job->stream,
        .first = job->first,
        .scale = flushed(normal ? init->b : init->b - init->a),
        .shift = flushed(init->a),
        .output = view,
    };
}

/* For callbacks, whose bits are the caller's, and for a device without the generator: the same bits, from the host. */
static nsc_status fill_from_host(const nsc_fill_job *job)
{
    nsc_tensor *tensor = job->tensor;
    const nsc_initializer *init = job->init;
    uint64_t owner = tensor->context->id;
    size_t count = tensor->bytes / sizeof(float);
    float *values = calloc(count == 0 ? 1 : count, sizeof *values);
    nsc_status status = NSC_OK;
    if (values == NULL)
        return nsc_fail(owner, NSC_NO_MEMORY, "no host memory for the %zu initial values of %s", count, job->path);
    if (init->kind == NSC_INIT_CALLBACK) {
        status = init->fill(init->user, &(nsc_fill){job->path, tensor->rank, tensor->dims, job->seed, values, count});
        if (status != NSC_OK)
            status = nsc_fail(owner, status, "the initialiser of %s answered %s", job->path, nsc_status_name(status));
    } else if (init->kind == NSC_INIT_NORMAL) {
        nsc_random_normal(job->seed, job->stream, job->first, count, flushed(init->b), flushed(init->a), values);
    } else {
        nsc_random_uniform(job->seed, job->stream, job->first, count, flushed(init->b - init->a), flushed(init->a),
                           values);
    }
    if (status == NSC_OK)
        status = nsc_tensor_write(tensor, values, tensor->bytes);
    free(values);
    return status;
}

static bool fill_on_device(nsc_context *context, const nsc_initializer *init)
{
    if (init->kind == NSC_INIT_CONSTANT)
        return true;
    return init->kind != NSC_INIT_CALLBACK && nsc_device_offers(&context->device, NSC_BACKEND_RANDOM);
}

nsc_status nsc_fill_tensors(nsc_context *context, const nsc_fill_job *jobs, size_t count)
{
    size_t native = 0;
    nsc_status status = NSC_OK;
    fill_step *steps = calloc(count + 1, sizeof *steps);
    const nsc_backend_operation **operations = calloc(count + 1, sizeof *operations);
    nsc_backend_step **prepared = calloc(count + 1, sizeof *prepared);
    nsc_launch *launches = calloc(count + 1, sizeof *launches);
    if (steps == NULL || operations == NULL || prepared == NULL || launches == NULL)
        status = nsc_fail(context->id, NSC_NO_MEMORY, "no host memory to fill %zu parameters", count);
    for (size_t i = 0; i < count && status == NSC_OK; i++) {
        if (jobs[i].init->kind != NSC_INIT_CALLBACK && jobs[i].tensor->bytes == 0)
            continue;
        if (!fill_on_device(context, jobs[i].init)) {
            status = fill_from_host(&jobs[i]);
            continue;
        }
        fill_describe(&jobs[i], &steps[native]);
        operations[native] = &steps[native].operation.head;
        native++;
    }
    bool ready = status == NSC_OK && native > 0;
    if (ready)
        status = nsc_device_prepare(&context->device, native, operations, prepared, NULL);
    ready = ready && status == NSC_OK;
    for (size_t i = 0; ready && i < native; i++)
        launches[i] = (nsc_launch){.step = prepared[i], .bindings = &steps[i].binding, .binding_count = 1};
    if (ready)
        status = nsc_device_run(&context->device, launches, native);
    for (size_t i = 0; ready && i < native; i++)
        nsc_device_release(&context->device, prepared[i]);
    free(launches);
    free(prepared);
    free(operations);
    free(steps);
    return status;
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
    if (!nsc_initializer_valid(initializer, text, sizeof text))
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: %s", text);
    if (initializer->kind == NSC_INIT_DEFAULT)
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: no initialiser is given");
    if (initializer->kind == NSC_INIT_CALLBACK)
        return nsc_fail(owner, NSC_UNSUPPORTED,
                        "nsc_initializer_fill: a callback fills whole parameters, it knows no slices");
    if (first > UINT64_MAX - tensor->bytes / sizeof(float))
        return nsc_fail(owner, NSC_INVALID, "nsc_initializer_fill: first and the tensor's elements pass 2^64");
    nsc_fill_job job = {tensor, initializer, scope->path, scope->seed, nsc_hash_path(scope->path), first};
    return nsc_fill_tensors(tensor->context, &job, 1);
}
