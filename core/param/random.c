/* SPDX-License-Identifier: Apache-2.0 */
/* Philox4x32-10, the path hash, and the two transforms from words to floats. Nothing here depends on the machine: only
 * integers, one exact conversion, one fma. */
#include "core/param/random.h"

#include <math.h>

#include "core/error.h"

_Static_assert((-3 >> 1) == -2, "a right shift of a negative number must be arithmetic");

#define TAIL_OF_TWO 97711073u      /* round(cdf(-2) * 2^32) */
#define ZERO_VARIATE (-1701332580) /* round(inv_cdf(2^-33) * 2^28) */

void nsc_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t nsc_hash_path(const char *path)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (const char *p = path ? path : ""; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    return hash;
}

/* The words of one stream in ascending order; a block of four is computed once. */
typedef struct word_reader {
    uint64_t seed, stream, index;
    uint32_t block[4];
} word_reader;

static void compute_block(word_reader *reader)
{
    uint64_t number = reader->index / 4;
    const uint32_t counter[4] = {(uint32_t)number, (uint32_t)(number >> 32), (uint32_t)reader->stream,
                                 (uint32_t)(reader->stream >> 32)};
    const uint32_t key[2] = {(uint32_t)reader->seed, (uint32_t)(reader->seed >> 32)};

    nsc_philox4x32(counter, key, reader->block);
}

static word_reader reader_at(uint64_t seed, uint64_t stream, uint64_t first)
{
    word_reader reader = {.seed = seed, .stream = stream, .index = first};

    compute_block(&reader);
    return reader;
}

static uint32_t next_word(word_reader *reader)
{
    if (reader->index % 4 == 0)
        compute_block(reader);
    return reader->block[reader->index++ % 4];
}

static uint32_t leading_zeros(uint32_t x) /* x is not 0 */
{
    uint32_t zeros = 0;

    for (uint32_t bit = 0x80000000u; !(x & bit); bit >>= 1)
        zeros++;
    return zeros;
}

static int32_t multiply_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

static float standard_normal(uint32_t x)
{
    uint32_t v = x & 0x7fffffffu, zeros = leading_zeros(v | 1u), m = v << zeros;
    int32_t t = (int32_t)((m << 4) >> 1); /* Q0.31 */
    const int32_t *c = nsc_normal_table + 5 * ((zeros - 1) * 8 + ((m >> 28) & 7u));
    int32_t z = c[4];

    for (int power = 3; power >= 0; power--)
        z = 2 * multiply_high(z, t) + c[power];
    if (v == 0)
        z = ZERO_VARIATE;
    return (float)(x >> 31 ? -z : z) * 0x1p-28f;
}

/* Devices may flush subnormals: so do all. */
static float scaled(float variate, float scale, float shift)
{
    float value = fmaf(variate, scale, shift);

    return fabsf(value) < 0x1p-126f ? 0.0f : value;
}

void nsc_random_words(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t *out)
{
    word_reader reader = reader_at(seed, stream, first);

    for (size_t i = 0; i < count; i++)
        out[i] = next_word(&reader);
}

void nsc_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                        float *out)
{
    word_reader reader = reader_at(seed, stream, first);

    for (size_t i = 0; i < count; i++)
        out[i] = scaled((float)(next_word(&reader) >> 8) * 0x1p-24f, scale, shift);
}

void nsc_random_normal(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                       float *out)
{
    word_reader reader = reader_at(seed, stream, first);

    for (size_t i = 0; i < count; i++)
        out[i] = scaled(standard_normal(next_word(&reader)), scale, shift);
}

/* The tail mass of the word, scaled into that of [-2, 2]. */
static uint32_t truncated_word(uint32_t x)
{
    uint32_t v = x & 0x7fffffffu;

    return (x & 0x80000000u) | (TAIL_OF_TWO + (uint32_t)((uint64_t)v * (0x80000000u - TAIL_OF_TWO) >> 31));
}

void nsc_random_truncated_normal(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                                 float *out)
{
    word_reader reader = reader_at(seed, stream, first);

    for (size_t i = 0; i < count; i++)
        out[i] = scaled(standard_normal(truncated_word(next_word(&reader))), scale, shift);
}

nsc_status nsc_random_fill(nsc_distribution distribution, uint64_t seed, const char *path, uint64_t first, size_t count,
                           float scale, float shift, void *out)
{
    if (!path)
        return nsc_fail(0, NSC_INVALID, "nsc_random_fill: path is NULL: give the parameter's path");
    if (!out && count > 0)
        return nsc_fail(0, NSC_INVALID, "nsc_random_fill: out is NULL: give room for %zu elements", count);
    if (count > 0 && first > UINT64_MAX - (count - 1))
        return nsc_fail(0, NSC_INVALID, "nsc_random_fill: the slice ends past element 2^64 - 1");
    uint64_t stream = nsc_hash_path(path);

    switch (distribution) {
    case NSC_RANDOM_WORDS:
        nsc_random_words(seed, stream, first, count, out);
        return NSC_OK;
    case NSC_RANDOM_UNIFORM:
        nsc_random_uniform(seed, stream, first, count, scale, shift, out);
        return NSC_OK;
    case NSC_RANDOM_TRUNCATED_NORMAL:
        nsc_random_truncated_normal(seed, stream, first, count, scale, shift, out);
        return NSC_OK;
    case NSC_RANDOM_NORMAL:
        nsc_random_normal(seed, stream, first, count, scale, shift, out);
        return NSC_OK;
    }
    return nsc_fail(0, NSC_INVALID, "nsc_random_fill: %d is no distribution: use one of nsc_distribution",
                    (int)distribution);
}
