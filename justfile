# What a developer of this repository runs. `./just` brings `just` itself where it is not installed.
# Every recipe is a line or a script of scripts/, so all of it can be read and run without `just`.

set positional-arguments

# List the recipes.
default:
    @'{{ just_executable() }}' --list --unsorted

# Add the WebAssembly targets to the toolchain.
setup:
    scripts/wasm-target.sh wasm32-unknown-unknown --optional wasm32-wasip2

# Build every tool and package it as a component in target/tools.
build-tools:
    scripts/build-tools.sh

# Run the server with a workspace full of demo data and a sign-in that needs no GitHub.
demo *ARGS: build-tools
    cargo run --release --bin atmos-mcp -- demo "$@"

# Run the whole suite: Rust tests on SQLite and PostgreSQL, then the official Python client.
test:
    scripts/test.sh

# Run the Rust tests whose name contains FILTER: just test-only list_repos
test-only FILTER:
    scripts/test.sh rust "$1"

# Format, lint, documentation.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# Check dependencies: duplicates and banned crates, licences, sources.
deny:
    scripts/deny.sh

# Print tool × permission × imports × digest, read from the built components.
audit-tools *ARGS: build-tools
    cargo run --bin atmos-mcp -- tools audit "$@"

# Write docs/tools.md from the built components.
docs: build-tools
    cargo run --quiet --bin atmos-mcp -- tools docs > docs/tools.md

# Print how well the failure classifier does on its corpus.
test-classifier:
    cargo run --quiet --release --package tools-diagnostics --example confusion

# Accept changed snapshots (read the diff first).
snap:
    INSTA_UPDATE=always scripts/test.sh rust

# Measure a call; or: bench ingest, bench scale [INSTANCES] (both on SQLite and PostgreSQL).
bench *ARGS: build-tools
    scripts/with-postgres.sh cargo run --release --package bench -- "$@"

# Start a new tool: just new-tool topology list_stacks
new-tool FAMILY NAME:
    scripts/new-tool.sh "$1" "$2"

# What CI runs.
ci: check deny test
