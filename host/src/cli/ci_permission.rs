//! `atmos-mcp ci-permission add | list | remove`

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::operator::Operator;
use super::repo_name::RepoName;
use super::{Location, print};
use crate::audit::Entry;
use crate::authz::WorkspaceScope;
use crate::ingest::is_pattern;
use crate::store::badges::lock_repository;
use crate::store::ci::permissions::{self, CiPermission, PermissionRow};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Let workflows of a repository upload. From its first grant on, what no grant allows is refused.
    Add(Add),
    /// Print what the repositories of a workspace grant; one that is not there lets all its workflows upload.
    List {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace.
        #[arg(long)]
        workspace: String,
    },
    /// Take a grant back. A repository without any lets all its workflows upload.
    Remove {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace.
        #[arg(long)]
        workspace: String,
        /// Id of the grant, `perm_…`, as `ci-permission list` prints it.
        #[arg(long)]
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
    /// The repository, OWNER/NAME.
    #[arg(long, value_parser = RepoName::parse)]
    repo: RepoName,
    /// What they may do: `affected_stacks_create`, `deployments_create`, `instances_create` or `instances_update`. May be given
    /// several times.
    #[arg(long = "permission", required = true, value_parser = parse_permission)]
    permissions: Vec<CiPermission>,
    /// Which workflows: a file's name in .github/workflows, a regular expression, or * for all.
    #[arg(long, default_value = "*", value_parser = parse_workflow)]
    workflow: String,
    /// On which branches: a name, a regular expression, or * for all.
    #[arg(long, default_value = "*", value_parser = parse_pattern)]
    branch: String,
    /// In which environments: a name, a regular expression, or * for all and none.
    #[arg(long, default_value = "*", value_parser = parse_pattern)]
    environment: String,
}

impl Add {
    /// A grant for each permission, without those that are named twice.
    fn grants(&self) -> Vec<PermissionRow> {
        let is_named = |permission: &CiPermission| self.permissions.contains(permission);
        let grant = |permission: CiPermission| PermissionRow {
            permission: permission.name().to_owned(),
            workflow_pattern: self.workflow.clone(),
            branch_pattern: self.branch.clone(),
            environment_pattern: self.environment.clone(),
        };
        CiPermission::ALL.into_iter().filter(is_named).map(grant).collect()
    }
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Add(arguments) => add(Operator::open(&arguments.location, environment).await?, &arguments).await,
        Command::List { location, workspace } => list(Operator::open(&location, environment).await?, &workspace).await,
        Command::Remove { location, workspace, id } => {
            remove(Operator::open(&location, environment).await?, &workspace, &id).await
        }
    }
}

async fn add(operator: Operator, arguments: &Add) -> anyhow::Result<()> {
    let (slug, repo) = (&arguments.workspace, &arguments.repo);
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let repository_id = lock_repository(&mut tx, &scope, (repo.owner.as_str(), repo.name.as_str()))
        .await?
        .with_context(|| format!("--repo {repo}: workspace {slug} has no such repository"))?;
    let before = permissions::list_of_repository(&mut tx, &scope, &repository_id).await?;
    let grants = arguments.grants();
    let (mut ids, mut entries) = (Vec::new(), Vec::new());
    for grant in &grants {
        if let Some(same) = before.iter().find(|row| row.grant == *grant) {
            anyhow::bail!("--permission {}: {repo} has this grant, {}", grant.permission, same.id);
        }
        let id = operator.entropy.id("perm", operator.now);
        permissions::insert(&mut tx, &scope, (id.as_str(), repository_id.as_str()), grant, operator.now).await?;
        entries.push(entry(&operator, &scope, "assigned", (repository_id.as_str(), repo.to_string().as_str()), grant));
        ids.push(id);
    }
    tx.commit().await?;
    operator.finish(&entries.iter().collect::<Vec<_>>()).await?;
    for (id, grant) in ids.iter().zip(&grants) {
        print(&format!("Grant {id}: {} of {repo} has {}.", described(grant), grant.permission))?;
    }
    if before.is_empty() {
        print(&format!("These are the first grants of {repo}: its other workflows may not upload any more."))?;
    }
    Ok(())
}

async fn list(operator: Operator, slug: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let rows = permissions::list_all(&operator.store.read, &scope).await?;
    operator.store.close().await;
    print(&format!("{:32} {:40} {:22} WORKFLOW, BRANCH, ENVIRONMENT", "ID", "REPOSITORY", "PERMISSION"))?;
    for row in rows {
        let (repo, grant) = (row.full_name(), &row.grant);
        print(&format!("{:32} {repo:40} {:22} {}", row.id, grant.permission, described(grant)))?;
    }
    Ok(())
}

async fn remove(operator: Operator, slug: &str, id: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let row = permissions::find(&mut tx, &scope, id)
        .await?
        .with_context(|| format!("--id {id}: workspace {slug} has no such grant; `ci-permission list` prints them"))?;
    ensure!(permissions::delete(&mut tx, &scope, id).await?, "--id {id}: somebody else has just removed it");
    let left = permissions::list_of_repository(&mut tx, &scope, &row.repository_id).await?;
    tx.commit().await?;
    let repo = row.full_name();
    let entry = entry(&operator, &scope, "removed", (row.repository_id.as_str(), repo.as_str()), &row.grant);
    operator.finish(&[&entry]).await?;
    print(&format!("Grant {id} of {repo} is removed. Sessions that are open keep it, for an hour at most."))?;
    if left.is_empty() {
        print(&format!("It was the last one of {repo}: all its workflows may upload again."))?;
    }
    Ok(())
}

fn entry(
    operator: &Operator,
    scope: &WorkspaceScope,
    action: &'static str,
    (repository_id, repo): (&str, &str),
    grant: &PermissionRow,
) -> Entry {
    operator.entry(scope, ("permission", action)).with_target("repository", repository_id).with_metadata(&json!({
        "repository": repo,
        "permission": grant.permission,
        "workflow": grant.workflow_pattern,
        "branch": grant.branch_pattern,
        "environment": grant.environment_pattern,
    }))
}

/// The patterns of a grant, in the order of the documentation.
fn described(grant: &PermissionRow) -> String {
    format!("`{}`, `{}`, `{}`", grant.workflow_pattern, grant.branch_pattern, grant.environment_pattern)
}

fn parse_permission(text: &str) -> Result<CiPermission, String> {
    CiPermission::ALL.into_iter().find(|permission| permission.name() == text).ok_or_else(|| {
        let names = CiPermission::ALL.map(CiPermission::name).join(", ");
        format!("a permission of workflows is one of {names}")
    })
}

/// Refuses what would match nothing: a session that is not given says little of why.
fn parse_pattern(text: &str) -> Result<String, String> {
    if is_pattern(text) {
        Ok(text.to_owned())
    } else {
        Err("a pattern is *, an exact text, or a regular expression, and this is none that can be read".to_owned())
    }
}

fn parse_workflow(text: &str) -> Result<String, String> {
    if text.starts_with(".github/") {
        return Err("a workflow is named by its file in .github/workflows, without the folder".to_owned());
    }
    parse_pattern(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_match_nothing_is_refused() {
        for good in ["*", "", "plan.yaml", "feature/.*", "^(main|develop)$"] {
            assert_eq!(parse_workflow(good), Ok(good.to_owned()));
        }
        for bad in ["(main", "[", "**", ".github/workflows/plan.yaml"] {
            assert!(parse_workflow(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_permission_is_named_as_it_is_kept() {
        assert_eq!(parse_permission("instances_update"), Ok(CiPermission::InstancesUpdate));
        assert!(parse_permission("Instances Update").is_err());
    }
}
