//! Which instance a run is of, and what follows from that.
//!
//! People's own words look like names of instances, too ("Fix vpc in dev"). So only runs of workflows that are known
//! to be Atmos's are of an instance: by a word in their names, by the settings of the instance, or because they have
//! uploaded.

use super::inference::{self, Called};
use super::{RecordError, Recorder};
use crate::store::github::links::{self, Linked};
use crate::store::github::outcomes::{self, Settled};
use crate::store::github::runs::{self, Subject};
use crate::store::github::{Target, jobs, purposes, workflows};
use crate::upstream::github_app::types::WorkflowRun;

/// Runs with more jobs are not linked by the names of their jobs: they are of many instances.
const MAX_NAMES: usize = 8;

/// What became of a run by what is known of its instance.
pub(super) struct Followed {
    /// What it does, if its instance says so.
    pub(super) subject: Option<Subject>,
    pub(super) settled: Option<Settled>,
}

/// The one instance that the title of a run names.
pub(super) async fn find_titled(
    recorder: &mut Recorder<'_>,
    target: &Target,
    payload: &WorkflowRun,
    called: Called<'_>,
) -> Result<Option<Linked>, RecordError> {
    let titles = [payload.display_title.get(), payload.name.get()];
    let mut pairs: Vec<_> = titles.into_iter().flatten().flat_map(inference::title_pairs).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut named = links::find_named(recorder.tx, target, &pairs).await?;
    if !is_of_atmos(recorder, target, called, &named).await? {
        return Ok(None);
    }
    let first = named.pop();
    Ok(first.filter(|_| named.is_empty()))
}

/// Links a run to the instance that its jobs name, finds out what it is for, and tells its instance if it is over.
/// Runs and jobs are told of in any order, so this follows each of them.
pub(super) async fn follow(
    recorder: &mut Recorder<'_>,
    target: &Target,
    run_id: &str,
) -> Result<Followed, RecordError> {
    link_by_jobs(recorder, target, run_id).await?;
    let subject = purposes::decide(recorder.tx, target, run_id).await?;
    let settled = outcomes::settle(recorder.tx, target, run_id, recorder.entropy, recorder.now).await?;
    Ok(Followed { subject, settled })
}

/// The newer workflows name their jobs and not their runs after the instance.
async fn link_by_jobs(recorder: &mut Recorder<'_>, target: &Target, run_id: &str) -> Result<(), RecordError> {
    let limit = i64::try_from(MAX_NAMES + 1).unwrap_or(i64::MAX);
    let names = jobs::find_names(recorder.tx, target, run_id, limit).await?;
    if names.len() > MAX_NAMES {
        return Ok(());
    }
    let mut pairs: Vec<_> = names.iter().flat_map(|name| inference::pairs(name)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let instances = links::find_named(recorder.tx, target, &pairs).await?;
    if instances.is_empty() {
        return Ok(());
    }
    let (file, name) = runs::find_workflow(recorder.tx, target, run_id).await?;
    let called = Called { file: file.as_deref(), name: name.as_deref() };
    if is_of_atmos(recorder, target, called, &instances).await? {
        links::link_by_jobs(recorder.tx, target, run_id, &instances).await?;
    }
    Ok(())
}

/// Whether a workflow that seems to be of these instances is Atmos's.
async fn is_of_atmos(
    recorder: &mut Recorder<'_>,
    target: &Target,
    called: Called<'_>,
    named: &[Linked],
) -> Result<bool, RecordError> {
    match called.file {
        _ if named.is_empty() => Ok(false),
        _ if called.is_of_atmos() => Ok(true),
        Some(file) => Ok(workflows::is_known(recorder.tx, target, file, named).await?),
        None => Ok(false),
    }
}
