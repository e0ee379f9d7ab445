/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nets in files. A checkpoint is a safetensors file: the values that exist, and under the key "nascent" of its header the
 * state of every parameter, as JSON: shapes with unknowns and their origins, requests with seeds and initialisers, rules
 * applied, ties, attributes. So a net can be saved in any state; one saved while pending is small and re-creates the same
 * values bit for bit. Files of others (safetensors, npz; without that key) load as values. docs/checkpoint.md has the
 * format.
 *
 * Threads: as for every change of a tree, one at a time.
 */
#ifndef NASCENT_CHECKPOINT_H
#define NASCENT_CHECKPOINT_H

#include <nascent/archive.h>
#include <nascent/block.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nsc_file_format {
    NSC_FORMAT_SAFETENSORS = 0,
    NSC_FORMAT_NPZ /* values alone: every parameter must be initialized */
} nsc_file_format;

typedef struct nsc_save_options {
    size_t size; /* sizeof(nsc_save_options) */
    nsc_file_format format;
    nsc_selection where; /* default: all */
    const char *prefix;  /* put before every path */
} nsc_save_options;

/* Writes net's parameters, atomically; options may be NULL. Equal states give equal bytes, whatever the backend. A tied
 * parameter is saved once, under its first path, with the others as aliases. Errors: IO, NO_MEMORY, DEVICE_LOST,
 * UNSUPPORTED (a pending request with a callback, which a file cannot hold; a value missing in an npz), INVALID. */
NSC_API nsc_status nsc_save(nsc_block *net, const char *file, const nsc_save_options *options);

/* A name in the file that matches the regular expression `from` (whole name, POSIX extended) becomes `to`, in which \1 to
 * \9 stand for its groups. The first rule that matches counts. */
typedef struct nsc_rename {
    const char *from;
    const char *to;
} nsc_rename;

typedef struct nsc_load_options {
    size_t size;         /* sizeof(nsc_load_options) */
    nsc_selection where; /* the parameters to be loaded; default: all */
    const char *prefix;  /* only names that start with it take part, without it */
    const nsc_rename *renames;
    size_t rename_count;
    int allow_missing; /* parameters that the file does not have stay as they are */
    int allow_extra;   /* names that the net does not have are left out */
} nsc_load_options;

typedef enum nsc_load_kind {
    NSC_LOAD_LOADED = 1,
    NSC_LOAD_MISSING, /* in the net, not in the file */
    NSC_LOAD_EXTRA,   /* in the file, not in the net */
    NSC_LOAD_CONFLICT /* shape, rank, dtype, tie or device disagree */
} nsc_load_kind;
typedef struct nsc_load_entry {
    nsc_load_kind kind;
    const char *path; /* in the net; of an extra one: its name in the file */
    const char *text; /* of a conflict: axis, both sizes and both origins; else "" */
} nsc_load_entry;
/* What a load found: everything, also when it refuses. */
typedef struct nsc_load_report nsc_load_report;

/* Loads `file` into net on context's device: values become initialized, recorded shapes and requests are merged with what
 * is known, and where the file fixes a shape of a net that has seen no data, it is known from then on. All or nothing.
 * options may be NULL; report may be NULL, else the caller owns *report, which is made on success and when file and net
 * disagree, and is NULL after any other failure. context may be NULL for a file without values: requests are then not
 * taken over. Errors: SHAPE_CONFLICT, WRONG_DTYPE, WRONG_DEVICE (a parameter lives or was requested elsewhere), REFUSED
 * (missing or extra ones; a file without arrays), IO, NO_MEMORY, DEVICE_LOST, FAILED, UNSUPPORTED, INVALID. The first line
 * of nsc_last_error counts missing, extra and conflicting ones. */
NSC_API nsc_status nsc_load(nsc_block *net, nsc_context *context, const char *file, const nsc_load_options *options,
                            nsc_load_report **report);
NSC_API void nsc_load_report_release(nsc_load_report *report);
NSC_API size_t nsc_load_report_count(const nsc_load_report *report);
/* NULL when there is no such index. Owned by the report. */
NSC_API const nsc_load_entry *nsc_load_report_entry(const nsc_load_report *report, size_t index);
/* Aligned lines, those that are not loaded first; then the counts. */
NSC_API nsc_status nsc_print_load_report(const nsc_load_report *report, FILE *file);

#ifdef __cplusplus
}
#endif

#endif
