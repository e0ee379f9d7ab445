/* SPDX-License-Identifier: Apache-2.0 */
/* The harness's own generator, so that devices are not compared with what they share code with. */
#ifndef NASCENT_CONFORMANCE_PHILOX_H
#define NASCENT_CONFORMANCE_PHILOX_H

#include <stdint.h>

/* Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. */
void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);
/* Word `index` of a stream, as backend.h has it. */
uint32_t philox_word(uint64_t seed, uint64_t stream, uint64_t index);

#endif
