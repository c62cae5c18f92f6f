//! The store: two engines, one schema.

mod plans;
mod rollups;

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

/// What `migrations/README.md` says.
#[test]
fn the_engines_differ_in_the_documented_words_alone() -> Result<()> {
    let (mut sqlite, mut postgres) = (migrations("sqlite")?, migrations("postgres")?);
    for step in TRIGGERS {
        assert!(sqlite.remove(step).is_some() && postgres.remove(step).is_some(), "{step}");
    }
    for sql in postgres.values_mut() {
        *sql = sql.replace(" COLLATE \"C\"", "").replace("BYTEA", "BLOB");
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

    async fn rows_come_in_the_byte_order_of_their_ids(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let rows = all_rows(&app.agent("mia").await?, "list_instances", json!({ "limit": 100 })).await?;
        let ids: Vec<&str> = rows.iter().map(|row| text(row, "/id")).collect();
        assert!(ids.iter().is_sorted_by(|newer, older| newer > older), "{ids:?}");
    }
}
