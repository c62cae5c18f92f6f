#!/bin/sh
# Runs the suite.
#
#   test.sh                    everything
#   test.sh rust [FILTER...]   the Rust tests alone, or those whose name contains a filter
set -eu
cd "$(dirname -- "$0")/.."

part=${1:-all}
[ $# -eq 0 ] || shift

echo "test: building the tools"
scripts/build-tools.sh
echo "test: building the fixtures"
scripts/build-fixtures.sh

scripts/webhook-examples.sh

if command -v cargo-nextest >/dev/null; then
    echo "test: Rust tests, on SQLite and PostgreSQL (cargo-nextest)"
    profile=default
    [ -z "${CI:-}" ] || profile=ci
    scripts/with-postgres.sh cargo nextest run --workspace --profile "$profile" "$@"
else
    echo "test: Rust tests, on SQLite and PostgreSQL (cargo test)"
    scripts/with-postgres.sh cargo test --workspace "$@"
fi

[ "$part" = all ] || exit 0
echo "test: the official Python client against the demo"
scripts/python-client.sh
