//! Repositories on the command line.

/// A repository as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoName {
    pub(super) owner: String,
    pub(super) name: String,
}

impl RepoName {
    /// Reads OWNER/NAME.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        text.split_once('/')
            .filter(|(owner, name)| !owner.is_empty() && !name.is_empty() && !name.contains('/'))
            .map(|(owner, name)| Self { owner: owner.to_owned(), name: name.to_owned() })
            .ok_or_else(|| "a repository is OWNER/NAME, as in its URL on GitHub".to_owned())
    }
}

impl std::fmt::Display for RepoName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_owner_and_name() {
        assert_eq!(RepoName::parse("acme/infra").map(|repo| repo.to_string()), Ok("acme/infra".to_owned()));
        for bad in ["", "acme", "acme/", "/infra", "acme/infra/x"] {
            assert!(RepoName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
