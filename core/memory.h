/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory in the shapes that core needs: a bump arena whose pieces live and die together, growing arrays, and a map
 * from pointers to numbers. All of them report failure and change nothing then. */
#ifndef NSC_CORE_MEMORY_H
#define NSC_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

typedef struct nsc_arena {
    struct nsc_arena_chunk *chunks;
} nsc_arena;

/* Zeroed memory, aligned for any type; NULL when there is none. */
void *nsc_arena_take(nsc_arena *arena, size_t bytes);
const char *nsc_arena_format(nsc_arena *arena, const char *format, ...) NSC_PRINTF(2, 3);
/* What it took from the host. */
size_t nsc_arena_bytes(const nsc_arena *arena);
void nsc_arena_clear(nsc_arena *arena);

/* Makes room for one more element of `size` bytes in *items (count used, *capacity there). */
bool nsc_grow(void **items, size_t *capacity, size_t count, size_t size);

typedef struct nsc_map_entry {
    const void *key;
    uint32_t value;
} nsc_map_entry;
typedef struct nsc_map {
    nsc_map_entry *entries;
    size_t capacity, count;
} nsc_map;

/* keys are not NULL. get gives false when the key is not there. */
bool nsc_map_put(nsc_map *map, const void *key, uint32_t value);
bool nsc_map_get(const nsc_map *map, const void *key, uint32_t *value);
void nsc_map_clear(nsc_map *map);

#endif
