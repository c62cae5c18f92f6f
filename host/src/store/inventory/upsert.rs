//! Writing the instances that an upload names.

use std::collections::{BTreeMap, HashMap};

use super::transition::{Flags, State, transition};
use super::{StatusChange, Target, UploadedInstance};
use crate::store::db::Value;
use crate::store::{StoreError, Tx, bulk, sql};

const INSERT: &str = "INSERT INTO instances (id, component, stack, component_type, status, drift_status, enabled, \
     drift_enabled, disabled_at, settings, workspace_id, repository_id, last_upload_id, created_at, updated_at) VALUES ";

/// Placeholders of what all rows share: workspace, repository, upload, and the time twice.
const SHARED: &str = "$1, $2, $3, $4, $4";

const ON_CONFLICT: &str = " ON CONFLICT (repository_id, stack, component) DO UPDATE SET \
     component_type = COALESCE(excluded.component_type, instances.component_type), \
     status = excluded.status, drift_status = excluded.drift_status, enabled = excluded.enabled, \
     drift_enabled = excluded.drift_enabled, disabled_at = excluded.disabled_at, settings = excluded.settings, \
     last_upload_id = excluded.last_upload_id, updated_at = excluded.updated_at";

/// What was written.
#[derive(Default)]
pub(super) struct Written {
    /// Instances seen for the first time.
    pub(super) created: usize,
    /// Changes of status, those of new instances included.
    pub(super) changes: Vec<StatusChange>,
}

#[derive(sqlx::FromRow)]
struct Known {
    id: String,
    stack: String,
    component: String,
    status: String,
    drift_status: String,
    enabled: bool,
    drift_enabled: bool,
    disabled_at: Option<i64>,
}

impl Known {
    fn split(self) -> (String, State) {
        let flags = Flags { enabled: self.enabled, drift_enabled: self.drift_enabled };
        let state =
            State { status: self.status, drift_status: self.drift_status, flags, disabled_at: self.disabled_at };
        (self.id, state)
    }
}

/// Writes the named instances. One that is named twice counts as named last: a statement cannot write a
/// row twice.
pub(super) async fn upsert_instances(
    tx: &mut Tx,
    target: &Target<'_>,
    instances: Vec<UploadedInstance>,
) -> Result<Written, StoreError> {
    let named: BTreeMap<(String, String), UploadedInstance> = instances
        .into_iter()
        .map(|instance| ((instance.stack.clone(), instance.component.clone()), instance))
        .collect();
    let mut known = find_known(tx, target, &named).await?;
    let mut written = Written::default();
    let mut rows = Vec::with_capacity(named.len());
    for (key, instance) in named {
        rows.push(next_row(target, known.remove(&key), instance, &mut written));
    }
    let head = sql(INSERT)
        .bind(target.scope.workspace_id())
        .bind(target.repository_id)
        .bind(target.upload_id)
        .bind(target.now);
    bulk::insert_rows(tx, &head, SHARED, ON_CONFLICT, rows).await?;
    Ok(written)
}

const SELECT: &str = "SELECT i.id, i.stack, i.component, i.status, i.drift_status, i.enabled, i.drift_enabled, \
     i.disabled_at FROM (VALUES ";

/// The join is a cross, because SQLite then looks each key up by all of it; with `IN`, it reads the repository.
const OF_KEYS: &str = ") k CROSS JOIN instances i WHERE i.workspace_id = $1 AND i.repository_id = $2 \
     AND i.stack = k.column1 AND i.component = k.column2";

/// Those of the named instances that are known. The repository may have many more: an upload comes in many chunks.
async fn find_known(
    tx: &mut Tx,
    target: &Target<'_>,
    named: &BTreeMap<(String, String), UploadedInstance>,
) -> Result<HashMap<(String, String), Known>, StoreError> {
    let mut known = HashMap::with_capacity(named.len());
    let keys: Vec<&(String, String)> = named.keys().collect();
    for group in keys.chunks(bulk::GROUP) {
        let mut query = sql(SELECT).bind(target.scope.workspace_id()).bind(target.repository_id);
        for (index, (stack, component)) in group.iter().enumerate() {
            query.push(if index == 0 { "(" } else { ", (" });
            query.push_bind(stack);
            query.push(", ");
            query.push_bind(component);
            query.push(")");
        }
        query.push(OF_KEYS);
        let rows: Vec<Known> = tx.fetch_all(query).await?;
        known.extend(rows.into_iter().map(|row| ((row.stack.clone(), row.component.clone()), row)));
    }
    Ok(known)
}

/// The values of one instance, in the order of [`INSERT`] up to what is shared.
fn next_row(
    target: &Target<'_>,
    known: Option<Known>,
    instance: UploadedInstance,
    written: &mut Written,
) -> [Value; 10] {
    let (id, old) = known.map(Known::split).unzip();
    let state = transition(old.as_ref(), instance.flags, target.now);
    written.created += usize::from(old.is_none());
    let id = id.unwrap_or_else(|| target.entropy.id("inst", target.now));
    let from = old.map(|old| old.status);
    if from.as_ref() != Some(&state.status) {
        let (instance_id, stack, to) = (id.clone(), instance.stack.clone(), state.status.clone());
        written.changes.push(StatusChange { instance_id, stack, from, to });
    }
    [
        id.into(),
        instance.component.into(),
        instance.stack.into(),
        instance.component_type.into(),
        state.status.into(),
        state.drift_status.into(),
        state.flags.enabled.into(),
        state.flags.drift_enabled.into(),
        state.disabled_at.into(),
        instance.settings.into(),
    ]
}
