/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the program cache: any file in the place of one is a miss and goes, or is what put would have written. */
#include "core/device/cache.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/device/crc64.h"
#include "fuzz.h"

/* Where the checksum stands: behind magic, version, bytes of the space, of the key and of the data. */
#define CHECKSUM 32u
#define HEAD 40u
#define DATA_BYTES 24u

static const char space[] = "fuzz", key[] = "the key";
static char dir[] = "/tmp/nascent-fuzz-cache-XXXXXX", path[128];

static void clean(void)
{
    unlink(path);
    rmdir(dir);
}

static void start(void)
{
    char why[256];
    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/%s-%016llx", dir, space,
             (unsigned long long)nsc_crc64(nsc_crc64(0, space, sizeof space), key, sizeof key));
    atexit(clean);
    REQUIRE(nsc_cache_put(dir, space, key, sizeof key, "data", 4, why, sizeof why));
    REQUIRE(access(path, F_OK) == 0);
}

static size_t read_entry(uint8_t *out, size_t capacity)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    const ssize_t got = read(file, out, capacity);
    close(file);
    REQUIRE(got >= 0);
    return (size_t)got;
}

static void write_entry(const uint8_t *entry, size_t size)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(write(file, entry, size) == (ssize_t)size);
    close(file);
}

/* Makes the length of the data and the checksum right, so that the other rules are reached. */
static void mend(uint8_t *entry, size_t size)
{
    const uint64_t zero = 0, front = HEAD + strlen(space) + sizeof key;
    if (size < front)
        return;
    const uint64_t bytes = size - front;
    memcpy(entry + DATA_BYTES, &bytes, sizeof bytes);
    memcpy(entry + CHECKSUM, &zero, sizeof zero);
    const uint64_t sum = nsc_crc64(0, entry, size);
    memcpy(entry + CHECKSUM, &sum, sizeof sum);
}

static void check(uint8_t *entry, size_t size, uint64_t capacity)
{
    char why[256];
    uint8_t *out = malloc(capacity + 1), *again = malloc(size + 1);
    REQUIRE(out && again);
    write_entry(entry, size);
    const uint64_t got = nsc_cache_get(dir, space, key, sizeof key, out, capacity);
    if (got == 0) {
        REQUIRE(access(path, F_OK) != 0);
    } else if (got <= capacity) {
        REQUIRE(nsc_cache_put(dir, space, key, sizeof key, out, got, why, sizeof why));
        REQUIRE(read_entry(again, size + 1) == size && memcmp(again, entry, size) == 0);
    } else {
        REQUIRE(got < size && memcmp(out, entry + size - got, capacity) == 0);
    }
    free(out);
    free(again);
}

/* The first byte: bit 0 mends the entry, the rest is the room for the data. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (path[0] == 0)
        start();
    if (size == 0)
        return 0;
    uint8_t *entry = malloc(size);
    REQUIRE(entry);
    memcpy(entry, data + 1, size - 1);
    if (data[0] & 1)
        mend(entry, size - 1);
    check(entry, size - 1, data[0] >> 1);
    free(entry);
    return 0;
}
