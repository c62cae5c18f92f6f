//! One test per tool, named after it, and its refusals.

mod instances;
