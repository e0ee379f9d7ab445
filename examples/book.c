/* SPDX-License-Identifier: Apache-2.0 */
/* The example of the deferred-initialisation chapter of a deep-learning book: 256 relu, 10, and an input of (2, 20).
 * Every state is visible, and so is the error on touching a weight too early. */
#include <stdio.h>
#include <string.h>

#include <nascent/nascent.h>

static int failed(const nsc_context *context, const char *what)
{
    fprintf(stderr, "book: %s: %s\n", what, nsc_last_error(context));
    return 1;
}

/* A weight before it exists: the code says what to do, the text says what is missing. */
static int touch_too_early(const nsc_context *context, nsc_block *net, nsc_status expected)
{
    float weight[256 * 20];
    nsc_status status = nsc_parameter_read(nsc_find_parameter(net, "0.weight"), weight, sizeof weight);
    printf("reading 0.weight: %s: %s\n", nsc_status_name(status), nsc_last_error(context));
    return status != expected;
}

static int replay(nsc_context *context, nsc_block *net)
{
    printf("before initialize:\n");
    nsc_print_parameters(net, stdout);

    if (nsc_initialize(net, context, NULL) != NSC_OK)
        return failed(context, "initialize");
    printf("\nafter initialize, requested and still declared:\n");
    nsc_print_parameters(net, stdout);
    if (touch_too_early(context, net, NSC_PENDING) != 0)
        return 1;

    float input[2 * 20], output[2 * 10];
    for (size_t i = 0; i < 40; i++)
        input[i] = (float)i / 40;
    nsc_tensor *x = NULL, *y = NULL;
    int result = 0;
    if (nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){2, 20}, input, &x) != NSC_OK ||
        nsc_forward(net, x, &y) != NSC_OK || nsc_tensor_read(y, output, sizeof output) != NSC_OK)
        result = failed(context, "forward");
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    if (result == 0) {
        printf("\nafter one forward of (2, 20):\n");
        nsc_print_parameters(net, stdout);
        printf("output (2, 10), first row:");
        for (size_t i = 0; i < 10; i++)
            printf(" %.4f", (double)output[i]);
        printf("\n");
    }
    return result;
}

int main(void)
{
    nsc_context *context = NULL;
    if (nsc_context_open(&context, NULL) != NSC_OK)
        return failed(NULL, "no device");
    const nsc_device_info *device = nsc_context_device(context);
    printf("on %s:%u (%s)\n\n", device->backend, (unsigned)device->index, device->name);

    nsc_block *net = nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_dense(10));
    int result = replay(context, net);
    nsc_release(net);
    if (nsc_context_close(context) != NSC_OK)
        result = failed(context, "close");
    return result;
}
