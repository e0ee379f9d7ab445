/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads, each with programs, kernels, a queue and buffers of its own in one context: OpenCL 1.2 (appendix A.2) has all
 * calls but clSetKernelArg safe. A driver that is not ends the process, sooner or later. */
#include "reproduce.h"

#include <pthread.h>

static cl_device_id device;
static cl_context context;

static void *work(void *wrong)
{
    for (int round = 0; round < 200; round++) {
        cl_int x[64] = {0};

        reproduce_on(device, context, "__kernel void k(__global int *x) { x[get_global_id(0)] += 3; }", 64, x,
                     sizeof x);
        for (int i = 0; i < 64; i++)
            *(int *)wrong |= x[i] != 3;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    int wrong[2] = {0, 0}, code;
    cl_int said;

    if (!reproduce_in_child(&code))
        return code;
    device = reproduce_device();
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &said);
    reproduce_need(said, "clCreateContext");
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, work, &wrong[i]) != 0)
            return 2;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    clReleaseContext(context);
    printf("400 launches from two threads: %s\n", wrong[0] || wrong[1] ? "wrong" : "right");
    return wrong[0] || wrong[1];
}
