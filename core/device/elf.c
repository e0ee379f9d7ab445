/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device/elf.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

/* The end of a table or segment; UINT64_MAX where it is beyond 64 bits. */
static uint64_t end_of(uint64_t offset, uint64_t count, uint64_t size)
{
    uint64_t end;
    if (__builtin_mul_overflow(count, size, &end) || __builtin_add_overflow(offset, end, &end))
        return UINT64_MAX;
    return end;
}

static bool readable(const unsigned char *file, size_t bytes)
{
    const uint16_t one = 1;
    const unsigned char order = *(const unsigned char *)&one ? ELFDATA2LSB : ELFDATA2MSB;
    const unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    return bytes >= EI_NIDENT && memcmp(file, ELFMAG, SELFMAG) == 0 && file[EI_CLASS] == class &&
           file[EI_DATA] == order;
}

uint64_t nsc_elf_wanted(const unsigned char *file, size_t bytes)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    if (!readable(file, bytes))
        return 0;
    if (bytes < sizeof header)
        return sizeof header;
    memcpy(&header, file, sizeof header);
    uint64_t wanted = end_of(header.e_phoff, header.e_phnum, sizeof segment);
    if (wanted > bytes)
        return wanted;
    for (uint64_t i = 0; i < header.e_phnum; i++) {
        memcpy(&segment, file + header.e_phoff + i * sizeof segment, sizeof segment);
        uint64_t end = end_of(segment.p_offset, 1, segment.p_filesz);
        wanted = segment.p_type == PT_LOAD && end > wanted ? end : wanted;
    }
    /* The section headers stand last, so any cut shows. */
    uint64_t sections = header.e_shoff ? end_of(header.e_shoff, header.e_shnum, header.e_shentsize) : 0;
    wanted = sections > wanted ? sections : wanted;
    return wanted > bytes ? wanted : 0;
}
