//! What an agent acts on, taken from the log or from the run; never made up.

use regex::bytes::RegexBuilder;

use crate::redact::redact;
use crate::verdict::RunFacts;

/// A place where a target may stand. Patterns ignore case; two groups are joined with a colon.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Find {
    /// In the passage that names the cause.
    Here(&'static str),
    /// Anywhere in the same step, its echoed inputs included.
    Step(&'static str),
    /// Known about the run.
    Fact(Fact),
}

/// A fact of the run that can be a target.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fact {
    Ref,
    Environment,
    Repo,
    Parent,
}

use Find::{Here, Step};

type Places = &'static [Find];

const PLACE: Find = Here(r"\bon ([^ ,:']+\.[a-z.]+),? line ([0-9]+)");
const PAREN: Find = Here(r"\(([^ ():']+\.(?:tf|tofu|hcl|ya?ml)):([0-9]+)");
const COLON: Find = Here(r"([^ :'()]+\.(?:tf|tofu|hcl|tfvars|ya?ml|json)):([0-9]+)");
const REPO_FACT: Find = Find::Fact(Fact::Repo);

pub(crate) const NONE: Places = &[];
pub(crate) const ROLE: Places = &[
    Here(r"(?:assumerole\w*|tagsession)\s+on\s+resource:?\s*(arn:aws[a-z-]*:iam::[^\s'`,;)]+)"),
    Here(r"user:?\s+(arn:aws[a-z-]*:(?:sts|iam)::[^\s'`,;)]+)"),
    Here(r"(arn:aws[a-z-]*:iam::[^\s'`,;)]*:(?:role|user)/[^\s'`,;)]+)"),
    Step(r"role-to-assume:\s*(\S+)"),
    Step(r"(arn:aws[a-z-]*:iam::[^\s'`,;)]*:role/[^\s'`,;)]+)"),
    Here(r"(arn:aws[a-z-]*:[^\s'`,;)]+)"),
    Here(r"(?:found|in) your account for (https?://[^\s']+)"),
    Here(r"(?:shared )?config profile,? \(?'?([a-z0-9_./-]+)"),
];
pub(crate) const IDENTITY: Places = &[
    Here(r"assertion subject '([^']+)'"),
    Here(r"client '([^']+)'"),
    Here(r"([a-z0-9._-]+@[a-z0-9.-]+\.gserviceaccount\.com)"),
    Here(r"identifier '([^']+)'"),
    Here(r"for app '([^']+)'"),
    Here(r"(//iam\.googleapis\.com/[^\s:'\x22]+)"),
    Here(r"permission '([^']+)'"),
    Step(r"(?:client-id|workload_identity_provider|service_account):\s*(\S+)"),
];
pub(crate) const LOCK: Places = &[
    Here(r"\bID:\s*([0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f-]{3,})"),
    Step(r"lock info:\s*id:\s*([0-9a-z-]{3,})"),
    Here(r"lock id:?\s*'?([0-9a-z-]{3,})"),
];
pub(crate) const PARENT: Places = &[
    Find::Fact(Fact::Parent),
    Here(r"component '?`?([a-z0-9_./-]+)'?`? in (?:the )?stack '?`?([a-z0-9_./-]+)"),
    Here(r"component '([^']+)'"),
    Here(r"data\.terraform_remote_state\.([a-z0-9_-]+)"),
    Here(r"terraform_remote_state\.([a-z0-9_-]+)"),
    Here(r"module\.([a-z0-9_-]+)\.outputs"),
    Here(r"!terraform\.(?:output|state)\s+([a-z0-9_./-]+)"),
    Here(r"with (?:data\.)?(module\.[^\s,]+)"),
];
pub(crate) const REF: Places = &[
    Here(r"no ref found for:?\s*([^\s'\x22,)]+)"),
    Here(r"remote ref '?([^\s']+)"),
    Here(r"not a tree:?\s*'?([^\s'\x22]+)"),
    Here(r"tag with the name '([^']+)'"),
    Here(r"not our ref ([^\s']+)"),
    Here(r"pathspec '([^']+)'"),
    Here(r"argument '([^']+)'"),
    Here(r"remote branch ([^\s']+)"),
    Here(r"(?:bad revision|bad object|object name:?|invalid reference:?)\s*'?([^\s']+)"),
    Find::Fact(Fact::Ref),
];
pub(crate) const ENVIRONMENT: Places =
    &[Here(r"allowed to deploy to ([^\s]+)"), Here(r"environment '([^']+)'"), Find::Fact(Fact::Environment)];
