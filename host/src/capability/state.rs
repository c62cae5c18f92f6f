//! What one call may see and use: the state of its store.

use std::sync::Arc;

use wasmtime::ResourceLimiter;
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use crate::authz::{Caller, Permission, ToolLimits, WorkspaceScope};
use crate::clock::Clock;
use crate::config::{PublicUrl, Published};
use crate::error_chain::Chain;
use crate::keys::ServerKey;
use crate::logs::JobLogs;
use crate::store::page::{CursorContext, Page};
use crate::store::{Reader, StoreError};

/// Rows of one page at most.
const MAX_PAGE: u32 = 100;

/// What all calls share.
#[derive(Clone)]
pub struct CallContext {
    /// Reads alone: the engine refuses writes through it.
    pub reader: Reader,
    /// The host's clock.
    pub clock: Clock,
    /// Binds cursors to workspace, function and filter.
    pub key: ServerKey,
    /// For links into the dashboard.
    pub public_url: Arc<PublicUrl>,
    /// What tools may tell of the configuration.
    pub published: Arc<Published>,
    /// Logs of jobs: it keeps what it fetches, which is why it alone holds a writer.
    pub logs: JobLogs,
}

/// What is left of, and was used from, a call's budget.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// Calls of capabilities so far.
    pub host_calls: u32,
    /// Rows read so far.
    pub rows: u32,
    /// Bytes of long texts read so far.
    pub text_bytes: u32,
}

/// One call's state. Made fresh for every call and dropped with it.
pub struct CallState {
    pub(super) context: CallContext,
    pub(super) caller: Caller,
    limits: ToolLimits,
    budget: Budget,
    memory_refused: bool,
    wasi: Option<(WasiCtx, ResourceTable)>,
}

impl CallState {
    /// State for one call of `caller`.
    pub fn new(context: CallContext, caller: Caller, limits: ToolLimits) -> Self {
        Self { context, caller, limits, budget: Budget::default(), memory_refused: false, wasi: None }
    }

    /// What the call used.
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// Whether the component asked for more memory than it may have.
    pub const fn memory_refused(&self) -> bool {
        self.memory_refused
    }

    /// The workspace of the token.
    pub(super) fn scope(&self) -> &WorkspaceScope {
        self.caller.workspace()
    }

    /// Charges one call and checks the interface's permission.
    ///
    /// Security: checked here again, next to the read, so that a wrong policy row is not enough to leak.
    pub(super) fn enter(&mut self, permission: Option<Permission>) -> Result<(), CapabilityError> {
        if self.budget.host_calls >= self.limits.host_calls {
            return Err(CapabilityError::BudgetExhausted(format!("{} capability calls", self.limits.host_calls)));
        }
        self.budget.host_calls += 1;
        match permission {
            Some(permission) if !self.caller.can(permission) => {
                Err(CapabilityError::Denied(permission.key().to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Charges rows that a capability is about to hand over.
    pub(super) fn charge_rows(&mut self, rows: usize) -> Result<(), CapabilityError> {
        self.budget.rows = self.budget.rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
        if self.budget.rows > self.limits.rows {
            return Err(CapabilityError::BudgetExhausted(format!("{} rows", self.limits.rows)));
        }
        Ok(())
    }

    /// Charges bytes of a long text that a capability is about to hand over: a log, Markdown, a list of steps.
    pub(super) fn charge_bytes(&mut self, bytes: usize) -> Result<(), CapabilityError> {
        self.budget.text_bytes = self.budget.text_bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if self.budget.text_bytes > self.limits.text_bytes {
            return Err(CapabilityError::BudgetExhausted(format!("{} bytes of text", self.limits.text_bytes)));
        }
        Ok(())
    }

    /// Reads and charges a page of `rows`, a list that is all in memory; gives the cursor of the next one.
    pub(super) fn slice<T>(
        &mut self,
        function: &'static str,
        filter: String,
        request: &PageRequest,
        rows: Vec<T>,
        key: impl Fn(&T) -> &str,
    ) -> Result<(Vec<T>, Option<String>), CapabilityError> {
        let cursors = self.cursor_context(function, filter);
        let (rows, last) = page(&cursors, request)?.slice(rows, key).ok_or(CapabilityError::InvalidCursor)?;
        let next_cursor = last.map(|last| cursors.encode(&last));
        self.charge_rows(rows.len())?;
        Ok((rows, next_cursor))
    }

    /// What a cursor of `function` with `filter` is bound to.
    pub(super) fn cursor_context(&self, function: &'static str, filter: String) -> CursorContext<'_> {
        CursorContext { key: &self.context.key, scope: self.caller.workspace(), function, filter }
    }
}

/// Reads a page request.
///
/// Security: the guest chose the page; it is bounded again here.
pub(super) fn page(context: &CursorContext<'_>, request: &PageRequest) -> Result<Page, CapabilityError> {
    if request.limit == 0 || request.limit > MAX_PAGE {
        return Err(CapabilityError::InvalidArgument(format!(
            "`limit` must be between 1 and {MAX_PAGE} (got {})",
            request.limit
        )));
    }
    let after = match &request.cursor {
        Some(cursor) => Some(context.decode(cursor).ok_or(CapabilityError::InvalidCursor)?),
        None => None,
    };
    Ok(Page::new(usize::try_from(request.limit).unwrap_or(usize::MAX), after))
}

/// The only place where a store's failure becomes a capability's.
impl From<StoreError> for CapabilityError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %Chain(&error), "a capability could not read the store");
        Self::Unavailable
    }
}

impl ResourceLimiter for CallState {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.limits.memory;
        self.memory_refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= crate::runtime::MAX_TABLE_ELEMENTS)
    }
}

/// WASI for the rows that say `wasi = "empty"`. Made on first use: a component without WASI imports, which
/// is every tool of the catalog, never pays for it.
impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Security: an untouched builder gives no file, variable, argument or socket, and closed stdio.
        let (ctx, table) = self.wasi.get_or_insert_with(|| (WasiCtxBuilder::new().build(), ResourceTable::new()));
        WasiCtxView { ctx, table }
    }
}
