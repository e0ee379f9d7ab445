/* SPDX-License-Identifier: Apache-2.0 */
/* Initial values on the host: what every device fills a parameter with, for any seed, path and slice, without a device.
 * Pure functions: any number of threads may call them.
 *
 * The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC'11) with
 * key = seed and counter = (index / 4, hash of the path), low words first; element index takes word index mod 4. */
#ifndef NASCENT_RANDOM_H
#define NASCENT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nsc_distribution {
    NSC_RANDOM_WORDS = 1,       /* uint32_t: the generator's words; scale and shift are not used */
    NSC_RANDOM_UNIFORM,         /* float: fma(u, scale, shift), u = (word >> 8) * 2^-24, in [0, 1) */
    NSC_RANDOM_NORMAL,          /* float: fma(z, scale, shift), z standard normal, |z| <= 6.338, in steps of 2^-28 */
    NSC_RANDOM_TRUNCATED_NORMAL /* as normal, |z| <= 2: the tail mass of the word is scaled into that of [-2, 2] */
} nsc_distribution;

/* FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): the stream of a path. NULL hashes as "". */
NSC_API uint64_t nsc_hash_path(const char *path);

/* Elements first to first + count - 1 of the parameter at path, counted row-major in its shape, into out (count 32-bit
 * elements). Magnitudes under 2^-126 become +0. Errors: INVALID. */
NSC_API nsc_status nsc_random_fill(nsc_distribution distribution, uint64_t seed, const char *path, uint64_t first,
                                   size_t count, float scale, float shift, void *out);

#ifdef __cplusplus
}
#endif

#endif
