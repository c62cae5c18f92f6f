//! What is needed to write something down.

use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::{StoreError, Tx};

/// A transaction in which something is written, and the time that it is now.
pub(in crate::ingest) struct Recorder<'a> {
    pub(in crate::ingest) tx: &'a mut Tx,
    pub(in crate::ingest) entropy: &'a Entropy,
    pub(in crate::ingest) now: Timestamp,
}

/// Why something could not be written down.
#[derive(Debug, thiserror::Error)]
pub(in crate::ingest) enum RecordError {
    #[error("there is no `{0}`")]
    MissingField(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}
