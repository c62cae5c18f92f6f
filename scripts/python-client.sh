#!/bin/sh
# Runs the official Python MCP client against `atmos-mcp demo`, in a virtual environment of its own.
set -eu
cd "$(dirname -- "$0")/.."

environment=target/python-venv
requirements=tests/python/requirements.txt

say() { printf 'python-client: %s\n' "$*" >&2; }

# Debian's python3 comes without ensurepip: `venv` then leaves half an environment behind and fails.
make_environment() {
    rm -rf "$environment"
    mkdir -p target
    "$1" -m venv "$environment" >target/python-venv.log 2>&1
}

if ! cmp -s "$requirements" "$environment/installed.txt"; then
    say "making the virtual environment $environment"
    if ! make_environment python3; then
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
            say "python3 cannot make a virtual environment (target/python-venv.log): install python3 with venv (Debian: python3-venv)"
            exit 1
        fi
        say "installing Debian's python3-venv"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >&2 && apt-get install -y -qq python3-venv >&2
        # Another python3, without venv, may come first on the PATH.
        make_environment /usr/bin/python3 || { cat target/python-venv.log >&2; exit 1; }
    fi
    say "installing $(grep -v '^#' "$requirements" | tr '\n' ' ')"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$environment/installed.txt"
fi

if [ ! -f target/tools/catalog.json ]; then
    scripts/build-tools.sh
fi
say "building atmos-mcp"
cargo build --quiet --package atmos-mcp-host --bin atmos-mcp
exec "$environment/bin/python" tests/python/client.py
