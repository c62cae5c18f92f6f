//! Parameters of OAuth requests, from a query or a form, with repeats kept visible.

use std::collections::BTreeSet;

use url::form_urlencoded::Serializer;

/// Decoded parameters, in order.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

/// A parameter that must be sent once was sent more often (RFC 6749 §3.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeated;

impl Params {
    /// Decodes `a=b&c=d`. The format has no syntax errors: any bytes are some list of pairs.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(serde_html_form::from_bytes(bytes).unwrap_or_default())
    }

    /// The value of a parameter. One without a value counts as left out (RFC 6749 §3.1).
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated);
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// All values of a parameter, for checkboxes.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Fails if any parameter is repeated, known or not.
    pub(super) fn refuse_repeats(&self) -> Result<(), Repeated> {
        let mut seen = BTreeSet::new();
        if self.0.iter().all(|(key, _)| seen.insert(key)) { Ok(()) } else { Err(Repeated) }
    }

    /// The parameters as a query, in ASCII.
    pub(super) fn to_query(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_noticed_and_empty_values_count_as_absent() {
        let params = Params::parse(b"a=1&b=&c=2&c=3&d=%20x");
        assert_eq!(params.one("a"), Ok(Some("1")));
        assert_eq!(params.one("b"), Ok(None));
        assert_eq!(params.one("c"), Err(Repeated));
        assert_eq!(params.one("missing"), Ok(None));
        assert_eq!(params.refuse_repeats(), Err(Repeated));
        assert_eq!(params.all("c").collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(params.to_query(), "a=1&b=&c=2&c=3&d=+x");
    }

    #[test]
    fn any_bytes_are_some_parameters() {
        assert_eq!(Params::parse(b"\xff=\xfe&%zz").refuse_repeats(), Ok(()));
        assert_eq!(Params::parse(b"").one("a"), Ok(None));
    }
}
