#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# digests.sh DATA WORK: make_digests.py makes the committed digests again.
set -eu
PYTHONDONTWRITEBYTECODE=1 "$1/make_digests.py" >"$2/digests.txt"
diff "$1/digests.txt" "$2/digests.txt"
