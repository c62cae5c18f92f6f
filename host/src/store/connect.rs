//! Opening and migrating a database.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;
use super::db::{Pool, Reader, Writer};
use super::error::StoreError;

/// How long a statement waits for another SQLite writer, or for a free connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens `sqlite:<path>` (created if missing) or `postgres://…` and brings the schema up to date.
    ///
    /// `connections` bounds the readers, and on PostgreSQL the writers too; SQLite has one writer.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") { sqlite(url, connections).await } else { postgres(url, connections).await }
    }

    /// Closes all connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.read.0.close().await;
        self.write.0.close().await;
    }
}

async fn sqlite(url: &str, connections: u32) -> Result<Store, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses no commit when the process dies, only when the machine does; FULL would make
        // every audited call wait for the disk (docs/performance.md).
        .synchronous(SqliteSynchronous::Normal)
        .statement_cache_capacity(256);
    let write =
        SqlitePoolOptions::new().max_connections(1).acquire_timeout(BUSY_TIMEOUT).connect_with(options.clone()).await?;
    sqlx::migrate!("../migrations/sqlite").run(&write).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(connections.min(2))
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false) // an open file does not go away
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok(Store { read: Reader(Pool::Sqlite(read)), write: Writer(Pool::Sqlite(write)) })
}

async fn postgres(url: &str, connections: u32) -> Result<Store, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("atmos-mcp");
    let pool = || PgPoolOptions::new().max_connections(connections).acquire_timeout(BUSY_TIMEOUT);
    let write = pool().connect_with(options.clone()).await?;
    sqlx::migrate!("../migrations/postgres").run(&write).await?;
    let read = pool().connect_with(options.options([("default_transaction_read_only", "on")])).await?;
    Ok(Store { read: Reader(Pool::Postgres(read)), write: Writer(Pool::Postgres(write)) })
}
