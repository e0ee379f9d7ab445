/* SPDX-License-Identifier: Apache-2.0 */
/* What implementations themselves get wrong, in the form of a file of --expect, each with its reproducer in
 * tests/matrix/reproducers. Never what a bound would have to be loosened for: the rules are the specification's. */
#include "program.h"

const char expect_known[] =
    "!Oclgrind_Oclgrind_21.10/threads/* Oclgrind is not thread-safe: launches from two threads end the process\n"
    "!rusticl_22.3.6/expressions/* LLVM crashes on some expressions (llvm_crash.c), and a product with the constant 0 "
    "is +0 (zero_product.c); two values are not explained (docs/opencl.md)\n"
    "~rusticl_22.3.6/map*/fma.* fma(a, b, +0) with a * b = -0 gives -0 (fma_zero.c)\n"
    "~rusticl_22.3.6/softmax/*.100003.*.float32 llvmpipe leaves loops after 65,535 rounds (long_loop.c)\n";
