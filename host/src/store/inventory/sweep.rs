//! The sweep: instances that a whole upload does not name are `orphaned`.

use super::transition::ORPHANED;
use super::{StatusChange, Target};
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// Instances per UPDATE; see `store/bulk.rs` for why not all.
const GROUP: usize = 500;

#[derive(sqlx::FromRow)]
struct Missing {
    id: String,
    stack: String,
    status: String,
}

/// Marks what the upload, complete and begun at `since`, does not name; gives the changes of status.
pub(super) async fn mark_missing(
    tx: &mut Tx,
    target: &Target<'_>,
    since: Timestamp,
) -> Result<Vec<StatusChange>, StoreError> {
    let missing = find_missing(tx, target, since).await?;
    for group in missing.chunks(GROUP) {
        let mut update = sql("UPDATE instances SET status = 'orphaned', drift_status = 'orphaned', updated_at = $2 \
             WHERE workspace_id = $1 AND id IN ")
        .bind(target.scope.workspace_id())
        .bind(target.now);
        update.push_in(group.iter().map(|missing| missing.id.as_str()));
        tx.execute(update).await?;
    }
    let change = |missing: Missing| StatusChange {
        instance_id: missing.id,
        stack: missing.stack,
        from: Some(missing.status),
        to: ORPHANED.to_owned(),
    };
    Ok(missing.into_iter().map(change).collect())
}

/// Two workflows may upload at the same time. What an upload that began later has named is not missing:
/// its configuration is the newer one.
async fn find_missing(tx: &mut Tx, target: &Target<'_>, since: Timestamp) -> Result<Vec<Missing>, StoreError> {
    tx.fetch_all(
        sql("SELECT id, stack, status FROM instances \
             WHERE workspace_id = $1 AND repository_id = $2 AND status <> 'orphaned' \
             AND (last_upload_id IS NULL OR (last_upload_id <> $3 AND last_upload_id NOT IN \
             (SELECT upload_id FROM upload_chunks WHERE repository_id = $2 AND received_at > $4)))")
        .bind(target.scope.workspace_id())
        .bind(target.repository_id)
        .bind(target.upload_id)
        .bind(since),
    )
    .await
}
