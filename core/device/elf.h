/* SPDX-License-Identifier: Apache-2.0 */
/* Is a shared object whole? The dynamic loader maps what the headers of a file promise without looking whether the file
 * goes so far: of one that was cut off while it was copied, the missing pages end the process when they are touched. */
#ifndef NSC_CORE_DEVICE_ELF_H
#define NSC_CORE_DEVICE_ELF_H

#include <stddef.h>
#include <stdint.h>

/* The bytes that a file must have, as its headers say, when they say more than `bytes`; else 0. What is no ELF file of
 * this machine's class and order gives 0 too: the dynamic loader names that better. */
uint64_t nsc_elf_wanted(const unsigned char *file, size_t bytes);

#endif
