/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), to show that values are the same bytes everywhere. */
#ifndef EXAMPLES_SHA256_H
#define EXAMPLES_SHA256_H

#include <stddef.h>

/* The digest of data in lower-case hexadecimal, ended by 0. */
void sha256_hex(const void *data, size_t bytes, char hex[65]);

#endif
