//! Reading fields of uploads: liberal in what is there, exact in what is said of what is wrong. Pure.
//!
//! Fields come as values and not as text or numbers, so that a refusal can name the one that is wrong.

use std::collections::BTreeSet;
use std::fmt::Display;

use axum::http::Uri;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::form_urlencoded;

use super::envelope::IngestError;
use crate::clock::Timestamp;
use crate::store::inventory::{Chunk, RepositoryName};

/// Longest name of a repository, stack or component, in bytes. Two of them have to fit an index entry.
const MAX_NAME: usize = 512;

/// Names that an audit row lists at most.
const MAX_LISTED: usize = 50;

/// Go writes a list that was never filled as `null`.
pub(super) fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A name that must be there.
///
/// Security: names are compared by people and agents, so all of a name must show. `actions_log` has the list of what
/// does not.
pub(super) fn name(field: impl Display, value: Value) -> Result<String, IngestError> {
    let text = text(&field, value)?;
    match text.chars().find(|char| char.is_control() || actions_log::is_invisible(*char)) {
        None => Ok(text),
        Some(char) => {
            let code = u32::from(char);
            let problem = format!("`{field}` must not contain control or invisible characters, and has U+{code:04X}");
            Err(IngestError::InvalidField(problem))
        }
    }
}

/// Text that must be there, of any characters; as short as a name.
fn text(field: impl Display, value: Value) -> Result<String, IngestError> {
    let problem = match value {
        Value::String(text) => match text.len() {
            0 => "must not be empty",
            1..=MAX_NAME if text.contains('\0') => "must not contain a NUL character",
            1..=MAX_NAME => return Ok(text),
            _ => "is longer than 512 bytes",
        },
        Value::Null => "is missing",
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => "must be a string",
    };
    Err(IngestError::InvalidField(format!("`{field}` {problem}")))
}

/// The first names, for an audit row: a search for one of them finds the row.
pub(super) fn names(names: BTreeSet<String>) -> Value {
    names.into_iter().take(MAX_LISTED).collect()
}

/// A name that may be absent, empty, malformed or of a wrong type; then it counts as absent.
pub(super) fn optional_text(value: Value) -> Option<String> {
    name("", value).ok()
}

/// An integer that may be absent.
pub(super) fn number(field: &str, value: &Value) -> Result<Option<i64>, IngestError> {
    match (value.is_null(), value.as_i64()) {
        (true, _) => Ok(None),
        (false, Some(number)) => Ok(Some(number)),
        (false, None) => Err(IngestError::InvalidField(format!("`{field}` must be an integer"))),
    }
}

/// A time that may be absent.
pub(super) fn time(field: &str, value: &Value) -> Result<Option<Timestamp>, IngestError> {
    if value.is_null() || value.as_str() == Some("") {
        return Ok(None);
    }
    let time = value.as_str().and_then(Timestamp::parse_rfc3339);
    time.map(Some).ok_or_else(|| IngestError::InvalidField(format!("`{field}` must be a time as RFC 3339 writes it")))
}

/// The repository that an upload names. `repo_url` is not read: it may be in any form that git knows, and
/// with several remotes it is any of them.
pub(super) fn repository(owner: Value, repo: Value, host: Value) -> Result<RepositoryName, IngestError> {
    Ok(RepositoryName {
        owner: name("repo_owner", owner)?,
        name: name("repo_name", repo)?,
        host: optional_text(host).unwrap_or_else(|| "github.com".to_owned()),
    })
}

/// Where a chunk stands; none for an upload in one piece.
pub(super) fn chunk(id: Value, index: &Value, total: &Value) -> Result<Option<Chunk>, IngestError> {
    // Go writes a text that was never set as "".
    if id.is_null() || id.as_str() == Some("") {
        return Ok(None);
    }
    let upload_id = name("batch_id", id)?;
    // Go leaves out a zero that is marked `omitempty`.
    let index = number("batch_index", index)?.unwrap_or(0);
    let total = number("batch_total", total)?
        .ok_or_else(|| IngestError::InvalidField("`batch_total` is missing beside `batch_id`".to_owned()))?;
    if (0..total).contains(&index) {
        return Ok(Some(Chunk { upload_id, index, total }));
    }
    let problem = format!("`batch_index` is {index} and must be from 0 to `batch_total` ({total}) less one");
    Err(IngestError::InvalidField(problem))
}

/// A name in the query, which must be there.
pub(super) fn query_name(uri: &Uri, parameter: &str) -> Result<String, IngestError> {
    name(parameter, query_value(uri, parameter))
}

/// Text in the query, which must be there: a name that others give, such as GitHub's of a job.
pub(super) fn query_text(uri: &Uri, parameter: &str) -> Result<String, IngestError> {
    text(parameter, query_value(uri, parameter))
}

/// A parameter of the query. `+` is a space there, and `%2F` a slash.
fn query_value(uri: &Uri, parameter: &str) -> Value {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let found = pairs.find(|(key, _)| key == parameter);
    found.map_or(Value::Null, |(_, value)| Value::String(value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_has_nothing_that_does_not_show() {
        for (bad, code) in [
            ("evil\u{202e}comp", "U+202E"),
            ("evil\u{1b}[31mcomp", "U+001B"),
            ("evil\u{200b}comp", "U+200B"),
            ("evil\u{2028}comp", "U+2028"),
            ("evil\u{e0041}comp", "U+E0041"),
            ("evil\u{fe0f}comp", "U+FE0F"),
            ("evil\ncomp", "U+000A"),
        ] {
            let refused = name("component", json!(bad)).unwrap_err().to_string();
            let expected = format!("`component` must not contain control or invisible characters, and has {code}");
            assert_eq!(refused, expected, "{bad:?}");
            assert_eq!(optional_text(json!(bad)), None, "{bad:?}");
        }
        for good in ["eks/cluster", "größer 日本", "a\u{a0}b"] {
            assert_eq!(name("component", json!(good)).unwrap(), good);
        }
        let uri: Uri = "/job-summaries?jobName=%E2%9A%99%EF%B8%8F%20Plan".parse().unwrap();
        assert_eq!(query_text(&uri, "jobName").unwrap(), "\u{2699}\u{fe0f} Plan");
    }

    #[test]
    fn a_query_is_read_as_go_escapes_it() {
        let uri: Uri = "/repos/o/r/instances?stack=dev+east&component=eks%2Fcluster".parse().unwrap();
        assert_eq!(query_name(&uri, "stack").unwrap(), "dev east");
        assert_eq!(query_name(&uri, "component").unwrap(), "eks/cluster");
        assert_eq!(query_name(&uri, "other").unwrap_err().to_string(), "`other` is missing");
    }

    #[test]
    fn a_time_may_be_absent_but_not_malformed() {
        assert_eq!(time("last_run", &json!(null)).unwrap(), None);
        assert_eq!(time("last_run", &json!("")).unwrap(), None);
        assert!(time("last_run", &json!("2026-08-21T10:00:00Z")).unwrap().is_some());
        for bad in [json!("yesterday"), json!(5)] {
            assert!(time("last_run", &bad).is_err(), "{bad}");
        }
    }
}
