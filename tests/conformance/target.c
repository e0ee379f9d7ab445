/* SPDX-License-Identifier: Apache-2.0 */
/* The device under test, through the public interface, with what a case must give back. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance.h"

static void record(target *t, verdict value, const char *format, va_list list)
{
    if (t->verdict != VERDICT_PASS)
        return;
    t->verdict = value;
    vsnprintf(t->text, sizeof t->text, format, list);
}

void fail(target *t, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    record(t, VERDICT_FAIL, format, list);
    va_end(list);
}

void skip(target *t, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    record(t, VERDICT_SKIP, format, list);
    va_end(list);
}

bool offers(const target *t, uint32_t kind)
{
    return nsc_context_device(t->context)->optional_kinds & NSC_BACKEND_KIND_BIT(kind);
}

void *memory(target *t, size_t bytes)
{
    void *made = t->memory_count < sizeof t->memory / sizeof *t->memory ? calloc(1, bytes ? bytes : 1) : NULL;

    if (!made) {
        fprintf(stderr, "nascent conformance: no memory for %zu bytes in %s\n", bytes, t->name);
        exit(1);
    }
    return t->memory[t->memory_count++] = made;
}

nsc_tensor *tensor(target *t, nsc_dtype dtype, int64_t count, const void *data)
{
    nsc_tensor *made = NULL;
    nsc_status status = data ? nsc_tensor_from(t->context, dtype, 1, &count, data, &made)
                             : nsc_tensor_create(t->context, dtype, 1, &count, &made);

    if (status == NSC_OK && t->tensor_count < sizeof t->tensors / sizeof *t->tensors)
        return t->tensors[t->tensor_count++] = made;
    nsc_tensor_release(made);
    if (status == NSC_UNSUPPORTED &&
        (uint64_t)count * nsc_dtype_size(dtype) > nsc_context_device(t->context)->max_buffer_bytes)
        skip(t, "a buffer of the device may not be so large");
    fail(t, "no tensor of %lld elements: %s", (long long)count, nsc_last_error(t->context));
    return NULL;
}

bool run(target *t, const void *operation, nsc_tensor *const *operands, uint32_t count, const float *scalars,
         uint32_t scalar_count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!operands[i])
            return false; /* recorded where it was made */
    nsc_status status = nsc_operation_run(t->context, operation, operands, count, scalars, scalar_count);

    if (status == NSC_OK)
        return true;
    if (status == NSC_UNSUPPORTED && ((const nsc_backend_operation *)operation)->kind > NSC_BACKEND_GEMM)
        skip(t, "turned down: %s", nsc_last_error(t->context)); /* legal: core composes it */
    else
        fail(t, "the operation failed: %s", nsc_last_error(t->context));
    return false;
}

bool read_back(target *t, nsc_tensor *from, void *data)
{
    if (!from)
        return false;
    if (nsc_tensor_read(from, data, nsc_tensor_bytes(from)) == NSC_OK)
        return true;
    fail(t, "reading failed: %s", nsc_last_error(t->context));
    return false;
}

void release_tensors(target *t)
{
    while (t->tensor_count > 0)
        nsc_tensor_release(t->tensors[--t->tensor_count]);
}

void end_case(target *t)
{
    release_tensors(t);
    while (t->memory_count > 0)
        free(t->memory[--t->memory_count]);
}

nsc_context *open_again(target *t, const char *compose)
{
    const nsc_context_options options = {.backend = t->backend, .compose = compose};
    nsc_context *made = NULL;

    if (nsc_context_create(&made, &options, sizeof options) != NSC_OK)
        fail(t, "the device does not open a second time: %s", nsc_last_error(NULL));
    return made;
}

void close_again(target *t, nsc_context *context)
{
    if (nsc_context_close(context) != NSC_OK)
        fail(t, "closing failed: %s", nsc_last_error(context));
}
