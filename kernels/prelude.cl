/* SPDX-License-Identifier: Apache-2.0 */
/* What every program starts with: the rules of expressions that OpenCL C does not give by itself. NaN is found by its
 * bits, so that no compiler option or folding can lose it. */
#pragma OPENCL FP_CONTRACT OFF

#define NSC_CONCAT_(A, B) A##B
#define NSC_CONCAT(A, B) NSC_CONCAT_(A, B)

#ifdef NSC_FAST_FMA
#define NSC_MAD(A, B, C) fma(A, B, C)
#else
#define NSC_MAD(A, B, C) ((A) * (B) + (C))
#endif

inline static int nsc_isnan(float x)
{
    return (as_uint(x) & 0x7fffffffu) > 0x7f800000u;
}

inline static float nsc_max(float a, float b)
{
    return nsc_isnan(a) ? a : nsc_isnan(b) ? b : a > b ? a : b;
}

inline static float nsc_min(float a, float b)
{
    return nsc_isnan(a) ? a : nsc_isnan(b) ? b : a < b ? a : b;
}

/* PoCL 3.1 converts the operand of these to an integer. Where its compiler finds that this cannot be done, the result is
 * anything, or the whole kernel stores nothing: operands that are NaN, or too large, stay away from them. */
#define NSC_INTEGRAL(NAME, FUNCTION)                                      \
    inline static float NAME(float x)                                     \
    {                                                                     \
        const int small = fabs(x) < 8388608.0f; /* others have no digits */ \
        const float whole = FUNCTION(small ? x : 0.0f);                   \
        return small ? whole : x;                                         \
    }
NSC_INTEGRAL(nsc_floor, floor)
NSC_INTEGRAL(nsc_ceil, ceil)
NSC_INTEGRAL(nsc_rint, rint)

#define NSC_NOT_OF_NAN(NAME, FUNCTION)                        \
    inline static float NAME(float x)                         \
    {                                                         \
        const float y = FUNCTION(nsc_isnan(x) ? 0.0f : x);    \
        return nsc_isnan(x) ? x : y;                          \
    }
NSC_NOT_OF_NAN(nsc_exp, exp)
NSC_NOT_OF_NAN(nsc_expm1, expm1)
NSC_NOT_OF_NAN(nsc_tanh, tanh)

/* Stores to integers truncate and saturate; NaN is 0. */
inline static int nsc_to_int(float x)
{
    return nsc_isnan(x) ? 0 : x >= 2147483648.0f ? 2147483647 : x < -2147483648.0f ? (-2147483647 - 1) : (int)x;
}

inline static uint nsc_to_uint(float x)
{
    return nsc_isnan(x) ? 0u : x >= 4294967296.0f ? 0xffffffffu : x <= 0.0f ? 0u : (uint)x;
}

inline static uchar nsc_to_uchar(float x)
{
    return nsc_isnan(x) ? (uchar)0 : x >= 255.0f ? (uchar)255 : x <= 0.0f ? (uchar)0 : (uchar)x;
}
