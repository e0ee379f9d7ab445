/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/shape.h"

nsc_status nsc_plan_no_memory(nsc_planner *planner)
{
    if (planner->status == NSC_OK)
        planner->status = nsc_fail(planner->context->id, NSC_NO_MEMORY, "no host memory for a plan");
    return planner->status;
}

static void copy_shapes(nsc_planner *planner, nsc_shape *shapes, nsc_value *const *values, size_t count)
{
    for (size_t i = 0; shapes != NULL && i < count; i++) {
        shapes[i].rank = values[i]->rank;
        shapes[i].dtype = values[i]->dtype;
        memcpy(shapes[i].dims, planner->values[values[i]->id].dims, sizeof shapes[i].dims);
    }
}

static bool remember_block(void *user, const char *path, nsc_block *block)
{
    nsc_plan *plan = user;
    (void)path;
    if (plan->blocks != NULL)
        plan->blocks[plan->block_count] = (nsc_plan_block){block, atomic_load(&block->stamp)};
    plan->block_count++;
    return true;
}

/* What a run needs of the tree, so that it need not look at the tree. */
static void remember_tree(nsc_planner *planner)
{
    nsc_plan *plan = planner->plan;
    nsc_trace *trace = planner->trace;
    const nsc_walk walk = {.user = plan, .block = remember_block};
    bool walked = nsc_block_walk(trace->root, &walk) == NSC_OK;
    plan->blocks = nsc_arena_take(&plan->arena, (plan->block_count + 1) * sizeof *plan->blocks);
    plan->parameters = nsc_arena_take(&plan->arena, (trace->parameter_count + 1) * sizeof *plan->parameters);
    plan->block_count = 0;
    if (!walked || plan->blocks == NULL || plan->parameters == NULL || nsc_block_walk(trace->root, &walk) != NSC_OK) {
        nsc_plan_no_memory(planner);
        return;
    }
    plan->parameter_count = (uint32_t)trace->parameter_count;
    nsc_parameters_lock();
    for (size_t i = 0; i < trace->parameter_count; i++) {
        nsc_parameter *parameter = trace->parameters[i].parameter;
        nsc_tensor *made = trace->parameters[i].made; /* publishing it moves the generation by one */
        plan->parameters[i] = (nsc_plan_parameter){.parameter = parameter,
                                                   .generation = atomic_load(&parameter->generation) + (made != NULL),
                                                   .value = nsc_tensor_retain(made != NULL ? made : parameter->value)};
    }
    nsc_parameters_unlock();
}

static void measure_values(nsc_planner *planner)
{
    nsc_trace *trace = planner->trace;
    for (size_t i = 0; i < trace->value_count && planner->status == NSC_OK; i++) {
        nsc_planned *planned = &planner->values[i];
        char text[NSC_SHAPE_TEXT];
        int rank = nsc_value_sizes(trace, trace->values[i], planned->dims);
        if (!nsc_shape_count(rank, planned->dims, &planned->count) || planned->count > INT64_MAX / sizeof(float))
            planner->status =
                nsc_fail(planner->context->id, nsc_shape_known(rank, planned->dims) ? NSC_UNSUPPORTED : NSC_PENDING,
                         "%s has shape %s, which cannot be run", nsc_value_describe(trace, trace->values[i]),
                         nsc_shape_text(text, rank, planned->dims));
    }
}

/* The table of NSC_PLACE_INDICES, shared by all executors of the plan. */
static void make_indices(nsc_planner *planner)
{
    nsc_plan *plan = planner->plan;
    size_t bytes = plan->index_count * sizeof(float);
    if (bytes == 0)
        return;
    float *numbers = malloc(bytes);
    if (numbers == NULL) {
        nsc_plan_no_memory(planner);
        return;
    }
    for (uint64_t i = 0; i < plan->index_count; i++)
        numbers[i] = (float)i;
    planner->status = nsc_pool_take(&plan->context->device, bytes, &plan->indices);
    if (planner->status == NSC_OK)
        planner->status = nsc_device_write(&plan->context->device, plan->indices->buffer, 0, bytes, numbers);
    free(numbers);
}

nsc_status nsc_plan_make(nsc_context *context, nsc_trace *trace, const bool *refused, nsc_plan **out)
{
    nsc_planner planner = {.context = context, .trace = trace, .refused = refused};
    *out = NULL;
    planner.plan = calloc(1, sizeof *planner.plan);
    planner.values = calloc(trace->value_count + 1, sizeof *planner.values);
    if (planner.plan == NULL || planner.values == NULL) {
        free(planner.values);
        free(planner.plan);
        return nsc_plan_no_memory(&planner);
    }
    nsc_plan *plan = planner.plan;
    plan->context = context;
    plan->mode = trace->mode;
    plan->input_count = (uint32_t)trace->input_count;
    plan->output_count = (uint32_t)trace->output_count;
    plan->inputs = nsc_arena_take(&plan->arena, (trace->input_count + 1) * sizeof *plan->inputs);
    plan->outputs = nsc_arena_take(&plan->arena, (trace->output_count + 1) * sizeof *plan->outputs);
    if (plan->inputs == NULL || plan->outputs == NULL)
        nsc_plan_no_memory(&planner);
    if (planner.status == NSC_OK)
        remember_tree(&planner);
    if (planner.status == NSC_OK)
        measure_values(&planner);
    if (planner.status == NSC_OK) {
        copy_shapes(&planner, plan->inputs, trace->inputs, trace->input_count);
        copy_shapes(&planner, plan->outputs, trace->outputs, trace->output_count);
        nsc_plan_share(&planner);
    }
    if (planner.status == NSC_OK)
        nsc_plan_fuse(&planner);
    if (planner.status == NSC_OK)
        nsc_plan_locate(&planner);
    if (planner.status == NSC_OK)
        nsc_plan_lower(&planner);
    if (planner.status == NSC_OK)
        nsc_plan_place(&planner);
    if (planner.status == NSC_OK)
        make_indices(&planner);
    free(planner.values);
    plan->host_bytes = nsc_arena_bytes(&plan->arena) + plan->storage_capacity * sizeof *plan->storages +
                       plan->step_capacity * sizeof *plan->steps;
    if (planner.status == NSC_OK) {
        atomic_fetch_add(&context->plans, 1);
        *out = plan;
    } else {
        nsc_plan_free(plan);
    }
    return planner.status;
}

void nsc_plan_free(nsc_plan *plan)
{
    if (plan == NULL)
        return;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        nsc_tensor_release(plan->parameters[i].value);
    nsc_pool_give(plan->indices);
    free(plan->randoms);
    free(plan->storages);
    free(plan->steps);
    nsc_arena_clear(&plan->arena);
    free(plan);
}

bool nsc_plan_current(const nsc_plan *plan)
{
    for (uint32_t i = 0; i < plan->block_count; i++)
        if (atomic_load_explicit(&plan->blocks[i].block->stamp, memory_order_relaxed) != plan->blocks[i].stamp)
            return false;
    for (uint32_t i = 0; i < plan->parameter_count; i++)
        if (atomic_load_explicit(&plan->parameters[i].parameter->generation, memory_order_relaxed) !=
            plan->parameters[i].generation)
            return false;
    return true;
}
