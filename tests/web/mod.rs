//! Pages for people.

mod github_signin;
