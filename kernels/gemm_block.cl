/* SPDX-License-Identifier: Apache-2.0 */
/* C = finish(A B) with one work-item for each block of C: no local memory, no barrier, any work-group limit. Made for
 * CPU devices, where a work-item is a loop with vectors; right everywhere. k is summed in order.
 *
 * Defined before this text: NSC_KERNEL, NSC_INDEX, NSC_FLOATV and NSC_LANES (a vector), NSC_BLOCK_M, NSC_BLOCK_K,
 * NSC_PARAMETERS (further views and scalars), NSC_GEOMETRY (the strides, by value) and NSC_FINISH(C, SUM, ROW, COLUMN). */
#define NSC_BLOCK_N (2 * NSC_LANES)
#define NSC_ROWS 8
#define NSC_ROW_STEP(R)                                                      \
    {                                                                        \
        const float x = a[NSC_CONCAT(ra, R) + (NSC_INDEX)kk * g.a[1]];       \
        NSC_CONCAT(s, R) = NSC_MAD((NSC_FLOATV)(x), b0, NSC_CONCAT(s, R));   \
        NSC_CONCAT(t, R) = NSC_MAD((NSC_FLOATV)(x), b1, NSC_CONCAT(t, R));   \
    }
#define NSC_ROW_LOAD(R)                                                                                \
    const NSC_INDEX NSC_CONCAT(ra, R) = min((NSC_INDEX)(r + R), (NSC_INDEX)(rows - 1)) * g.a[0];       \
    NSC_FLOATV NSC_CONCAT(s, R) = sums[2 * (r + R)], NSC_CONCAT(t, R) = sums[2 * (r + R) + 1];
#define NSC_ROW_KEEP(R)                        \
    sums[2 * (r + R)] = NSC_CONCAT(s, R);      \
    sums[2 * (r + R) + 1] = NSC_CONCAT(t, R);

__kernel void NSC_KERNEL(__global const float *a_base, const long a_offset, __global const float *b_base,
                         const long b_offset, __global float *c_base, const long c_offset NSC_PARAMETERS,
                         const NSC_GEOMETRY g)
{
    NSC_FLOATV panel[2 * NSC_BLOCK_K];
    NSC_FLOATV sums[2 * NSC_BLOCK_M];
    const NSC_INDEX row = (NSC_INDEX)get_global_id(1) * NSC_BLOCK_M;
    const NSC_INDEX column = (NSC_INDEX)get_global_id(0) * NSC_BLOCK_N;
    if (row >= g.m || column >= g.n)
        return;
    const int rows = (int)min((NSC_INDEX)NSC_BLOCK_M, g.m - row);
    const int columns = (int)min((NSC_INDEX)NSC_BLOCK_N, g.n - column);
    for (int i = 0; i < 2 * NSC_BLOCK_M; i++)
        sums[i] = (NSC_FLOATV)(0.0f);
    for (NSC_INDEX k0 = 0; k0 < g.k; k0 += NSC_BLOCK_K) {
        const int depth = (int)min((NSC_INDEX)NSC_BLOCK_K, g.k - k0);
        __global const float *a = a_base + a_offset + row * g.a[0] + k0 * g.a[1];
        __global const float *b = b_base + b_offset + k0 * g.b[0] + column * g.b[1];
        __private float *packed = (__private float *)panel;
        if (columns < NSC_BLOCK_N)
            for (int i = 0; i < 2 * depth; i++)
                panel[i] = (NSC_FLOATV)(0.0f);
        if (g.b[1] == 1 && columns == NSC_BLOCK_N) {
            for (int kk = 0; kk < depth; kk++)
                for (int j = 0; j < NSC_BLOCK_N; j++)
                    packed[kk * NSC_BLOCK_N + j] = b[(NSC_INDEX)kk * g.b[0] + j];
        } else {
            for (int j = 0; j < columns; j++)
                for (int kk = 0; kk < depth; kk++)
                    packed[kk * NSC_BLOCK_N + j] = b[(NSC_INDEX)kk * g.b[0] + (NSC_INDEX)j * g.b[1]];
        }
        for (int r = 0; r < rows; r += NSC_ROWS) {
            NSC_ROW_LOAD(0) NSC_ROW_LOAD(1) NSC_ROW_LOAD(2) NSC_ROW_LOAD(3)
            NSC_ROW_LOAD(4) NSC_ROW_LOAD(5) NSC_ROW_LOAD(6) NSC_ROW_LOAD(7)
            for (int kk = 0; kk < depth; kk++) {
                const NSC_FLOATV b0 = panel[2 * kk], b1 = panel[2 * kk + 1];
                NSC_ROW_STEP(0) NSC_ROW_STEP(1) NSC_ROW_STEP(2) NSC_ROW_STEP(3)
                NSC_ROW_STEP(4) NSC_ROW_STEP(5) NSC_ROW_STEP(6) NSC_ROW_STEP(7)
            }
            NSC_ROW_KEEP(0) NSC_ROW_KEEP(1) NSC_ROW_KEEP(2) NSC_ROW_KEEP(3)
            NSC_ROW_KEEP(4) NSC_ROW_KEEP(5) NSC_ROW_KEEP(6) NSC_ROW_KEEP(7)
        }
    }
    for (int r = 0; r < rows; r++) {
        __private const float *sum = (__private const float *)(sums + 2 * r);
        __global float *c = c_base + c_offset + (row + r) * g.c[0] + column * g.c[1];
        for (int j = 0; j < columns; j++)
            NSC_FINISH(c + (NSC_INDEX)j * g.c[1], sum[j], row + r, column + j);
    }
}
#undef NSC_BLOCK_N
#undef NSC_ROWS
#undef NSC_ROW_STEP
#undef NSC_ROW_LOAD
#undef NSC_ROW_KEEP
