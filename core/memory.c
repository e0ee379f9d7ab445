/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct nsc_arena_chunk {
    struct nsc_arena_chunk *next;
    size_t used, capacity;
    max_align_t bytes[];
};

void *nsc_arena_take(nsc_arena *arena, size_t bytes)
{
    struct nsc_arena_chunk *chunk = arena->chunks;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (chunk == NULL || chunk->capacity - chunk->used < bytes) {
        size_t capacity = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        chunk = calloc(1, sizeof *chunk + capacity);
        if (chunk == NULL)
            return NULL;
        chunk->capacity = capacity;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *piece = (char *)chunk->bytes + chunk->used;
    chunk->used += bytes;
    return piece;
}

const char *nsc_arena_format(nsc_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : nsc_arena_take(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

size_t nsc_arena_bytes(const nsc_arena *arena)
{
    size_t bytes = 0;
    for (const struct nsc_arena_chunk *chunk = arena->chunks; chunk != NULL; chunk = chunk->next)
        bytes += sizeof *chunk + chunk->capacity;
    return bytes;
}

void nsc_arena_clear(nsc_arena *arena)
{
    while (arena->chunks != NULL) {
        struct nsc_arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}

bool nsc_grow(void **items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    if (wanted > SIZE_MAX / size)
        return false;
    void *larger = realloc(*items, wanted * size);
    if (larger == NULL)
        return false;
    *items = larger;
    *capacity = wanted;
    return true;
}

/* Open addressing, at most half full; capacity is a power of two. */
static nsc_map_entry *map_place(nsc_map_entry *entries, size_t capacity, const void *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 32) & (capacity - 1);
    while (entries[at].key != NULL && entries[at].key != key)
        at = (at + 1) & (capacity - 1);
    return &entries[at];
}

bool nsc_map_put(nsc_map *map, const void *key, uint32_t value)
{
    if (map->count * 2 >= map->capacity) {
        size_t capacity = map->capacity == 0 ? 16 : map->capacity * 2;
        nsc_map_entry *entries = calloc(capacity, sizeof *entries);
        if (entries == NULL)
            return false;
        for (size_t i = 0; i < map->capacity; i++)
            if (map->entries[i].key != NULL)
                *map_place(entries, capacity, map->entries[i].key) = map->entries[i];
        free(map->entries);
        map->entries = entries;
        map->capacity = capacity;
    }
    nsc_map_entry *place = map_place(map->entries, map->capacity, key);
    if (place->key == NULL)
        map->count++;
    *place = (nsc_map_entry){key, value};
    return true;
}

bool nsc_map_get(const nsc_map *map, const void *key, uint32_t *value)
{
    if (map->capacity == 0)
        return false;
    const nsc_map_entry *place = map_place(map->entries, map->capacity, key);
    if (place->key == NULL)
        return false;
    *value = place->value;
    return true;
}

void nsc_map_clear(nsc_map *map)
{
    free(map->entries);
    *map = (nsc_map){0};
}
