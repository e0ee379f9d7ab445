/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the layer, each a table of its own in front of the next: counts (layer.c), faults, objects, spoils,
 * shrinking, shadows, the driver. */
#ifndef NSC_TESTS_LAYER_CHAIN_H
#define NSC_TESTS_LAYER_CHAIN_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <CL/cl_icd.h>
#include <CL/cl_layer.h>

#define EXPORT __attribute__((visibility("default")))

/* Each takes the first `entries` entries of target and gives the table to call instead. Once, by the loader. */
const struct _cl_icd_dispatch *nsc_layer_faults(const struct _cl_icd_dispatch *target, cl_uint entries);
const struct _cl_icd_dispatch *nsc_layer_objects(const struct _cl_icd_dispatch *target, cl_uint entries);
const struct _cl_icd_dispatch *nsc_layer_spoils(const struct _cl_icd_dispatch *target, cl_uint entries);
/* target itself where NSC_LAYER_SHRINK asks for nothing. */
const struct _cl_icd_dispatch *nsc_layer_shrink(const struct _cl_icd_dispatch *target, cl_uint entries);
/* target itself where NSC_LAYER_SHADOWS is not set. */
const struct _cl_icd_dispatch *nsc_layer_shadows(const struct _cl_icd_dispatch *target, cl_uint entries);

#endif
