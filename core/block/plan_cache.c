/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of a net: as many as its bounds allow, the one used longest ago goes first. */
#include <stdlib.h>

#include "core/block/net.h"
#include "core/graph/settle.h"
#include "core/shape.h"
#include "core/tensor.h"

enum { MAX_PLANS = 32 };
#define MAX_BYTES (UINT64_C(1) << 30)

static void discard_plan(nsc_plan *plan)
{
    while (plan->idle != NULL) {
        nsc_executor *next = plan->idle->next;
        nsc_executor_free(plan->idle);
        plan->idle = next;
    }
    nsc_plan_free(plan);
}

void nsc_net_drop_plans(nsc_net *net)
{
    while (net != NULL && net->plans != NULL) {
        nsc_plan *next = net->plans->next;
        discard_plan(net->plans);
        net->plans = next;
    }
}

void nsc_net_free(nsc_net *net)
{
    if (net == NULL)
        return;
    nsc_net_drop_plans(net);
    pthread_mutex_destroy(&net->lock);
    free(net);
}

nsc_net *nsc_net_of(nsc_block *block)
{
    nsc_net *net = atomic_load_explicit(&block->net, memory_order_acquire);
    if (net != NULL)
        return net;
    nsc_net *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return NULL;
    }
    made->max_plans = MAX_PLANS;
    made->max_bytes = MAX_BYTES;
    if (atomic_compare_exchange_strong(&block->net, &net, made))
        return made;
    nsc_net_free(made);
    return net;
}

/* Takes *place out of the list; it is freed by whoever gives the last executor back. */
static void drop_plan(nsc_plan **place)
{
    nsc_plan *plan = *place;
    *place = plan->next;
    plan->stale = true;
    if (plan->borrowed == 0)
        discard_plan(plan);
}

/* The host's memory of a plan, its table of indices, and an arena for each executor, idle or borrowed. */
static uint64_t bytes_of(const nsc_plan *plan)
{
    uint64_t executors = plan->borrowed;
    for (const nsc_executor *idle = plan->idle; idle != NULL; idle = idle->next)
        executors++;
    return plan->host_bytes + plan->index_count * sizeof(float) + executors * plan->arena_bytes;
}

static void hold_bounds(nsc_net *net)
{
    size_t count = 0;
    uint64_t bytes = 0;
    for (nsc_plan **place = &net->plans; *place != NULL;) {
        bytes += bytes_of(*place);
        if (++count > 1 && (count > net->max_plans || bytes > net->max_bytes)) {
            bytes -= bytes_of(*place);
            count--;
            drop_plan(place);
        } else {
            place = &(*place)->next;
        }
    }
}

static bool plan_fits(const nsc_plan *plan, nsc_mode mode, const nsc_tensor *const *in, size_t in_count)
{
    if (plan->stale || plan->mode != mode || plan->input_count != in_count || plan->context != in[0]->context)
        return false;
    for (size_t i = 0; i < in_count; i++)
        if (plan->inputs[i].dtype != in[i]->dtype || plan->inputs[i].rank != in[i]->rank ||
            !nsc_shape_equal(in[i]->rank, plan->inputs[i].dims, in[i]->dims))
            return false;
    return true;
}

nsc_plan *nsc_net_borrow(nsc_net *net, nsc_mode mode, const nsc_tensor *const *in, size_t in_count,
                         nsc_executor **executor)
{
    nsc_plan *found = NULL;
    *executor = NULL;
    pthread_mutex_lock(&net->lock);
    for (nsc_plan **place = &net->plans; *place != NULL && found == NULL;) {
        if (!plan_fits(*place, mode, in, in_count)) {
            place = &(*place)->next;
        } else if (!nsc_plan_current(*place)) {
            drop_plan(place);
        } else {
            found = *place;
            *place = found->next;
            found->next = net->plans;
            net->plans = found;
            found->borrowed++;
            *executor = found->idle;
            if (found->idle != NULL)
                found->idle = found->idle->next;
        }
    }
    pthread_mutex_unlock(&net->lock);
    return found;
}

nsc_status nsc_net_executor(nsc_net *net, nsc_plan *plan, nsc_executor **executor)
{
    nsc_backend_step **steps;
    nsc_status status = nsc_steps_prepare(plan, &steps);
    if (status == NSC_OK)
        status = nsc_executor_make(plan, steps, executor);
    if (status != NSC_OK)
        return status;
    pthread_mutex_lock(&net->lock);
    hold_bounds(net);
    pthread_mutex_unlock(&net->lock);
    return NSC_OK;
}

void nsc_net_give_back(nsc_net *net, nsc_plan *plan, nsc_executor *executor)
{
    pthread_mutex_lock(&net->lock);
    if (executor != NULL) {
        executor->next = plan->idle;
        plan->idle = executor;
    }
    plan->borrowed--;
    if (plan->stale && plan->borrowed == 0)
        discard_plan(plan);
    pthread_mutex_unlock(&net->lock);
}

void nsc_net_keep(nsc_net *net, nsc_plan *plan)
{
    pthread_mutex_lock(&net->lock);
    plan->borrowed = 1;
    plan->next = net->plans;
    net->plans = plan;
    hold_bounds(net);
    pthread_mutex_unlock(&net->lock);
}

static nsc_status net_for(const char *call, nsc_block *block, nsc_net **net)
{
    if (block == NULL)
        return nsc_fail(0, NSC_INVALID, "%s: net is NULL", call);
    if (nsc_block_static(block)) /* shared by all that failed: it holds nothing */
        return nsc_fail(0, block->status, "%s", block->text);
    *net = nsc_net_of(block);
    return *net == NULL ? nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory", call) : NSC_OK;
}

nsc_status nsc_set_plan_bounds(nsc_block *block, size_t plans, uint64_t bytes)
{
    nsc_net *net = NULL;
    nsc_status status = net_for("nsc_set_plan_bounds", block, &net);
    if (status != NSC_OK)
        return status;
    pthread_mutex_lock(&net->lock);
    net->max_plans = plans == 0 ? MAX_PLANS : plans;
    net->max_bytes = bytes == 0 ? MAX_BYTES : bytes;
    hold_bounds(net);
    pthread_mutex_unlock(&net->lock);
    return NSC_OK;
}

nsc_status nsc_plan_usage(nsc_block *block, size_t *plans, uint64_t *bytes)
{
    nsc_net *net = NULL;
    nsc_status status = net_for("nsc_plan_usage", block, &net);
    size_t count = 0;
    uint64_t sum = 0;
    if (status != NSC_OK)
        return status;
    pthread_mutex_lock(&net->lock);
    for (const nsc_plan *plan = net->plans; plan != NULL; plan = plan->next) {
        count++;
        sum += bytes_of(plan);
    }
    pthread_mutex_unlock(&net->lock);
    if (plans != NULL)
        *plans = count;
    if (bytes != NULL)
        *bytes = sum;
    return NSC_OK;
}

nsc_status nsc_set_random(nsc_block *block, uint64_t seed, uint64_t step)
{
    nsc_net *net = NULL;
    nsc_status status = net_for("nsc_set_random", block, &net);
    if (status != NSC_OK)
        return status;
    pthread_mutex_lock(&net->lock);
    net->seed = seed;
    net->step = step;
    pthread_mutex_unlock(&net->lock);
    return NSC_OK;
}
