#!/bin/sh
# Builds the hostile and conformance components that tests call, into target/fixtures.
#
# Each is compiled without WASI, like a tool of the catalog; wasi_probe is compiled with it, because it
# looks for what WASI would give. Without the wasm32-wasip2 target it is left out, with a warning.
set -eu
cd "$(dirname -- "$0")/.."

target=wasm32-unknown-unknown
wasi_target=wasm32-wasip2
cargo_target=${CARGO_TARGET_DIR:-target}
staging=target/fixtures-modules

scripts/wasm-target.sh "$target" --optional "$wasi_target"

# The modules of both targets are packaged together, because the packager writes one index.
rm -rf "$staging"
mkdir -p "$staging"

echo "build-fixtures: compiling fixtures without WASI"
scripts/wasm-build.sh "$target" --package tools-fixtures --bins
names=
for source in tools/fixtures/src/bin/*.rs; do
    name=$(basename "$source" .rs)
    if [ "$name" != wasi_probe ]; then
        cp -p "$cargo_target/$target/tool/$name.wasm" "$staging"
        names="$names $name"
    fi
done

if scripts/wasm-target.sh --check "$wasi_target"; then
    echo "build-fixtures: compiling wasi_probe with WASI"
    scripts/wasm-build.sh "$wasi_target" --package tools-fixtures --bin wasi_probe
    cp -p "$cargo_target/$wasi_target/tool/wasi_probe.wasm" "$staging"
    names="$names wasi_probe"
fi

echo "build-fixtures: packaging components into target/fixtures"
# Word splitting is meant: names have no spaces.
# shellcheck disable=SC2086
cargo run --quiet --package package -- --input "$staging" --output target/fixtures $names
