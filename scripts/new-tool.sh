#!/bin/sh
# Starts a new tool: writes its file, and says what else it needs.
#
#   new-tool.sh FAMILY NAME
set -eu
cd "$(dirname -- "$0")/.."

fail() { printf 'new-tool: %s\n' "$*" >&2; exit 1; }

# Ranges such as a-z mean other letters too in some locales.
export LC_ALL=C

[ $# -eq 2 ] || fail "usage: new-tool.sh FAMILY NAME, for example: new-tool.sh topology list_stacks"
family=$1
name=$2
file=tools/$family/src/bin/$name.rs

[ -d "tools/$family/src/bin" ] || fail "no family tools/$family; those there are: $(cd tools && echo */src/bin | sed 's:/src/bin::g')"
case $name in '' | *[!a-z0-9_]* | [!a-z]*) fail "a tool's name is lower case, digits and underscores, and starts with a letter" ;; esac
[ ${#name} -le 40 ] || fail "a tool's name has at most 40 characters"
for other in tools/*/src/bin/"$name.rs"; do
    [ ! -e "$other" ] || fail "$other is there already; tool names are unique across families"
done

cat >"$file" <<RUST
//! \`$name\`

use sdk::capability::repos::{self, RepoFilter, RepoPage};
use sdk::prelude::*;

#[args(paged)]
struct Args {}

/// Lists what it lists. Say in one or two sentences when an agent should choose this tool.
#[tool]
fn $name(args: Args) -> ToolResult<RepoPage> {
    Ok(repos::list_repos(&RepoFilter { statuses: Vec::new() }, &args.page())?)
}
RUST

cat <<TEXT
new-tool: wrote $file

1. Say what the tool does, and which capability it uses, in that file.
2. Add its row to tools/policy.toml, in alphabetical order:

[$name]
permission = "membership"
imports = ["repos"]

3. Write its test: a function named \`$name\` in tests/, beside those of its family, and one for a refusal.
4. Run: ./just test-only $name
   Then read and accept what changed: ./just audit-tools, ./just snap
TEXT
