/* SPDX-License-Identifier: Apache-2.0 */
/* Law 4 on the host: initial values as a pure function of (seed, path, element index). The same definitions as the kind
 * NSC_BACKEND_RANDOM in <nascent/backend.h>. */
#ifndef NSC_CORE_PARAM_RANDOM_H
#define NSC_CORE_PARAM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/random.h> /* nsc_hash_path: the stream of a parameter path */

/* 31 x 8 x 5 coefficients, Q3.28; frozen (normal_table.c, with its checksum). */
extern const int32_t nsc_normal_table[1240];

/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC'11). */
void nsc_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Elements first to first + count - 1 of the stream. Any number of threads may fill disjoint slices. */
void nsc_random_words(uint64_t seed, uint64_t stream, uint64_t first, size_t count, uint32_t *out);
void nsc_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                        float *out);
void nsc_random_normal(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                       float *out);
void nsc_random_truncated_normal(uint64_t seed, uint64_t stream, uint64_t first, size_t count, float scale, float shift,
                                 float *out);

#endif
