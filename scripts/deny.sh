#!/bin/sh
# Checks dependencies with cargo-deny: bans, licences and sources, which need no database from the network.
# Advisories need one; checking them is a step of a release.
set -eu
cd "$(dirname -- "$0")/.."

PATH="$PWD/target/cargo-tools/bin:$PATH"
if ! command -v cargo-deny >/dev/null; then
    echo "deny: compiling cargo-deny into target/cargo-tools"
    cargo install cargo-deny --locked --quiet --root target/cargo-tools
fi
echo "deny: checking bans, licences and sources"
cargo deny --all-features check bans licenses sources
