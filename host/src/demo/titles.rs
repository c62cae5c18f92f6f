//! Titles of pull requests, from `data/titles.txt`, and the branches that are named after them.

use super::dice::Dice;

const TEXT: &str = include_str!("data/titles.txt");

/// Longest branch name, without the bot's prefix.
const MAX_BRANCH: usize = 60;

/// A title for a change of this component; the bot's are of new versions.
pub(super) fn pick(dice: &Dice<'_>, component: &str, is_bots: bool) -> String {
    let for_it = |part: &str| part != "any" && part != "bot" && component.contains(part);
    let special = titles(for_it);
    let title = if is_bots {
        dice.pick(&titles(|part| part == "bot")).copied()
    } else if special.is_empty() || dice.chance(20) {
        dice.pick(&titles(|part| part == "any")).copied()
    } else {
        dice.pick(&special).copied()
    };
    format!("{component}: {}", title.unwrap_or("Clean up"))
}

fn titles(fits: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).filter(|(part, _)| fits(part)).map(|(_, title)| title).collect()
}

/// A branch for this title.
pub(super) fn branch(title: &str) -> String {
    let mut branch = String::new();
    for word in title.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if branch.len() + 1 + word.len() > MAX_BRANCH {
            break;
        }
        if !branch.is_empty() {
            branch.push('-');
        }
        branch.push_str(&word.to_ascii_lowercase());
    }
    branch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Entropy;

    #[test]
    fn a_title_names_the_component_and_a_branch_the_title() {
        let entropy = Entropy::seeded(1);
        let title = pick(&Dice(&entropy), "eks/cluster", false);
        assert!(title.starts_with("eks/cluster: "), "{title}");
        assert_eq!(branch("eks/cluster: Upgrade to Kubernetes 1.34"), "eks-cluster-upgrade-to-kubernetes-1-34");
        assert!(branch(&"long ".repeat(40)).len() <= MAX_BRANCH);
    }
}
