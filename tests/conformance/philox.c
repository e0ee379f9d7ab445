/* SPDX-License-Identifier: Apache-2.0 */
/* Ten rounds, each of two products of 32 bits. */
#include "philox.h"

#include <string.h>

void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4])
{
    uint32_t k[2] = {key[0], key[1]};

    memcpy(words, counter, 4 * sizeof *words);
    for (int round = 0; round < 10; round++) {
        const uint64_t even = (uint64_t)words[0] * 0xD2511F53u, odd = (uint64_t)words[2] * 0xCD9E8D57u;
        const uint32_t next[4] = {(uint32_t)(odd >> 32) ^ words[1] ^ k[0], (uint32_t)odd,
                                  (uint32_t)(even >> 32) ^ words[3] ^ k[1], (uint32_t)even};

        memcpy(words, next, sizeof next);
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
}

uint32_t philox_word(uint64_t seed, uint64_t stream, uint64_t index)
{
    const uint64_t block = index / 4;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t words[4];

    philox(counter, key, words);
    return words[index % 4];
}
