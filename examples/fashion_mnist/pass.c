/* SPDX-License-Identifier: Apache-2.0 */
/* One pass on one device: declare, request, infer, commit, read the parameters back, then all images forward. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const nsc_context *context, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, nsc_last_error(context));
    return 0;
}

static void show(int tell, const char *state, nsc_block *net)
{
    if (!tell)
        return;
    printf("%s\n", state);
    nsc_print_parameters(net, stdout);
}

/* From declared to initialized, by shapes alone: no image has reached the device yet. */
static int bring_up(nsc_context *context, nsc_block *net, const images *set, int tell)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = 1};
    const nsc_shape input = {3, {-1, set->height, set->width}, NSC_FLOAT32};

    show(tell, "declared, without an input size:", net);
    if (nsc_initialize(net, context, &options) != NSC_OK)
        return failed(context, "initialize");
    show(tell, "requested, nothing changes yet:", net);
    if (nsc_infer_shapes(net, &input, 1) != NSC_OK)
        return failed(context, "infer shapes");
    show(tell, "shape-known, from the shape of a batch alone:", net);

    nsc_statistics before, after;
    layer_counts seen;
    nsc_context_statistics(context, &before, sizeof before);
    int layer = layer_reset();
    if (nsc_initialize(net, context, &options) != NSC_OK)
        return failed(context, "commit");
    layer = layer && layer_read(&seen);
    nsc_context_statistics(context, &after, sizeof after);
    show(tell, "initialized, filled in place on the device:", net);

    uint64_t uploads = after.uploads - before.uploads;
    printf("  commit: %llu launches, %llu uploads", (unsigned long long)(after.launches - before.launches),
           (unsigned long long)uploads);
    if (layer && strcmp(nsc_context_device(context)->backend, "opencl") == 0) {
        printf("; by the OpenCL layer %llu launches, %llu uploads", seen.launches, seen.uploads);
        uploads += seen.uploads;
    }
    putchar('\n');
    if (uploads > 0)
        printf("  a parameter WAS UPLOADED\n");
    return uploads == 0;
}

static int forward_all(nsc_context *context, nsc_block *net, const images *set, pass *result)
{
    size_t pixels = (size_t)(set->height * set->width);
    float *host = malloc(BATCH * pixels * sizeof *host);
    result->outputs = malloc((size_t)set->count * CLASSES * sizeof *result->outputs);
    int good = host && result->outputs;
    nsc_tensor *x = NULL, *y = NULL;
    double start = seconds_now();
    for (int64_t first = 0; good && first < set->count; first += BATCH) {
        int64_t count = set->count - first < BATCH ? set->count - first : BATCH;
        images_batch(set, first, count, host);
        if (first == 0 || count < BATCH) { /* the first batch, or a shorter last one: other tensors */
            nsc_tensor_release(x);
            nsc_tensor_release(y);
            x = y = NULL;
            good = nsc_tensor_from(context, NSC_FLOAT32, 3, (int64_t[]){count, set->height, set->width}, host, &x) ==
                   NSC_OK;
        } else {
            good = nsc_tensor_write(x, host, (size_t)count * pixels * sizeof *host) == NSC_OK;
        }
        good = good && nsc_forward(net, x, &y) == NSC_OK &&
               nsc_tensor_read(y, result->outputs + first * CLASSES, (size_t)count * CLASSES * sizeof(float)) == NSC_OK;
        if (first == 0) {
            result->first = seconds_now() - start;
            start = seconds_now();
        } else {
            result->steady_images += count;
        }
        progress("forward", first + count, set->count);
    }
    result->seconds = seconds_now() - start;
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    free(host);
    return good ? 1 : failed(context, "forward");
}

int pass_run(const char *choice, const images *set, int tell, pass *result)
{
    nsc_context *context = NULL;
    if (nsc_context_open(&context, choice) != NSC_OK)
        return failed(NULL, choice ? choice : "NASCENT_BACKEND");
    const nsc_device_info *device = nsc_context_device(context);
    snprintf(result->title, sizeof result->title, "%s:%u", device->backend, (unsigned)device->index);
    printf("%s== %s: %s\n", tell ? "" : "\n", result->title, device->name);

    nsc_block *net = nsc_sequential(nsc_dense(128, .activation = NSC_RELU), nsc_dense(64, .activation = NSC_RELU),
                                    nsc_dense(CLASSES));
    int good = bring_up(context, net, set, tell) && values_read(net, &result->parameters) &&
               values_check(&result->parameters, set->name);
    layer_counts seen;
    nsc_statistics before, after;
    nsc_context_statistics(context, &before, sizeof before);
    int layer = layer_reset();
    good = good && forward_all(context, net, set, result);
    layer = layer && layer_read(&seen);
    nsc_context_statistics(context, &after, sizeof after);
    if (good) {
        printf("  forward: %lld images in %.2f s, the first batch in %.2f s (with plan and kernels); %llu launches, "
               "%llu uploads",
               (long long)set->count, result->first + result->seconds, result->first,
               (unsigned long long)(after.launches - before.launches),
               (unsigned long long)(after.uploads - before.uploads));
        if (layer && strcmp(device->backend, "opencl") == 0)
            printf("; by the OpenCL layer %llu launches, %llu uploads, %llu program%s built", seen.launches,
                   seen.uploads, seen.builds, seen.builds == 1 ? "" : "s");
        putchar('\n');
    }
    nsc_release(net);
    if (nsc_context_close(context) != NSC_OK)
        good = failed(context, "close");
    return good;
}

void pass_free(pass *result)
{
    values_free(&result->parameters);
    free(result->outputs);
    result->outputs = NULL;
}
