//! Writes the demo's workspaces.

use serde_json::json;

use super::catalog_data::{ACME, DENIALS};
use super::change_rows::{self, ChangeRows};
use super::details::{self, Details};
use super::dice::{DAY, Dice, HOUR};
use super::events::events;
use super::incidents::plant;
use super::rival_data::RIVAL;
use super::runs::Trunks;
use super::sites::{Life, Site, Stage, roll_lives, roll_sites};
use super::spec::{Fate, LockSpec, WorkspaceSpec};
use super::timeline::{Draft, History, live};
use super::{audit_trail, changes, runs, settings};
use crate::authz::Role;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::demo_seed::{self, Dataset, Installation, Instance, Lock, Member, Repository, Run};
use crate::store::{Store, StoreError, workspaces};

/// Components that are not Terraform's.
const HELMFILE: [&str; 2] = ["eks/argocd", "eks/datadog-agent"];

/// The workspace of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoWorkspace {
    /// `ws_…`.
    pub workspace_id: String,
    /// What its URLs hold.
    pub slug: String,
}

/// Writes the demo's workspaces in one transaction, unless they are there.
pub async fn seed(store: &Store, entropy_seed: u64, now: Timestamp) -> Result<DemoWorkspace, StoreError> {
    let slug = ACME.slug.to_owned();
    if let Some(scope) = workspaces::find_scope_by_slug(&store.read, &slug).await? {
        return Ok(DemoWorkspace { workspace_id: scope.workspace_id().to_owned(), slug });
    }
    let [acme, rival] = datasets(entropy_seed, now);
    let workspace_id = acme.id.clone();
    let mut tx = store.write.begin().await?;
    demo_seed::insert_dataset(&mut tx, acme).await?;
    demo_seed::insert_dataset(&mut tx, rival).await?;
    tx.commit().await?;
    Ok(DemoWorkspace { workspace_id, slug })
}

/// Acme and its rival: the same for the same seed and time.
pub(super) fn datasets(entropy_seed: u64, now: Timestamp) -> [Dataset; 2] {
    let entropy = Entropy::seeded(entropy_seed);
    // GitHub's times have no fractions.
    let now = Timestamp::from_micros(now.seconds() * 1_000_000);
    let dice = Dice(&entropy);
    let (mut acme, rival) = (build(&ACME, &dice, now), build(&RIVAL, &dice, now));
    acme.audit.extend(audit_trail::denials(&dice, DENIALS, &acme.members, now));
    [acme, rival]
}

fn build(spec: &'static WorkspaceSpec, dice: &Dice<'_>, now: Timestamp) -> Dataset {
    let created_at = now.minus(DAY * 420);
    let id = dice.id("ws", created_at);
    let members = members(spec, dice, created_at);
    let (installations, sites) = installations(spec, dice, now);
    let lives = roll_lives(spec, dice, &sites, now);
    let stage = Stage { spec, dice, now, sites: &sites, lives: &lives };
    let mut changes = changes::roll(&stage);
    let troubles = plant(&stage, &mut changes);
    let changes = changes;
    let trunks = Trunks::new(stage.sites, &changes);
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    let (mut instances, mut status_changes) = (Vec::new(), Vec::new());
    for life in stage.lives {
        let history = live(&stage, life, events(dice, life, &changes, &troubles));
        instances.push(instance(spec, life, &history));
        drafts.extend(history.drafts);
        status_changes.extend(history.status_changes);
    }
    drafts.sort_by(|one, other| (one.event.at, &one.id).cmp(&(other.event.at, &other.id)));
    let runs = runs::rows(&stage, &trunks, &drafts);
    let ChangeRows { pull_requests, commits, affected } = change_rows::rows(&stage, &trunks, &changes);
    let Details { jobs, logs, summaries } = details::rows(&stage, &id, &drafts, &runs);
    Dataset {
        audit: audit_trail::rows(&stage, (&drafts, &runs), (&changes, &pull_requests)),
        name: spec.name,
        slug: spec.slug,
        plan: spec.plan,
        created_at,
        members,
        installations,
        repositories: sites.iter().map(|site| repository(site, &instances, &runs)).collect(),
        locks: spec.locks.iter().map(|lock| lock_of(dice, lock, now)).collect(),
        schedules: settings::schedules(&stage),
        badge_tokens: settings::badge_tokens(&stage),
        overrides: settings::overrides(&stage),
        id,
        instances,
        runs,
        status_changes,
        pull_requests,
        commits,
        affected,
        jobs,
        logs,
        summaries,
    }
}

