//! Calls per grant and day.

use super::{Reader, StoreError, sql};

/// Calls of `grant_id` on `day` (days since the Unix epoch) that are in the audit log.
pub(crate) async fn find_calls(reader: &Reader, grant_id: &str, day: i64) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = reader
        .fetch_optional(sql("SELECT calls FROM rate_day WHERE grant_id = $1 AND day = $2").bind(grant_id).bind(day))
        .await?;
    Ok(row.map_or(0, |(calls,)| calls))
}
