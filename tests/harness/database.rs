//! A database of its own for every test, on either engine.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use super::template;

/// Name of an SQLite database's file.
const FILE: &str = "atmos-mcp.db";

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database. The server that uses it may be started more than once.
pub struct Database {
    /// For `Store::connect`.
    pub url: String,
    /// Folder for the server's key.
    pub folder: TempDir,
}

impl Database {
    /// Makes an empty one. PostgreSQL databases go away with the private server that the test script starts.
    pub async fn create(engine: Engine) -> Result<Self> {
        let folder = TempDir::new()?;
        let url = match engine {
            Engine::Sqlite => sqlite_url(&folder),
            Engine::Postgres => create_postgres(&folder, false).await?,
        };
        Ok(Self { url, folder })
    }

    /// Makes one that has the demo's workspaces, as of the tests' present.
    pub async fn with_demo(engine: Engine) -> Result<Self> {
        let folder = TempDir::new()?;
        let url = match engine {
            Engine::Sqlite => {
                template::copy_sqlite(&folder.path().join(FILE)).await?;
                sqlite_url(&folder)
            }
            Engine::Postgres => create_postgres(&folder, true).await?,
        };
        Ok(Self { url, folder })
    }
}

fn sqlite_url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join(FILE).display())
}

async fn create_postgres(folder: &TempDir, has_demo: bool) -> Result<String> {
    #[expect(clippy::disallowed_methods, reason = "how the test script names its server")]
    let server = std::env::var("ATMOS_MCP_TEST_POSTGRES")
        .context("ATMOS_MCP_TEST_POSTGRES is not set: run the tests with `./just test`, which starts PostgreSQL")?;
    let (base, _) = server.rsplit_once('/').context("ATMOS_MCP_TEST_POSTGRES must end in /database")?;
    let folder = folder.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let suffix: String = folder.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = format!("test_{}_{}", std::process::id(), suffix.to_ascii_lowercase());
    let mut connection = PgConnection::connect(&server).await?;
    if has_demo {
        template::copy_postgres(&mut connection, base, &name).await?;
    } else {
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    }
    connection.close().await?;
    Ok(format!("{base}/{name}"))
}

impl super::app::TestApp {
    /// The text column of a statement without values. Looks at what no endpoint shows.
    pub async fn db_text(&self, sql: &'static str) -> Result<Vec<String>> {
        let url = self.database_url();
        if url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(url).await?;
            Ok(sqlx::query_scalar(sql).fetch_all(&mut connection).await?)
        } else {
            let mut connection = PgConnection::connect(url).await?;
            Ok(sqlx::query_scalar(sql).fetch_all(&mut connection).await?)
        }
    }

    /// Runs a statement without values.
    pub async fn db_execute(&self, sql: &str) -> Result<()> {
        let url = self.database_url();
        let sql = AssertSqlSafe(sql.to_owned());
        if url.starts_with("sqlite:") {
            sqlx::SqliteConnection::connect(url).await?.execute(sql).await?;
        } else {
            PgConnection::connect(url).await?.execute(sql).await?;
        }
        Ok(())
    }
}
