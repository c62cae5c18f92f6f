//! Where a badge is.

use url::form_urlencoded::Serializer;

use super::kind::{Kind, Style};
use crate::config::PublicUrl;

/// The path of the endpoint.
pub(crate) const PATH: &str = "/api/badge";

/// What a badge's URL holds. An absent or empty part is left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) kind: Kind,
    /// `owner/name`.
    pub(crate) repo: Option<&'a str>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
    pub(crate) label: Option<&'a str>,
    pub(crate) style: Option<Style>,
    pub(crate) token: &'a str,
}

impl<'a> Address<'a> {
    /// The badge of a whole repository.
    pub(crate) const fn of_repo(kind: Kind, repo: &'a str, token: &'a str) -> Self {
        Self { kind, repo: Some(repo), stack: None, component: None, label: None, style: None, token }
    }

    /// Path and query.
    pub(crate) fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("type", self.kind.name());
        let optional = [
            ("repo", self.repo),
            ("stack", self.stack),
            ("component", self.component),
            ("label", self.label),
            ("style", self.style.map(Style::name)),
        ];
        for (name, value) in optional {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("token", self.token);
        format!("{PATH}?{}", query.finish())
    }

    /// The whole URL.
    pub(crate) fn url(&self, public_url: &PublicUrl) -> String {
        public_url.join(&self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing in it ends a Markdown link, an HTML attribute or the query.
    #[test]
    fn values_are_escaped_and_empty_ones_left_out() {
        let address = Address {
            stack: Some(""),
            component: Some("eks/cluster"),
            label: Some("a&b=c) \"<x>"),
            style: Some(Style::FlatSquare),
            ..Address::of_repo(Kind::DriftStatus, "acme/infra", "t.1.x")
        };
        let expected = "/api/badge?type=drift_status&repo=acme%2Finfra&component=eks%2Fcluster\
             &label=a%26b%3Dc%29+%22%3Cx%3E&style=flat-square&token=t.1.x";
        assert_eq!(address.path(), expected);
    }
}
