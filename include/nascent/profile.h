/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a context did, and how long it took: every launch with its operation, the block that asked for it, bytes and FLOPs;
 * uploads, downloads and waits; tracing, committing, planning, preparing; memory. On the host's clock, and on the
 * device's where the backend gives it. docs/profile.md shows how to look at it.
 *
 * A context that is not profiled pays one comparison for each call into its backend. One that is keeps up to 2^20
 * events, growing between runs; what is left out beyond that, or for want of memory, is counted.
 *
 * NASCENT_TRACE writes such a timeline without a change to the program (docs/environment.md); it and these functions do
 * not disturb each other. Any thread may call them; records and totals that are being visited end when another thread
 * starts anew.
 */
#ifndef NASCENT_PROFILE_H
#define NASCENT_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts to record; what was recorded before is forgotten. Waits for the device where it gives times of its own: it may
 * need another queue for that. Errors: INVALID (it is on already), NO_MEMORY, DEVICE_LOST, FAILED; nothing is recorded
 * then. */
NSC_API nsc_status nsc_profile_start(nsc_context *context);

/* Waits for the device and stops. Errors: INVALID (it is not on); the failure of earlier work of the device, with
 * recording off nevertheless. */
NSC_API nsc_status nsc_profile_stop(nsc_context *context);

typedef enum nsc_profile_kind {
    NSC_PROFILE_LAUNCH = 1, /* one step given to the device; host time is that of giving it */
    NSC_PROFILE_PHASE,      /* "open", "first forward", "trace", "commit", "plan", "prepare", "run" */
    NSC_PROFILE_UPLOAD,
    NSC_PROFILE_DOWNLOAD, /* with the wait for the work before it */
    NSC_PROFILE_WAIT,
    NSC_PROFILE_MEMORY /* the pool after a change of it */
} nsc_profile_kind;

#define NSC_PROFILE_UNKNOWN (-1)

/* Fields that a kind does not have are 0 or "". Later versions append fields. */
typedef struct nsc_profile_record {
    nsc_profile_kind kind;
    uint32_t thread;            /* 1, 2, ...: the host's threads, numbered as they come */
    const char *name;           /* the operation's kind ("gemm"), the phase, "upload", ... */
    const char *path;           /* of a launch: the block's path, or the parameter's that is filled; "" for the root */
    const char *block;          /* of a launch: the block's kind ("dense") */
    const char *shape;          /* of a launch: "(2,20)x(20,256)" */
    uint64_t flops;             /* of a launch, counted from the operation: docs/profile.md */
    uint64_t bytes_read;        /* of a launch; of a download: the bytes */
    uint64_t bytes_written;     /* of a launch; of an upload: the bytes */
    int64_t start_ns;           /* since the start */
    int64_t duration_ns;        /* on the host */
    int64_t device_start_ns;    /* of a launch, on the scale of start_ns; NSC_PROFILE_UNKNOWN where it is not known */
    int64_t device_duration_ns; /* of a launch; NSC_PROFILE_UNKNOWN */
    uint64_t operations;        /* of "prepare": steps asked for */
    uint64_t programs_built, programs_loaded; /* of "prepare", by the backend meanwhile */
    uint64_t bytes_in_use, bytes_held;        /* of memory, as in nsc_statistics */
} nsc_profile_record;

/* Return other than 0 to stop. The record and its texts are owned by the context: they may change with the next one, and
 * the texts live until it is closed. */
typedef int (*nsc_profile_visit)(void *user, const nsc_profile_record *record);

/* Visits the records of the last profile in the order in which they began to be written: a phase comes after what it
 * holds. Errors: INVALID (none was made, or it is still on). */
NSC_API nsc_status nsc_profile_each(nsc_context *context, nsc_profile_visit visit, void *user);

/* All launches of one operation of one block with one shape. */
typedef struct nsc_profile_total {
    const char *name, *path, *block, *shape; /* as in a record */
    uint64_t launches;
    uint64_t flops, bytes_read, bytes_written; /* sums */
    int64_t host_ns;                           /* sum */
    int64_t device_ns;                         /* sum; NSC_PROFILE_UNKNOWN where that of a launch is not known */
    double share; /* 0 to 1: of the device's time, or of the host's where a launch of the profile has no other */
} nsc_profile_total;
typedef int (*nsc_profile_total_visit)(void *user, const nsc_profile_total *total);

/* Visits the totals in the order of their first launch. Errors: INVALID as above, NO_MEMORY. */
NSC_API nsc_status nsc_profile_totals(nsc_context *context, nsc_profile_total_visit visit, void *user);

/* What the profile as a whole holds. Fills *summary, whose size is given. Errors: INVALID as above. */
typedef struct nsc_profile_summary {
    uint64_t records;
    uint64_t launches;
    uint64_t launches_timed; /* of these, with times of the device */
    uint64_t dropped;        /* events that were not recorded: too many, or no host memory */
    int64_t duration_ns;     /* from start to stop */
} nsc_profile_summary;
NSC_API nsc_status nsc_profile_summarize(nsc_context *context, nsc_profile_summary *summary, size_t size);

/* Writes the profile as trace events in JSON, which ui.perfetto.dev and chrome://tracing open. The file is written under
 * another name and renamed: a reader sees the old one or the whole new one. Errors: INVALID as above, IO, NO_MEMORY, with
 * what was there unchanged. */
NSC_API nsc_status nsc_profile_write(nsc_context *context, const char *path);

#ifdef __cplusplus
}
#endif

#endif
