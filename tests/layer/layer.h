/* SPDX-License-Identifier: Apache-2.0 */
/* What the counting layer exports beside the layer interface. Get both with dlsym from the path in OPENCL_LAYERS: it is
 * the same loaded object, so the counts are exact. Any thread may call them. */
#ifndef NSC_TESTS_LAYER_H
#define NSC_TESTS_LAYER_H

/* One count since the last reset, over the whole process: "buffers", "uploads", "upload_bytes", "reads", "read_bytes",
 * "launches", "builds", "kernels", "finishes", "flushes", "waits" (clWaitForEvents). Blocking reads are reads only. The
 * result is 0 for another name, and when the OpenCL loader has not taken the layer in. */
int nsc_layer_count(const char *name, unsigned long long *value);
void nsc_layer_reset(void);

#endif
