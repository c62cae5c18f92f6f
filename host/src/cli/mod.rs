//! The command line.

mod badge_token;
mod ci_permission;
mod demo;
mod entitlement;
mod installation;
mod member;
mod operator;
mod repo_name;
mod serve;
mod sync;
mod token;
mod tool_docs;
mod tools;
mod workspace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The Atmos Pro MCP server.
#[derive(Debug, Parser)]
#[command(name = "atmos-mcp", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start with SQLite, a seeded workspace and a sign-in without password, on this machine alone.
    Demo(demo::Arguments),
    /// Start with a configuration file.
    Serve(serve::Arguments),
    /// Look at the built tools and what they may touch.
    #[command(subcommand)]
    Tools(tools::Command),
    /// Make workspaces.
    #[command(subcommand)]
    Workspace(workspace::Command),
    /// Who belongs to a workspace.
    #[command(subcommand)]
    Member(member::Command),
    /// Tokens with which the atmos CLI uploads.
    #[command(subcommand)]
    Token(token::Command),
    /// Tokens with which READMEs show badges.
    #[command(subcommand)]
    BadgeToken(badge_token::Command),
    /// What workflows may upload without a workspace token.
    #[command(subcommand)]
    CiPermission(ci_permission::Command),
    /// Which installations of the GitHub App a workspace has.
    #[command(subcommand)]
    Installation(installation::Command),
    /// Read what happened before, or while the server was not there.
    #[command(subcommand)]
    Sync(sync::Command),
}

/// Where a command finds the database: a configuration, or the demo's data folder.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Location {
    /// Configuration file of `atmos-mcp serve`.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Data folder of `atmos-mcp demo`.
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Cli {
    /// Runs the command. `environment` gives the variables that override the configuration.
    pub async fn run(self, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
        match self.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments, environment).await,
            Command::Tools(command) => tools::run(command),
            Command::Workspace(command) => workspace::run(command, environment).await,
            Command::Member(command) => member::run(command, environment).await,
            Command::Token(command) => token::run(command, environment).await,
            Command::BadgeToken(command) => badge_token::run(command, environment).await,
            Command::CiPermission(command) => ci_permission::run(command, environment).await,
            Command::Installation(command) => installation::run(command, environment).await,
            Command::Sync(command) => sync::run(command, environment).await,
        }
    }
}

/// Prints a line for people or scripts.
fn print(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
