/* SPDX-License-Identifier: Apache-2.0 */
/* Law 4 on the device: Philox4x32-10 (Salmon et al., SC'11), one work-item a counter block of four words. Integers, one
 * exact conversion, one power of two and one fma: nothing that a compiler may fuse, reorder or approximate. */
inline static float nsc_normal(const uint x, __global const int *table)
{
    const uint v = x & 0x7fffffffu, z0 = clz(v | 1u), m = v << z0;
    const int t = (int)((m << 4) >> 1);
    __global const int *c = table + 5 * ((z0 - 1u) * 8u + ((m >> 28) & 7u));
    int z = c[4];
    z = 2 * mul_hi(z, t) + c[3];
    z = 2 * mul_hi(z, t) + c[2];
    z = 2 * mul_hi(z, t) + c[1];
    z = 2 * mul_hi(z, t) + c[0];
    z = v ? z : -1701332580;
    return (float)((x >> 31) ? -z : z) * 0x1p-28f;
}

/* The tail mass of the word, scaled into that of [-2, 2]. */
inline static uint nsc_truncated(const uint x)
{
    const uint v = x & 0x7fffffffu;
    return (x & 0x80000000u) | (97711073u + (uint)(((ulong)v * (0x80000000u - 97711073u)) >> 31));
}

typedef struct {
    ulong seed, first, count;
    uint distribution;
    float scale, shift;
    uint padding;
} nsc_random_arguments;

__kernel void NSC_KERNEL(__global uint *out, const long out_offset, const uint stream_low, const uint stream_high,
                         __global const int *table, const long table_offset, const nsc_random_arguments g)
{
    const ulong block = g.first / 4 + get_global_id(0);
    const ulong last = g.first + g.count - 1; /* core keeps first + count below 2^64 */
    if (block > last / 4)
        return;
    uint c0 = (uint)block, c1 = (uint)(block >> 32), c2 = stream_low, c3 = stream_high;
    uint k0 = (uint)g.seed, k1 = (uint)(g.seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint h0 = mul_hi(0xd2511f53u, c0), l0 = 0xd2511f53u * c0;
        const uint h1 = mul_hi(0xcd9e8d57u, c2), l1 = 0xcd9e8d57u * c2;
        c0 = h1 ^ c1 ^ k0;
        c1 = l1;
        c2 = h0 ^ c3 ^ k1;
        c3 = l0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    for (uint i = 0; i < 4; i++) {
        const ulong element = block * 4 + i;
        const uint word = i == 0 ? c0 : i == 1 ? c1 : i == 2 ? c2 : c3;
        uint bits = word;
        if (element < g.first || element > last)
            continue;
        if (g.distribution != 1u) {
            const uint cut = g.distribution == 4u ? nsc_truncated(word) : word;
            const float value =
                g.distribution == 2u ? (float)(word >> 8) * 0x1p-24f : nsc_normal(cut, table + table_offset);
            bits = as_uint(fma(value, g.scale, g.shift));
            bits = (bits & 0x7f800000u) ? bits : 0u;
        }
        out[out_offset + (long)(element - g.first)] = bits;
    }
}
