#!/bin/sh
# Sees to it that the compiler has the standard library of the given targets.
#
#   wasm-target.sh [TARGET...] [--optional TARGET...]    adds what is missing; an optional target only warns
#   wasm-target.sh --check TARGET                        says nothing; exit code 1 if the target is missing
#
# The targets are not named in a rust-toolchain.toml, because rustup would then ask the network on every
# call, and an offline machine could not build at all.
set -eu

rustc=${RUSTC:-rustc}

present() { [ -d "$("$rustc" --print sysroot)/lib/rustlib/$1/lib" ]; }

add() {
    printf 'wasm-target: adding %s with rustup\n' "$1"
    command -v rustup >/dev/null 2>&1 && rustup target add "$1" && present "$1"
}

if [ "${1:-}" = --check ]; then
    present "$2"
    exit
fi

[ $# -gt 0 ] || set -- wasm32-unknown-unknown
optional=no
for target in "$@"; do
    if [ "$target" = --optional ]; then
        optional=yes
    elif present "$target"; then
        printf 'wasm-target: %s is there\n' "$target"
    elif add "$target"; then
        printf 'wasm-target: %s added\n' "$target"
    elif [ "$optional" = yes ]; then
        printf '\nwasm-target: WARNING: %s is missing and could not be added; what needs it is SKIPPED.\n\n' "$target" >&2
    else
        printf 'wasm-target: %s is missing and rustup could not add it; CONTRIBUTING.md, "Without rustup", has another way.\n' "$target" >&2
        exit 1
    fi
done
