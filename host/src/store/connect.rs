//! Opening and migrating a database.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;
use super::db::{Pool, Reader, Writer, sql};
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

    /// Finds out whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _one: Option<(i64,)> = self.read.fetch_optional(sql("SELECT CAST(1 AS BIGINT)")).await?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The capabilities hold a reader alone, so that no SQL of theirs can write.
    #[tokio::test]
    async fn the_engine_refuses_writes_through_the_reader() {
        let file = std::env::temp_dir().join(format!("atmos-mcp-reader-{}.db", std::process::id()));
        let store = Store::connect(&format!("sqlite:{}", file.display()), 2).await.unwrap();
        let insert = sql("INSERT INTO rate_day (grant_id, day, calls) VALUES ('g', 1, 1) RETURNING calls");
        let refused = store.read.fetch_optional::<(i64,)>(insert.clone()).await.unwrap_err();
        assert!(format!("{refused:?}").contains("readonly"), "{refused:?}");
        assert_eq!(store.write.fetch_optional::<(i64,)>(insert).await.unwrap(), Some((1,)));
        store.close().await;
        std::fs::remove_file(file).unwrap();
    }
}
