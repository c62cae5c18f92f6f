//! Writes the demo's workspaces.

use serde_json::json;

use super::catalog_data::ACME;
use super::dice::{DAY, Dice, HOUR};
use super::rival_data::RIVAL;
use super::spec::{Fate, InstallationSpec, LockSpec, RepositorySpec, WorkspaceSpec};
use super::timeline::{Life, live};
use crate::authz::Role;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::demo_seed::{self, Dataset, Installation, Instance, Lock, Member, Repository};
use crate::store::{Store, StoreError, workspaces};

/// Days of runs.
const WINDOW: u32 = 56;

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
    let entropy = Entropy::seeded(entropy_seed);
    let acme = build(&ACME, &Dice(&entropy), now);
    let rival = build(&RIVAL, &Dice(&entropy), now);
    let workspace_id = acme.id.clone();
    let mut tx = store.write.begin().await?;
    demo_seed::insert_dataset(&mut tx, acme).await?;
    demo_seed::insert_dataset(&mut tx, rival).await?;
    tx.commit().await?;
    Ok(DemoWorkspace { workspace_id, slug })
}

/// Where an instance lives.
struct Site<'a> {
    dice: &'a Dice<'a>,
    fates: &'static [(&'static str, &'static str, Fate)],
    installation: &'static InstallationSpec,
    installation_id: &'a str,
    now: Timestamp,
    /// When the connection was lost, or the present.
    end: Timestamp,
}

fn build(spec: &'static WorkspaceSpec, dice: &Dice<'_>, now: Timestamp) -> Dataset {
    let created_at = now.minus(DAY * 420);
    let member = |(github_id, &(login, name, role)): (i64, &(&'static str, &'static str, Role))| Member {
        user_id: dice.id("usr", created_at),
        github_id: spec.github_ids.map(|first| first + github_id),
        login,
        name,
        role: role.name(),
    };
    let mut dataset = Dataset {
        id: dice.id("ws", created_at),
        name: spec.name,
        slug: spec.slug,
        plan: spec.plan,
        created_at,
        members: (0..).zip(spec.members).map(member).collect(),
        installations: Vec::new(),
        repositories: Vec::new(),
        instances: Vec::new(),
        runs: Vec::new(),
        status_changes: Vec::new(),
        locks: spec.locks.iter().map(|lock| lock_of(dice, lock, now)).collect(),
    };
    for installation in spec.installations {
        let installation_id = dice.id("ghi", created_at.plus(HOUR));
        let end = if installation.status == "active" { now } else { now.minus(DAY * installation.days) };
        let site = Site { dice, fates: spec.fates, installation, installation_id: &installation_id, now, end };
        for repository in installation.repositories {
            add_repository(&site, repository, &mut dataset);
        }
        dataset.installations.push(Installation {
            id: installation_id,
            github_id: installation.github_id,
            account: installation.account,
            status: installation.status,
            status_since: now.minus(DAY * installation.days),
        });
    }
    dataset
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

fn add_repository(site: &Site<'_>, spec: &'static RepositorySpec, dataset: &mut Dataset) {
    let created_at = site.now.minus(DAY * spec.days);
    let id = site.dice.id("repo", created_at);
    let names = spec.groups.iter().flat_map(|(stacks, components)| {
        stacks.iter().flat_map(move |stack| components.iter().map(move |component| (*stack, *component)))
    });
    let last_activity_at = names.map(|name| add_instance(site, spec, &id, name, dataset)).max();
    dataset.repositories.push(Repository {
        id,
        installation_id: site.installation_id.to_owned(),
        owner: site.installation.account,
        name: spec.name,
        status: site.installation.status,
        default_branch: spec.branch,
        last_activity_at,
        created_at,
    });
}

/// Adds an instance with its history and tells when it last changed.
fn add_instance(
    site: &Site<'_>,
    repository: &RepositorySpec,
    repository_id: &str,
    (stack, component): (&'static str, &'static str),
    dataset: &mut Dataset,
) -> Timestamp {
    let life = life_of(site, repository, (stack, component));
    let id = site.dice.id("inst", life.created_at);
    let life = Life { instance_id: &id, repository_id, ..life };
    let history = live(site.dice, &life);
    let last_run_at = history.last_run.as_ref().map(|(_, at)| *at);
    let updated_at = last_run_at.max(life.stopped_at).unwrap_or(life.created_at);
    let disabled_at = life.stopped_at.filter(|_| life.fate == Fate::Disabled);
    dataset.instances.push(Instance {
        repository_id: repository_id.to_owned(),
        component,
        stack,
        component_type: if HELMFILE.contains(&component) { "helmfile" } else { "terraform" },
        status: history.status,
        drift_status: history.drift_status,
        drift_enabled: life.drift_enabled,
        disabled_at,
        settings: settings(disabled_at.is_none(), life.drift_enabled),
        last_run: history.last_run,
        last_drift_run: history.last_drift_run,
        created_at: life.created_at,
        updated_at,
        id: id.clone(),
    });
    dataset.runs.extend(history.runs);
    dataset.status_changes.extend(history.status_changes);
    updated_at
}

/// Rolls an instance's fate; its ids are filled in later.
fn life_of(site: &Site<'_>, repository: &RepositorySpec, (stack, component): (&str, &str)) -> Life<'static> {
    let dice = site.dice;
    let chosen = site.fates.iter().find(|fate| (fate.0, fate.1) == (stack, component));
    let fate = chosen.map_or_else(|| fate_by_chance(dice, site.installation.status == "active"), |fate| fate.2);
    let age = if fate == Fate::Unknown {
        dice.between(HOUR * 2, DAY * 2)
    } else {
        dice.between(DAY * 60, DAY * repository.days.saturating_sub(30))
    };
    let needs_detection =
        matches!(fate, Fate::Drifted | Fate::Flapping | Fate::DetectionFailed | Fate::Remediated | Fate::Remediating);
    let is_stopped = matches!(fate, Fate::Disabled | Fate::Orphaned);
    Life {
        instance_id: "",
        repository_id: "",
        fate,
        drift_enabled: needs_detection || dice.chance(80),
        created_at: site.end.minus(age),
        start: site.now.minus(DAY * WINDOW),
        end: site.end,
        stopped_at: is_stopped.then(|| site.end.minus(dice.between(DAY * 3, DAY * 20))),
    }
}

/// Mostly in sync, as in a platform that is looked after. Where the connection is lost, nothing new comes
/// and nothing is put right.
fn fate_by_chance(dice: &Dice<'_>, is_connected: bool) -> Fate {
    match (dice.below(1_000), is_connected) {
        (0..55, _) => Fate::Drifted,
        (55..75, _) => Fate::DetectionFailed,
        (75..95, _) => Fate::ApplyFailed,
        (95..125, true) => Fate::Disabled,
        (125..145, true) => Fate::Orphaned,
        (145..170, true) => Fate::Unknown,
        (170..195, true) => Fate::Remediated,
        _ => Fate::InSync,
    }
}

fn settings(enabled: bool, drift_enabled: bool) -> String {
    let inputs = json!({ "component": "{{ .atmos_component }}", "stack": "{{ .atmos_stack }}" });
    json!({
        "drift_detection": {
            "detect": { "workflows": { "atmos-terraform-plan.yaml": { "inputs": inputs } } },
            "enabled": drift_enabled,
            "remediate": { "workflows": { "atmos-terraform-apply.yaml": { "inputs": inputs } } },
        },
        "enabled": enabled,
    })
    .to_string()
}
