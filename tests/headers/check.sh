#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh COMPILER LANGUAGE STANDARD INCLUDE HEADER...: each header compiles alone, and twice, without a warning.
set -u
compiler=$1 language=$2 standard=$3 include=$4
shift 4
command -v "$compiler" >/dev/null || { echo "$compiler is not here"; exit 77; }
status=0
for header; do
    name=nascent/$(basename "$header")
    printf '#include <%s>\n#include <%s>\nint alone;\n' "$name" "$name" |
        "$compiler" -x "$language" -std="$standard" -Wall -Wextra -Wpedantic -Werror -Wundef -fsyntax-only \
            -I "$include" - || { echo "$name does not compile alone"; status=1; }
done
exit $status
