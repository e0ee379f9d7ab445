/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a shared object is whole, on files of any bytes. What is called whole has every segment within it. */
#include "core/device/elf.h"

#include <link.h>

#include "fuzz.h"

static int within(uint64_t offset, uint64_t length, size_t size)
{
    return offset <= size && length <= size - offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint64_t wanted = nsc_elf_wanted(data, size);
    ElfW(Ehdr) header;
    REQUIRE(wanted == 0 || wanted > size);
    if (wanted > 0 || size < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG) != 0 ||
        data[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || data[EI_DATA] != ELFDATA2LSB)
        return 0;
    REQUIRE(size >= sizeof header);
    memcpy(&header, data, sizeof header);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        REQUIRE(within(header.e_phoff + i * sizeof segment, sizeof segment, size));
        memcpy(&segment, data + header.e_phoff + i * sizeof segment, sizeof segment);
        REQUIRE(segment.p_type != PT_LOAD || within(segment.p_offset, segment.p_filesz, size));
    }
    return 0;
}
