//! What components consist of, from `data/resources.txt`, and what a plan would change of it.

use std::sync::LazyLock;

const TEXT: &str = include_str!("data/resources.txt");

static FAMILIES: LazyLock<Vec<(&'static str, Vec<Resource>)>> = LazyLock::new(|| parse(TEXT));

/// A resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) address: &'static str,
    /// What its id begins with.
    pub(super) id: &'static str,
}

impl Resource {
    /// Type and name, as in `resource "aws_vpc" "default"`.
    pub(super) fn kind_and_name(self) -> (&'static str, &'static str) {
        let plain = self.address.split('[').next().unwrap_or_default();
        let (rest, name) = plain.rsplit_once('.').unwrap_or(("", plain));
        (rest.rsplit('.').next().unwrap_or_default(), name)
    }
}

/// The resources of a component.
pub(super) fn of(component: &str) -> &'static [Resource] {
    let fits = |family: &&(&str, Vec<Resource>)| family.0 == "any" || component.contains(family.0);
    FAMILIES.iter().find(fits).map(|family| family.1.as_slice()).unwrap_or_default()
}

/// What a plan would do. Never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changeset {
    pub(super) created: Vec<Resource>,
    pub(super) updated: Vec<Resource>,
    pub(super) destroyed: Vec<Resource>,
}

impl Changeset {
    /// The same for the same component and number.
    pub(super) fn new(component: &str, number: i64) -> Self {
        let resources = of(component);
        let number = usize::try_from(number).unwrap_or_default();
        let start = number.checked_rem(resources.len()).unwrap_or_default();
        let mut next = resources.iter().copied().cycle().skip(start).take(resources.len());
        Self {
            updated: next.by_ref().take(1 + number / 3 % 2).collect(),
            created: next.by_ref().take(number % 3).collect(),
            destroyed: next.by_ref().take(usize::from(number.is_multiple_of(11))).collect(),
        }
    }

    /// As Terraform puts it: `2 to add, 1 to change, 0 to destroy`.
    pub(super) fn plan(&self) -> String {
        format!("{} to add, {} to change, {} to destroy", self.created.len(), self.updated.len(), self.destroyed.len())
    }

    /// As Terraform puts it when it is done: `2 added, 1 changed, 0 destroyed`.
    pub(super) fn done(&self) -> String {
        format!("{} added, {} changed, {} destroyed", self.created.len(), self.updated.len(), self.destroyed.len())
    }
}

fn parse(text: &'static str) -> Vec<(&'static str, Vec<Resource>)> {
    let mut families: Vec<(&'static str, Vec<Resource>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(family) = line.strip_prefix("== ") {
            families.push((family, Vec::new()));
        } else if let (Some(family), Some((address, id))) = (families.last_mut(), line.rsplit_once(' ')) {
            family.1.push(Resource { address, id });
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_has_resources_and_every_change_changes_something() {
        for component in ["vpc", "eks/cluster", "eks/karpenter", "vpc-flow-logs", "budgets", "canary-rival-kms"] {
            assert!(!of(component).is_empty(), "{component}");
            for number in 0..30 {
                let changes = Changeset::new(component, number);
                let mut all = [changes.created, changes.updated, changes.destroyed].concat();
                let count = all.len();
                assert!(count > 0, "{component} {number}");
                all.sort_by_key(|resource| resource.address);
                all.dedup();
                assert_eq!(all.len(), count, "{component} {number}: a resource twice");
            }
        }
    }

    #[test]
    fn an_address_tells_type_and_name() {
        let kinds: Vec<_> = of("vpc").iter().map(|resource| resource.kind_and_name()).collect();
        assert!(kinds.contains(&("aws_nat_gateway", "default")), "{kinds:?}");
        assert_eq!(
            Resource { address: "module.a.module.b.aws_iam_role.this[\"x.y\"]", id: "r-" }.kind_and_name(),
            ("aws_iam_role", "this")
        );
    }
}
