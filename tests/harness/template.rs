//! The demo's database, made once per build of the tests and copied for each of them: making it takes longer than
//! most tests.

use std::fs::{self, File};
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, ensure};
use atmos_mcp::demo;
use atmos_mcp::store::Store;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::app::{NOW, root};

/// What the demo's chance begins with.
pub(super) const SEED: u64 = 1;

/// Number of the lock that is held while PostgreSQL's template is made.
const LOCK: i64 = 7_001_311;

/// Copies the template to a file.
pub(super) async fn copy_sqlite(to: &Path) -> Result<()> {
    let folder = root().join("target/test-templates");
    fs::create_dir_all(&folder)?;
    let template = folder.join(format!("demo-{}.db", build()?));
    let lock = File::create(folder.join("lock"))?;
    lock.lock_shared()?;
    if !template.exists() {
        lock.unlock()?;
        lock.lock()?;
        // Another test may have been faster.
        if !template.exists() {
            make_sqlite(&folder, &template).await?;
        }
        lock.unlock()?;
        lock.lock_shared()?;
    }
    fs::copy(&template, to).with_context(|| template.display().to_string())?;
    Ok(())
}

async fn make_sqlite(folder: &Path, template: &Path) -> Result<()> {
    // Templates of other builds, and what a test that was ended left behind.
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name != "lock") {
            fs::remove_file(path)?;
        }
    }
    let making = folder.join("making.db");
    make(&format!("sqlite:{}", making.display())).await?;
    ensure!(!folder.join("making.db-wal").exists(), "the template is not in one file");
    Ok(fs::rename(making, template)?)
}

/// Makes a database of this name from the template, on the server that `base` is the URL of.
pub(super) async fn copy_postgres(connection: &mut PgConnection, base: &str, name: &str) -> Result<()> {
    let template = format!("demo_{}", build()?);
    run(connection, format!("SELECT pg_advisory_lock({LOCK})")).await?;
    let known: Vec<String> =
        sqlx::query_scalar("SELECT CAST(datname AS TEXT) FROM pg_database").fetch_all(&mut *connection).await?;
    if !known.contains(&template) {
        run(connection, "DROP DATABASE IF EXISTS demo_making".to_owned()).await?;
        run(connection, "CREATE DATABASE demo_making".to_owned()).await?;
        make(&format!("{base}/demo_making")).await?;
        run(connection, format!("ALTER DATABASE demo_making RENAME TO {template}")).await?;
    }
    run(connection, format!("SELECT pg_advisory_unlock({LOCK})")).await?;
    run(connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<()> {
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

async fn make(url: &str) -> Result<()> {
    let store = Store::connect(url, 1).await?;
    demo::seed(&store, SEED, NOW).await?;
    store.close().await;
    Ok(())
}

/// When these tests were built: what another build seeds may differ.
fn build() -> Result<String> {
    let built = fs::metadata(std::env::current_exe()?)?.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(format!("{}_{:09}", built.as_secs(), built.subsec_nanos()))
}
