/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/executor.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/graph/settle.h"
#include "core/param/random.h"

static nsc_backend_binding bind(const nsc_executor *executor, const nsc_storage *storage)
{
    switch (storage->place) {
    case NSC_PLACE_PARAMETER:
        return (nsc_backend_binding){executor->plan->parameters[storage->index].value->memory->buffer, 0};
    case NSC_PLACE_ARENA:
        return (nsc_backend_binding){executor->memory->buffer, storage->offset};
    case NSC_PLACE_INDICES:
        return (nsc_backend_binding){executor->plan->indices->buffer, 0};
    case NSC_PLACE_INPUT:
    case NSC_PLACE_OUTPUT:
        break;
    }
    return (nsc_backend_binding){NULL, 0}; /* patched in every run */
}

static void bind_steps(nsc_executor *executor)
{
    const nsc_plan *plan = executor->plan;
    nsc_backend_binding *binding = executor->bindings;
    for (size_t s = 0; s < plan->step_count; s++) {
        const nsc_step *step = &plan->steps[s];
        executor->launches[s] = (nsc_launch){
            .step = executor->steps[s], .bindings = binding, .binding_count = step->storage_count, .work = step->work};
        for (uint32_t i = 0; i < step->storage_count; i++, binding++) {
            const nsc_storage *storage = &plan->storages[step->storages[i]];
            *binding = bind(executor, storage);
            if (storage->place == NSC_PLACE_INPUT || storage->place == NSC_PLACE_OUTPUT)
                executor->patches[executor->patch_count++] =
                    (nsc_patch){binding, storage->place == NSC_PLACE_OUTPUT, storage->index};
        }
    }
}

/* The bits of a stream are a launch's scalars. */
static nsc_status make_streams(nsc_executor *executor)
{
    const nsc_plan *plan = executor->plan;
    uint64_t most = 0;
    executor->streams = calloc(plan->random_count + 1, sizeof *executor->streams);
    for (size_t i = 0; i < plan->random_count; i++)
        if (plan->randoms[i].step == SIZE_MAX && plan->randoms[i].count > most)
            most = plan->randoms[i].count;
    if (most > 0)
        executor->drawn = malloc(most * sizeof(float));
    if (executor->streams == NULL || (most > 0 && executor->drawn == NULL))
        return nsc_fail(plan->context->id, NSC_NO_MEMORY, "no host memory for the random numbers of a run");
    return NSC_OK;
}

static void bind_streams(nsc_executor *executor)
{
    const nsc_plan *plan = executor->plan;
    for (size_t i = 0; i < plan->random_count; i++)
        if (plan->randoms[i].step != SIZE_MAX) {
            executor->launches[plan->randoms[i].step].scalars = executor->streams[i];
            executor->launches[plan->randoms[i].step].scalar_count = 2;
        }
}

nsc_status nsc_executor_make(nsc_plan *plan, nsc_backend_step **steps, nsc_executor **out)
{
    size_t bindings = 0;
    *out = NULL;
    for (size_t i = 0; i < plan->step_count; i++)
        bindings += plan->steps[i].storage_count;
    nsc_executor *executor = calloc(1, sizeof *executor);
    if (executor == NULL) {
        nsc_steps_release(plan, steps);
        return nsc_fail(plan->context->id, NSC_NO_MEMORY, "no host memory for an executor");
    }
    executor->plan = plan;
    executor->steps = steps;
    atomic_fetch_add(&plan->context->users, 1);
    executor->launches = calloc(plan->step_count + 1, sizeof *executor->launches);
    executor->bindings = calloc(bindings + 1, sizeof *executor->bindings);
    executor->patches = calloc(bindings + 1, sizeof *executor->patches);
    nsc_status status = NSC_OK;
    if (executor->launches == NULL || executor->bindings == NULL || executor->patches == NULL)
        status = nsc_fail(plan->context->id, NSC_NO_MEMORY, "no host memory for an executor");
    if (status == NSC_OK &&
        (status = nsc_pool_take(&plan->context->device, plan->arena_bytes, &executor->memory)) != NSC_OK)
        nsc_fail_while(plan->context->id, status, "allocating the intermediate values of a run");
    if (status == NSC_OK)
        status = make_streams(executor);
    if (status != NSC_OK) {
        nsc_executor_free(executor);
        return status;
    }
    bind_steps(executor);
    bind_streams(executor);
    atomic_fetch_add(&plan->context->executors, 1);
    *out = executor;
    return NSC_OK;
}

void nsc_executor_free(nsc_executor *executor)
{
    if (executor == NULL)
        return;
    nsc_context *context = executor->plan->context;
    nsc_steps_release(executor->plan, executor->steps);
    nsc_pool_give(executor->memory);
    free(executor->drawn);
    free(executor->streams);
    free(executor->patches);
    free(executor->bindings);
    free(executor->launches);
    free(executor);
    atomic_fetch_sub(&context->users, 1);
}

static uint64_t spread(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t nsc_random_stream(nsc_random_at at, uint64_t key)
{
    return spread(key + spread(at.seed + spread(at.step)));
}

static nsc_status draw_numbers(nsc_executor *executor, nsc_random_at at)
{
    nsc_plan *plan = executor->plan;
    nsc_status status = NSC_OK;
    for (size_t i = 0; i < plan->random_count && status == NSC_OK; i++) {
        const nsc_plan_random *random = &plan->randoms[i];
        uint64_t stream = nsc_random_stream(at, random->key);
        uint32_t words[2] = {(uint32_t)stream, (uint32_t)(stream >> 32)};
        memcpy(executor->streams[i], words, sizeof words);
        if (random->step != SIZE_MAX)
            continue;
        nsc_backend_binding binding = bind(executor, &plan->storages[random->storage]);
        nsc_random_uniform(0, stream, 0, random->count, 1.0f, 0.0f, executor->drawn);
        status = nsc_device_write(&plan->context->device, binding.buffer, binding.offset, random->count * sizeof(float),
                                  executor->drawn);
    }
    return status;
}

nsc_status nsc_executor_run(nsc_executor *executor, const nsc_tensor *const *in, nsc_tensor *const *out,
                            nsc_random_at at)
{
    nsc_status status = draw_numbers(executor, at);
    if (status != NSC_OK)
        return status;
    for (size_t i = 0; i < executor->patch_count; i++) {
        const nsc_patch *patch = &executor->patches[i];
        patch->binding->buffer = patch->output ? out[patch->index]->memory->buffer : in[patch->index]->memory->buffer;
    }
    return nsc_device_run(&executor->plan->context->device, executor->launches, executor->plan->step_count);
}
