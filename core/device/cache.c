/* SPDX-License-Identifier: Apache-2.0 */
/* Cache entries in files: a header, the key, the data. */
#include "core/device/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/device/crc64.h"

/* In the byte order of the machine: an entry of another one does not hold, and is a miss. */
typedef struct header {
    char magic[8];
    uint32_t version;
    uint32_t space_bytes;
    uint64_t key_bytes;
    uint64_t data_bytes;
    uint64_t checksum; /* of the header with 0 here, the space, the key and the data */
} header;

static const char magic[8] = {'n', 's', 'c', 'c', 'a', 'c', 'h', 'e'};
#define VERSION 1u
#define MAX_ENTRY ((uint64_t)1 << 30)

static header make_header(const char *space, const void *key, uint64_t key_bytes, const void *data, uint64_t bytes)
{
    header head = {
        .version = VERSION, .space_bytes = (uint32_t)strlen(space), .key_bytes = key_bytes, .data_bytes = bytes};
    memcpy(head.magic, magic, sizeof magic);
    uint64_t sum = nsc_crc64(0, &head, sizeof head);
    sum = nsc_crc64(sum, space, head.space_bytes);
    sum = nsc_crc64(sum, key, key_bytes);
    head.checksum = nsc_crc64(sum, data, bytes);
    return head;
}

static bool entry_path(char path[PATH_MAX], const char *dir, const char *space, const void *key, uint64_t key_bytes)
{
    uint64_t hash = nsc_crc64(nsc_crc64(0, space, strlen(space) + 1), key, key_bytes);
    int length = snprintf(path, PATH_MAX, "%s/%s-%016llx", dir, space, (unsigned long long)hash);
    return length > 0 && length < PATH_MAX;
}

static bool read_all(int file, void *target, uint64_t bytes)
{
    char *at = target;
    while (bytes > 0) {
        ssize_t got = read(file, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (uint64_t)got;
    }
    return true;
}

static bool write_all(int file, const void *source, uint64_t bytes)
{
    const char *at = source;
    while (bytes > 0) {
        ssize_t put = write(file, at, bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        bytes -= (uint64_t)put;
    }
    return true;
}

/* The whole file in memory, to be freed; NULL: it is too small, too large, or cannot be read. */
static unsigned char *load(int file, uint64_t *bytes)
{
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < (off_t)sizeof(header) ||
        (uint64_t)info.st_size > MAX_ENTRY)
        return NULL;
    *bytes = (uint64_t)info.st_size;
    unsigned char *content = malloc(*bytes);
    if (content && !read_all(file, content, *bytes)) {
        free(content);
        content = NULL;
    }
    return content;
}

/* The data of an entry that holds; NULL: it does not. */
static const unsigned char *check(const unsigned char *content, uint64_t bytes, const char *space, const void *key,
                                  uint64_t key_bytes, uint64_t *data_bytes)
{
    uint64_t front = sizeof(header) + strlen(space) + key_bytes;
    if (bytes <= front)
        return NULL;
    header found;
    memcpy(&found, content, sizeof found);
    header expected = make_header(space, key, key_bytes, content + front, bytes - front);
    if (memcmp(&found, &expected, sizeof found) != 0)
        return NULL;
    if (memcmp(content + sizeof found, space, strlen(space)) != 0 ||
        memcmp(content + sizeof found + strlen(space), key, key_bytes) != 0)
        return NULL;
    *data_bytes = bytes - front;
    return content + front;
}

uint64_t nsc_cache_get(const char *dir, const char *space, const void *key, uint64_t key_bytes, void *out,
                       uint64_t capacity)
{
    char path[PATH_MAX];
    if (key_bytes > MAX_ENTRY || !entry_path(path, dir, space, key, key_bytes))
        return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return 0;
    uint64_t bytes = 0, data_bytes = 0;
    unsigned char *content = load(file, &bytes);
    close(file);
    const unsigned char *data = content ? check(content, bytes, space, key, key_bytes, &data_bytes) : NULL;
    if (data && capacity > 0) /* asked for its size alone, out is NULL */
        memcpy(out, data, data_bytes < capacity ? data_bytes : capacity);
    if (!data)
        unlink(path);
    free(content);
    return data ? data_bytes : 0;
}

/* mkdir -p, for the owner only. */
static bool make_directory(const char *dir)
{
    char path[PATH_MAX];
    size_t length = strlen(dir);
    if (length == 0 || length >= sizeof path)
        return false;
    memcpy(path, dir, length + 1);
    for (size_t i = 1; i <= length; i++)
        if (path[i] == '/' || path[i] == 0) {
            path[i] = 0;
            if (mkdir(path, 0700) != 0 && errno != EEXIST)
                return false;
            path[i] = i < length ? '/' : 0;
        }
    return true;
}

bool nsc_cache_put(const char *dir, const char *space, const void *key, uint64_t key_bytes, const void *data,
                   uint64_t bytes, char *why, size_t why_capacity)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    if (bytes == 0 || key_bytes > MAX_ENTRY || bytes > MAX_ENTRY - key_bytes - sizeof(header) - strlen(space) ||
        !entry_path(path, dir, space, key, key_bytes) ||
        snprintf(temporary, sizeof temporary, "%s/.new-XXXXXX", dir) >= (int)sizeof temporary) {
        snprintf(why, why_capacity, "an entry of %llu bytes, or the path of its directory, is too long",
                 (unsigned long long)bytes);
        return false;
    }
    if (!make_directory(dir)) {
        snprintf(why, why_capacity, "%s cannot be made: %s", dir, strerror(errno));
        return false;
    }
    int file = mkostemp(temporary, O_CLOEXEC);
    if (file < 0) {
        snprintf(why, why_capacity, "%s cannot be written: %s", dir, strerror(errno));
        return false;
    }
    header head = make_header(space, key, key_bytes, data, bytes);
    bool written = write_all(file, &head, sizeof head) && write_all(file, space, head.space_bytes) &&
                   write_all(file, key, key_bytes) && write_all(file, data, bytes);
    written = close(file) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        snprintf(why, why_capacity, "%s cannot be written: %s", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}
