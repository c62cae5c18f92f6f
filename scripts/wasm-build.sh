#!/bin/sh
# Compiles tools to core WebAssembly modules that are alike on every machine.
#
#   wasm-build.sh TARGET CARGO-BUILD-ARGUMENT...
#
# The modules land in the cargo target folder, under TARGET/tool. build-tools.sh and build-fixtures.sh call it.
set -eu
cd "$(dirname -- "$0")/.."

target=$1
shift
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# Unpacks the sources, so that the folders looked for below exist.
cargo fetch --quiet --target "$target"

# One flag per unit separator: unlike RUSTFLAGS, this form takes paths with spaces; and it wins over every
# other source of flags, so that a RUSTFLAGS of the caller cannot change the digests of the components.
separator=$(printf '\037')
flags="-Clink-arg=-zstack-size=65536"
flag() { flags="$flags$separator$1"; }
remap() { flag "--remap-path-prefix=$1=$2"; }

# Of several mappings that match, rustc takes the last.
remap "$(pwd -P)" /src
remap "$("${RUSTC:-rustc}" --print sysroot)" /sysroot
remap "$cargo_home" /cargo
for registry in "$cargo_home"/registry/src/*/; do
    # The folder is named after the index that the crates came through; a mirror has another name.
    if [ -d "$registry" ]; then
        remap "${registry%/}" /cargo/registry/src
    fi
done
# A component is made afterwards, by tools/package; this target's linker would make one by itself.
case $target in *-wasip2) flag "-Clink-arg=--skip-wit-component" ;; esac

CARGO_ENCODED_RUSTFLAGS=$flags cargo build --profile tool --target "$target" "$@"
