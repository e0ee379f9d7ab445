/* SPDX-License-Identifier: Apache-2.0 */
/* The program cache: a directory of entries, each with its whole key and a checksum. Any number of processes may share
 * it: an entry appears at once, by rename. An entry that does not hold is deleted and counts as missing. */
#ifndef NSC_CORE_DEVICE_CACHE_H
#define NSC_CORE_DEVICE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* space keeps the keys of backends apart. Copies at most capacity bytes; the result is the size of the entry, 0: none. */
uint64_t nsc_cache_get(const char *dir, const char *space, const void *key, uint64_t key_bytes, void *out,
                       uint64_t capacity);
/* Makes dir when it is missing. false, with the reason, when the entry could not be written; no part of it is left. */
bool nsc_cache_put(const char *dir, const char *space, const void *key, uint64_t key_bytes, const void *data,
                   uint64_t bytes, char *why, size_t why_capacity);

#endif
