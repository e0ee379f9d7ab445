/* SPDX-License-Identifier: Apache-2.0 */
/* A product with a constant zero: 0 * -1 is -0, and 0 * NaN is NaN (IEEE 754, 6.1 and 6.3). A compiler that was not told
 * to be fast and loose may not make it +0. */
#include "reproduce.h"

int main(void)
{
    union {
        float values[4];
        cl_uint bits[4];
    } x = {.bits = {0xbf800000u, 0x7fc00000u, 1, 1}};

    reproduce("__kernel void k(__global float *x) { x[2] = 0.0f * x[0]; x[3] = 0.0f * x[1]; }", 1, x.values, sizeof x);
    printf("0 * -1 has the bits %08x, expected 80000000; 0 * NaN has %08x, expected a NaN\n", x.bits[2], x.bits[3]);
    return x.bits[2] != 0x80000000u || (x.bits[3] & 0x7fffffffu) <= 0x7f800000u;
}
