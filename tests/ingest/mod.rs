//! What the unmodified `atmos` CLI uploads.

mod instances;
