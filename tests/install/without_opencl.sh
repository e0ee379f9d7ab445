#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# without_opencl.sh SOURCE PLACE: core and the reference build, and no file that is compiled names an OpenCL header.
set -eu
source=$1 place=$2
mkdir -p "$place"
[ -e "$place/build.ninja" ] ||
    meson setup "$place" "$source" -Dopencl=disabled -Dexamples=false -Dtests=false -Dtools=false >"$place.log" 2>&1 ||
    { cat "$place.log"; exit 1; }
ninja -C "$place" >"$place.log" 2>&1 || { tail -n 40 "$place.log"; exit 1; }
if ninja -C "$place" -t deps | grep -E '/(CL/|clblast)'; then
    echo "without OpenCL: these headers were read"
    exit 1
fi
[ -e "$place/core/libnascent.so" ] || { echo "without OpenCL: no library"; exit 1; }
if readelf -d "$place/core/libnascent.so" | grep -iE 'NEEDED.*(opencl|clblast)'; then
    echo "without OpenCL: the library links it all the same"
    exit 1
fi
