/* SPDX-License-Identifier: Apache-2.0 */
/* Self-checks at open: every kind against the host (check_cases.c), then CLBlast (blast.c). A required kind that is wrong
 * fails the open, an optional one is not offered, and core composes it. What passed is remembered in the host's program
 * cache, so that the next open builds nothing. */
#include "self_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    nsc_backend_device *device;
    nsc_backend_buffer *buffer;
    float *before, *after;                  /* the image, and what the device made of it */
    nsc_backend_step *steps[NSC_CL_CHECKS]; /* NULL: not offered, or it cannot be built */
    nsc_backend_status statuses[NSC_CL_CHECKS];
} run;

/* Products here are our own kernels': CLBlast has a trial of its own. */
static nsc_cl_blast_state without_blast(nsc_backend_device *device)
{
    const nsc_cl_blast_state state = device->blast;
    device->blast = NSC_CL_BLAST_OFF;
    return state;
}

/* The key holds the texts of all kernels that are checked; 0: there is none. */
static nsc_backend_status record_key(nsc_backend_device *device, char *key, size_t capacity, size_t *key_bytes)
{
    uint64_t hash = nsc_cl_hash(NSC_CL_HASH_START, nsc_kernel_prelude, strlen(nsc_kernel_prelude));
    hash = nsc_cl_hash(hash, device->host->normal_table, NSC_BACKEND_NORMAL_TABLE_COUNT * sizeof(int32_t));
    for (size_t i = 0; i < NSC_CL_CHECKS; i++) {
        nsc_cl_check_operation operation = {0};
        nsc_backend_step *step = NULL;
        nsc_cl_checks[i].describe(nsc_cl_checks[i].form, &operation);
        nsc_backend_status status = nsc_cl_describe(device, &operation.head, false, &step);
        if (status != NSC_BACKEND_OK && status != NSC_BACKEND_UNSUPPORTED)
            return status;
        if (!step)
            continue;
        hash = nsc_cl_hash(hash, step->unit.data, step->unit.length);
        nsc_cl_release(device, step);
    }
    int length = snprintf(key, capacity, "opencl check 2\n%s\n%016llx", device->identity, (unsigned long long)hash);
    *key_bytes = length < 0 || (size_t)length >= capacity ? 0 : (size_t)length;
    return NSC_BACKEND_OK;
}

/* All in one build; where that fails, each by itself, to find the one that it fails for. */
static nsc_backend_status prepare(run *r)
{
    nsc_cl_check_operation operations[NSC_CL_CHECKS] = {{{0}}};
    const nsc_backend_operation *heads[NSC_CL_CHECKS];
    for (size_t i = 0; i < NSC_CL_CHECKS; i++) {
        nsc_cl_checks[i].describe(nsc_cl_checks[i].form, &operations[i]);
        heads[i] = &operations[i].head;
    }
    nsc_backend_status status = nsc_cl_prepare_many(r->device, (uint32_t)NSC_CL_CHECKS, heads, r->steps, r->statuses);
    if (status == NSC_BACKEND_FAILED)
        nsc_cl_log(r->device->host, NSC_BACKEND_LOG_WARNING, "self-check: the kernels fail together; now one by one");
    for (size_t i = 0; i < NSC_CL_CHECKS && status == NSC_BACKEND_FAILED; i++) {
        r->statuses[i] = nsc_cl_prepare(r->device, heads[i], &r->steps[i]);
        if (r->statuses[i] == NSC_BACKEND_NO_MEMORY || r->statuses[i] == NSC_BACKEND_LOST ||
            (r->statuses[i] == NSC_BACKEND_FAILED && nsc_cl_checks[i].required))
            return r->statuses[i];
    }
    return status == NSC_BACKEND_FAILED ? NSC_BACKEND_OK : status;
}

/* Compares; the first thing that is wrong goes to text, which is "" where all is right. */
static void compare(const run *r, const nsc_cl_check *check, char *text, size_t capacity)
{
    text[0] = 0;
    for (uint32_t i = 0; i < check->count; i++) {
        double bound = 0;
        const double right = check->expected(r->device->host, check->form, r->before, i, &bound);
        const double got = (double)r->after[NSC_CL_CHECK_OUT + i];
        if (got >= right - bound && got <= right + bound)
            continue;
        snprintf(text, capacity, "its result %u is %.9g, not %.9g", (unsigned)i, got, right);
        return;
    }
    const size_t end = NSC_CL_CHECK_OUT + check->count;
    if (memcmp(r->before, r->after, NSC_CL_CHECK_OUT * sizeof(float)) != 0 ||
        memcmp(r->before + end, r->after + end, (NSC_CL_CHECK_VALUES - end) * sizeof(float)) != 0)
        snprintf(text, capacity, "it writes where it must not");
}

/* Runs check i; *text says what is wrong, "" nothing. */
static nsc_backend_status run_check(run *r, size_t i, char *text, size_t capacity)
{
    const uint64_t bytes = NSC_CL_CHECK_VALUES * sizeof(float);
    const nsc_backend_binding binding = {r->buffer, 0};
    text[0] = 0;
    if (!r->steps[i]) {
        if (r->statuses[i] == NSC_BACKEND_FAILED)
            snprintf(text, capacity, "it cannot be built");
        return NSC_BACKEND_OK;
    }
    nsc_backend_status status = nsc_cl_write(r->device, NULL, r->buffer, 0, bytes, r->before);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_launch(r->device, NULL, r->steps[i], &binding, 1, NULL, 0);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_read(r->device, NULL, r->buffer, 0, bytes, r->after);
    if (status == NSC_BACKEND_OK)
        compare(r, &nsc_cl_checks[i], text, capacity);
    else if (status == NSC_BACKEND_FAILED && !nsc_cl_checks[i].required) {
        snprintf(text, capacity, "it fails");
        return NSC_BACKEND_OK;
    }
    return status;
}

/* The want of memory or of the device says nothing about a kind: it fails the open, and nothing is decided. */
static nsc_backend_status run_all(run *r, uint32_t *kinds, bool *passed)
{
    char wrong[128], text[192];
    nsc_backend_status status = prepare(r);
    for (size_t i = 0; i < NSC_CL_CHECKS && status == NSC_BACKEND_OK; i++) {
        const nsc_cl_check *check = &nsc_cl_checks[i];
        if (!check->required && !(*kinds & NSC_BACKEND_KIND_BIT(check->kind)))
            continue;
        status = run_check(r, i, wrong, sizeof wrong);
        if (status != NSC_BACKEND_OK || wrong[0] == 0)
            continue;
        *passed = false;
        if (check->required)
            return nsc_cl_fail_text(
                r->device->host, NSC_BACKEND_FAILED,
                "self-check: this device computes %s wrong: %s: another version of its driver may not", check->what,
                wrong);
        *kinds &= ~NSC_BACKEND_KIND_BIT(check->kind);
        snprintf(text, sizeof text, "%s off: %s", check->what, wrong);
        nsc_cl_note(r->device, text);
    }
    return status;
}

static nsc_backend_status check_kinds(nsc_backend_device *device, uint32_t *kinds, bool *passed)
{
    run r = {.device = device};
    nsc_backend_status status = nsc_cl_alloc(device, NSC_CL_CHECK_VALUES * sizeof(float), &r.buffer);
    if (status != NSC_BACKEND_OK)
        return status;
    r.before = malloc(2 * NSC_CL_CHECK_VALUES * sizeof *r.before);
    if (r.before) {
        r.after = r.before + NSC_CL_CHECK_VALUES;
        nsc_cl_check_image(r.before);
        status = run_all(&r, kinds, passed);
    } else {
        status = nsc_cl_fail(device->host, "malloc", "self-check", CL_OUT_OF_HOST_MEMORY);
    }
    for (size_t i = 0; i < NSC_CL_CHECKS; i++)
        if (r.steps[i])
            nsc_cl_release(device, r.steps[i]);
    free(r.before);
    nsc_cl_free(device, r.buffer);
    return status;
}

nsc_backend_status nsc_cl_check_device(nsc_backend_device *device, uint32_t *kinds)
{
    static const char right[] = "passed";
    const nsc_backend_host *host = device->host;
    const nsc_cl_blast_state blast = without_blast(device);
    char key[1024], record[sizeof right] = "";
    size_t key_bytes = 0;
    nsc_backend_status status = record_key(device, key, sizeof key, &key_bytes);
    bool passed = status == NSC_BACKEND_OK && key_bytes &&
                  host->cache_get(host->context, key, key_bytes, record, sizeof record) == sizeof right &&
                  memcmp(record, right, sizeof right) == 0;
    if (status == NSC_BACKEND_OK && !passed) {
        passed = true;
        status = check_kinds(device, kinds, &passed);
        if (status == NSC_BACKEND_OK && passed && key_bytes)
            host->cache_put(host->context, key, key_bytes, right, sizeof right);
    }
    device->blast = blast;
    return status == NSC_BACKEND_OK ? nsc_cl_blast_check(device) : status;
}
