/* SPDX-License-Identifier: Apache-2.0 */
/* Preparing steps: check every operation, ask for those that may be native, all or nothing. */
#include <stdlib.h>

#include "core/device/call.h"
#include "core/device/profile.h"
#include "core/device/validate.h"

static bool required(uint32_t kind)
{
    return kind == NSC_BACKEND_MAP || kind == NSC_BACKEND_REDUCE || kind == NSC_BACKEND_GEMM;
}

bool nsc_device_offers(const nsc_device *device, uint32_t kind)
{
    return required(kind) || (kind < 32 && (device->kinds & NSC_BACKEND_KIND_BIT(kind)));
}

static void release_all(nsc_device *device, nsc_backend_step **steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        nsc_device_release(device, steps[i]);
        steps[i] = NULL;
    }
}

static nsc_status check_all(const nsc_device *device, size_t count, const nsc_backend_operation *const *operations)
{
    char rule[256];
    for (size_t i = 0; i < count; i++)
        if (!nsc_operation_valid(operations[i], &device->limits, rule, sizeof rule))
            return nsc_fail(device->owner, NSC_INVALID, "operation %zu of %zu for %s: %s", i + 1, count, device->title,
                            rule);
    return NSC_OK;
}

/* The operations that are asked of the backend, and what it answered. */
typedef struct batch {
    uint32_t count;
    const nsc_backend_operation **operations;
    nsc_backend_step **steps;
    nsc_backend_status *statuses;
} batch;

static void batch_free(batch *asked)
{
    free(asked->operations);
    free(asked->steps);
    free(asked->statuses);
}

static bool batch_make(batch *asked, size_t count)
{
    *asked = (batch){
        .operations = calloc(count, sizeof *asked->operations),
        .steps = calloc(count, sizeof *asked->steps),
        .statuses = calloc(count, sizeof *asked->statuses),
    };
    if (asked->operations && asked->steps && asked->statuses)
        return true;
    batch_free(asked);
    return false;
}

/* One after the other, up to the first failure; the lock is held. */
static nsc_backend_status ask_each(nsc_device *device, batch *asked)
{
    for (uint32_t i = 0; i < asked->count; i++) {
        asked->statuses[i] = device->table.prepare(device->handle, asked->operations[i], &asked->steps[i]);
        if (asked->statuses[i] != NSC_BACKEND_OK && asked->statuses[i] != NSC_BACKEND_UNSUPPORTED)
            return asked->statuses[i];
    }
    return NSC_BACKEND_OK;
}

static nsc_backend_status ask(nsc_device *device, batch *asked)
{
    if (!device->table.prepare_many)
        return ask_each(device, asked);
    return device->table.prepare_many(device->handle, asked->count, asked->operations, asked->steps, asked->statuses);
}

/* A backend whose answers do not fit together has failed. */
static nsc_backend_status check_answers(const batch *asked, nsc_backend_status result)
{
    for (uint32_t i = 0; i < asked->count && result == NSC_BACKEND_OK; i++) {
        nsc_backend_status status = asked->statuses[i];
        if ((status == NSC_BACKEND_OK) != (asked->steps[i] != NULL) ||
            (status != NSC_BACKEND_OK && status != NSC_BACKEND_UNSUPPORTED)) {
            nsc_host_say("prepare gave a step and a status that do not fit together");
            result = NSC_BACKEND_FAILED;
        }
    }
    return result;
}

/* Asks for the batch. On failure no step is left, and the text says which operation failed where that is known. */
static nsc_status ask_backend(nsc_device *device, batch *asked)
{
    if (asked->count == 0)
        return NSC_OK;
    nsc_status status = nsc_call_begin(device);
    if (status)
        return status;
    nsc_backend_status result = ask(device, asked);
    nsc_call_end(device);
    result = check_answers(asked, result);
    if (result == NSC_BACKEND_OK)
        return NSC_OK;
    status = nsc_call_failed(device, result);
    for (uint32_t i = 0; i < asked->count; i++)
        if (asked->statuses[i] != NSC_BACKEND_OK && asked->statuses[i] != NSC_BACKEND_UNSUPPORTED) {
            nsc_fail_while(device->owner, status, "preparing %s, operation %u of %u",
                           nsc_kind_name(asked->operations[i]->kind), i + 1, asked->count);
            break;
        }
    release_all(device, asked->steps, asked->count);
    return nsc_fail_while(device->owner, status, "preparing %u operations on %s", asked->count, device->title);
}

/* Hands the answers on; an UNSUPPORTED that the caller cannot take is a failure. */
static nsc_status deliver(nsc_device *device, batch *asked, size_t count,
                          const nsc_backend_operation *const *operations, nsc_backend_step **steps, bool *unsupported)
{
    uint32_t next = 0, made = 0;
    for (size_t i = 0; i < count; i++) {
        bool native = next < asked->count && asked->operations[next] == operations[i];
        steps[i] = native ? asked->steps[next] : NULL;
        if (native)
            next++;
        made += steps[i] != NULL;
        if (unsupported)
            unsupported[i] = !steps[i];
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t kind = operations[i]->kind;
        if (steps[i] || (unsupported && !required(kind)))
            continue;
        release_all(device, steps, count);
        const char *reason = nsc_host_said();
        nsc_fail(device->owner, NSC_UNSUPPORTED, "%s",
                 *reason ? reason : (nsc_device_offers(device, kind) ? "the backend gave no reason" : "not offered"));
        return nsc_fail_while(device->owner, NSC_UNSUPPORTED, "preparing %s, operation %zu of %zu, on %s",
                              nsc_kind_name(kind), i + 1, count, device->title);
    }
    atomic_fetch_add(&device->counters.prepared, made);
    return NSC_OK;
}

nsc_status nsc_device_prepare(nsc_device *device, size_t count, const nsc_backend_operation *const *operations,
                              nsc_backend_step **steps, bool *unsupported)
{
    for (size_t i = 0; i < count; i++)
        steps[i] = NULL;
    if (count == 0)
        return NSC_OK;
    if (count > UINT32_MAX)
        return nsc_fail(device->owner, NSC_INVALID, "%zu operations at once are too many", count);
    nsc_backend_stats before = {0};
    uint64_t begin = nsc_profile_begin(device);
    if (begin)
        nsc_device_stats(device, &before);
    nsc_status status = check_all(device, count, operations);
    if (status)
        return status;
    batch asked;
    if (!batch_make(&asked, count))
        return nsc_fail(device->owner, NSC_NO_MEMORY, "no host memory to prepare %zu operations", count);
    for (size_t i = 0; i < count; i++)
        if (nsc_device_offers(device, operations[i]->kind))
            asked.operations[asked.count++] = operations[i];
    nsc_host_say("");
    status = ask_backend(device, &asked);
    if (!status)
        status = deliver(device, &asked, count, operations, steps, unsupported);
    batch_free(&asked);
    if (!status && begin)
        nsc_profile_prepared(device, begin, count, &before);
    return status;
}
