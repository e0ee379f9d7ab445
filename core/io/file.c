/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

#define FIRST_CHUNK ((size_t)1 << 16)
#define TEMPORARY_TRIES 100

nsc_status nsc_file_read(const char *path, unsigned char **bytes, size_t *length)
{
    size_t capacity = FIRST_CHUNK, used = 0;
    struct stat about;
    nsc_status status = NSC_OK;
    *bytes = NULL;
    *length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return nsc_fail(0, NSC_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(file, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(file);
        return nsc_fail(0, NSC_IO, "%s: is a folder", path);
    }
    unsigned char *buffer = malloc(capacity + 1);
    while (status == NSC_OK) {
        if (buffer == NULL) {
            status = nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for more than %zu bytes of it", path, used);
            break;
        }
        ssize_t got = read(file, buffer + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = nsc_fail(0, NSC_IO, "%s: reading stopped at byte %zu: %s", path, used, strerror(errno));
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used == capacity) {
            capacity = capacity > SIZE_MAX / 4 ? 0 : capacity * 2;
            unsigned char *larger = capacity == 0 ? NULL : realloc(buffer, capacity + 1);
            if (larger == NULL)
                free(buffer);
            buffer = larger;
        }
    }
    close(file);
    if (status != NSC_OK) {
        free(buffer);
        return status;
    }
    buffer[used] = 0;
    *bytes = buffer;
    *length = used;
    return NSC_OK;
}

/* The folder that a path is in. */
static bool folder_of(const char *path, char *folder, size_t capacity)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 1 : (slash == path ? 1 : (size_t)(slash - path));
    if (length >= capacity)
        return false;
    memcpy(folder, slash == NULL ? "." : path, length);
    folder[length] = 0;
    return true;
}

static int open_temporary(const char *path, char *temporary, size_t capacity)
{
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        int written = snprintf(temporary, capacity, "%s.%ld-%d.tmp", path, (long)getpid(), i);
        if (written < 0 || (size_t)written >= capacity) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

static bool write_all(int file, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

nsc_status nsc_file_try(const char *path)
{
    char temporary[4096];
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return nsc_fail(0, NSC_IO, "%s: is a folder", path);
    int file = open_temporary(path, temporary, sizeof temporary);
    if (file < 0)
        return nsc_fail(0, NSC_IO, "%s: cannot be written: %s", path, strerror(errno));
    close(file);
    unlink(temporary);
    return NSC_OK;
}

nsc_status nsc_file_write(const char *path, const nsc_file_part *parts, size_t count)
{
    char temporary[4096], folder[4096];
    const char *what = "cannot be written";
    struct stat about;
    if (!folder_of(path, folder, sizeof folder))
        return nsc_fail(0, NSC_INVALID, "%.160s...: the path is too long", path);
    /* A rename would put a file in the place of a device or a pipe that others use. */
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))
        return nsc_fail(0, NSC_IO, "%s: cannot be replaced: it is no regular file", path);
    int file = open_temporary(path, temporary, sizeof temporary);
    if (file < 0)
        return nsc_fail(0, NSC_IO, "%s: cannot be written: %s", path, strerror(errno));
    bool done = true;
    for (size_t i = 0; i < count && done; i++)
        done = write_all(file, parts[i].bytes, parts[i].length);
    done = done && fsync(file) == 0;
    int error = errno;
    if (close(file) != 0 && done) {
        done = false;
        error = errno;
    }
    if (done && rename(temporary, path) != 0) {
        done = false;
        error = errno;
        what = "cannot be replaced";
    }
    if (!done) {
        unlink(temporary);
        return nsc_fail(0, NSC_IO, "%s: %s: %s; what was there is unchanged", path, what, strerror(error));
    }
    /* The new name survives a crash once the folder is synchronised; a file system that cannot do that has done all it
     * can. */
    int above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above >= 0) {
        fsync(above);
        close(above);
    }
    return NSC_OK;
}
