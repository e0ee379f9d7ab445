/* SPDX-License-Identifier: Apache-2.0 */
/* A run that is recorded: as nsc_device_run, with an event for each launch. */
#include "core/device/call.h"
#include "core/device/profiler.h"

/* Inside a call into the device. */
static nsc_backend_status launch_one(nsc_device *device, const nsc_launch *launch)
{
    nsc_profiler *profiler = device->profiler;
    const nsc_backend_table *table = &device->table;
    uint64_t tag = nsc_profiler_open(profiler, launch->work);
    bool timed = atomic_load(&profiler->timed) && tag != NSC_PROFILE_NO_TAG;
    if (timed && atomic_fetch_add(&profiler->pending, 1) == NSC_PROFILE_TIMED) {
        nsc_profiler_collect(device);
        atomic_store(&profiler->pending, 1);
    }
    uint64_t start = nsc_profile_now();
    nsc_backend_status result =
        timed ? table->launch_timed(device->handle, NULL, launch->step, launch->bindings, launch->binding_count,
                                    launch->scalars, launch->scalar_count, tag)
              : table->launch(device->handle, NULL, launch->step, launch->bindings, launch->binding_count,
                              launch->scalars, launch->scalar_count);
    nsc_profiler_close(profiler, tag, result == NSC_BACKEND_OK, start, nsc_profile_now());
    return result;
}

nsc_status nsc_profile_run(nsc_device *device, const nsc_launch *launches, size_t count)
{
    nsc_backend_status result = NSC_BACKEND_OK;
    size_t done = 0;
    uint64_t begin = nsc_profile_now();
    nsc_profiler_reserve(device->profiler, launches, count);
    nsc_status status = nsc_call_begin(device);
    if (status) {
        nsc_profiler_unreserve(device->profiler, count);
        return status;
    }
    for (; done < count; done++) {
        result = launch_one(device, &launches[done]);
        if (result != NSC_BACKEND_OK)
            break;
    }
    nsc_call_end(device);
    nsc_profiler_unreserve(device->profiler, count - done - (result != NSC_BACKEND_OK));
    status = nsc_call_launched(device, result, done, count);
    nsc_profile_phase(device, "run", begin);
    return status;
}
