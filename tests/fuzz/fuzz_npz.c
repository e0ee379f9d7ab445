/* SPDX-License-Identifier: Apache-2.0 */
/* The archive reader, with seeds that are npz files; any other bytes become the members of one, since no mutation hits a
 * checksum. */
#include <zlib.h>

#include "fuzz_archive.h"

enum { LARGEST = 1 << 14, MEMBERS = 3, LOCAL = 30, CENTRAL = 46, END = 22, NAME = 8, ALL = 240 };

typedef struct zip_bytes {
    uint8_t bytes[LARGEST + MEMBERS * (LOCAL + CENTRAL + 2 * NAME) + END];
    size_t length;
} zip_bytes;

static void put(zip_bytes *zip, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        zip->bytes[zip->length++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(zip_bytes *zip, const void *data, size_t size)
{
    if (size > 0)
        memcpy(zip->bytes + zip->length, data, size);
    zip->length += size;
}

typedef struct member {
    char name[NAME + 1];
    const uint8_t *data;
    size_t size, offset;
} member;

/* From "version needed" to the length of the extra field, as both headers have it. */
static void put_header(zip_bytes *zip, const member *of)
{
    put(zip, 20, 2);       /* version */
    put(zip, 0, 4);        /* flags, stored */
    put(zip, 0x210000, 4); /* 1980-01-01 */
    put(zip, crc32(0, of->data, (uInt)of->size), 4);
    put(zip, of->size, 4);
    put(zip, of->size, 4);
    put(zip, strlen(of->name), 2);
    put(zip, 0, 2);
}

/* The first byte of a member says how long it is (in 1/240 of what is left) and how it is named. */
static void make_zip(zip_bytes *zip, const uint8_t *data, size_t size)
{
    member members[MEMBERS];
    size_t count = 0;
    while (size > 0 && count < MEMBERS) {
        member *next = &members[count++];
        const size_t part = count == MEMBERS || data[0] >= ALL ? size - 1 : (size - 1) * data[0] / ALL;
        *next = (member){.data = data + 1, .size = part, .offset = zip->length};
        snprintf(next->name, sizeof next->name, "%c%s", 'a' + data[0] % 2, data[0] % 16 == 15 ? ".txt" : ".npy");
        put(zip, 0x04034b50, 4);
        put_header(zip, next);
        put_bytes(zip, next->name, strlen(next->name));
        put_bytes(zip, next->data, next->size);
        data += 1 + part;
        size -= 1 + part;
    }
    const size_t start = zip->length;
    for (size_t i = 0; i < count; i++) {
        put(zip, 0x02014b50, 4);
        put(zip, 20, 2);
        put_header(zip, &members[i]);
        put(zip, 0, 4); /* comment, disk */
        put(zip, 0, 6); /* attributes */
        put(zip, members[i].offset, 4);
        put_bytes(zip, members[i].name, strlen(members[i].name));
    }
    const size_t directory = zip->length - start;
    put(zip, 0x06054b50, 4);
    put(zip, 0, 4);
    put(zip, count, 2);
    put(zip, count, 2);
    put(zip, directory, 4);
    put(zip, start, 4);
    put(zip, 0, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 2 && memcmp(data, "PK", 2) == 0)
        return fuzz_archive(data, size);
    if (size > LARGEST)
        return 0;
    zip_bytes zip = {.length = 0};
    make_zip(&zip, data, size);
    return fuzz_archive(zip.bytes, zip.length);
}
