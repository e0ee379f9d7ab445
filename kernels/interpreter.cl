/* SPDX-License-Identifier: Apache-2.0 */
/* Runs any map expression without a build. The program lies in a buffer: NSC_I_... give the places. Slots 0 to 7 are the
 * inputs, 8 to 11 the outputs; unused ones are bound to something and never touched. */
#define NSC_I_RANK 0
#define NSC_I_COUNT 1
#define NSC_I_CODE_COUNT 2
#define NSC_I_OUTPUTS 3
#define NSC_I_DTYPE 4       /* 12: 0 float, 1 int, 2 uint, 3 uchar */
#define NSC_I_DIMS 16       /* 8 */
#define NSC_I_STRIDES 24    /* 12 x 8 */
#define NSC_I_IMMEDIATES 120 /* 64, as bits */
#define NSC_I_CODE 184      /* op | arg << 16 */

inline static uint nsc_load(__global const uchar *p, const long i, const long dtype)
{
    if (dtype == 0)
        return ((__global const uint *)p)[i];
    if (dtype == 1)
        return as_uint((float)((__global const int *)p)[i]);
    if (dtype == 2)
        return as_uint((float)((__global const uint *)p)[i]);
    return as_uint((float)p[i]);
}

inline static uint nsc_convert(const long dtype, const uint bits)
{
    const float x = as_float(bits);
    return dtype == 0 ? bits : dtype == 1 ? as_uint(nsc_to_int(x)) : dtype == 2 ? nsc_to_uint(x) : (uint)nsc_to_uchar(x);
}

inline static float nsc_unary(const uint op, const float x)
{
    switch (op) {
    case 16: return -x;
    case 17: return fabs(x);
    case 18: return nsc_exp(x);
    case 19: return log(x);
    case 20: return sqrt(x);
    case 21: return rsqrt(x);
    case 22: return nsc_tanh(x);
    case 23: return erf(x);
    case 24: return nsc_floor(x);
    case 25: return nsc_ceil(x);
    case 26: return nsc_rint(x);
    case 27: return nsc_expm1(x);
    case 28: return log1p(x);
    case 29: return sin(x);
    default: return cos(x);
    }
}

inline static float nsc_binary(const uint op, const float x, const float y)
{
    switch (op) {
    case 48: return x + y;
    case 49: return x - y;
    case 50: return x * y;
    case 51: return x / y;
    case 52: return nsc_max(x, y);
    case 53: return nsc_min(x, y);
    case 54: return pow(x, y);
    case 55: return x == y ? 1.0f : 0.0f;
    case 56: return x < y ? 1.0f : 0.0f;
    default: return x <= y ? 1.0f : 0.0f;
    }
}

#define NSC_SLOT(I) __global uchar *p##I, const long o##I

__kernel void NSC_KERNEL(NSC_SLOT(0), NSC_SLOT(1), NSC_SLOT(2), NSC_SLOT(3), NSC_SLOT(4), NSC_SLOT(5), NSC_SLOT(6),
                         NSC_SLOT(7), NSC_SLOT(8), NSC_SLOT(9), NSC_SLOT(10), NSC_SLOT(11), const float16 scalars,
                         __global const long *g)
{
    __global uchar *base[12] = {p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11};
    long at[12] = {o0, o1, o2, o3, o4, o5, o6, o7, o8, o9, o10, o11};
    uint stack[16], temporary[8], stored[4];
    float scalar[16];
    long rest = (long)get_global_id(0);
    int top = 0; /* the first free place */
    if (rest >= g[NSC_I_COUNT])
        return;
    vstore16(scalars, 0, scalar);
    for (int d = (int)g[NSC_I_RANK] - 1; d >= 0; d--) {
        const long index = rest % g[NSC_I_DIMS + d];
        rest /= g[NSC_I_DIMS + d];
        for (int v = 0; v < 12; v++)
            at[v] += index * g[NSC_I_STRIDES + v * 8 + d];
    }
    for (long i = 0; i < g[NSC_I_CODE_COUNT]; i++) {
        const uint op = (uint)g[NSC_I_CODE + i] & 0xffffu, arg = (uint)g[NSC_I_CODE + i] >> 16;
        switch (op) {
        case 1:
            stack[top++] = nsc_load(base[arg], at[arg], g[NSC_I_DTYPE + arg]);
            break;
        case 2:
            stack[top++] = g[NSC_I_DTYPE + arg] == 3 ? (uint)base[arg][at[arg]]
                                                     : ((__global const uint *)base[arg])[at[arg]];
            break;
        case 3:
            stack[top++] = (uint)g[NSC_I_IMMEDIATES + arg];
            break;
        case 4:
            stack[top++] = as_uint(scalar[arg]);
            break;
        case 5:
            stored[arg] = nsc_convert(g[NSC_I_DTYPE + 8 + arg], stack[--top]);
            break;
        case 6:
            stored[arg] = stack[--top];
            break;
        case 7:
            temporary[arg] = stack[top - 1];
            break;
        case 8:
            stack[top++] = temporary[arg];
            break;
        case 80:
            top -= 2;
            stack[top - 1] = as_float(stack[top - 1]) != 0.0f ? stack[top] : stack[top + 1];
            break;
        case 81:
            top -= 2;
            stack[top - 1] =
                as_uint(fma(as_float(stack[top - 1]), as_float(stack[top]), as_float(stack[top + 1])));
            break;
        default:
            if (op >= 48) {
                top--;
                stack[top - 1] = as_uint(nsc_binary(op, as_float(stack[top - 1]), as_float(stack[top])));
            } else {
                stack[top - 1] = as_uint(nsc_unary(op, as_float(stack[top - 1])));
            }
        }
    }
    /* After every load: an output may lie on an input. */
    for (int i = 0; i < (int)g[NSC_I_OUTPUTS]; i++) {
        if (g[NSC_I_DTYPE + 8 + i] == 3)
            base[8 + i][at[8 + i]] = (uchar)stored[i];
        else
            ((__global uint *)base[8 + i])[at[8 + i]] = stored[i];
    }
}
#undef NSC_SLOT
