//! The store: two engines, one schema.

mod commits;
mod names;
mod plans;
mod rollups;
mod uploads;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;
use tests::harness::{Engine, Fixture, root, text};

use crate::catalog::all_rows;

/// The migrations of an engine, by file name.
fn migrations(engine: &str) -> Result<BTreeMap<String, String>> {
    let mut migrations = BTreeMap::new();
    for file in std::fs::read_dir(root().join("migrations").join(engine))? {
        let file = file?;
        migrations.insert(file.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(file.path())?);
    }
    Ok(migrations)
}

/// The steps that each engine has in its own words: triggers have no common ones.
const TRIGGERS: [&str; 2] = ["0010_count_instances.sql", "0019_count_runs.sql"];

/// Columns by which lists are sorted and cut, beside ids and what the rollups have.
const SORTED_BY: [&str; 7] = [
    "commits.author",
    "entitlement_overrides.key",
    "invited_members.login",
    "jobs.name",
    "users.login",
    "workflow_runs.dispatch_error",
    "workspaces.name",
];

/// Whether a line gives an existing column the collation that SQLite's have anyway.
fn is_collation(line: &str) -> bool {
    line.starts_with("ALTER TABLE ") && line.contains(" ALTER COLUMN ") && line.ends_with(" TYPE TEXT COLLATE \"C\";\n")
}

/// What `migrations/README.md` says.
#[test]
fn the_engines_differ_in_the_documented_words_alone() -> Result<()> {
    let (mut sqlite, mut postgres) = (migrations("sqlite")?, migrations("postgres")?);
    for step in TRIGGERS {
        assert!(sqlite.remove(step).is_some() && postgres.remove(step).is_some(), "{step}");
    }
    for sql in postgres.values_mut() {
        let common: String = sql.split_inclusive('\n').filter(|line| !is_collation(line)).collect();
        *sql = common.replace(" COLLATE \"C\"", "").replace("BYTEA", "BLOB");
    }
    assert_eq!(sqlite, postgres);
    Ok(())
}

/// sqlx runs them in this order, and refuses to start if a number comes twice.
#[test]
fn migrations_are_numbered_and_say_what_they_do() -> Result<()> {
    let mut numbers = Vec::new();
    for name in migrations("sqlite")?.keys() {
        let (number, step) = name.split_once('_').unwrap_or_default();
        let words: Vec<&str> = step.strip_suffix(".sql").unwrap_or_default().split('_').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(number.len() == 4 && words.len() >= 2 && words.iter().all(is_word), "{name}");
        numbers.push(number.parse::<u32>()?);
    }
    assert!(numbers.iter().is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");
    Ok(())
}

on_both_engines! {
    async fn a_restart_keeps_what_was_there(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let before = all_rows(&app.agent("mia").await?, "list_repos", json!({})).await?;
        let database = app.stop().await?;
        let app = Fixture::new(engine).start_on(database, |_| {}).await?;
        assert_eq!(all_rows(&app.agent("mia").await?, "list_repos", json!({})).await?, before);
    }

    /// The engines put the same rows first where a list is cut.
    async fn what_lists_are_sorted_by_sorts_bytewise(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        if engine == Engine::Postgres {
            let bytewise = app.db_text(
                "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE collation_name = 'C'",
            );
            let bytewise = bytewise.await?;
            for column in SORTED_BY {
                assert!(bytewise.iter().any(|found| found == column), "{column}");
            }
        }
        app.db_execute("UPDATE users SET login = 'Zoe' WHERE login = 'mia'").await?;
        let logins = app.db_text("SELECT login FROM users ORDER BY login").await?;
        assert_eq!(logins.first().map(String::as_str), Some("Zoe"), "capital letters come first: {logins:?}");
    }

    async fn rows_come_in_the_byte_order_of_their_ids(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let rows = all_rows(&app.agent("mia").await?, "list_instances", json!({ "limit": 100 })).await?;
        let ids: Vec<&str> = rows.iter().map(|row| text(row, "/id")).collect();
        assert!(ids.iter().is_sorted_by(|newer, older| newer > older), "{ids:?}");
    }
}
