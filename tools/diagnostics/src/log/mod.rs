//! From raw log text to passages that the rules can read.

mod excerpt;
mod clean;
mod line;
mod passage;

pub(crate) use clean::{compact, readable};
pub use excerpt::excerpt;
pub(crate) use line::{Kind, Line, lines};
pub(crate) use passage::{Passage, Weight, passages};
