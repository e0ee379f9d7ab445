/* SPDX-License-Identifier: Apache-2.0 */
/* The runs themselves. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "array.h"
#include "forward.h"
#include "places.h"
#include "progress.h"
#include "say.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Runs and waits. 0: said. */
static int run_once(nsc_forward_run *run, double *took)
{
    const double begin = seconds();
    nsc_status status = nsc_run(run->model.net, NSC_INFERENCE, (const nsc_tensor *const *)run->in, run->ins.count,
                                run->out, run->outs.count);
    if (status == NSC_OK)
        status = nsc_context_finish(run->model.context);
    *took = seconds() - begin;
    if (status == NSC_NOT_REQUESTED)
        nsc_say_refused("the checkpoint has neither its value nor a request; nascent init makes one that has");
    else if (status != NSC_OK)
        nsc_say_refused("give a smaller input, or name another device with --backend");
    return status == NSC_OK;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int nsc_forward_repeat(nsc_forward_run *run, uint64_t repeat, int profile)
{
    const uint64_t more = profile && repeat == 0 ? 1 : repeat;
    double *times = more > 0 ? malloc((size_t)more * sizeof *times) : NULL;
    if (more > 0 && times == NULL)
        return nsc_say_failed("no memory for the times of %" PRIu64 " runs, --repeat; give a smaller number", repeat);
    nsc_progress("the first run");
    int good = run_once(run, &run->times.first);
    good = good && (!profile || nsc_forward_profile_start(run));
    for (uint64_t i = 0; i < more && good; i++) {
        nsc_progress("run %" PRIu64 " of %" PRIu64, i + 1, more);
        good = run_once(run, &times[i]);
    }
    good = good && (!profile || nsc_forward_profile_stop(run, more));
    if (good && repeat > 0) {
        qsort(times, (size_t)repeat, sizeof *times, by_size);
        run->times.repeat = repeat;
        run->times.min = times[0];
        run->times.median = (times[(repeat - 1) / 2] + times[repeat / 2]) / 2;
    }
    free(times);
    return good ? NSC_EXIT_OK : NSC_EXIT_FAILED;
}

int nsc_forward_fetch(nsc_forward_run *run, int check_finite)
{
    char place[512];
    for (size_t i = 0; i < run->outs.count; i++) {
        nsc_forward_output *output = &run->outputs[i];
        output->bytes = nsc_tensor_bytes(run->out[i]);
        output->dtype = nsc_tensor_dtype(run->out[i]);
        output->rank = nsc_tensor_rank(run->out[i]);
        output->dims = nsc_tensor_dims(run->out[i]);
        output->count = output->bytes / nsc_dtype_size(output->dtype);
        output->values = malloc(output->bytes > 0 ? output->bytes : 1);
        if (output->values == NULL)
            return nsc_say_failed("no memory for the %zu bytes of output %s; give fewer rows at a time", output->bytes,
                                  run->outs.names[i]);
        if (nsc_tensor_read(run->out[i], output->values, output->bytes) != NSC_OK)
            return nsc_say_refused("name another device with --backend");
        snprintf(place, sizeof place, "output %s of %s", run->outs.names[i], run->model_file);
        if (check_finite && !nsc_array_is_finite(place, output->values, output->dtype, output->rank, output->dims))
            return NSC_EXIT_FAILED;
    }
    return NSC_EXIT_OK;
}

void nsc_forward_clear(nsc_forward_run *run)
{
    for (size_t i = 0; i < NSC_MOST_GIVEN; i++) {
        free(run->outputs[i].values);
        nsc_tensor_release(run->in[i]);
        nsc_tensor_release(run->out[i]);
        nsc_archive_close(run->archives[i]);
    }
    free(run->profile.totals);
    nsc_proposal_release(run->proposal);
}
