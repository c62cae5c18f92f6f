//! `connections`: repositories that are no longer connected to GitHub.

use super::bindings::atmos::mcp::connections::{BreakReason, BrokenConnection, BrokenConnectionPage, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::config::Published;
use crate::store::StoreError;
use crate::store::connections::{self, BrokenRow};

impl Host for CallState {
    async fn list_broken_connections(
        &mut self,
        request: PageRequest,
    ) -> wasmtime::Result<Result<BrokenConnectionPage, CapabilityError>> {
        Ok(list_broken_connections(self, &request).await)
    }
}

async fn list_broken_connections(
    state: &mut CallState,
    request: &PageRequest,
) -> Result<BrokenConnectionPage, CapabilityError> {
    state.enter(Some(Permission::WorkspaceRead))?;
    let cursors = state.cursor_context("connections.list", String::new());
    let page = page(&cursors, request)?;
    let mut rows = connections::list_broken(&state.context.reader, state.scope(), &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let published = &state.context.published;
    let items = rows.into_iter().map(|row| connection(row, published)).collect::<Result<_, _>>()?;
    Ok(BrokenConnectionPage { items, next_cursor })
}

fn connection(row: BrokenRow, published: &Published) -> Result<BrokenConnection, StoreError> {
    // A repository that differs from its installation was taken from it by itself.
    let follows = row.installation_status.as_ref() == Some(&row.status);
    let is_gone = row.installation_status.as_deref() == Some("uninstalled");
    let fix_url = match row.installation_github_id {
        Some(github_id) if !is_gone => published.installation_url(github_id),
        _ => published.install_url(),
    };
    Ok(BrokenConnection {
        reason: BreakReason::read(&row.status, &row.id)?,
        id: row.id,
        repo: wire::repo_name(&row.owner, &row.name),
        since: row.installation_status_since.filter(|_| follows).map(wire::time),
        account: row.installation_account.map(|account| text::clean_line(&account)),
        fix_url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LimitsConfig;

    fn row(status: &str, installation: Option<(i64, &str)>) -> BrokenRow {
        BrokenRow {
            id: "repo_1".to_owned(),
            owner: "acme".to_owned(),
            name: "infra".to_owned(),
            status: status.to_owned(),
            installation_github_id: installation.map(|(github_id, _)| github_id),
            installation_account: None,
            installation_status: installation.map(|(_, status)| status.to_owned()),
            installation_status_since: installation.map(|_| 1_787_306_400_000_000),
        }
    }

    #[test]
    fn the_link_leads_to_where_it_can_be_put_right() {
        let published = Published::new("https://github.com", Some("atmos"), LimitsConfig::default());
        let settings = "https://github.com/settings/installations/7";
        let install = "https://github.com/apps/atmos/installations/new";
        for (row, since, fix_url) in [
            (row("suspended", Some((7, "suspended"))), true, settings),
            (row("uninstalled", Some((7, "uninstalled"))), true, install),
            // Taken from the App by itself, or deleted.
            (row("uninstalled", Some((7, "active"))), false, settings),
            (row("uninstalled", None), false, install),
        ] {
            let found = connection(row, &published).unwrap();
            assert_eq!((found.since.is_some(), found.fix_url.as_str()), (since, fix_url));
        }
    }
}
