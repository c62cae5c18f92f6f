//! The order in which the tables are filled, so that what is referred to is there.

use super::dataset::Dataset;
use super::{details, history, settings, topology};
use crate::store::db::Value;
use crate::store::{StoreError, Tx, bulk, sql};

/// Inserts a workspace whole; a conflict if its slug or one of its users exists.
pub(crate) async fn insert_dataset(tx: &mut Tx, dataset: Dataset) -> Result<(), StoreError> {
    insert_workspace(tx, &dataset).await?;
    topology::insert_members(tx, &dataset).await?;
    let mut sink = Sink { tx, workspace_id: dataset.id };
    sink.insert(topology::INSTALLATIONS, dataset.installations, topology::installation_row).await?;
    sink.insert(topology::REPOSITORIES, dataset.repositories, topology::repository_row).await?;
    sink.insert(history::RUNS, dataset.runs, history::run_row).await?;
    sink.insert(topology::INSTANCES, dataset.instances, topology::instance_row).await?;
    sink.insert(history::STATUS_CHANGES, dataset.status_changes, history::status_change_row).await?;
    sink.insert(topology::LOCKS, dataset.locks, topology::lock_row).await?;
    sink.insert(history::PULL_REQUESTS, dataset.pull_requests, history::pull_request_row).await?;
    sink.insert(history::COMMITS, dataset.commits, history::commit_row).await?;
    sink.insert(history::AFFECTED, dataset.affected, history::affected_row).await?;
    sink.insert(details::JOBS, dataset.jobs, details::job_row).await?;
    sink.insert(details::LOGS, dataset.logs, details::log_row).await?;
    sink.insert(details::SUMMARIES, dataset.summaries, details::summary_row).await?;
    sink.insert(settings::SCHEDULES, dataset.schedules, settings::schedule_row).await?;
    sink.insert(settings::BADGE_TOKENS, dataset.badge_tokens, settings::badge_token_row).await?;
    sink.insert(settings::OVERRIDES, dataset.overrides, settings::override_row).await?;
    sink.insert(settings::AUDIT, dataset.audit, settings::audit_row).await
}

async fn insert_workspace(tx: &mut Tx, dataset: &Dataset) -> Result<(), StoreError> {
    let query = sql("INSERT INTO workspaces (id, name, slug, plan, status, created_at) \
         VALUES ($1, $2, $3, $4, 'active', $5)")
    .bind(&dataset.id)
    .bind(dataset.name)
    .bind(dataset.slug)
    .bind(dataset.plan)
    .bind(dataset.created_at);
    tx.execute(query).await?;
    Ok(())
}

/// Where rows go.
struct Sink<'t> {
    tx: &'t mut Tx,
    workspace_id: String,
}

impl Sink<'_> {
    /// Inserts rows with a statement whose columns end with `workspace_id`.
    async fn insert<T: Send, const N: usize>(
        &mut self,
        head: &'static str,
        rows: Vec<T>,
        row: fn(T) -> [Value; N],
    ) -> Result<(), StoreError> {
        let rows = rows.into_iter().map(row).collect();
        bulk::insert_rows(self.tx, &sql(head).bind(&self.workspace_id), "$1", "", rows).await
    }
}
