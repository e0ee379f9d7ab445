/* SPDX-License-Identifier: Apache-2.0 */
/* What a launch does, for people: its name, the block that asked for it, the arithmetic and the memory it needs. All of it
 * follows from the operation's descriptor. */
#ifndef NSC_CORE_DEVICE_WORK_H
#define NSC_CORE_DEVICE_WORK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/backend.h>

enum { NSC_WORK_SHAPE = 96 };

typedef struct nsc_work {
    const char *name;           /* of the kind: lives as long as the process */
    const char *path, *block;   /* whose it is; never NULL, and outlive it */
    char shape[NSC_WORK_SHAPE]; /* "(2,20)x(20,256)"; cut at the end where it is longer */
    uint64_t flops, bytes_read, bytes_written;
    atomic_uint_fast32_t known; /* profile.c: 1 + its number in the profile of its device; 0: it has none yet */
} nsc_work;

/* Fills *work, but for path and block, from a valid operation.
 *
 * FLOPs: an arithmetic op of an expression (a comparison and a select are one) counts 1 for each element, FMA 2, loads,
 * stores and constants 0; a reduction adds one for each element but the first of each result; a product of (m, k) and
 * (k, n) is 2 m n k, its scaling not counted; a random number 2 (scale and shift), a word 0; an element of a softmax 5
 * (maximum, difference, exponential, sum, quotient); a gather 0. Sums that pass 2^64 stay there.
 *
 * Bytes: the distinct elements of each view, once: an axis of stride 0 counts once, and overlapping windows count the
 * elements that they span. The result of a product counts as read too where beta is not 0; of a gather's
 * source no more is read than is taken. */
void nsc_work_describe(nsc_work *work, const nsc_backend_operation *operation);

#endif
