//! Deliveries of webhooks that were taken.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// How long deliveries are remembered. GitHub lets a person deliver again what is at most three days old.
const REMEMBERED: Duration = Duration::from_hours(336);

/// A delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    /// `X-GitHub-Delivery`; the same when a delivery is repeated.
    pub(crate) id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) action: Option<&'a str>,
    pub(crate) at: Timestamp,
}

/// Notes that a delivery has come; false if it had come before. Forgets deliveries of long ago.
///
/// In the transaction of what the delivery changes: one that fails leaves no trace and can be repeated. A
/// second one that comes while the first is being applied waits for its end.
pub(crate) async fn record(tx: &mut Tx, received: &Received<'_>) -> Result<bool, StoreError> {
    let inserted = tx
        .execute(
            sql("INSERT INTO webhook_deliveries (delivery_id, event, action, received_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (delivery_id) DO NOTHING")
            .bind(received.id)
            .bind(received.event)
            .bind(received.action)
            .bind(received.at),
        )
        .await?;
    let old = received.at.minus(REMEMBERED);
    tx.execute(sql("DELETE FROM webhook_deliveries WHERE received_at < $1").bind(old)).await?;
    Ok(inserted > 0)
}
