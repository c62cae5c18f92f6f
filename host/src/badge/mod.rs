//! Badges: a repository's state as a small picture, for READMEs.
//!
//! Here is what a badge is: its types and parameters, its token, what it says, and how it looks. The endpoint is in
//! [`crate::web`], the rows come from [`crate::store::badges`].

mod kind;
mod address;
mod token;
mod message;
mod svg;
mod text_width;

pub(crate) use address::{Address, PATH};
pub(crate) use kind::{Kind, MAX_LABEL, Parameter, Style};
pub(crate) use message::Message;
pub(crate) use svg::render;
pub(crate) use token::BadgeToken;
