//! Which instance a run is of: by the names that its title and its jobs bear.

use super::Target;
use crate::store::{StoreError, Tx, sql};

/// An instance of the repository.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Linked {
    pub(crate) id: String,
    pub(crate) component: String,
    pub(crate) stack: String,
}

/// Pairs that are asked for at once. SQLite takes an expression that is a thousand deep at most.
const GROUP: usize = 256;

/// The repository's instances among these pairs of component and stack, each of which is there once.
pub(crate) async fn find_named(
    tx: &mut Tx,
    target: &Target,
    pairs: &[(&str, &str)],
) -> Result<Vec<Linked>, StoreError> {
    let mut found = Vec::new();
    for group in pairs.chunks(GROUP) {
        found.extend(find_group(tx, target, group).await?);
    }
    Ok(found)
}

async fn find_group(tx: &mut Tx, target: &Target, pairs: &[(&str, &str)]) -> Result<Vec<Linked>, StoreError> {
    let mut query =
        sql("SELECT id, component, stack FROM instances WHERE workspace_id = $1 AND repository_id = $2 AND (")
            .bind(target.scope.workspace_id())
            .bind(&target.repository_id);
    for (index, (component, stack)) in pairs.iter().enumerate() {
        query.push(if index == 0 { "(stack = " } else { " OR (stack = " });
        query.push_bind(*stack);
        query.push(" AND component = ");
        query.push_bind(*component);
        query.push(")");
    }
    query.push(") ORDER BY id");
    tx.fetch_all(query).await
}

/// Links a run that its title did not link to the instance that its jobs name. Jobs of several instances
/// (a matrix) take such a link away again, unless a result has been uploaded under it.
pub(crate) async fn link_by_jobs(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    named: &[Linked],
) -> Result<(), StoreError> {
    let query = match named {
        [] => return Ok(()),
        [instance] => sql("UPDATE workflow_runs SET instance_id = $3, component = $4, stack = $5 \
             WHERE workspace_id = $1 AND id = $2 AND instance_id IS NULL")
        .bind(target.scope.workspace_id())
        .bind(run_id)
        .bind(&instance.id)
        .bind(&instance.component)
        .bind(&instance.stack),
        several => {
            let mut query = sql("UPDATE workflow_runs SET instance_id = NULL, component = NULL, stack = NULL \
                 WHERE workspace_id = $1 AND id = $2 AND plan_exit_code IS NULL AND NOT EXISTS (SELECT 1 FROM instances i \
                 WHERE i.id = workflow_runs.instance_id AND i.last_run_id = workflow_runs.id) AND instance_id IN ")
            .bind(target.scope.workspace_id())
            .bind(run_id);
            query.push_in(several.iter().map(|instance| instance.id.as_str()));
            query
        }
    };
    tx.execute(query).await?;
    Ok(())
}
