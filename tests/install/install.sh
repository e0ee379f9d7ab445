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
for plugin in $plugins; do
    [ "$(symbols "$plugin")" = nsc_backend_query ] || fail "$plugin exports: $(symbols "$plugin" | tr '\n' ' ')"
    readelf -d "$plugin" | grep -q 'NEEDED.*nascent' && fail "$plugin links the library"
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
