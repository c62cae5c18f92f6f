//! What the server promises of isolation: the sandbox, tenants, permissions, the audit log and the limits.

mod audit;
mod authz_matrix;
mod loading;
mod rate_limit;
mod sandbox;
mod surface;
mod tenancy;

use std::time::Duration;

use anyhow::Result;
use tests::harness::TestApp;

/// Waits, briefly, for an audit row: that of a call whose client has gone is written after nobody waits
/// for it.
async fn audited_soon(app: &TestApp, row: &str) -> Result<()> {
    for _ in 0..500 {
        if app.db_audit(usize::MAX).await?.iter().any(|found| found == row) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    anyhow::bail!("no audit row `{row}`: {:?}", app.db_audit(usize::MAX).await?)
}
