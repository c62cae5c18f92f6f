//! `atmos-mcp workspace entitlement set | unset`

use anyhow::ensure;
use serde_json::json;

use super::operator::Operator;
use super::{Location, print};
use crate::entitlements::{Setting, is_rate, parse};
use crate::store::entitlements::{delete_override, set_override, set_rate};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Give a workspace another value than its plan has.
    Set {
        #[command(flatten)]
        place: Place,
        /// A key of docs/entitlements.md.
        #[arg(long)]
        key: String,
        /// A number, unlimited, true or false.
        #[arg(long)]
        value: String,
    },
    /// Give it the value of its plan again.
    Unset {
        #[command(flatten)]
        place: Place,
        /// A key that was set.
        #[arg(long)]
        key: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Set { place, key, value } => {
            let setting = parse(&key, &value).map_err(|problem| anyhow::anyhow!("--value {value}: {problem}"))?;
            let operator = Operator::open(&place.location, environment).await?;
            set(operator, &place.workspace, &key, setting).await
        }
        Command::Unset { place, key } => {
            let operator = Operator::open(&place.location, environment).await?;
            unset(operator, &place.workspace, &key).await
        }
    }
}

async fn set(operator: Operator, slug: &str, key: &str, setting: Setting) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let value = match setting {
        Setting::Rate(rate) => {
            set_rate(&mut tx, &scope, key, Some(rate)).await?;
            rate.to_string()
        }
        Setting::Value(value) => {
            set_override(&mut tx, &scope, (key, value.as_str()), operator.now).await?;
            value
        }
    };
    tx.commit().await?;
    let entry = operator
        .entry(&scope, ("entitlement", "override_set"))
        .with_target("entitlement", key)
        .with_metadata(&json!({ "key": key, "value": value }));
    operator.finish(&[&entry]).await?;
    Ok(print(&format!("{key} of {slug} is now {value}."))?)
}

async fn unset(operator: Operator, slug: &str, key: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let was_set = if is_rate(key) {
        set_rate(&mut tx, &scope, key, None).await?
    } else {
        delete_override(&mut tx, &scope, key).await?
    };
    ensure!(was_set, "--key {key}: it is not set for {slug}");
    tx.commit().await?;
    let entry = operator
        .entry(&scope, ("entitlement", "override_removed"))
        .with_target("entitlement", key)
        .with_metadata(&json!({ "key": key }));
    operator.finish(&[&entry]).await?;
    Ok(print(&format!("{key} of {slug} is what its plan says."))?)
}