pub(crate) const FILE: Places = &[
    PLACE,
    Here(r"(?:file|manifest) '([^']+\.ya?ml)'?:? *(?:yaml: line ([0-9]+))?"),
    PAREN,
    COLON,
    Here(r"for the import '([^']+)'"),
    Here(r"(?:in|to) the file '([^']+)'"),
    Here(r"(?:manifest|file) '([^']+)'"),
    Here(r"s3 bucket \x22([^\x22]+)\x22"),
    Here(r"with ([a-z0-9_.\[\]\x22-]+\.[a-z0-9_.\[\]\x22-]+),"),
    Here(r"argument (?:named )?\x22([^\x22]+)\x22"),
    Here(r"variable \x22([^\x22]+)\x22"),
    Here(r"'(stacks\.[a-z_.]+)'"),
];
pub(crate) const MODULE: Places = &[
    Here(r"username for '([^']+)'"),
    Here(r"authentication failed for '([^']+)'"),
    Here(r"source code from\s+\x22([^\x22]+)"),
    Here(r"module \x22([^\x22]+)\x22"),
    Here(r"repository '([^']+)'"),
    Here(r"chart \x22([^\x22]+)\x22"),
    Here(r"access '([^']+)'"),
    Here(r"scheme '([^']+)'"),
    Step(r"source code from\s+\x22([^\x22]+)"),
];
pub(crate) const PROVIDER: Places = &[
    Here(r"provider named ([a-z0-9./_-]+)"),
    Here(r"provider \x22?([a-z0-9.-]+/[a-z0-9./_-]+)"),
    Here(r"installing ([a-z0-9./_-]+/[a-z0-9._-]+)"),
    Here(r"package for ([a-z0-9./_-]+)"),
    Here(r"(terraform-provider-[a-z0-9-]+)"),
    PLACE,
    Step(r"(terraform-provider-[a-z0-9-]+)"),
];
pub(crate) const HOST: Places = &[
    Here(r"https?://(?:[^/\s@]*@)?([^/\s'\x22,]+)"),
    Here(r"lookup ([a-z0-9.-]+)"),
    Here(r"connect to ([a-z0-9-]+(?:\.[a-z0-9-]+)+)"),
    Here(r"resolve host:? ([a-z0-9.-]+)"),
    Here(r"->([0-9a-f.:\[\]]+:[0-9]+)"),
    Here(r"dial tcp ([0-9a-f.:\[\]]+:[0-9]+)"),
];
pub(crate) const PROJECT: Places =
    &[Here(r"in project ([a-z0-9-]+)"), Here(r"namespace '([^']+)'"), Here(r"([a-z0-9-]+\.googleapis\.com)")];
pub(crate) const COMPONENT: Places = &[
    Here(r"component '?`?([a-z0-9_./-]+)'?`? in (?:the )?stack '?`?([a-z0-9_./-]+)"),
    Here(r"component[: ]+['`\x22]([^'`\x22]+)"),
    Here(r"identity '([^']+)'"),
];
pub(crate) const IMAGE: Places =
    &[Here(r"denied for ([^\s,]+)"), Here(r"image \x22([^\x22]+)"), Here(r"https?://([^/\s'\x22]+)")];
pub(crate) const CLUSTER: Places =
    &[Here(r"user \x22([^\x22]+)\x22"), Here(r"https?://([^/\s'\x22]+)"), Step(r"cluster[-_ ]name:?\s*(\S+)")];
pub(crate) const SECRET: Places = &[
    Here(r"(arn:aws[a-z-]*:kms:[^\s:]+:[^\s:]+:[^\s:]+)"),
    Here(r"secret ([a-z0-9_-]+) is"),
    Here(r"([A-Z][A-Z0-9_]{3,}) (?:environment variable )?(?:is|must)"),
    Here(r"url: [a-z]+ (https?://[^\s'\x22]+)"),
];
pub(crate) const WORKSPACE: Places = &[Here(r"workspace \(([^)]+)\)"), Here(r"workspace \x22([^\x22]+)\x22")];
pub(crate) const RESOURCE: Places = &[
    PLACE,
    Here(r"with ([a-z0-9_.\[\]\x22-]+\.[a-z0-9_.\[\]\x22-]+),"),
    Here(r"resource with the id \x22([^\x22]+)"),
    Here(r"(?:role with name|bucket|repository with name '?|release) \(?'?([a-z0-9_./-]+)'? ?(?:already|\))"),
    Here(r"(?:id|name) '\[?([^'\]]+)\]?'"),
    Here(r"\x22([^\x22 ]+\.ya?ml)\x22"),
    Here(r"the vpc '([^']+)'"),
];
pub(crate) const INPUT: Places =
    &[Here(r"provided:? *(\[[^\]]*\])"), Here(r"input '([^']+)'"), Here(r"not supplied: ([a-z0-9_-]+)")];
