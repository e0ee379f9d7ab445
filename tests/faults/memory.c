/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_long until; /* requests left until the one that fails; 0: none */
static atomic_bool failed;

void memory_fail_at(long n)
{
    atomic_store(&failed, false);
    atomic_store(&until, n);
}

bool memory_failed(void)
{
    return atomic_load(&failed);
}

static bool fails(void)
{
    if (atomic_load(&until) == 0 || atomic_fetch_sub(&until, 1) != 1)
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

#define WRAP(RESULT, NAME, PARAMETERS, ARGUMENTS, FAILURE)    \
    RESULT __real_##NAME PARAMETERS;                          \
    RESULT __wrap_##NAME PARAMETERS;                          \
    RESULT __wrap_##NAME PARAMETERS                           \
    {                                                         \
        return fails() ? (FAILURE) : __real_##NAME ARGUMENTS; \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(int, posix_memalign, (void **memory, size_t alignment, size_t size), (memory, alignment, size), ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t size), (text, size), NULL)
