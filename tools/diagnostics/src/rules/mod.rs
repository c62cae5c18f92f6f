//! The rules: an ordered table, one row per way in which a message tells its cause.
//!
//! A row reads: category, action, confidence, target; the words that must all be there; after `not`, the words
//! that must not; an example, which is a test. Within a passage the first row that fits wins, so special rows
//! stand above general ones, and `Low` rows count only where no other row fits.
//!
//! Words are regular expressions over compact text (see `log::compact`): lower case, any quote is `'`, and
//! spaces in the pattern are for the reader alone. `terraform` also means `tofu`.

#[macro_use]
mod row;
mod exceptions;
mod credentials_aws;
mod credentials_cloud;
mod credentials_tools;
mod credentials_general;
mod locks;
mod parents;
mod refs;
mod backend;
mod providers;
mod config;
mod atmos;
mod workflow;
mod resources;
mod investigations;
mod transient;
mod general;
mod categories;
mod matcher;

pub use categories::categories;
pub(crate) use categories::says;
pub(crate) use matcher::{is_match, rule_for};
pub(crate) use row::Rule;

/// Every table, in the order in which rows are tried.
pub(crate) const TABLES: &[&[Rule]] = &[
    exceptions::TABLE,
    credentials_aws::TABLE,
    credentials_cloud::TABLE,
    credentials_tools::TABLE,
    credentials_general::TABLE,
    locks::TABLE,
    parents::TABLE,
    refs::TABLE,
    backend::TABLE,
    providers::TABLE,
    config::TABLE,
    atmos::TABLE,
    workflow::TABLE,
    resources::TABLE,
    investigations::TABLE,
    transient::TABLE,
    general::TABLE,
];