pub(crate) const WORKFLOW: Places = &[
    Here(r"(\.github/workflows/[^\s#:'\x22,)]+)#L([0-9]+)"),
    Here(r"(\.github/workflows/[^\s#:'\x22,)]+)"),
    Here(r"workflows?/([^\s/]+)/dispatches"),
    REPO_FACT,
];
pub(crate) const ACTION: Places =
    &[Here(r"action `?'?([^\s`',]+@[^\s`',]+)"), Here(r"([a-z0-9_.-]+/[a-z0-9_./-]+@[^\s`',]+)")];
pub(crate) const LABEL: Places = &[Here(r"label ([a-z0-9_.-]+) does"), Here(r"labels?:\s*([a-z0-9_., -]+)")];
pub(crate) const RUNNER: Places = &[Here(r"runner:? ([^\s]+) lost"), Here(r"running on runner ([^\s]+)")];
pub(crate) const REPO: Places = &[
    Here(r"permission to ([a-z0-9_./-]+) denied"),
    Here(r"access 'https?://(?:[^/@\s]*@)?([^']+)'"),
    Here(r"supplied: ([a-z_-]+)"),
    REPO_FACT,
];
pub(crate) const TOOL: Places = &[
    Here(r"line [0-9]+: ([^\s:]+): command not found"),
    Here(r"exec: \x22([^\x22]+)\x22"),
    Here(r"([^\s:]+): (?:command )?not found"),
    Here(r"(?:file|tool|version|module) '?([^\s']+)'?"),
];

const LONGEST: usize = 240;

/// Returns the first target that the passage, its step or the run states.
pub(crate) fn find(places: &[Find], passage: &str, step: &dyn Fn() -> String, facts: &RunFacts) -> Option<String> {
    let mut whole: Option<String> = None;
    places.iter().find_map(|place| match place {
        Here(pattern) => capture(pattern, passage),
        Step(pattern) => capture(pattern, whole.get_or_insert_with(step)),
        Find::Fact(fact) => known(*fact, facts),
    })
}

/// Returns a fact of the run, if it is known.
pub(crate) fn known(fact: Fact, facts: &RunFacts) -> Option<String> {
    let value = match fact {
        Fact::Ref => facts.git_ref.as_deref(),
        Fact::Environment => facts.environment.as_deref(),
        Fact::Repo => facts.repo.as_deref(),
        Fact::Parent => facts.parent.as_ref().map(|parent| parent.id.as_str()),
    };
    value.filter(|value| !value.is_empty()).map(redact)
}

fn capture(pattern: &str, text: &str) -> Option<String> {
    let regex = RegexBuilder::new(pattern).unicode(false).case_insensitive(true).build().ok()?;
    let found = regex.captures(text.as_bytes())?;
    let groups = (1..found.len()).filter_map(|group| found.get(group));
    let parts: Vec<String> = groups.map(|group| tidy(&String::from_utf8_lossy(group.as_bytes()))).collect();
    let target = parts.join(":");
    let useful = !target.is_empty() && !target.starts_with(['…', '*']) && target != "...";
    useful.then(|| redact(&target).chars().take(LONGEST).collect())
}

fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '\'' | '"' | '`'))
        .trim_end_matches(['.', ':'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(places: Places, passage: &str) -> Option<String> {
        find(places, passage, &String::new, &RunFacts::default())
    }

    #[test]
    fn targets_are_extracted() {
        let denied = "User: arn:aws:sts::1:assumed-role/plan/gha is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/tf";
        assert_eq!(found(ROLE, denied).as_deref(), Some("arn:aws:iam::2:role/tf"));
        assert_eq!(found(FILE, "Error: x   on main.tf line 12, in resource").as_deref(), Some("main.tf:12"));
        assert_eq!(found(REF, "No ref found for: feature/x").as_deref(), Some("feature/x"));
        assert_eq!(
            found(LOCK, "Lock Info:   ID:        5b9c9e7b-0000-1111-2222-333344445555   Path: x").as_deref(),
            Some("5b9c9e7b-0000-1111-2222-333344445555")
        );
        assert_eq!(found(ENVIRONMENT, "not allowed to deploy to dev due to").as_deref(), Some("dev"));
    }

    #[test]
    fn nothing_is_invented() {
        assert_eq!(found(ROLE, "Error: No valid credential sources found"), None);
        assert_eq!(found(REF, "Error: No ref found for:"), None);
    }

    #[test]
    fn every_pattern_compiles() {
        let tables = crate::rules::TABLES.iter().copied().flatten();
        for pattern in tables.flat_map(|rule| rule.target).filter_map(|find| match find {
            Here(pattern) | Step(pattern) => Some(pattern),
            Find::Fact(_) => None,
        }) {
            assert!(RegexBuilder::new(pattern).unicode(false).case_insensitive(true).build().is_ok(), "{pattern}");
        }
    }
}
