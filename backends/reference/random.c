/* SPDX-License-Identifier: Apache-2.0 */
/* The random fill of backend.h: Philox4x32-10, and the transforms to floats. A pure function of seed, stream and
 * element index. */
#include <math.h>
#include <string.h>

#include "reference.h"

_Static_assert((-3 >> 1) == -2, "a right shift of a negative number must be arithmetic");

#define ZERO_VARIATE (-1701332580)
#define TAIL_OF_TWO 97711073u

static void philox(uint64_t seed, uint64_t stream, uint64_t block, uint32_t x[4])
{
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);

    x[0] = (uint32_t)block;
    x[1] = (uint32_t)(block >> 32);
    x[2] = (uint32_t)stream;
    x[3] = (uint32_t)(stream >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * x[0], product2 = (uint64_t)0xCD9E8D57u * x[2];

        x[0] = (uint32_t)(product2 >> 32) ^ x[1] ^ key0;
        x[1] = (uint32_t)product2;
        x[2] = (uint32_t)(product0 >> 32) ^ x[3] ^ key1;
        x[3] = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

static float normal(uint32_t x, const int32_t *table)
{
    uint32_t v = x & 0x7fffffffu, zeros = 1;

    while (!((v | 1u) & (0x80000000u >> zeros)))
        zeros++;
    uint32_t m = v << zeros;
    int32_t t = (int32_t)((m << 4) >> 1);
    const int32_t *c = table + 5 * ((zeros - 1) * 8 + ((m >> 28) & 7u));
    int32_t z = c[4];

    for (int power = 3; power >= 0; power--)
        z = 2 * (int32_t)(((int64_t)z * t) >> 32) + c[power];
    if (v == 0)
        z = ZERO_VARIATE;
    return (float)(x >> 31 ? -z : z) * 0x1p-28f;
}

/* The tail mass of the word, scaled into that of [-2, 2]. */
static uint32_t truncated(uint32_t word)
{
    uint64_t v = word & 0x7fffffffu;

    return (word & 0x80000000u) | (TAIL_OF_TWO + (uint32_t)(v * (0x80000000u - TAIL_OF_TWO) >> 31));
}

/* The stream's words are the bits of two scalars, or the descriptor has it. */
static uint64_t stream_of(const nsc_backend_random *random, const reference_launch *launch)
{
    uint32_t words[2];

    if (!random->stream_scalars)
        return random->stream;
    memcpy(words, launch->scalars, sizeof words);
    return words[0] | (uint64_t)words[1] << 32;
}

void reference_random(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_random *random = &step->operation.random;
    void *out = reference_data(launch, &random->output);
    uint64_t count = (uint64_t)random->output.dims[0], stream = stream_of(random, launch);
    uint32_t words[4];

    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = random->first + i;

        if (i == 0 || index % 4 == 0)
            philox(random->seed, stream, index / 4, words);
        uint32_t word = words[index % 4];

        if (random->distribution == NSC_BACKEND_WORDS) {
            ((uint32_t *)out)[i] = word;
            continue;
        }
        if (random->distribution == NSC_BACKEND_TRUNCATED_NORMAL)
            word = truncated(word);
        float variate = random->distribution == NSC_BACKEND_UNIFORM ? (float)(word >> 8) * 0x1p-24f
                                                                    : normal(word, launch->device->host.normal_table);
        float value = fmaf(variate, random->scale, random->shift);

        ((float *)out)[i] = fabsf(value) < 0x1p-126f ? 0.0f : value;
    }
}
