//! `atmos-mcp`

use std::process::ExitCode;

use atmos_mcp::cli::Cli;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match Cli::parse().run(environment).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // If standard error is gone there is nobody to tell.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
