/* SPDX-License-Identifier: Apache-2.0 */
/* A context: one open device of one backend, and everything that lives on it. Any thread may use a context; it must
 * outlive its tensors and the nets initialised in it (those that are left make nsc_context_close fail). */
#ifndef NASCENT_CONTEXT_H
#define NASCENT_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nsc_context nsc_context;

typedef enum nsc_log_level {
    NSC_LOG_NONE = 0,
    NSC_LOG_ERROR,
    NSC_LOG_WARNING,
    NSC_LOG_INFO,
    NSC_LOG_DEBUG
} nsc_log_level;

/* Called with one line without its end. May be called from any thread that uses the context. */
typedef void (*nsc_log_function)(void *user, nsc_log_level level, const char *text);

/* 0 and NULL mean "not given". Strings are copied. */
typedef struct nsc_context_options {
    const char *backend;     /* a choice as in NASCENT_BACKEND, and stronger than it; NULL: the variable, else auto */
    nsc_log_function log;    /* NULL: stderr */
    void *log_user;          /* handed to log */
    nsc_log_level log_level; /* the finest that is logged; not given: NASCENT_LOG, else warnings */
    const char *compose;     /* kinds refused natively, as in NASCENT_COMPOSE; NULL: the variable */
    const char *cache_dir;   /* as in NASCENT_CACHE_DIR; NULL: the variable */
    uint32_t threads;        /* as in NASCENT_THREADS; 0: the variable */
} nsc_context_options;

/* Chooses a backend and a device as docs/environment.md says and opens it. options may be NULL, size is
 * sizeof(nsc_context_options). On failure *context is NULL and nsc_last_error(NULL) has the load report.
 * Errors: INVALID (the choice cannot be read, or a typo), UNAVAILABLE, REFUSED, NO_MEMORY, FAILED. */
NSC_API nsc_status nsc_context_create(nsc_context **context, const nsc_context_options *options, size_t size);

/* nsc_context_open(&context, "opencl,reference", .threads = 4); a first value of NULL leaves the choice to the
 * environment. */
#ifndef __cplusplus
#define nsc_context_open(CONTEXT, ...) \
    nsc_context_create((CONTEXT), &(nsc_context_options){.backend = __VA_ARGS__}, sizeof(nsc_context_options))
#endif

/* Closes the device and frees the context. INVALID, and nothing is closed, while tensors, parameters, plans or
 * executors on it are alive. NULL is allowed. */
NSC_API nsc_status nsc_context_close(nsc_context *context);

/* Waits until all work given to the device is done; reports a failure of it. */
NSC_API nsc_status nsc_context_finish(nsc_context *context);

/* Gives idle device memory back to the driver. */
NSC_API void nsc_context_trim(nsc_context *context);

/* The error chain of the calling thread's last failure in this context: first the cause, then line by line what was being
 * done. NULL: of its last failure anywhere, which is the one to ask for when it is not clear to which context a call
 * belonged. Empty when nothing failed. Valid until this thread's next failure. A thread remembers the chains of the four
 * contexts that failed last in it. */
NSC_API const char *nsc_last_error(const nsc_context *context);

/* The load report: every candidate that was tried, what came of it, and why this device was chosen. Owned by the
 * context. */
NSC_API const char *nsc_context_report(const nsc_context *context);

/* What was opened. Texts are owned by the context. */
typedef struct nsc_device_info {
    const char *backend; /* the backend's name */
    const char *file;    /* the plug-in's path; NULL: built in */
    uint32_t index;      /* the device's index in the backend */
    const char *kind;    /* "cpu", "gpu", "accelerator" or "other" */
    const char *name, *vendor, *platform, *driver, *id;
    int32_t auto_rank;
    uint64_t memory_bytes;
    /* From here on only known for an open device; else 0 and NULL. */
    uint64_t max_buffer_bytes;
    uint64_t local_memory_bytes;
    uint32_t max_work_group;
    uint32_t alignment;
    uint32_t optional_kinds; /* bits as in backend.h, less those refused by NASCENT_COMPOSE */
    uint32_t threads;
    const char *note; /* what a self-check switched off; "" */
} nsc_device_info;
NSC_API const nsc_device_info *nsc_context_device(const nsc_context *context);

/* Exact counts since the context was opened. */
typedef struct nsc_statistics {
    uint64_t launches; /* steps launched */
    uint64_t prepared; /* steps prepared */
    uint64_t uploads;  /* writes to the device */
    uint64_t upload_bytes;
    uint64_t downloads; /* reads from the device */
    uint64_t download_bytes;
    uint64_t finishes;     /* waits for the queue, reads not counted */
    uint64_t allocations;  /* blocks taken from the backend */
    uint64_t bytes_in_use; /* of the pool */
    uint64_t bytes_peak;
    uint64_t bytes_held;                                        /* taken from the backend, in use or idle */
    uint64_t commits;                                           /* commits that filled at least one parameter */
    uint64_t plans;                                             /* plans made */
    uint64_t executors;                                         /* executors made */
    uint64_t programs_built, programs_loaded, programs_refused; /* of the backend */
} nsc_statistics;
/* Fills *statistics, whose size is given. */
NSC_API nsc_status nsc_context_statistics(const nsc_context *context, nsc_statistics *statistics, size_t size);

#ifdef __cplusplus
}
#endif

#endif
