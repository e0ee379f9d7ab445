/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-64/XZ (ECMA-182, reflected): the checksum of cache entries. */
#ifndef NSC_CORE_DEVICE_CRC64_H
#define NSC_CORE_DEVICE_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc, 0 at the start, over bytes. "123456789" gives 0x995dc9bbdf1939fa. */
uint64_t nsc_crc64(uint64_t crc, const void *data, size_t bytes);

#endif
