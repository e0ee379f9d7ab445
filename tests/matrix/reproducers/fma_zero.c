/* SPDX-License-Identifier: Apache-2.0 */
/* fma(a, b, 0) where a * b is -0: the sum of -0 and +0 is +0 (IEEE 754, 6.3). The software fma of a driver may return the
 * product and lose that. */
#include "reproduce.h"

int main(void)
{
    float x[4] = {0.0f, -1.0f, 0.0f, 7.0f};
    union {
        float value;
        cl_uint bits;
    } got;

    reproduce("__kernel void k(__global float *x) { x[3] = fma(x[0], x[1], x[2]); }", 1, x, sizeof x);
    got.value = x[3];
    printf("fma(0, -1, 0) has the bits %08x, expected 00000000\n", got.bits);
    return got.bits != 0;
}
