#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh STAGE SOURCE PLACE: the installed tree, looked at and used with pkg-config alone.
set -eu
"$1" "$2" "$3"
source=$2 prefix=$3/prefix work=$3/work
rm -rf "$work" && mkdir -p "$work" && cd "$work"

fail() {
    echo "install: $*"
    exit 1
}
symbols() {
    nm -D --defined-only "$1" | awk '{print $3}' | sort
}

# The library: a soname, nothing exported that is not ours, nothing of ours that no header declares.
library=$prefix/lib/libnascent.so
readelf -d "$library" | grep -q 'SONAME.*\[libnascent\.so\.0\]' || fail "the soname is not libnascent.so.0"
symbols "$library" | grep -v '^nsc_' && fail "exported, but not nsc_*"
[ "$(symbols "$library" | wc -l)" -gt 50 ] || fail "the library exports next to nothing"
for name in $(symbols "$library"); do
    grep -qw "$name" "$prefix"/include/nascent/*.h || fail "$name is exported, but in no installed header"
done

# Plug-ins: one symbol, nothing of ours linked.
plugins=$(find "$prefix/lib/nascent" -name 'libnascent-backend-*.so')
[ -n "$plugins" ] || fail "no plug-in in $prefix/lib/nascent"
check_plugin() {
    [ "$(symbols "$1")" = nsc_backend_query ] || fail "$1 exports: $(symbols "$1" | tr '\n' ' ')"
    if readelf -d "$1" | grep -q 'NEEDED.*nascent'; then fail "$1 links the library"; fi
}
for plugin in $plugins; do
    check_plugin "$plugin"
done

# Users: the C and C++ examples see the installed headers only.
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib" NASCENT_BACKEND=reference
[ "$(pkg-config --variable=plugin_dir nascent)" = "$prefix/lib/nascent" ] || fail "plugin_dir is wrong"
flags=$(pkg-config --cflags --libs nascent)
# shellcheck disable=SC2086 # a list of flags
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "$source/examples/custom_block.c" $flags -lm -o custom_block
# shellcheck disable=SC2086
g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror "$source/examples/cpp.cpp" $flags -o cpp
./custom_block
./cpp

# The command, and what it finds in the plug-in folder.
"$prefix/bin/nascent" devices >devices.txt || fail "nascent devices ended $?"
grep -q reference devices.txt || fail "nascent devices does not list the reference"
for plugin in $plugins; do
    name=$(basename "$plugin" .so)
    grep -q "${name#libnascent-backend-}" devices.txt || fail "nascent devices does not list ${name#libnascent-backend-}"
done

# An author's way: the skeleton, copied from the installed tree and built against it, with the command of its README and
# with Meson; it passes conformance by path and by name, and the default does not change.
cp -r "$(pkg-config --variable=skeleton_dir nascent)" skeleton
(
    cd skeleton
    sed -n '/^cc /p' README.md | sh -eu &&
        meson setup build >../meson.txt && ninja -C build --quiet >>../meson.txt
) || fail "the skeleton does not build: $(cat meson.txt)"
for plugin in skeleton/libnascent-backend-skeleton.so skeleton/build/libnascent-backend-skeleton.so; do
    check_plugin "$plugin"
    "$prefix/bin/nascent" conformance --backend "$work/$plugin" >verdicts.txt || fail "$plugin: $(grep FAIL verdicts.txt)"
    tail -n 1 verdicts.txt | grep -q ' 0 failed' || fail "$plugin: $(tail -n 1 verdicts.txt)"
    grep -q '^SKIP \(map\|reduce\|gemm\)/' verdicts.txt && fail "$plugin skips what is required"
done
NASCENT_BACKEND=skeleton NASCENT_BACKEND_PATH=$work/skeleton "$prefix/bin/nascent" devices | grep -q '^chosen: skeleton:0' ||
    fail "the skeleton is not chosen by its name"
NASCENT_BACKEND='' NASCENT_BACKEND_PATH=$work/skeleton "$prefix/bin/nascent" devices | grep -q '^chosen: skeleton' &&
    fail "the skeleton is chosen though nobody named it"

# The manual pages, and completion for the subcommands that the command has.
[ -s "$prefix/share/man/man1/nascent.1" ] || fail "there is no manual page nascent.1"
for name in $("$prefix/bin/nascent" --help | sed -n '/^subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
    "$prefix/bin/nascent" help --man "$name" | cmp - "$prefix/share/man/man1/nascent-$name.1" || fail "nascent-$name.1 differs"
done
[ "$(ls "$prefix"/share/man/man1/nascent-*.1 | wc -l)" -ge 7 ] || fail "manual pages are missing"
"$prefix/bin/nascent" help --completion bash | cmp - "$prefix/share/bash-completion/completions/nascent" ||
    fail "the completion for bash differs"
"$prefix/bin/nascent" help --completion zsh | cmp - "$prefix/share/zsh/site-functions/_nascent" ||
    fail "the completion for zsh differs"
