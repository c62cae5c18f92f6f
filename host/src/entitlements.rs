//! What each plan includes, and how a workspace's own values change that. Keys and plans are ours;
//! `docs/entitlements.md` lists them.

use std::collections::BTreeMap;

use crate::config::LimitsConfig;

/// Calls of one grant per minute; enforced by the rate limiter.
pub(crate) const RATE_MINUTE: &str = "mcp_requests_per_minute";

/// Calls of one grant per UTC day; likewise.
pub(crate) const RATE_DAY: &str = "mcp_requests_per_day";

/// What a value of a key looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `true` or `false`.
    Switch,
    /// A number, or `unlimited`.
    Amount,
}

/// One key with its value in each plan: free, pro, enterprise, self-hosted.
struct Row(&'static str, Kind, [&'static str; 4]);

/// All keys but the two rates, which the server's configuration gives to every plan.
const TABLE: &[Row] = &[
    Row("audit_log", Kind::Switch, ["false", "false", "true", "true"]),
    Row("audit_retention_days", Kind::Amount, ["7", "30", "365", "unlimited"]),
    Row("badges", Kind::Switch, ["true", "true", "true", "true"]),
    Row("drift_detection", Kind::Switch, ["true", "true", "true", "true"]),
    Row("max_instances", Kind::Amount, ["100", "5000", "unlimited", "unlimited"]),
    Row("max_members", Kind::Amount, ["3", "25", "unlimited", "unlimited"]),
    Row("max_repositories", Kind::Amount, ["3", "50", "unlimited", "unlimited"]),
    Row("mcp", Kind::Switch, ["true", "true", "true", "true"]),
    Row("sts", Kind::Switch, ["false", "false", "false", "false"]),
];

/// What a workspace has of its own.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(crate) rate_minute: Option<i64>,
    pub(crate) rate_day: Option<i64>,
    /// By key.
    pub(crate) overrides: BTreeMap<String, String>,
}

/// The value of a key, and whether it is the workspace's own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) is_override: bool,
}

/// The value of a key as the operator sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    /// One of the two rates.
    Rate(u32),
    /// Any other key.
    Value(String),
}

/// The entitlements of a workspace, by key. A plan that is not known counts as self-hosted.
///
/// A rate shows what is enforced, so an override of that name in the table of overrides is left out.
pub(crate) fn resolve(plan: &str, limits: LimitsConfig, own: Own) -> Vec<Entitlement> {
    let column = match plan {
        "free" => 0,
        "pro" => 1,
        "enterprise" => 2,
        _ => 3,
    };
    let mut values: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for Row(key, _, plans) in TABLE {
        let value = plans.get(column).copied().unwrap_or_default();
        values.insert((*key).to_owned(), (value.to_owned(), false));
    }
    values.extend(own.overrides.into_iter().map(|(key, value)| (key, (value, true))));
    for (key, of_server, of_workspace) in
        [(RATE_MINUTE, limits.per_minute, own.rate_minute), (RATE_DAY, limits.per_day, own.rate_day)]
    {
        let rate = of_workspace.unwrap_or_else(|| i64::from(of_server));
        values.insert(key.to_owned(), (rate.to_string(), of_workspace.is_some()));
    }
    let entitlement = |(key, (value, is_override))| Entitlement { key, value, is_override };
    values.into_iter().map(entitlement).collect()
}

/// Checks what an operator wants to set. The error says what is allowed.
pub(crate) fn parse(key: &str, value: &str) -> Result<Setting, String> {
    let number: Option<u32> = value.parse().ok();
    if is_rate(key) {
        return match number {
            Some(rate @ 1..) => Ok(Setting::Rate(rate)),
            _ => Err(format!("{key} is a number of requests, 1 or more")),
        };
    }
    let Some(Row(_, kind, _)) = TABLE.iter().find(|row| row.0 == key) else {
        return Err(format!("`{key}` is no entitlement; there are {}", keys().join(", ")));
    };
    match (kind, number, value) {
        (Kind::Switch, _, "true" | "false") | (Kind::Amount, None, "unlimited") => Ok(Setting::Value(value.to_owned())),
        (Kind::Amount, Some(number), _) => Ok(Setting::Value(number.to_string())),
        (Kind::Switch, ..) => Err(format!("{key} is true or false")),
        (Kind::Amount, None, _) => Err(format!("{key} is a number, or unlimited")),
    }
}

/// Whether the key is one of the two rates.
pub(crate) fn is_rate(key: &str) -> bool {
    [RATE_MINUTE, RATE_DAY].contains(&key)
}

fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&str> = TABLE.iter().map(|row| row.0).chain([RATE_MINUTE, RATE_DAY]).collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `key=value`, and `!` if it is the workspace's own.
    fn shown(plan: &str, own: Own) -> Vec<String> {
        let limits = LimitsConfig { per_minute: 600, per_day: 50_000 };
        let show =
            |found: Entitlement| format!("{}={}{}", found.key, found.value, if found.is_override { "!" } else { "" });
        resolve(plan, limits, own).into_iter().map(show).collect()
    }

    #[test]
    fn a_plan_has_every_key_once_in_alphabetical_order() {
        for plan in ["free", "pro", "enterprise", "self_hosted", "of tomorrow"] {
            let found = resolve(plan, LimitsConfig::default(), Own::default());
            let found: Vec<&str> = found.iter().map(|found| found.key.as_str()).collect();
            assert_eq!(found, keys());
        }
        assert_eq!(shown("of tomorrow", Own::default()), shown("self_hosted", Own::default()));
        assert!(shown("free", Own::default()).contains(&"max_members=3".to_owned()));
    }

    #[test]
    fn a_workspaces_own_values_come_before_its_plan() {
        let overrides = [("sts", "true"), ("max_members", "40"), ("beta", "true"), (RATE_DAY, "7")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let own = Own { rate_minute: Some(900), rate_day: None, overrides: BTreeMap::from(overrides) };
        let found = shown("pro", own);
        for expected in ["sts=true!", "max_members=40!", "beta=true!", "max_repositories=50"] {
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
        }
        // What is enforced is shown.
        assert!(found.contains(&"mcp_requests_per_minute=900!".to_owned()), "{found:?}");
        assert!(found.contains(&"mcp_requests_per_day=50000".to_owned()), "{found:?}");
    }

    #[test]
    fn values_fit_their_key() {
        assert_eq!(parse("sts", "true"), Ok(Setting::Value("true".to_owned())));
        assert_eq!(parse("max_members", "unlimited"), Ok(Setting::Value("unlimited".to_owned())));
        assert_eq!(parse(RATE_MINUTE, "900"), Ok(Setting::Rate(900)));
        for (key, value, problem) in [
            ("sts", "yes", "sts is true or false"),
            ("max_members", "-1", "max_members is a number, or unlimited"),
            (RATE_DAY, "0", "mcp_requests_per_day is a number of requests, 1 or more"),
            (RATE_DAY, "unlimited", "mcp_requests_per_day is a number of requests, 1 or more"),
            ("speed", "1", "`speed` is no entitlement; there are audit_log, "),
        ] {
            assert!(parse(key, value).unwrap_err().starts_with(problem));
        }
    }

    #[test]
    fn every_plan_has_values_of_the_right_kind() {
        for Row(key, _, plans) in TABLE {
            for value in plans {
                assert!(parse(key, value).is_ok(), "{key} {value}");
            }
        }
    }
}
