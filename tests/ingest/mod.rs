//! What the unmodified `atmos` CLI uploads.

mod instances;
mod names;
