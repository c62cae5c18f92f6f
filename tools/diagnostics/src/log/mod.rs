//! From raw log text to passages that the rules can read.

mod clean;
mod line;
mod passage;

pub(crate) use clean::{compact, readable};
pub(crate) use line::{Kind, Line, lines};
pub(crate) use passage::{Passage, Weight, passages};
