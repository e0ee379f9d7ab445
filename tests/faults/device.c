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

TAKE(enumerate, (const nsc_backend_host *host, uint32_t index, nsc_backend_info *info), (host, index, info))
TAKE(open, (const nsc_backend_open_args *args, nsc_backend_device **device, nsc_backend_limits *limits),
     (args, device, limits))
TAKE(map_host,
     (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_buffer *buffer, uint64_t offset,
      uint64_t bytes, const void **pointer),
     (device, queue, buffer, offset, bytes, pointer))
TAKE(unmap_host, (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_buffer *buffer),
     (device, queue, buffer))
TAKE(profile_start, (nsc_backend_device * device, uint32_t capacity), (device, capacity))
TAKE(launch_timed,
     (nsc_backend_device * device, nsc_backend_queue *queue, nsc_backend_step *step,
      const nsc_backend_binding *bindings, uint32_t binding_count, const float *scalars, uint32_t scalar_count,
      uint64_t tag),
     (device, queue, step, bindings, binding_count, scalars, scalar_count, tag))
TAKE(profile_read, (nsc_backend_device * device, nsc_backend_time *times, uint32_t *count), (device, times, count))

const nsc_backend_table *device_table(const nsc_backend_table *table)
{
    static nsc_backend_table bad;
    real = *table;
    bad = real;
    bad.enumerate = bad_enumerate;
    bad.open = bad_open;
    bad.alloc = bad_alloc;
    bad.write = bad_write;
    bad.read = bad_read;
    bad.prepare = bad_prepare;
    bad.launch = bad_launch;
    bad.finish = bad_finish;
    if (real.prepare_many != NULL)
        bad.prepare_many = bad_prepare_many;
    if (real.map_host != NULL)
        bad.map_host = bad_map_host;
    if (real.unmap_host != NULL)
        bad.unmap_host = bad_unmap_host;
    if (real.profile_start != NULL)
        bad.profile_start = bad_profile_start;
    if (real.launch_timed != NULL)
        bad.launch_timed = bad_launch_timed;
    if (real.profile_read != NULL)
        bad.profile_read = bad_profile_read;
    return &bad;
}

void device_take(nsc_context *context)
{
    if (context_count == 0)
        real = context->device.table;
    context->device.table = *device_table(&real);
    contexts[context_count++] = context;
}

void device_leave(void)
{
    context_count = 0;
}
