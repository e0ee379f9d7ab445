#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what of scripts/packages.txt is missing, on Debian. Does nothing, and says nothing, when all is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is not Debian: install the equivalents of scripts/packages.txt, then build with meson (README.md)" >&2
    exit 1
fi

# missing KIND: the packages of that kind ("needed" or "optional") that are not installed, on one line.
missing() {
    sed 's/#.*//' "$here/packages.txt" | while read -r name kind; do
        [ -n "$name" ] && [ "${kind:-needed}" = "$1" ] || continue
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || printf ' %s' "$name"
    done
}
needed=$(missing needed)
optional=$(missing optional)
[ -n "$needed$optional" ] || exit 0

if [ "$(id -u)" != 0 ]; then
    if [ -n "$needed" ]; then
        echo "setup: packages are missing and this is not root; run: sudo apt-get install --no-install-recommends$needed$optional" >&2
        exit 1
    fi
    echo "setup: going on without$optional (sudo apt-get install --no-install-recommends$optional)" >&2
    exit 0
fi

echo "setup: installing$needed$optional"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of names
if ! { apt-get update -q && apt-get install -q -y --no-install-recommends $needed $optional; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get could not install$needed$optional; the lines above say why" >&2
    exit 1
fi
