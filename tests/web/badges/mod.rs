//! `GET /api/badge`.

mod endpoint;
mod messages;
mod subject;
mod tokens;

pub(crate) use subject::Picture;
