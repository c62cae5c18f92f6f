//! What can go wrong in the store.

/// A failure of the database layer. The text never holds SQL or values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be reached or refused a statement.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds a value that this version does not know.
    #[error("row {id} of `{table}` is inconsistent: {what}")]
    Inconsistent { table: &'static str, id: String, what: &'static str },
}

impl StoreError {
    /// Whether a unique or primary key constraint refused the row.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(error)
            if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation))
    }
}
