/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of any bytes: refused whole with file and reason, or arrays that agree with themselves and can be read. */
#ifndef NSC_TESTS_FUZZ_ARCHIVE_H
#define NSC_TESTS_FUZZ_ARCHIVE_H

#include "core/io/archive.h"
#include "fuzz.h"

static inline int fuzz_archive(const uint8_t *data, size_t size)
{
    nsc_archive *archive = NULL;
    if (nsc_archive_parse("bytes", data, size, &archive) != NSC_OK) {
        REQUIRE(archive == NULL);
        REQUIRE(strstr(nsc_error_text(0), "bytes") != NULL);
        return 0;
    }
    for (size_t i = 0; i < nsc_archive_count(archive); i++) {
        const nsc_array *array = nsc_archive_array(archive, i);
        uint64_t bytes = 0;
        unsigned sum = 0;
        REQUIRE(nsc_archive_bytes(array->dtype, array->rank, array->dims, &bytes) && bytes == array->bytes);
        REQUIRE((uintptr_t)array->data % nsc_dtype_size(array->dtype) == 0);
        for (size_t j = 0; j < array->bytes; j++)
            sum += ((const uint8_t *)array->data)[j];
        REQUIRE(sum <= 255 * bytes);
        REQUIRE(nsc_archive_find(archive, array->name) == array);
    }
    nsc_archive_close(archive);
    return 0;
}

#endif
