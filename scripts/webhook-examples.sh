#!/bin/sh
# Fetches GitHub's example payloads (npm: @octokit/webhooks-examples, MIT) into target/webhook-examples, for
# the tests of the webhook endpoint. Four megabytes of somebody else's JSON are not kept in the repository.
set -eu
cd "$(dirname -- "$0")/.."

package=@octokit/webhooks-examples@7.6.1
archive=octokit-webhooks-examples-7.6.1.tgz
sha256=89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280
folder=target/webhook-examples

say() { printf 'webhook-examples: %s\n' "$*" >&2; }

# What cannot be fetched fails in CI. A developer without npm or a network runs the other tests.
give_up() {
    say "**** $1 ****"
    say "**** GitHub's real payloads are NOT tested: the tests that need them pass without doing anything ****"
    [ -z "${CI:-}" ] || exit 1
    exit 0
}

if [ "$(cat "$folder/version.txt" 2>/dev/null)" = "$package" ]; then
    exit 0
fi
if ! command -v npm >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing npm (Debian package npm)"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends npm; } >/dev/null 2>&1 || true
fi
command -v npm >/dev/null || give_up "npm is missing (Debian: npm)"

say "fetching $package"
rm -rf "$folder"
mkdir -p "$folder"
(cd "$folder" && npm pack --silent "$package" >/dev/null) || give_up "npm could not fetch $package"
if ! printf '%s  %s\n' "$sha256" "$folder/$archive" | sha256sum --check --status -; then
    rm -rf "$folder"
    say "$archive is not what was expected: its SHA-256 differs"
    exit 1
fi
tar -xzf "$folder/$archive" -C "$folder" --strip-components=1 package/api.github.com package/package.json
rm "$folder/$archive"
echo "$package" >"$folder/version.txt"
