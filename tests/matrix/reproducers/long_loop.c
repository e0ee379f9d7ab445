/* SPDX-License-Identifier: Apache-2.0 */
/* A loop of 100,000 rounds whose number comes from memory. A driver may leave it after 65,535 without a word. */
#include "reproduce.h"

int main(void)
{
    cl_int x[2] = {100000, 1}; /* rounds; what each adds */

    reproduce("__kernel void k(__global int *x) { int n = x[0], s = 0; for (int i = 0; i < n; i++) s += x[1] * (i & 1)"
              " + 1; x[1] = s; }",
              1, x, sizeof x);
    printf("the sum over 100000 rounds is %d, expected 150000\n", x[1]);
    return x[1] != 150000;
}
