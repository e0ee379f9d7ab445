/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include "core/context.h"

enum { CONTEXTS = 2 };

static nsc_backend_table real;
static nsc_context *contexts[CONTEXTS];
static int context_count;
static long until; /* calls left until the one that fails; 0: none */
static bool failed, forever;
static nsc_backend_status answer = NSC_BACKEND_FAILED;

static void fail_at(long n, bool later_ones_too)
{
    failed = false;
    forever = later_ones_too;
    until = n;
    for (int i = 0; i < context_count; i++)
        atomic_store(&contexts[i]->device.lost, false);
}

void device_fail_at(long n)
{
    fail_at(n, false);
}

void device_fail_from(long n)
{
    fail_at(n, true);
}

bool device_failed(void)
{
    return failed;
}

void device_answer(nsc_backend_status failure)
{
    answer = failure;
}

/* Counts a call: is it to fail? */
static bool fails(void)
{
    if (!(failed && forever) && (until == 0 || --until != 0))
        return false;
    failed = true;
    return true;
}

#define TAKE(NAME, PARAMETERS, ARGUMENTS)              \
    static nsc_backend_status bad_##NAME PARAMETERS    \
    {                                                  \
        return fails() ? answer : real.NAME ARGUMENTS; \
    }
TAKE(alloc, (nsc_backend_device * device, uint64_t bytes, nsc_backend_buffer **buffer), (device, bytes, buffer))
TAKE(write,
     (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_buffer *buffer, uint64_t offset,
      uint64_t bytes, const void *source),
     (device, queue, buffer, offset, bytes, source))
TAKE(read,
     (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_buffer *buffer, uint64_t offset,
      uint64_t bytes, void *target),
     (device, queue, buffer, offset, bytes, target))
TAKE(prepare, (nsc_backend_device * device, const nsc_backend_operation *operation, nsc_backend_step **step),
     (device, operation, step))
TAKE(prepare_many,
     (nsc_backend_device * device, uint32_t count, const nsc_backend_operation *const *operations,
      nsc_backend_step **steps, nsc_backend_status *statuses),
     (device, count, operations, steps, statuses))
TAKE(launch,
     (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_step *step,
      const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars, uint32_t scalar_count),
     (device, queue, step, bindings, binding_count, scalars, scalar_count))
TAKE(finish, (nsc_backend_device * device, nsc_backend_queue *queue), (device, queue))

void device_take(nsc_context *context)
{
    nsc_backend_table *table = &context->device.table;
    if (context_count == 0)
        real = *table;
    contexts[context_count++] = context;
    table->alloc = bad_alloc;
    table->write = bad_write;
    table->read = bad_read;
    table->prepare = bad_prepare;
    table->prepare_many = real.prepare_many == NULL ? NULL : bad_prepare_many;
    table->launch = bad_launch;
    table->finish = bad_finish;
}

void device_leave(void)
{
    context_count = 0;
}
