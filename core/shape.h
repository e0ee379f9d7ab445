/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and text of shapes. Unknown sizes are -1 and nothing else; 0 is a size. */
#ifndef NSC_CORE_SHAPE_H
#define NSC_CORE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nascent/tensor.h>

enum { NSC_SHAPE_TEXT = 192 }; /* enough for "(d0, ..., d7)" */

/* "(2, -1)", "()" for a scalar, "(?)" for an unknown rank. Returns text. */
const char *nsc_shape_text(char text[NSC_SHAPE_TEXT], int rank, const int64_t *dims);
/* The product of the sizes; false when one is negative or the product does not fit. */
bool nsc_shape_count(int rank, const int64_t *dims, uint64_t *count);
bool nsc_shape_known(int rank, const int64_t *dims);
bool nsc_shape_equal(int rank, const int64_t *a, const int64_t *b);
/* Row-major strides, in elements. */
void nsc_shape_strides(int rank, const int64_t *dims, int64_t *strides);

#endif
