/* SPDX-License-Identifier: Apache-2.0 */
/* The generator on the host, for the self-check: Philox4x32-10 and the normal transform of backend.h. */
#include "opencl.h"

void nsc_cl_philox(uint64_t seed, uint64_t stream, uint64_t block, uint32_t words[4])
{
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xd2511f53u * c[0], p1 = (uint64_t)0xcd9e8d57u * c[2];
        const uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)p0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    for (int i = 0; i < 4; i++)
        words[i] = c[i];
}

static int32_t mul_hi(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

float nsc_cl_normal(uint32_t word, const int32_t *table)
{
    const uint32_t v = word & 0x7fffffffu;
    uint32_t z0 = 0;
    while (!((v | 1u) & (0x80000000u >> z0)))
        z0++;
    const uint32_t m = v << z0;
    const int32_t t = (int32_t)((m << 4) >> 1);
    const int32_t *c = table + (size_t)5 * ((z0 - 1) * 8 + ((m >> 28) & 7u));
    int32_t z = c[4];
    for (int j = 3; j >= 0; j--)
        z = 2 * mul_hi(z, t) + c[j];
    if (v == 0)
        z = -1701332580;
    return (float)(word >> 31 ? -z : z) * 0x1p-28f;
}

uint32_t nsc_cl_truncated(uint32_t word)
{
    const uint32_t tail = 97711073u;
    const uint64_t v = word & 0x7fffffffu;
    return (word & 0x80000000u) | (tail + (uint32_t)(v * (0x80000000u - tail) >> 31));
}
