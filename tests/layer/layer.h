/* SPDX-License-Identifier: Apache-2.0 */
/* What the layer exports beside the layer interface. Get it with dlsym from the path in OPENCL_LAYERS: it is the same
 * loaded object, so the counts are exact. Any thread may call these. */
#ifndef NSC_TESTS_LAYER_H
#define NSC_TESTS_LAYER_H

#include <stddef.h>

/* One count since the last reset, over the whole process: "buffers", "uploads", "upload_bytes", "reads", "read_bytes",
 * "launches", "builds", "kernels", "finishes", "flushes", "waits" (clWaitForEvents). Blocking reads are reads only. The
 * result is 0 for another name, and when the OpenCL loader has not taken the layer in. */
int nsc_layer_count(const char *name, unsigned long long *value);
void nsc_layer_reset(void);

/* The nth call from now on answers code instead of reaching the driver: of the entry point `call` ("clFinish"), NULL: of
 * all; then no other, or with forever every later one as well. */
typedef struct nsc_layer_fault {
    const char *call;
    unsigned long n; /* 0: none fails */
    int forever, code;
} nsc_layer_fault;
/* NULL: none fails. */
void nsc_layer_fail(const nsc_layer_fault *fault);
/* The entry point of the first call that failed since; NULL: none did. */
const char *nsc_layer_failed(void);

/* A place that calls come from, with all that called it: the n of its first call and of its last one, as counted since
 * nsc_layer_fail. */
typedef struct nsc_layer_site {
    const char *call, *caller; /* the entry point; the object file whose code calls it */
    unsigned long first, last;
    unsigned long long hash; /* of the entry point and the stack */
} nsc_layer_site;
/* 1: the sites of the calls from now on are noted, and earlier ones forgotten; 0: they are not noted. */
void nsc_layer_record(int on);
/* Their number; *sites is the layer's, until they are noted anew. */
size_t nsc_layer_sites(const nsc_layer_site **sites);

/* The references held to objects ("contexts", "queues", "buffers", "programs", "kernels", "events") by index from 0;
 * NULL: no such index. */
const char *nsc_layer_held(int index, long *count);
/* 1: every device says that it is a GPU, and what a backend does on GPUs only is done. For programs
 * that know nothing of the layer: NSC_LAYER_SHRINK=type=gpu (shrink.c). */
void nsc_layer_claim_gpu(int on);

/* Every source that is compiled from now on has `instead` wherever it had `text`; NULL: none has. */
void nsc_layer_spoil(const char *text, const char *instead);
/* How many places were replaced since. */
unsigned long nsc_layer_spoilt(void);

#endif
