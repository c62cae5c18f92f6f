//! What names tell of a run: its command, why it was started, and which instance it may be of. Pure.

use crate::store::ci::command_named;
use crate::store::github::runs::Trigger;

/// Pairs of names that a text gives at most. A title that has more is prose.
const MAX_PAIRS: usize = 128;

/// Longest text that is looked at, in bytes: a stack, a component and a run's id.
const MAX_TEXT: usize = 512;

/// What may stand between the names of a component and a stack, or of a stack and a component.
const SEPARATORS: [&str; 5] = ["/", "-", ", ", " in ", " "];

/// Words of which one is in the name of a workflow of Atmos.
const WORDS: [&str; 10] =
    ["atmos", "terraform", "tofu", "opentofu", "plan", "apply", "deploy", "drift", "remediate", "remediation"];

/// Words of which one is in the name of a workflow that looks for drift.
const DETECTION_WORDS: [&str; 4] = ["plan", "drift", "detect", "detection"];

/// What a workflow is called, as far as is known.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ingest) struct Called<'a> {
    /// File name in `.github/workflows/`.
    pub(in crate::ingest) file: Option<&'a str>,
    /// Its own name.
    pub(in crate::ingest) name: Option<&'a str>,
}

impl Called<'_> {
    /// Whether the names say that the workflow is Atmos's. Others may be all the same.
    pub(in crate::ingest) fn is_of_atmos(self) -> bool {
        self.has_word(&WORDS)
    }

    fn has_word(self, words: &[&str]) -> bool {
        [self.file, self.name].into_iter().flatten().any(|name| has_word(name, words))
    }
}

/// Whether one of these is a whole word of the text: `plan` is in `atmos-plan.yaml` and not in `planning`.
fn has_word(text: &str, words: &[&str]) -> bool {
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// File name of a workflow: `.github/workflows/plan.yaml@refs/heads/main` is `plan.yaml`.
pub(in crate::ingest) fn workflow_file(path: &str) -> Option<&str> {
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    path.rsplit('/').next().filter(|file| !file.is_empty())
}

/// The command that a workflow runs, by a keyword in its file name, or where that is not known in its own
/// name.
pub(in crate::ingest) fn command(name: &str) -> &'static str {
    command_named(name).name()
}

/// Why GitHub started a run, by the event that did. On a schedule, workflows look for drift, and also list instances
/// or do what is not Atmos's.
pub(in crate::ingest) fn trigger(event: &str, called: Called<'_>) -> Trigger {
    match event {
        "schedule" if called.has_word(&DETECTION_WORDS) => Trigger::Known("drift_detection"),
        "pull_request" | "pull_request_target" => Trigger::Known("pull_request"),
        "push" => Trigger::Known("push"),
        "merge_group" => Trigger::Known("merge_group"),
        "release" => Trigger::Known("release"),
        // workflow_dispatch, repository_dispatch, other schedules, and what people do on GitHub's pages.
        _ => Trigger::Dispatch,
    }
}

/// The ref of a run, of which GitHub tells the branch alone.
pub(in crate::ingest) fn git_ref(event: &str, branch: Option<&str>, pull_request: Option<i64>) -> Option<String> {
    match (event, pull_request, branch) {
        ("pull_request", Some(number), _) => Some(format!("refs/pull/{number}/merge")),
        ("release", _, Some(tag)) => Some(format!("refs/tags/{tag}")),
        (_, _, Some(branch)) => Some(format!("refs/heads/{branch}")),
        (_, _, None) => None,
    }
}

/// The pull request that a commit came from, as GitHub writes it when it merges: `Merge pull request #7 from
/// …`, or `title (#7)`.
pub(in crate::ingest) fn pull_request_of(message: &str) -> Option<i64> {
    let title = message.lines().next()?;
    let number = match title.strip_prefix("Merge pull request #") {
        Some(rest) => rest.split(' ').next()?,
        None => title.trim_end().strip_suffix(')')?.rsplit_once("(#")?.1,
    };
    number.parse().ok().filter(|number| *number > 0)
}

/// Component and stack that the title of a run may mean, as [`pairs`] has it; but what comes before the names has to
/// be a command, for the title may be that of a pull request or a commit: `Fix vpc in dev` is about no plan of it.
pub(in crate::ingest) fn title_pairs(title: &str) -> Vec<(&str, &str)> {
    pairs_after(title, |verb| has_word(verb, &WORDS))
}

/// Component and stack that a job's name may mean: every way to cut it in two, in both orders.
/// It is ambiguous, since names have separators of their own; only pairs that exist count.
///
/// Forms that workflows have: `plan {component}/{stack}/{id}`, `{component}-{stack}`,
/// `caller / {component}-{stack}`, `Plan ({component}, {stack})`.
pub(in crate::ingest) fn pairs(text: &str) -> Vec<(&str, &str)> {
    pairs_after(text, |_| true)
}

fn pairs_after(text: &str, is_verb: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for text in readings(text, is_verb) {
        for separator in SEPARATORS {
            for (at, _) in text.match_indices(separator) {
                let (left, rest) = text.split_at(at);
                let right = rest.strip_prefix(separator).unwrap_or_default();
                pairs.extend([(left, right), (right, left)]);
            }
        }
    }
    pairs.retain(|(left, right)| !left.is_empty() && !right.is_empty());
    pairs.sort_unstable();
    pairs.dedup();
    if pairs.len() > MAX_PAIRS { Vec::new() } else { pairs }
}

/// The parts of a text that may be two names. Before them, there may be a verb.
fn readings(text: &str, is_verb: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut readings = Vec::new();
    for part in text.split(" / ").map(str::trim) {
        readings.push(part);
        if !is_verb(part.split([' ', '(']).next().unwrap_or_default()) {
            continue;
        }
        if let Some((_, inner)) = part.split_once('(') {
            readings.push(inner.split(')').next().unwrap_or_default().trim());
        }
        // After a verb, and before the id of a run.
        if let Some((_, rest)) = part.split_once(' ') {
            readings.push(rest.trim());
            readings.extend(rest.trim().rsplit_once('/').map(|(names, _)| names));
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_command_is_in_the_file_name() {
        for (name, expected) in [
            ("atmos-terraform-plan.yaml", "plan"),
            ("Atmos-Terraform-APPLY.yml", "apply"),
            ("Deploy.yaml", "apply"),
            ("remediate-drift-apply.yaml", "remediate"),
            ("drift_remediation.yaml", "remediate"),
            ("ci.yaml", "plan"),
        ] {
            assert_eq!(command(name), expected, "{name}");
        }
    }

    #[test]
    fn whole_words_say_that_a_workflow_is_of_atmos() {
        for (file, name, expected) in [
            ("atmos-pro-list-instances.yaml", "", true),
            ("ci.yaml", "Terraform: Plan", true),
            ("Deploy.yml", "", true),
            ("test.yaml", "unit-tests", false),
            ("lint.yaml", "Check planning and applyset", false),
            ("", "", false),
        ] {
            let called = Called { file: Some(file), name: Some(name) };
            assert_eq!(called.is_of_atmos(), expected, "{file} {name}");
        }
        assert!(!Called::default().is_of_atmos());
    }

    #[test]
    fn a_schedule_looks_for_drift_if_the_workflow_plans() {
        let trigger = |event, file| trigger(event, Called { file: Some(file), name: None });
        assert_eq!(trigger("schedule", "atmos-terraform-plan.yaml"), Trigger::Known("drift_detection"));
        assert_eq!(trigger("schedule", "drift.yaml"), Trigger::Known("drift_detection"));
        assert_eq!(trigger("schedule", "atmos-pro-list-instances.yaml"), Trigger::Dispatch);
        assert_eq!(trigger("schedule", "test.yaml"), Trigger::Dispatch);
        assert_eq!(trigger("workflow_dispatch", "drift.yaml"), Trigger::Dispatch);
        assert_eq!(trigger("push", "drift.yaml"), Trigger::Known("push"));
    }

    #[test]
    fn a_file_name_is_the_end_of_the_path() {
        assert_eq!(workflow_file(".github/workflows/plan.yaml"), Some("plan.yaml"));
        assert_eq!(workflow_file(".github/workflows/plan.yaml@refs/heads/main"), Some("plan.yaml"));
        assert_eq!(workflow_file(""), None);
    }

    #[test]
    fn pull_requests_are_found_in_the_messages_of_merges() {
        for (message, expected) in [
            ("Merge pull request #128 from acme/feature\n\nAdd vpc (#3)", Some(128)),
            ("Add vpc (#7)", Some(7)),
            ("Add vpc (#7)\n\nbody", Some(7)),
            ("Add vpc\n\n(#7)", None),
            ("Revert \"Add vpc (#7)\" (#9)", Some(9)),
            ("Add (vpc)", None),
            ("", None),
        ] {
            assert_eq!(pull_request_of(message), expected, "{message}");
        }
    }

    #[test]
    fn a_ref_follows_from_the_event() {
        assert_eq!(git_ref("pull_request", Some("feature"), Some(7)).as_deref(), Some("refs/pull/7/merge"));
        assert_eq!(git_ref("pull_request", Some("feature"), None).as_deref(), Some("refs/heads/feature"));
        assert_eq!(git_ref("release", Some("v1"), None).as_deref(), Some("refs/tags/v1"));
        assert_eq!(git_ref("push", None, None), None);
    }

    #[test]
    fn every_form_of_a_name_gives_its_pair() {
        for text in [
            "plan eks/cluster/plat-use2-dev/3Ac4tgT3JZZS7vZvPi3RvwL4832B",
            "apply eks/cluster/plat-use2-dev",
            "eks/cluster-plat-use2-dev",
            "plat-use2-dev-eks/cluster",
            "Dispatch / eks/cluster-plat-use2-dev",
            "Plan (eks/cluster, plat-use2-dev)",
            "Plan eks/cluster in plat-use2-dev",
            "plat-use2-dev eks/cluster",
        ] {
            assert!(pairs(text).contains(&("eks/cluster", "plat-use2-dev")), "{text}");
        }
        assert!(pairs("lint").is_empty());
        assert!(pairs(&"a long title of a pull request ".repeat(10)).is_empty());
    }

    #[test]
    fn a_title_is_read_behind_a_command_alone() {
        let names = ("eks/cluster", "plat-use2-dev");
        for text in [
            "plan eks/cluster/plat-use2-dev/3Ac4tgT3JZZS7vZvPi3RvwL4832B",
            "Apply eks/cluster in plat-use2-dev",
            "Plan (eks/cluster, plat-use2-dev)",
            "eks/cluster-plat-use2-dev",
        ] {
            assert!(title_pairs(text).contains(&names), "{text}");
        }
        for text in [
            "Fix eks/cluster in plat-use2-dev",
            "lint eks/cluster plat-use2-dev",
            "Fix drift (eks/cluster, plat-use2-dev)",
            "Add eks/cluster/plat-use2-dev/again",
        ] {
            assert!(!title_pairs(text).contains(&names), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            prop_assert!(pairs(&text).len() <= MAX_PAIRS && title_pairs(&text).len() <= MAX_PAIRS);
            let _: Option<i64> = pull_request_of(&text);
            let _: Option<&str> = workflow_file(&text);
        }
    }
}
