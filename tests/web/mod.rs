//! Pages for people.

pub(crate) mod badges;
mod github_signin;
