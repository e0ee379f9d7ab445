/* SPDX-License-Identifier: Apache-2.0 */
/* A backend in memory that does as it is told: it counts every call and fails the nth. */
#ifndef NSC_TESTS_FAKE_BACKEND_H
#define NSC_TESTS_FAKE_BACKEND_H

#include <stdatomic.h>

#include <nascent/backend.h>

typedef struct fake_state {
    uint32_t devices;       /* how many enumerate tells of */
    uint32_t gpu;           /* index of the one that is a GPU; others are CPUs */
    int32_t rank;           /* auto_rank of device 0; the next ones have one more each */
    nsc_backend_status end; /* the answer behind the last device */
    nsc_backend_limits limits;
    const char *entry;         /* the entry that fails; NULL: none */
    int nth;                   /* which call of it, from 1 */
    nsc_backend_status result; /* what it answers then, and on every later call while sticky */
    const char *said;
    int sticky;
    uint32_t unsupported_kind;   /* prepare answers UNSUPPORTED for it */
    atomic_int inside, overlaps; /* calls that were inside at the same time as another */
    int calls;                   /* of entry */
    int opened, buffers, steps;  /* alive */
    atomic_int launches;         /* all */
    int meet;                    /* launch waits until another is inside as well, for at most ten seconds */
    int batches, trims;          /* calls of prepare_many and of trim */
    uint32_t broken;             /* prepare_many: 1 + the index of an OK that comes without a step */
    int mapped, most_mapped;     /* host mappings alive, and the most at once */
    int no_pointer;              /* map_host answers OK and gives none */
    int takes_tails;             /* prepare ignores what it does not know */
    uint64_t bytes, byte_limit;  /* allocated, and where NO_MEMORY begins (0: never) */
} fake_state;

extern fake_state fake;

/* Back to one healthy device with sane limits. */
void fake_reset(void);
/* Puts prepare_many, stats, trim, map_host and unmap_host into the table, or takes them out. */
void fake_offer_optional(int offered);
extern nsc_backend_table fake_table;

#endif
