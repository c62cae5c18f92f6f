//! Writing audit rows, and the daily count that is committed with them. `audit_entries.rs` reads them.

use std::collections::BTreeMap;

use super::{Query, StoreError, Tx, Writer, bulk, sql};
use crate::audit::{Actor, DeniedSide, Entry, GrantCount};
use crate::clock::Timestamp;
use crate::id::Entropy;

const COLUMNS: &str = "INSERT INTO audit_log (id, at, workspace_id, actor_type, actor_id, client_id, grant_id, category, action, target_type, target_id, outcome, detail, denied_side, component_digest, metadata, duration_micros, fuel, host_calls, rows_read, result_bytes, request_id) VALUES ";

/// Writes the rows, counts the tool calls per grant and day, and notes when each grant was last used, in
/// one transaction.
pub(crate) async fn insert_group(
    writer: &Writer,
    entropy: &Entropy,
    entries: &[&Entry],
    counts: &[&GrantCount],
) -> Result<(), StoreError> {
    let mut calls = Calls::default();
    for count in counts {
        calls.add(&count.grant_id, count.at);
    }
    for entry in entries {
        if let (Actor::McpClient { grant_id, .. }, true) = (&entry.actor, entry.counts_against_limits) {
            calls.add(grant_id, entry.at);
        }
    }
    let mut tx = writer.begin().await?;
    insert_entries(&mut tx, entropy, entries).await?;
    for ((grant_id, day), (count, last)) in calls.0 {
        count_calls(&mut tx, grant_id, day, count, last).await?;
    }
    tx.commit().await
}

/// Writes the rows in the transaction of what they tell of, so that neither is there without the other. Rows of tool
/// calls go through [`insert_group`], which counts them too.
pub(crate) async fn insert_entries(tx: &mut Tx, entropy: &Entropy, entries: &[&Entry]) -> Result<(), StoreError> {
    for group in entries.chunks(bulk::GROUP) {
        let mut insert = sql(COLUMNS);
        for (index, entry) in group.iter().enumerate() {
            insert.push(if index == 0 { "(" } else { ", (" });
            push_row(&mut insert, entropy, entry);
            insert.push(")");
        }
        tx.execute(insert).await?;
    }
    Ok(())
}

/// Calls by grant and day, with the time of the last.
#[derive(Default)]
struct Calls<'a>(BTreeMap<(&'a str, i64), (i64, Timestamp)>);

impl<'a> Calls<'a> {
    fn add(&mut self, grant_id: &'a str, at: Timestamp) {
        let (count, last) = self.0.entry((grant_id, at.day())).or_insert((0, at));
        *count += 1;
        *last = at.max(*last);
    }
}

fn push_row(insert: &mut Query, entropy: &Entropy, entry: &Entry) {
    let (client_id, grant_id) = match &entry.actor {
        Actor::McpClient { client_id, grant_id, .. } => (Some(client_id.as_str()), Some(grant_id.as_str())),
        Actor::User { .. } | Actor::GithubAction { .. } | Actor::GithubApp | Actor::Operator | Actor::Anonymous => {
            (None, None)
        }
    };
    let (target_type, target_id) = entry.target.as_ref().map(|(kind, id)| (*kind, id.as_str())).unzip();
    let used = entry.tool_use.as_ref();
    insert.push_bind(entropy.id("aud", entry.at));
    let mut next = |value: super::db::Value| {
        insert.push(", ");
        insert.push_bind(value);
    };
    next(entry.at.into());
    next(entry.workspace_id.as_deref().into());
    next(entry.actor.kind().into());
    next(entry.actor.id().into());
    next(client_id.into());
    next(grant_id.into());
    next(entry.category.into());
    next(entry.action.into());
    next(target_type.into());
    next(target_id.into());
    next(entry.outcome.into());
    next(entry.detail.as_deref().into());
    next(entry.denied_side.map(DeniedSide::name).into());
    next(used.map(|used| used.component_digest.as_str()).into());
    next(entry.metadata.as_deref().into());
    next(used.map(|used| used.duration_micros).into());
    next(used.map(|used| used.fuel).into());
    next(used.map(|used| used.host_calls).into());
    next(used.map(|used| used.rows_read).into());
    next(used.map(|used| used.result_bytes).into());
    next(entry.request_id.as_str().into());
}

async fn count_calls(tx: &mut Tx, grant_id: &str, day: i64, count: i64, last: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO rate_day (grant_id, day, calls) VALUES ($1, $2, $3) \
             ON CONFLICT (grant_id, day) DO UPDATE SET calls = rate_day.calls + excluded.calls")
        .bind(grant_id)
        .bind(day)
        .bind(count),
    )
    .await?;
    // Another replica may have written a later use.
    tx.execute(
        sql("UPDATE oauth_grants SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)")
            .bind(grant_id)
            .bind(last),
    )
    .await?;
    Ok(())
}
