/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: the entry that libFuzzer and replay.c call, a check that stops the process, and a reader
 * that makes numbers of bytes. */
#ifndef NSC_TESTS_FUZZ_H
#define NSC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each target defines it; 0 always. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer learns of a broken rule by a signal. */
#define REQUIRE(RULE)                                                                      \
    do {                                                                                   \
        if (!(RULE)) {                                                                     \
            fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #RULE); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

typedef struct fuzz_reader {
    const uint8_t *at, *end;
} fuzz_reader;

/* 0 when there are no more. */
static inline uint8_t fuzz_byte(fuzz_reader *reader)
{
    return (uint8_t)(reader->at < reader->end ? *reader->at++ : 0);
}

/* A byte from 0 to 239 is itself, the others say how many bytes of a signed number follow. */
static inline int64_t fuzz_number(fuzz_reader *reader)
{
    const uint8_t first = fuzz_byte(reader);
    if (first < 240)
        return first;
    const unsigned count = first % 8 + 1u;
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)fuzz_byte(reader) << (8 * i);
    const uint64_t sign = (uint64_t)1 << (8 * count - 1);
    return (int64_t)((value ^ sign) - sign);
}

/* A refusal says why, within the room that it was given. */
static inline void fuzz_refused(const char *why, size_t capacity)
{
    REQUIRE(memchr(why, 0, capacity) != NULL);
    REQUIRE(why[0] != 0);
}

#endif
