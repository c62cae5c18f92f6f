//! The text of a GitHub Actions job log, as GitHub serves it: its lines, its steps, its end and its errors.
//!
//! A log is one text for a whole job. It may start with a byte order mark; each line has a timestamp
//! (`2026-08-21T10:00:00.1234567Z text`) and may have colours; that a step begins shows only in
//! `##[group]Run …`. Nothing here fails or panics, whatever the text is.
//!
//! The functions take the lines as a slice, so that a log is split once and positions in it mean the same
//! everywhere. Line numbers count from 1, positions from 0.
//!
//! [`is_invisible`] is for any text from outside, because host and tools both ask it.

mod invisible;
mod line;
mod time;
mod begin;
mod steps;
mod tail;
mod excerpt;

pub use excerpt::{Piece, blocks, excerpt, pieces};
pub use invisible::is_invisible;
pub use line::{plain, split, without_ansi, without_bom};
pub use steps::{Step, step_lines};
pub use tail::{Tail, tail};
pub use time::seconds;

/// Longest line that is kept whole, in bytes: some tools print a whole document on one line.
pub(crate) const LONGEST_LINE: usize = 4096;

/// The start of a text, at most this many bytes, between two characters.
pub(crate) fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}
