#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stage.sh SOURCE PLACE: installs Nascent below PLACE/prefix from a build of its own in PLACE/build, with the optional
# backends as plug-ins. Made once, then only brought up to date. Prints nothing when it went well.
set -eu
source=$1 place=$2
mkdir -p "$place"
exec 9>"$place/lock"
flock 9
{
    [ -e "$place/build/build.ninja" ] ||
        meson setup "$place/build" "$source" --prefix "$place/prefix" --libdir lib -Dbackends=module -Dtests=false \
            -Dexamples=false
    ninja -C "$place/build"
    meson install -C "$place/build" --no-rebuild
} >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }
