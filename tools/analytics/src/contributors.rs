//! Who contributed most.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sdk::capability::analytics::{AuthorCount, Merge};
use serde::Serialize;

/// Contributors that are shown.
const SHOWN: usize = 10;

/// What one person contributed in the window.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contributor {
    pub login: String,
    pub merged_pull_requests: u32,
    pub commits: u32,
}

/// The ten people with the most merged pull requests, then commits. Bots are left out.
pub fn top(merges: &[Merge], commits: &[AuthorCount]) -> Vec<Contributor> {
    let mut people: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for merge in merges {
        people.entry(&merge.author).or_default().0 += 1;
    }
    for author in commits {
        people.entry(&author.author).or_default().1 += author.count;
    }
    let mut people: Vec<Contributor> = people
        .into_iter()
        .filter(|(login, _)| !login.is_empty() && !is_bot(login))
        .map(|(login, (merged, commits))| Contributor {
            login: login.to_owned(),
            merged_pull_requests: merged,
            commits,
        })
        .collect();
    // The sort is stable: equals stay in the order of their logins.
    people.sort_by_key(|person| std::cmp::Reverse((person.merged_pull_requests, person.commits)));
    people.truncate(SHOWN);
    people
}

/// GitHub Apps have this ending; people cannot.
fn is_bot(login: &str) -> bool {
    login.ends_with("[bot]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_count_before_commits_and_bots_not_at_all() {
        let merge = |author: &str| Merge { author: author.to_owned(), seconds: 1 };
        let commits = |author: &str, count| AuthorCount { author: author.to_owned(), count };
        let top = top(
            &[merge("mia"), merge("renovate[bot]"), merge("amir"), merge("mia")],
            &[commits("dana", 40), commits("amir", 2), commits("renovate[bot]", 90)],
        );
        let logins: Vec<_> = top.iter().map(|person| (person.login.as_str(), person.commits)).collect();
        assert_eq!(logins, [("mia", 0), ("amir", 2), ("dana", 40)]);
    }
}
