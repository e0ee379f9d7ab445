/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier of expressions: a program that it accepts keeps every rule when it is run. */
#include "fuzz_expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader reader = {data, data + size};
    char why[256] = "", cut[12] = "";
    fuzz_expression made;
    fuzz_expression_read(&reader, &made);
    const bool valid = nsc_expression_valid(&made.expression, why, sizeof why);
    REQUIRE(nsc_expression_valid(&made.expression, cut, sizeof cut) == valid);
    if (valid) {
        fuzz_expression_run(&made.expression);
    } else {
        fuzz_refused(why, sizeof why);
        fuzz_refused(cut, sizeof cut);
    }
    fuzz_expression_free(&made);
    return 0;
}
