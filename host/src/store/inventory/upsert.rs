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
    let mut known = find_known(tx, target).await?;
    let named: BTreeMap<(String, String), UploadedInstance> = instances
        .into_iter()
        .map(|instance| ((instance.stack.clone(), instance.component.clone()), instance))
        .collect();
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

async fn find_known(tx: &mut Tx, target: &Target<'_>) -> Result<HashMap<(String, String), Known>, StoreError> {
    let rows: Vec<Known> = tx
        .fetch_all(
            sql("SELECT id, stack, component, status, drift_status, enabled, drift_enabled, disabled_at \
                 FROM instances WHERE workspace_id = $1 AND repository_id = $2")
            .bind(target.scope.workspace_id())
            .bind(target.repository_id),
        )
        .await?;
    Ok(rows.into_iter().map(|known| ((known.stack.clone(), known.component.clone()), known)).collect())
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
