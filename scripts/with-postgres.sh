#!/bin/sh
# Runs a command with a PostgreSQL server of its own, and throws the server away afterwards.
#
#   with-postgres.sh COMMAND ARGUMENT...
#
# The command finds the server in ATMOS_MCP_TEST_POSTGRES. If that is set already, the server it names is
# used and none is started.
set -eu

say() { printf 'with-postgres: %s\n' "$*" >&2; }

if [ -n "${ATMOS_MCP_TEST_POSTGRES:-}" ]; then
    say "using the server that ATMOS_MCP_TEST_POSTGRES names"
    exec "$@"
fi

has_programs() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

# Debian keeps the programs of each version in a folder that is not on the PATH.
find_programs() {
    if command -v initdb >/dev/null && command -v pg_ctl >/dev/null && command -v postgres >/dev/null; then
        programs=$(dirname -- "$(command -v initdb)")
        has_programs "$programs" && return
    fi
    for programs in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        has_programs "$programs" && return
    done
    return 1
}

if ! find_programs; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "PostgreSQL is missing: install your system's package (Debian: postgresql), or set ATMOS_MCP_TEST_POSTGRES"
        exit 1
    fi
    say "installing Debian's postgresql"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 && apt-get install -y -qq postgresql >&2
    find_programs || { say "Debian's postgresql brought no initdb, pg_ctl and postgres"; exit 1; }
fi

# PostgreSQL refuses to run as root.
if [ "$(id -u)" != 0 ]; then
    as_owner() { "$@"; }
    owner=
else
    for owner in postgres nobody; do
        id -u "$owner" >/dev/null 2>&1 && break
    done
    if command -v runuser >/dev/null; then
        as_owner() { runuser -u "$owner" -- "$@"; }
    elif command -v setpriv >/dev/null; then
        as_owner() { setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups "$@"; }
    else
        say "runuser or setpriv (Debian: util-linux) is needed to start PostgreSQL as root"
        exit 1
    fi
fi

# In /tmp, whatever TMPDIR says: a socket's path must be short, and the owner must be able to enter.
folder=$(mktemp -d /tmp/atmos-mcp-postgres.XXXXXX)
command_id=

clean_up() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "$command_id" ] && kill -0 "$command_id" 2>/dev/null; then
        kill -TERM "$command_id" 2>/dev/null || true
        wait "$command_id" 2>/dev/null || true
    fi
    if [ -f "$folder/data/postmaster.pid" ]; then
        (cd "$folder" && as_owner "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1) || true
    fi
    rm -rf "$folder"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[ -z "$owner" ] || chown "$owner" "$folder"
work=$PWD
# The owner may not be able to enter the repository.
cd "$folder"

say "making a cluster in $folder"
if ! as_owner "$programs/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
    >"$folder/initdb.log" 2>&1; then
    cat "$folder/initdb.log" >&2
    say "initdb failed"
    exit 1
fi

# Nothing here outlives the run, so nothing is flushed. Ports below the range of outgoing connections: the
# server itself says whether one is free, so no other program can take it in between.
settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200 -c fsync=off"
settings="$settings -c synchronous_commit=off -c full_page_writes=off"
started=no
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    if as_owner "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -t 60 -w -o "-p $port $settings" start \
        >/dev/null 2>&1; then
        started=yes
        break
    fi
    say "the server did not start on port $port (attempt $attempt of 10)"
done
if [ "$started" = no ]; then
    cat "$folder/server.log" >&2
    say "PostgreSQL does not start"
    exit 1
fi
say "$("$programs/postgres" --version) listens on 127.0.0.1:$port"

cd "$work"
export ATMOS_MCP_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"

# In the background, because a shell that waits for a command in the foreground does not hear SIGTERM until
# that command ends. A shell makes background commands deaf to SIGINT and takes their input away; `env` and
# the copied descriptor give both back.
exec 3<&0
if env --default-signal=INT true 2>/dev/null; then
    env --default-signal=INT,QUIT "$@" <&3 3<&- &
else
    "$@" <&3 3<&- &
fi
exec 3<&-
command_id=$!
status=0
wait "$command_id" || status=$?
command_id=
exit "$status"