fn members(spec: &WorkspaceSpec, dice: &Dice<'_>, created_at: Timestamp) -> Vec<Member> {
    let member = |(github_id, &(login, name, role)): (i64, &(&'static str, &'static str, Role))| Member {
        user_id: dice.id("usr", created_at),
        github_id: spec.github_ids.map(|first| first + github_id),
        login,
        name,
        role: role.name(),
    };
    (0..).zip(spec.members).map(member).collect()
}

fn installations(spec: &WorkspaceSpec, dice: &Dice<'_>, now: Timestamp) -> (Vec<Installation>, Vec<Site>) {
    let (mut installations, mut sites) = (Vec::new(), Vec::new());
    for installation in spec.installations {
        let id = dice.id("ghi", now.minus(DAY * 420).plus(HOUR));
        sites.extend(roll_sites(dice, installation, &id, now));
        installations.push(Installation {
            id,
            github_id: installation.github_id,
            account: installation.account,
            status: installation.status,
            status_since: now.minus(DAY * installation.days),
        });
    }
    (installations, sites)
}

fn lock_of(dice: &Dice<'_>, lock: &LockSpec, now: Timestamp) -> Lock {
    let created_at = now.minus(HOUR * lock.taken);
    Lock {
        id: dice.id("lock", created_at),
        key: lock.key,
        message: lock.message,
        created_at,
        expires_at: now.plus(HOUR * lock.expires),
    }
}

fn repository(site: &Site, instances: &[Instance], runs: &[Run]) -> Repository {
    let changed = instances.iter().filter(|instance| instance.repository_id == site.id);
    let ran = runs.iter().rev().find(|run| run.repository_id == site.id).map(|run| run.created_at);
    Repository {
        id: site.id.clone(),
        installation_id: site.installation_id.clone(),
        owner: site.installation.account,
        name: site.spec.name,
        status: site.installation.status,
        default_branch: site.spec.branch,
        last_activity_at: changed.map(|instance| instance.updated_at).max().max(ran),
        created_at: site.created_at,
    }
}

fn instance(spec: &WorkspaceSpec, life: &Life<'_>, history: &History<'_>) -> Instance {
    let last_run_at = history.last_run.as_ref().map(|(_, at)| *at);
    let disabled_at = life.stopped_at.filter(|_| life.fate == Fate::Disabled);
    Instance {
        id: life.id.clone(),
        repository_id: life.site.id.clone(),
        component: life.component,
        stack: life.stack,
        component_type: if HELMFILE.contains(&life.component) { "helmfile" } else { "terraform" },
        status: history.status,
        drift_status: history.drift_status,
        drift_enabled: life.drift_enabled,
        disabled_at,
        settings: pro_settings(spec, disabled_at.is_none(), life.drift_enabled),
        last_run: history.last_run.clone(),
        last_drift_run: history.last_drift_run.clone(),
        created_at: life.created_at,
        updated_at: last_run_at.max(life.stopped_at).unwrap_or(life.created_at),
    }
}

/// The `settings.pro` block of an instance.
fn pro_settings(spec: &WorkspaceSpec, enabled: bool, drift_enabled: bool) -> String {
    let inputs = json!({ "component": "{{ .atmos_component }}", "stack": "{{ .atmos_stack }}" });
    let workflow = |file: &str| json!({ "workflows": { file: { "inputs": inputs } } });
    let (plan, apply) = (workflow(spec.plan_workflow.file), workflow(spec.apply_workflow.file));
    json!({
        "drift_detection": { "detect": plan, "enabled": drift_enabled, "remediate": apply },
        "enabled": enabled,
        "pull_request": { "merged": apply, "opened": plan, "synchronize": plan },
    })
    .to_string()
}
