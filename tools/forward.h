/* SPDX-License-Identifier: Apache-2.0 */
/* A run of nascent forward: from what was read to what is told. */
#ifndef NASCENT_TOOLS_FORWARD_H
#define NASCENT_TOOLS_FORWARD_H

#include "json.h"
#include "model.h"
#include "places.h"

typedef struct nsc_forward_output {
    int rank;
    const int64_t *dims; /* of the tensor */
    nsc_dtype dtype;
    size_t count, bytes;
    void *values;
} nsc_forward_output;

typedef struct nsc_forward_times {
    uint64_t repeat;           /* runs after the first; 0: none, and no times are told */
    double first, min, median; /* seconds */
} nsc_forward_times;

/* The launches of the runs after the first. */
typedef struct nsc_forward_profile {
    uint64_t runs; /* 0: none was asked for */
    nsc_profile_summary sums;
    int on_device; /* times are the device's; else the host's, of giving the launches */
    nsc_profile_total *totals;
    size_t count, capacity;
    nsc_plan_info plan;
} nsc_forward_profile;

typedef struct nsc_forward_run {
    const char *model_file, *weights_file, *values_from;
    const uint64_t *seed; /* NULL: not given */
    nsc_loaded model;
    nsc_ports ins, outs;
    const char *input_files[NSC_MOST_GIVEN], *output_files[NSC_MOST_GIVEN]; /* NULL: not given */
    nsc_archive *archives[NSC_MOST_GIVEN];
    const nsc_array *arrays[NSC_MOST_GIVEN];
    nsc_tensor *in[NSC_MOST_GIVEN], *out[NSC_MOST_GIVEN];
    nsc_forward_output outputs[NSC_MOST_GIVEN];
    nsc_forward_times times;
    nsc_forward_profile profile;
    nsc_proposal *proposal; /* of the inputs */
    int not_finite;         /* an exit code */
} nsc_forward_run;

/* forward_run.c; each gives the exit code, and says what went wrong. */
/* Runs once, then `repeat` times more with the time of each taken. With profile the further runs, at least one, are
 * profiled. */
int nsc_forward_repeat(nsc_forward_run *run, uint64_t repeat, int profile);
/* Reads the outputs from the device; with check_finite, all of their elements must be finite. */
int nsc_forward_fetch(nsc_forward_run *run, int check_finite);
void nsc_forward_clear(nsc_forward_run *run);

/* forward_profile.c. The first two give 0 where it was said why not. */
int nsc_forward_profile_start(nsc_forward_run *run);
/* After `runs` runs. */
int nsc_forward_profile_stop(nsc_forward_run *run, uint64_t runs);
int nsc_forward_profile_table(const nsc_forward_run *run);
cJSON *nsc_forward_profile_json(const nsc_forward_run *run);

/* forward_report.c; the same. */
int nsc_forward_write(const nsc_forward_run *run);
int nsc_forward_table(const nsc_forward_run *run);
int nsc_forward_json(const nsc_forward_run *run);

#endif
