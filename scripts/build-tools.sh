#!/bin/sh
# Builds every tool of the catalog and packages it as a component, with the catalog's index, in target/tools.
set -eu
cd "$(dirname -- "$0")/.."

target=wasm32-unknown-unknown
modules=${CARGO_TARGET_DIR:-target}/$target/tool

packages=
names=
for family in tools/*/; do
    package=$(sed -n 's/^name = "\(tools-.*\)"$/\1/p' "$family/Cargo.toml")
    # The SDK and the packager are no families; the fixtures are for tests alone.
    case $package in '' | tools-fixtures) continue ;; esac
    packages="$packages --package $package"
    for source in "$family"src/bin/*.rs; do
        if [ -e "$source" ]; then
            names="$names $(basename "$source" .rs)"
        fi
    done
done

scripts/wasm-target.sh "$target"
# Word splitting is meant: these are package names and tool names, which have no spaces.
# shellcheck disable=SC2086
set -- $names
echo "build-tools: compiling $# tools"
# shellcheck disable=SC2086
scripts/wasm-build.sh "$target" --bins $packages
echo "build-tools: packaging components into target/tools"
cargo run --quiet --package package -- --input "$modules" --output target/tools "$@"
