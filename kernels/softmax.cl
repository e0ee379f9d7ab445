/* SPDX-License-Identifier: Apache-2.0 */
/* softmax and log-softmax of rows. Where NSC_TREE is 1, the first dim of the work-group shares a row and the second has
 * several rows; else a work-item has a row. Sums are of 64 powers, of those, then across the row, in an order fixed by
 * the length and the work-group.
 *
 * Defined before this text: NSC_INDEX, NSC_TREE and NSC_RANK, the dims before the last one. */
typedef struct {
    NSC_INDEX rows, length, in, out, logarithm, d[NSC_RANK], s[2 * NSC_RANK];
} NSC_GEOMETRY;

/* X of all items of a row becomes the join of them; lanes is a power of two. */
#if NSC_TREE
#define NSC_ACROSS(X, JOIN)                                                                        \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                  \
    parts[first + lane] = X;                                                                       \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                  \
    for (int half_way = lanes / 2; half_way > 0; half_way /= 2) {                                  \
        if (lane < half_way)                                                                       \
            parts[first + lane] = JOIN(parts[first + lane], parts[first + lane + half_way]);       \
        barrier(CLK_LOCAL_MEM_FENCE);                                                              \
    }                                                                                              \
    X = parts[first]
#else
#define NSC_ACROSS(X, JOIN)
#endif
#define NSC_PLUS(A, B) ((A) + (B))

__kernel void NSC_KERNEL(__global const float *input, const long input_offset, __global float *output,
                         const long output_offset, const NSC_GEOMETRY g)
{
#if NSC_TREE
    __local float parts[256];
    const int lane = (int)get_local_id(0), lanes = (int)get_local_size(0), first = (int)get_local_id(1) * lanes;
    const NSC_INDEX row = (NSC_INDEX)get_global_id(1);
#else
    const int lane = 0, lanes = 1;
    const NSC_INDEX row = (NSC_INDEX)get_global_id(0);
#endif
    /* Items of rows behind the last go along to the barriers. */
    const NSC_INDEX length = row < g.rows ? g.length : 0;
    NSC_INDEX rest = min(row, g.rows - 1);
    __global const float *from = input + input_offset;
    __global float *to = output + output_offset;
    for (int d = NSC_RANK - 1; d >= 0; d--) {
        const NSC_INDEX at = rest % g.d[d];
        rest /= g.d[d];
        from += at * g.s[d];
        to += at * g.s[NSC_RANK + d];
    }
    float top = -INFINITY;
    for (NSC_INDEX i = lane; i < length; i += lanes)
        top = nsc_max(top, from[i * g.in]);
    NSC_ACROSS(top, nsc_max);
    float sum = 0.0f;
    for (NSC_INDEX i0 = lane; i0 < length; i0 += 64 * lanes) {
        const NSC_INDEX end = min(i0 + 64 * lanes, length);
        float part = 0.0f;
        for (NSC_INDEX i = i0; i < end; i += lanes) {
            const float power = exp(from[i * g.in] - top);
            if (!g.logarithm)
                to[i * g.out] = power;
            part += power;
        }
        sum += part;
    }
    NSC_ACROSS(sum, NSC_PLUS);
    if (g.logarithm) {
        const float shift = log(sum);
        for (NSC_INDEX i = lane; i < length; i += lanes)
            to[i * g.out] = from[i * g.in] - top - shift;
    } else {
        for (NSC_INDEX i = lane; i < length; i += lanes)
            to[i * g.out] /= sum;
    }
}
#undef NSC_ACROSS
#undef NSC_PLUS
