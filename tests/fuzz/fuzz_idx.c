/* SPDX-License-Identifier: Apache-2.0 */
/* The IDX reader on any bytes: refused whole with a text, or a file whose sizes and elements agree. */
#include <sys/mman.h>
#include <unistd.h>

#include <nascent/io.h>

#include "core/error.h"
#include "fuzz.h"

static char path[64];
static int file = -1;

static void put(const uint8_t *data, size_t size)
{
    REQUIRE(ftruncate(file, 0) == 0);
    REQUIRE(size == 0 || pwrite(file, data, size, 0) == (ssize_t)size);
}

/* Without /proc every input would be refused, and nothing tested. */
static void start(void)
{
    static const uint8_t one[] = {0, 0, 8, 1, 0, 0, 0, 1, 7};
    nsc_idx *idx = NULL;
    file = memfd_create("fuzz-idx", MFD_CLOEXEC);
    REQUIRE(file >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    put(one, sizeof one);
    REQUIRE(nsc_idx_open(path, &idx) == NSC_OK);
    REQUIRE(nsc_idx_rank(idx) == 1 && nsc_idx_bytes(idx) == 1 && nsc_idx_data(idx)[0] == 7);
    nsc_idx_close(idx);
}

static void check(const nsc_idx *idx, const uint8_t *data, size_t size)
{
    const int rank = nsc_idx_rank(idx);
    REQUIRE(rank >= 1 && rank <= 4);
    uint64_t elements = 1;
    for (int d = 0; d < rank; d++)
        elements *= (uint64_t)nsc_idx_dims(idx)[d];
    REQUIRE(elements == nsc_idx_bytes(idx));
    unsigned sum = 0;
    for (size_t i = 0; i < nsc_idx_bytes(idx); i++)
        sum += nsc_idx_data(idx)[i];
    REQUIRE(sum <= 255 * elements);
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) { /* not compressed */
        const size_t head = 4 + 4 * (size_t)rank;
        REQUIRE(size == head + elements);
        REQUIRE(elements == 0 || memcmp(nsc_idx_data(idx), data + head, elements) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nsc_idx *idx = NULL;
    if (file < 0)
        start();
    put(data, size);
    if (nsc_idx_open(path, &idx) == NSC_OK) {
        REQUIRE(idx != NULL);
        check(idx, data, size);
    } else {
        REQUIRE(idx == NULL && nsc_error_text(0)[0] != 0);
    }
    nsc_idx_close(idx);
    return 0;
}
