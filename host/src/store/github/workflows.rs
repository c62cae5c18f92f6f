//! Workflows whose names do not say that they are Atmos's.

use serde_json::Value;

use super::Target;
use super::links::Linked;
use crate::store::ci::verdict::names_anywhere;
use crate::store::{StoreError, Tx, sql};

/// Whether the workflow of a file has uploaded before, or the settings of one of these instances name it.
pub(crate) async fn is_known(
    tx: &mut Tx,
    target: &Target,
    file: &str,
    instances: &[Linked],
) -> Result<bool, StoreError> {
    Ok(has_uploaded(tx, target, file).await? || is_named(tx, target, file, instances).await?)
}

async fn has_uploaded(tx: &mut Tx, target: &Target, file: &str) -> Result<bool, StoreError> {
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("SELECT workflow_file FROM uploading_workflows \
                 WHERE workspace_id = $1 AND repository_id = $2 AND workflow_file = $3")
            .bind(target.scope.workspace_id())
            .bind(&target.repository_id)
            .bind(file),
        )
        .await?;
    Ok(row.is_some())
}

async fn is_named(tx: &mut Tx, target: &Target, file: &str, instances: &[Linked]) -> Result<bool, StoreError> {
    let mut query = sql("SELECT settings FROM instances WHERE workspace_id = $1 AND settings IS NOT NULL AND id IN ")
        .bind(target.scope.workspace_id());
    query.push_in(instances.iter().map(|instance| instance.id.as_str()));
    let rows: Vec<(String,)> = tx.fetch_all(query).await?;
    let names_it = |pro: Value| names_anywhere(&pro, file);
    Ok(rows.iter().filter_map(|(settings,)| serde_json::from_str::<Value>(settings).ok()).any(names_it))
}
