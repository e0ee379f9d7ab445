/* SPDX-License-Identifier: Apache-2.0 */
/* C = finish(A B) with work-groups of 16 x 16 items, a tile of 64 x 64 of C a group, 4 x 4 an item, and both operands
 * staged in 8.2 KB of local memory. Made for GPUs. k is summed in order. Barriers stand in uniform control flow only.
 *
 * Defined before this text: as in gemm_block.cl, less the vector and the block sizes. */
#define NSC_TILE 64
#define NSC_DEPTH 16
#define NSC_PITCH (NSC_TILE + 1)

__kernel void NSC_KERNEL(__global const float *a_base, const long a_offset, __global const float *b_base,
                         const long b_offset, __global float *c_base, const long c_offset NSC_PARAMETERS,
                         const NSC_GEOMETRY g)
{
    __local float as[NSC_DEPTH * NSC_PITCH];
    __local float bs[NSC_DEPTH * NSC_PITCH];
    const int x = (int)get_local_id(0), y = (int)get_local_id(1), item = y * 16 + x;
    const NSC_INDEX row = (NSC_INDEX)get_group_id(1) * NSC_TILE, column = (NSC_INDEX)get_group_id(0) * NSC_TILE;
    __global const float *a = a_base + a_offset;
    __global const float *b = b_base + b_offset;
    float sum[4][4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            sum[i][j] = 0.0f;
    for (NSC_INDEX k0 = 0; k0 < g.k; k0 += NSC_DEPTH) {
        /* Neighbouring items read along the operand's unit stride. */
        for (int i = item; i < NSC_TILE * NSC_DEPTH; i += 256) {
            const int ka = g.a[1] == 1 ? i % NSC_DEPTH : i / NSC_TILE, ra = g.a[1] == 1 ? i / NSC_DEPTH : i % NSC_TILE;
            const int kb = g.b[1] == 1 ? i / NSC_TILE : i % NSC_DEPTH, cb = g.b[1] == 1 ? i % NSC_TILE : i / NSC_DEPTH;
            as[ka * NSC_PITCH + ra] =
                k0 + ka < g.k && row + ra < g.m ? a[(row + ra) * g.a[0] + (k0 + ka) * g.a[1]] : 0.0f;
            bs[kb * NSC_PITCH + cb] =
                k0 + kb < g.k && column + cb < g.n ? b[(k0 + kb) * g.b[0] + (column + cb) * g.b[1]] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int kk = 0; kk < NSC_DEPTH; kk++)
            for (int i = 0; i < 4; i++) {
                const float left = as[kk * NSC_PITCH + y + 16 * i];
                for (int j = 0; j < 4; j++)
                    sum[i][j] = NSC_MAD(left, bs[kk * NSC_PITCH + x + 16 * j], sum[i][j]);
            }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            const NSC_INDEX r = row + y + 16 * i, c = column + x + 16 * j;
            if (r < g.m && c < g.n)
                NSC_FINISH(c_base + c_offset + r * g.c[0] + c * g.c[1], sum[i][j], r, c);
        }
}
#undef NSC_TILE
#undef NSC_DEPTH
#undef NSC_PITCH
