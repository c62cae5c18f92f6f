//! No question of an agent makes the database read a table from end to end, and no upload or webhook does.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};
use tests::harness::{CATALOG_SCOPES, Engine, FakeIssuer, Fixture, TestApp, WEBHOOK_SECRET, fleet_calls};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::commits::upload_many;
use super::uploads;

/// Instances of the workspace.
const INSTANCES: u64 = 5_000;

/// Tables that grow with the fleet, with time, or with use.
const LARGE: [&str; 13] = [
    "affected_instances",
    "audit_log",
    "commits",
    "instance_rollups",
    "instance_status_changes",
    "instances",
    "job_logs",
    "jobs",
    "pull_requests",
    "run_rollups",
    "status_change_rollups",
    "users",
    "workflow_runs",
];

/// What the store of this process logs.
static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let statements = Statements::default();
    // Fails only if somebody else listens already; then the test sees no statement, and says so.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(statements.clone())).ok();
    statements
});

/// Collects the statements that the store logs.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Statements {
    /// Those that read, in a transaction that writes or not.
    fn reads(&self) -> BTreeSet<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_read = |statement: &&String| ["SELECT ", "WITH "].iter().any(|word| statement.starts_with(word));
        seen.iter().filter(is_read).cloned().collect()
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "atmos_mcp::sql"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Statement(Option<String>);
        impl Visit for Statement {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "statement" {
                    self.0 = Some(format!("{value:?}"));
                }
            }
        }
        let mut statement = Statement(None);
        event.record(&mut statement);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(statement.0);
    }
}

/// What all calls read.
async fn statements(app: &TestApp) -> Result<BTreeSet<String>> {
    let agent = app.authorize("dana").scope(CATALOG_SCOPES).connect().await?;
    let mut calls = fleet_calls(&agent).await?;
    calls.push(("list_audit_log_entries", json!({ "actorId": "dana" })));
    // Where tests share a process, statements of others come along: they are as good to look at.
    let statements = &*STATEMENTS;
    for (tool, arguments) in calls {
        let reply = agent.call(tool, arguments.clone()).await?;
        reply.structured().with_context(|| format!("{tool} {arguments}"))?;
    }
    // Of a component with many uploads, commits are looked for by another statement.
    upload_many(app, "component-7", "scale-1").await?;
    agent.call("list_commits", json!({ "component": "component-7" })).await?.structured()?;
    Ok(statements.reads())
}

/// The database's plan for a statement, a line per step.
async fn plan(app: &TestApp, statement: &str) -> Result<Vec<String>> {
    let url = app.database_url();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await?;
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
        return rows.iter().map(|row| Ok(row.try_get("detail")?)).collect();
    }
    let mut connection = PgConnection::connect(url).await?;
    let run = |sql: String| AssertSqlSafe(sql);
    // The plan that a pooled connection comes to after a few calls.
    sqlx::raw_sql(run("SET plan_cache_mode = force_generic_plan".to_owned())).execute(&mut connection).await?;
    // A table of a few pages is read whole whatever indexes it has; what counts is whether one could be used.
    sqlx::raw_sql(run("SET enable_seqscan = off".to_owned())).execute(&mut connection).await?;
    sqlx::raw_sql(run(format!("PREPARE question AS {statement}"))).execute(&mut connection).await?;
    let last = (1..10_000).take_while(|number| statement.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; last].join(", ");
    let nulls = if last == 0 { String::new() } else { format!("({nulls})") };
    let rows = sqlx::raw_sql(run(format!("EXPLAIN EXECUTE question{nulls}"))).fetch_all(&mut connection).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The large tables that a plan reads from end to end.
fn scanned(statement: &str, plan: &[String]) -> Vec<String> {
    let mut tables = Vec::new();
    for line in plan {
        let line = line.trim();
        let name = line.strip_prefix("SCAN ").or_else(|| line.split("Seq Scan on ").nth(1));
        let Some(name) = name.and_then(|rest| rest.split_whitespace().next()) else { continue };
        let table = table_of(statement, name);
        if LARGE.contains(&table) {
            tables.push(table.to_owned());
        }
    }
    tables
}

/// The table that an alias of the statement stands for.
fn table_of<'a>(statement: &'a str, name: &'a str) -> &'a str {
    let words: Vec<&str> = statement.split(|c: char| c.is_whitespace() || "(),".contains(c)).collect();
    let named = words.windows(3).find(|words| matches!(words[0], "FROM" | "JOIN") && words[2] == name);
    named.map_or(name, |words| words[1])
}

/// The statements that read a large table from end to end, each with those tables and its plan.
async fn whole_tables(app: &TestApp, statements: &BTreeSet<String>) -> Result<Vec<String>> {
    let mut bad = Vec::new();
    for statement in statements {
        let plan = plan(app, statement).await.with_context(|| statement.clone())?;
        let tables = scanned(statement, &plan);
        if !tables.is_empty() {
            bad.push(format!("{tables:?}\n{statement}\n{}", plan.join("\n")));
        }
    }
    Ok(bad)
}

/// Look-ups for each result or instance of an upload: a part of their text, how many there are, and what the plans of
/// SQLite and PostgreSQL say of the index. Another one would read a repository for each. PostgreSQL may sort the few rows
/// that it finds, and SQLite may not: that it has to is a sign of another index.
const KEYED: [(&str, usize, &str, &str); 2] = [
    (
        "COALESCE(t.github_run_id, 0) = 0",
        2,
        "INDEX workflow_runs_by_instance (instance_id=?",
        "workflow_runs_by_instance",
    ),
    (
        "k CROSS JOIN instances i",
        1,
        "(repository_id=? AND stack=? AND component=?)",
        "instances_repository_id_stack_component_key",
    ),
];

on_both_engines! {
    async fn no_list_reads_a_whole_table(engine: Engine) {
        let app = Fixture::new(engine).limits(100_000, 100_000).start().await?;
        app.generate(INSTANCES).await?;
        let statements = statements(&app).await?;
        assert!(statements.len() > 40, "only {} statements were seen", statements.len());
        let bad = whole_tables(&app, &statements).await?;
        assert!(bad.is_empty(), "{} of {} statements:\n\n{}", bad.len(), statements.len(), bad.join("\n\n"));
    }

    async fn no_upload_reads_a_whole_table(engine: Engine) {
        let issuer = FakeIssuer::start().await?;
        let fixture = Fixture::new(engine).oidc_issuer(issuer.url()).webhook_secret(WEBHOOK_SECRET)?;
        let app = fixture.start().await?;
        app.generate(INSTANCES).await?;
        let statements = &*STATEMENTS;
        uploads::send_all(&app, &issuer).await?;
        let statements = statements.reads();
        let bad = whole_tables(&app, &statements).await?;
        assert!(bad.is_empty(), "{} of {} statements:\n\n{}", bad.len(), statements.len(), bad.join("\n\n"));
        for (part, count, sqlite, postgres) in KEYED {
            let found: Vec<&String> = statements.iter().filter(|statement| statement.contains(part)).collect();
            assert!(found.len() >= count, "{part}: {found:#?}");
            let index = if engine == Engine::Sqlite { sqlite } else { postgres };
            for statement in found {
                let plan = plan(&app, statement).await?.join("\n");
                assert!(plan.contains(index) && !plan.contains("USE TEMP B-TREE"), "{statement}\n{plan}");
            }
        }
    }
}
