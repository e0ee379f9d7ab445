/* SPDX-License-Identifier: Apache-2.0 */
/* The table that a plug-in gives: any size, any head, any texts, entries missing. The table and its texts lie in blocks
 * that end where they say, so that a read beyond shows; nothing that looks like an entry is ever called. */
#include "core/device/table.h"

#include <stdbool.h>

#include "fuzz.h"

#define WHY 256
#define TAIL 64 /* of a table that is longer than ours */
#define MAX_TEXT 160

/* A text that has no end within `most` bytes lies in a block of most + 1, which may be read. */
static char *read_text(fuzz_reader *reader, size_t most)
{
    const uint8_t length = fuzz_byte(reader);
    if (length == 255)
        return NULL;
    const bool endless = length > MAX_TEXT;
    const size_t count = endless ? most + 1 : length;
    char *text = malloc(count + !endless);
    REQUIRE(text);
    for (size_t i = 0; i < count; i++)
        text[i] = (char)fuzz_byte(reader);
    if (endless)
        for (size_t i = 0; i < count; i++)
            text[i] = text[i] ? text[i] : 'x';
    else
        text[count] = 0;
    return text;
}

typedef struct given {
    nsc_backend_table table;
    unsigned char tail[TAIL];
} given;

/* Sets or leaves each entry by a bit; what is set points at data. */
static void read_entries(fuzz_reader *reader, given *g)
{
    static const char nothing[64];
    unsigned char *entry = (unsigned char *)&g->table + offsetof(nsc_backend_table, enumerate);
    unsigned char *const end = (unsigned char *)&g->table + NSC_BACKEND_TABLE_SIZE;
    for (unsigned n = 0, bits = 0; entry < end; n++, entry += sizeof(void *), bits >>= 1) {
        if (n % 8 == 0)
            bits = (unsigned)~fuzz_byte(reader);
        const void *address = bits & 1 ? &nothing[n] : NULL;
        memcpy(entry, &address, sizeof address);
    }
}

static bool word(const char *text, size_t most)
{
    const size_t length = text ? strnlen(text, most + 1) : 0;
    return length > 0 && length <= most && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static void check_taken(const given *g, const char *expected, const nsc_backend_table *taken)
{
    const size_t size = g->table.struct_size, first = offsetof(nsc_backend_table, enumerate);
    REQUIRE(g->table.abi_major == NSC_BACKEND_ABI_MAJOR && size >= NSC_BACKEND_TABLE_REQUIRED);
    REQUIRE(word(g->table.name, 64) && (!expected || strcmp(expected, g->table.name) == 0));
    REQUIRE(*g->table.build_tag == 0 || strcmp(g->table.build_tag, NSC_BACKEND_BUILD_TAG) == 0);
    REQUIRE(*g->table.version && strlen(g->table.version) <= 128);
    REQUIRE(memcmp(taken, &g->table, first) == 0);
    for (size_t at = first; at < NSC_BACKEND_TABLE_SIZE; at += sizeof(void *)) {
        const void *theirs, *ours;
        memcpy(&theirs, (const unsigned char *)&g->table + at, sizeof theirs);
        memcpy(&ours, (const unsigned char *)taken + at, sizeof ours);
        REQUIRE(ours == (at + sizeof(void *) <= size ? theirs : NULL));
        REQUIRE(ours || at >= NSC_BACKEND_TABLE_REQUIRED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader reader = {data, data + size};
    given g;
    memset(&g, 0xa5, sizeof g);
    const uint8_t head = fuzz_byte(&reader); /* 0: the numbers are right; else they follow */
    g.table.struct_size = head & 1 ? (uint32_t)fuzz_number(&reader) : NSC_BACKEND_TABLE_REQUIRED + fuzz_byte(&reader);
    g.table.abi_major = head & 2 ? (uint32_t)fuzz_number(&reader) : NSC_BACKEND_ABI_MAJOR;
    char *name = read_text(&reader, 64), *version = read_text(&reader, 128), *tag = read_text(&reader, 32);
    char *expected = head & 4 ? read_text(&reader, 64) : NULL;
    const size_t capacity = head & 8 ? 1 + fuzz_byte(&reader) % 32u : WHY;
    g.table.name = name;
    g.table.version = version;
    g.table.build_tag = tag;
    read_entries(&reader, &g);
    if (expected && strnlen(expected, 65) > 64)
        expected[64] = 0; /* a name of a file, which ends */

    /* As much as it says, but the two words by which it is judged are always there. */
    size_t bytes = g.table.struct_size < sizeof g ? g.table.struct_size : sizeof g;
    bytes = bytes < 2 * sizeof(uint32_t) ? 2 * sizeof(uint32_t) : bytes;
    nsc_backend_table *found = malloc(bytes), taken, before;
    char *why = malloc(capacity);
    REQUIRE(found && why);
    memcpy(found, &g, bytes);
    memset(&taken, 0x5a, sizeof taken);
    memset(&before, 0x5a, sizeof before);
    why[0] = 0;
    const nsc_negotiation negotiation = {.file = "f", .why = why, .capacity = capacity};
    const nsc_status status = nsc_table_take(&negotiation, found, expected, &taken);
    if (status == NSC_OK) {
        check_taken(&g, expected, &taken);
    } else {
        REQUIRE(status == NSC_REFUSED && memcmp(&taken, &before, sizeof taken) == 0);
        REQUIRE(memchr(why, 0, capacity) && (capacity < 4 || strncmp(why, "f: ", 3) == 0));
    }
    free(why);
    free(found);
    free(name);
    free(version);
    free(tag);
    free(expected);
    return 0;
}
