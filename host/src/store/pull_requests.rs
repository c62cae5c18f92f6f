//! Pull requests, as lists and details show them. They are written by `github`.

use super::keyset::{Index, List, Table, Window};
use super::page::Page;
use super::repositories::{find_repository_id, push_id};
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// Affected instances of one pull request that are counted at most: a change of a base may affect a whole fleet.
const MAX_AFFECTED: u32 = 5_000;

/// Runs of one pull request that are looked at, newest first.
const MAX_RUNS: i64 = 5_000;

/// One pull request.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PullRequestRow {
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) state: String,
    pub(crate) draft: bool,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) merged_at: Option<i64>,
    pub(crate) closed_at: Option<i64>,
    pub(crate) url: String,
    pub(crate) affected: i64,
}

/// One pull request with its refs.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PullRequestDetailsRow {
    #[sqlx(flatten)]
    pub(crate) pull_request: PullRequestRow,
    pub(crate) repository_id: String,
    pub(crate) head_sha: String,
    pub(crate) head_ref: String,
    pub(crate) base_ref: String,
}

/// The latest plan, or the latest apply or remediation, of an instance for a pull request.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LatestRunRow {
    pub(crate) id: String,
    pub(crate) stack: String,
    pub(crate) component: String,
    pub(crate) command: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) approval_state: String,
    pub(crate) plan_exit_code: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) finished_at: Option<i64>,
}

/// Which pull requests are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct PullRequestFilter<'a> {
    pub(crate) states: Vec<&'static str>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    /// Of an instance that one of its runs was of, or that its head affects.
    pub(crate) component: Option<&'a str>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) author: Option<&'a str>,
    pub(crate) window: Window,
}

/// Migrations 0007 and 0011 make these.
static PULL_REQUESTS: Table = Table {
    name: "pull_requests",
    prefix: "pr",
    indexes: &[Index::of(&["author"]), Index::without_workspace(&["repository_id"]), Index::of(&["state"])],
};

const COLUMNS: &str = "p.id, p.number, p.title, p.author, p.state, p.draft, r.owner, r.name, p.created_at, \
     p.merged_at, p.closed_at, p.url";

/// [`COLUMNS`] with the count of affected instances.
fn columns() -> String {
    format!(
        "{COLUMNS}, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM affected_instances a \
         WHERE a.repository_id = p.repository_id AND a.head_sha = p.head_sha LIMIT {MAX_AFFECTED}) c) AS affected"
    )
}

/// Pull requests of the workspace, newest first.
pub(crate) async fn list_pull_requests(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &PullRequestFilter<'_>,
    page: &Page,
) -> Result<Vec<PullRequestRow>, StoreError> {
    let mut list = List::new(&PULL_REQUESTS, scope);
    list.one_of("state", &filter.states, state_share);
    list.equal("author", filter.author, 30);
    if let Some(repo) = filter.repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(Vec::new()) };
        list.equal("repository_id", Some(&id), 200);
    }
    require_instances(&mut list, filter);
    list.within(filter.window);
    let from = "pull_requests p CROSS JOIN repositories r WHERE p.id = k.id AND r.id = p.repository_id";
    reader.fetch_all(list.query(page, &columns(), from)).await
}

/// Component and stack are those of one run, or of one instance that the head affects. The indexes of migrations 0010,
/// 0011 and 0025 have all that is asked here, but for the number of the pull request that has a head.
fn require_instances(list: &mut List, filter: &PullRequestFilter<'_>) {
    let mut names = Vec::new();
    for (column, name) in [("component", filter.component), ("stack", filter.stack)] {
        if let Some(name) = name {
            names.push((column, list.bind(name)));
        }
    }
    if names.is_empty() {
        return;
    }
    let are_of = |table: &str| {
        let are: Vec<String> = names.iter().map(|(column, name)| format!(" AND {table}.{column} = {name}")).collect();
        are.concat()
    };
    list.require(format!(
        "(t.repository_id, t.number) IN (SELECT w.repository_id, w.pull_request_number FROM workflow_runs w \
         WHERE w.workspace_id = $1{} AND w.pull_request_number IS NOT NULL \
         UNION ALL SELECT h.repository_id, h.number FROM affected_instances a CROSS JOIN pull_requests h \
         WHERE a.workspace_id = $1{} AND h.repository_id = a.repository_id AND h.head_sha = a.head_sha)",
        are_of("w"),
        are_of("a")
    ));
}

/// One pull request of the workspace.
pub(crate) async fn find_pull_request(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: (&str, &str),
    number: u32,
) -> Result<Option<PullRequestDetailsRow>, StoreError> {
    let mut query = sql(format!(
        "SELECT {}, p.repository_id, p.head_sha, p.head_ref, p.base_ref \
         FROM repositories r JOIN pull_requests p ON p.repository_id = r.id AND p.workspace_id = r.workspace_id \
         WHERE r.workspace_id = $1 AND p.number = $2 AND r.id = ",
        columns()
    ))
    .bind(scope.workspace_id())
    .bind(number);
    push_id(&mut query, scope, repo);
    reader.fetch_optional(query).await
}

/// The latest plan and the latest deployment of each instance, for the `instances` instances with the newest runs.
pub(crate) async fn find_latest_runs(
    reader: &Reader,
    scope: &WorkspaceScope,
    repository_id: &str,
    number: i64,
    instances: u32,
) -> Result<Vec<LatestRunRow>, StoreError> {
    let query = sql("WITH g AS (SELECT n.stack, n.component, MAX(n.id) AS last_id, \
         MAX(CASE WHEN n.command = 'plan' THEN n.id END) AS plan_id, \
         MAX(CASE WHEN n.command <> 'plan' THEN n.id END) AS apply_id \
         FROM (SELECT t.id, t.stack, t.component, t.command FROM workflow_runs t WHERE t.workspace_id = $1 \
         AND t.repository_id = $2 AND t.pull_request_number = $3 AND t.stack IS NOT NULL AND t.component IS NOT NULL \
         ORDER BY t.id DESC LIMIT $4) n GROUP BY n.stack, n.component ORDER BY last_id DESC LIMIT $5) \
         SELECT w.id, w.stack, w.component, w.command, w.status, w.conclusion, w.approval_state, w.plan_exit_code, \
         w.created_at, w.finished_at \
         FROM (SELECT g.plan_id AS id FROM g UNION ALL SELECT g.apply_id AS id FROM g) k \
         CROSS JOIN workflow_runs w WHERE w.id = k.id")
    .bind(scope.workspace_id())
    .bind(repository_id)
    .bind(number)
    .bind(MAX_RUNS)
    .bind(instances);
    reader.fetch_all(query).await
}

/// How many pull requests of a thousand have a state.
fn state_share(word: &str) -> u32 {
    match word {
        "open" => 20,
        "closed" => 150,
        _ => 830,
    }
}
