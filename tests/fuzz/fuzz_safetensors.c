/* SPDX-License-Identifier: Apache-2.0 */
/* The archive reader, with seeds that are safetensors files. */
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_archive(data, size);
}
