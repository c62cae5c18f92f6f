//! Group commit: one task writes the rows of all who wait.

use tokio::sync::{mpsc, oneshot};

use super::entry::Entry;
use crate::clock::Timestamp;
use crate::error_chain::Chain;
use crate::id::Entropy;
use crate::store::{Store, audit_log};

/// Rows in one transaction at most.
const MAX_GROUP: usize = 64;

/// The row could not be written; the caller must answer 503 and give no data.
#[derive(Debug, thiserror::Error)]
#[error("the audit log could not be written")]
pub struct AuditError;

/// A handle to the audit writer.
#[derive(Clone, Debug)]
pub struct AuditLog {
    queue: mpsc::Sender<Pending>,
}

#[derive(Debug)]
enum Pending {
    Row(Box<Entry>, oneshot::Sender<Result<(), AuditError>>),
    /// A request that leaves no row but counts against the grant's daily limit.
    Count(GrantCount),
}

/// One request of a grant.
#[derive(Debug, Clone)]
pub(crate) struct GrantCount {
    pub(crate) grant_id: String,
    pub(crate) at: Timestamp,
}

impl AuditLog {
    /// Starts the writer. It ends when every handle is gone and the queue is empty.
    pub fn start(store: Store, entropy: Entropy) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, waiting) = mpsc::channel(1_024);
        (Self { queue }, write_groups(store, entropy, waiting))
    }

    /// Writes one row; returns when it is committed. Once called, the row is written even if the caller
    /// goes away.
    pub async fn write(&self, entry: Entry) -> Result<(), AuditError> {
        self.reserve().await?.write(entry).await
    }

    /// Waits for a place in the queue. A row that needs one even if its caller goes away is taken for writing
    /// only when it has its place.
    pub async fn reserve(&self) -> Result<Place<'_>, AuditError> {
        self.queue.reserve().await.map(Place).map_err(|_| AuditError)
    }

    /// Counts a request that leaves no row. A full queue forgets the count: it only survives restarts.
    pub fn count(&self, grant_id: &str, at: Timestamp) {
        drop(self.queue.try_send(Pending::Count(GrantCount { grant_id: grant_id.to_owned(), at })));
    }

    /// Writes one row without waiting; for a call whose client has gone. Logs if it cannot.
    pub fn write_detached(&self, entry: Entry) {
        let (committed, _) = oneshot::channel();
        if self.queue.try_send(Pending::Row(Box::new(entry), committed)).is_err() {
            tracing::error!("an audit row was lost: the queue is full or closed");
        }
    }
}

/// A place in the queue.
#[derive(Debug)]
pub struct Place<'a>(mpsc::Permit<'a, Pending>);

impl Place<'_> {
    /// Writes one row; returns when it is committed. The row is written even if the caller goes away.
    pub fn write(self, entry: Entry) -> impl Future<Output = Result<(), AuditError>> + Send + 'static {
        let (committed, result) = oneshot::channel();
        self.0.send(Pending::Row(Box::new(entry), committed));
        async { result.await.map_err(|_| AuditError)? }
    }
}

async fn write_groups(store: Store, entropy: Entropy, mut waiting: mpsc::Receiver<Pending>) {
    let mut group = Vec::with_capacity(MAX_GROUP);
    while waiting.recv_many(&mut group, MAX_GROUP).await > 0 {
        let (mut entries, mut counts) = (Vec::new(), Vec::new());
        for pending in &group {
            match pending {
                Pending::Row(entry, _) => entries.push(&**entry),
                Pending::Count(count) => counts.push(count),
            }
        }
        let result = audit_log::insert_group(&store.write, &entropy, &entries, &counts).await;
        if let Err(error) = &result {
            tracing::error!(error = %Chain(error), rows = entries.len(), "audit rows could not be written");
        }
        for pending in group.drain(..) {
            if let Pending::Row(_, committed) = pending {
                // The caller may have gone; its row is written all the same.
                drop(committed.send(if result.is_ok() { Ok(()) } else { Err(AuditError) }));
            }
        }
    }
}
