/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static long until, dies, room = -1; /* calls left until the one that fails, or that ends the process; 0: none */
static bool failed, forever, hesitates, interrupted;

static void fail_at(long n, bool later_ones_too)
{
    failed = false;
    forever = later_ones_too;
    until = n;
}

void system_fail_at(long n)
{
    fail_at(n, false);
}

void system_fail_from(long n)
{
    fail_at(n, true);
}

bool system_failed(void)
{
    return failed;
}

void system_die_at(long n)
{
    dies = n;
}

void system_room(long bytes)
{
    room = bytes;
}

void system_hesitate(bool hesitate)
{
    hesitates = hesitate;
    interrupted = false;
}

/* Counts a call: is it to fail? */
static bool fails(int code)
{
    if (dies > 0 && --dies == 0)
        _exit(0);
    if (!(failed && forever) && (until == 0 || --until != 0))
        return false;
    failed = true;
    errno = code;
    return true;
}

static bool interrupts(void)
{
    interrupted = hesitates && !interrupted;
    if (interrupted)
        errno = EINTR;
    return interrupted;
}

#define WRAP_OPEN(NAME)                                                                              \
    int __real_##NAME(const char *path, int flags, ...);                                             \
    int __wrap_##NAME(const char *path, int flags, ...);                                             \
    int __wrap_##NAME(const char *path, int flags, ...)                                              \
    {                                                                                                \
        va_list list;                                                                                \
        va_start(list, flags);                                                                       \
        mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;                             \
        va_end(list);                                                                                \
        return fails((flags & O_CREAT) != 0 ? ENOSPC : EIO) ? -1 : __real_##NAME(path, flags, mode); \
    }
/* The names differ with the width of file offsets. */
WRAP_OPEN(open)
WRAP_OPEN(open64)

ssize_t __real_read(int file, void *bytes, size_t count);
ssize_t __wrap_read(int file, void *bytes, size_t count);
ssize_t __wrap_read(int file, void *bytes, size_t count)
{
    if (fails(EIO) || interrupts())
        return -1;
    return __real_read(file, bytes, hesitates ? (count + 1) / 2 : count);
}

ssize_t __real_write(int file, const void *bytes, size_t count);
ssize_t __wrap_write(int file, const void *bytes, size_t count);
ssize_t __wrap_write(int file, const void *bytes, size_t count)
{
    if (fails(ENOSPC) || interrupts())
        return -1;
    count = hesitates ? (count + 1) / 2 : count;
    if (room == 0 && count > 0) {
        errno = ENOSPC;
        return -1;
    }
    if (room > 0 && count > (size_t)room)
        count = (size_t)room;
    const ssize_t written = __real_write(file, bytes, count);
    room -= room > 0 && written > 0 ? written : 0;
    return written;
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file)
{
    const bool broken = fails(EIO);
    const int result = __real_close(file); /* it is closed whatever close answers */
    if (broken)
        errno = EIO;
    return broken ? -1 : result;
}

int __wrap_fsync(int file);
int __wrap_fsync(int file)
{
    (void)file; /* no test looks at the disk after the machine stopped, so it is not waited for */
    return fails(EIO) ? -1 : 0;
}

#define WRAP(NAME, PARAMETERS, ARGUMENTS)                 \
    int __real_##NAME PARAMETERS;                         \
    int __wrap_##NAME PARAMETERS;                         \
    int __wrap_##NAME PARAMETERS                          \
    {                                                     \
        return fails(EIO) ? -1 : __real_##NAME ARGUMENTS; \
    }
WRAP(rename, (const char *from, const char *to), (from, to))
WRAP(fstat, (int file, struct stat *about), (file, about))
WRAP(fstat64, (int file, struct stat64 *about), (file, about))
