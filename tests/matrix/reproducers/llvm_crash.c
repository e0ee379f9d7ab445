/* SPDX-License-Identifier: Apache-2.0 */
/* pow and log of values that were chosen between constants: the driver's compiler (LLVM's SelectionDAG, while it makes
 * types legal) may crash. */
#include "reproduce.h"

int main(void)
{
    float x[4] = {0.0f, 3.0f, 0.0f, 0.0f};
    int code;

    if (!reproduce_in_child(&code))
        return code;
    reproduce("__kernel void k(__global float *x) { const float a = x[0], c = x[1];"
              " const uchar u = ((__global const uchar *)x)[8];"
              " const float w = a != 0.0f ? 2.0f : (float)u;"
              " const float v = c != 0.0f ? w : -1.0f;"
              " x[2] = pow(v, fabs(a)); x[3] = log1p(log(w)); }",
              8, x, sizeof x);
    printf("pow(0, 0) is %g, expected 1\n", x[2]);
    return x[2] != 1.0f;
}
