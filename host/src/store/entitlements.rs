//! What a workspace may use: its plan, and its own values.

use std::collections::BTreeMap;

use super::{Reader, StoreError, Tx, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::entitlements::{Own, RATE_MINUTE};

/// Overrides that are read at most.
const MAX_OVERRIDES: i64 = 100;

#[derive(sqlx::FromRow)]
struct TermsRow {
    plan: String,
    rate_minute: Option<i64>,
    rate_day: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct OverrideRow {
    key: String,
    value: String,
}

/// The plan of the workspace, and what it has of its own.
pub(crate) async fn find_terms(reader: &Reader, scope: &WorkspaceScope) -> Result<Option<(String, Own)>, StoreError> {
    let terms = sql("SELECT w.plan, w.rate_minute, w.rate_day FROM workspaces w WHERE w.id = $1");
    let Some(terms) = reader.fetch_optional::<TermsRow>(terms.bind(scope.workspace_id())).await? else {
        return Ok(None);
    };
    let overrides =
        sql("SELECT o.key, o.value FROM entitlement_overrides o WHERE o.workspace_id = $1 ORDER BY o.key LIMIT $2")
            .bind(scope.workspace_id())
            .bind(MAX_OVERRIDES);
    let overrides = reader.fetch_all::<OverrideRow>(overrides).await?;
    let overrides: BTreeMap<String, String> = overrides.into_iter().map(|row| (row.key, row.value)).collect();
    Ok(Some((terms.plan, Own { rate_minute: terms.rate_minute, rate_day: terms.rate_day, overrides })))
}

/// Sets a value of the workspace's own.
pub(crate) async fn set_override(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    (key, value): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO entitlement_overrides (workspace_id, key, value, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (workspace_id, key) DO UPDATE SET value = excluded.value, created_at = excluded.created_at")
        .bind(scope.workspace_id())
        .bind(key)
        .bind(value)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Takes a value of the workspace's own away; false if there was none.
pub(crate) async fn delete_override(tx: &mut Tx, scope: &WorkspaceScope, key: &str) -> Result<bool, StoreError> {
    let deleted = tx
        .execute(
            sql("DELETE FROM entitlement_overrides WHERE workspace_id = $1 AND key = $2")
                .bind(scope.workspace_id())
                .bind(key),
        )
        .await?;
    Ok(deleted > 0)
}

/// Sets one of the two rates, or with none gives it back to the server's configuration; false if that
/// changes nothing.
pub(crate) async fn set_rate(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    key: &str,
    rate: Option<u32>,
) -> Result<bool, StoreError> {
    let text = if key == RATE_MINUTE {
        "UPDATE workspaces SET rate_minute = $2 WHERE id = $1 AND COALESCE(rate_minute, 0) <> COALESCE($2, 0)"
    } else {
        "UPDATE workspaces SET rate_day = $2 WHERE id = $1 AND COALESCE(rate_day, 0) <> COALESCE($2, 0)"
    };
    Ok(tx.execute(sql(text).bind(scope.workspace_id()).bind(rate)).await? > 0)
}
