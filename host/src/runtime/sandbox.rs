//! One call: a fresh store, the limits, the component, and an account of what it used.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wasmtime::{Store, Trap};

use super::engine::Engine;
use super::error::{CallError, Fault};
use crate::authz::{Caller, ToolLimits};
use crate::capability::{CallContext, CallState, ToolPre, handler};

/// Fuel between two looks at the clock and at other tasks: well under a millisecond.
const YIELD_INTERVAL: u64 = 500_000;

/// Resource handles a component may hold.
const MAX_HANDLES: usize = 64;

/// How long a call waits for a slot.
const SLOT_TIMEOUT: Duration = Duration::from_secs(2);

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The text of a JSON object.
    Structured(String),
    /// MCP content blocks.
    Content(Vec<serde_json::Value>),
}

/// What a call did.
#[derive(Debug)]
pub struct CallReport {
    /// The output, or why there is none.
    pub result: Result<Output, CallError>,
    /// Units of fuel.
    pub fuel: u64,
    /// Calls of capabilities.
    pub host_calls: u32,
    /// Rows read through capabilities.
    pub rows: u32,
    /// From dispatch to result.
    pub duration: Duration,
}

/// Something that can answer a call: a component, or in a benchmark the same logic without one.
pub trait Run: Send + Sync {
    /// Runs once. `arguments` is the text of a JSON object.
    fn run<'a>(
        &'a self,
        context: CallContext,
        caller: Caller,
        arguments: &'a str,
        limits: ToolLimits,
    ) -> Pin<Box<dyn Future<Output = CallReport> + Send + 'a>>;
}

/// The sandbox: what all calls share.
pub struct Runtime {
    context: CallContext,
}

impl Runtime {
    /// A sandbox whose capabilities read what `context` offers.
    pub const fn new(context: CallContext) -> Self {
        Self { context }
    }

    /// Calls a tool for `caller`.
    pub async fn call(&self, tool: &dyn Run, caller: &Caller, arguments: &str, limits: ToolLimits) -> CallReport {
        tool.run(self.context.clone(), caller.clone(), arguments, limits).await
    }
}

/// A component, checked, compiled and linked with exactly what its policy row allows.
pub(crate) struct ComponentTool {
    engine: Engine,
    pre: ToolPre<CallState>,
    slots: Arc<Semaphore>,
}

impl ComponentTool {
    pub(crate) const fn new(engine: Engine, pre: ToolPre<CallState>, slots: Arc<Semaphore>) -> Self {
        Self { engine, pre, slots }
    }

    async fn call(
        &self,
        store: &mut Store<CallState>,
        arguments: &str,
        limits: ToolLimits,
    ) -> Result<Output, CallError> {
        if arguments.len() > limits.argument_bytes {
            return Err(CallError::InvalidArguments(format!(
                "the arguments have {} bytes; {} are allowed",
                arguments.len(),
                limits.argument_bytes
            )));
        }
        let outcome = tokio::time::timeout(limits.wall, async {
            let tool = self.pre.instantiate_async(&mut *store).await?;
            tool.atmos_mcp_handler().call_call(&mut *store, arguments).await
        })
        .await;
        match outcome {
            Err(_) => Err(CallError::Fault(Fault::TimedOut)),
            Ok(Err(error)) => Err(CallError::Fault(classify(&error, store.data()))),
            Ok(Ok(Err(error))) => Err(error.into()),
            Ok(Ok(Ok(output))) => read_output(output, limits),
        }
    }

    fn store(&self, state: CallState, limits: ToolLimits) -> wasmtime::Result<Store<CallState>> {
        let mut store = Store::new(self.engine.wasmtime(), state);
        store.limiter(|state| state);
        store.set_fuel(limits.fuel)?;
        store.fuel_async_yield_interval(Some(YIELD_INTERVAL))?;
        // Bounds what one capability call may pass, and the result; JSON and its WIT form are about as large.
        store.set_hostcall_fuel(limits.result_bytes.saturating_mul(2));
        store.set_max_component_handles(MAX_HANDLES);
        Ok(store)
    }
}

impl Run for ComponentTool {
    fn run<'a>(
        &'a self,
        context: CallContext,
        caller: Caller,
        arguments: &'a str,
        limits: ToolLimits,
    ) -> Pin<Box<dyn Future<Output = CallReport> + Send + 'a>> {
        Box::pin(async move {
            let started = Instant::now();
            let failed =
                |error| CallReport { result: Err(error), fuel: 0, host_calls: 0, rows: 0, duration: started.elapsed() };
            // A pool without room is an error of wasmtime, not a wait; so the wait is here.
            let Ok(Ok(_slot)) = tokio::time::timeout(SLOT_TIMEOUT, self.slots.acquire()).await else {
                return failed(CallError::Overloaded);
            };
            let mut store = match self.store(CallState::new(context, caller, limits), limits) {
                Ok(store) => store,
                Err(error) => return failed(CallError::Fault(classify_host(&error))),
            };
            let result = self.call(&mut store, arguments, limits).await;
            let budget = store.data().budget();
            CallReport {
                result,
                fuel: limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
                host_calls: budget.host_calls,
                rows: budget.rows,
                duration: started.elapsed(),
            }
        })
    }
}

fn classify(error: &wasmtime::Error, state: &CallState) -> Fault {
    let fault = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Fault::OutOfFuel,
        Some(Trap::StackOverflow) => Fault::StackExhausted,
        // An allocator that gets no memory aborts.
        Some(_) if state.memory_refused() => Fault::OutOfMemory,
        Some(_) => Fault::Trapped,
        // wasmtime has no type for it.
        None if format!("{error:#}").contains("too much data is being copied") => Fault::TooMuchData,
        None => return classify_host(error),
    };
    tracing::warn!(fault = fault.name(), error = %format!("{error:#}"), "the sandbox stopped a component");
    fault
}

fn classify_host(error: &wasmtime::Error) -> Fault {
    tracing::error!(error = %format!("{error:#}"), "the sandbox failed");
    Fault::Host
}

impl From<handler::ToolError> for CallError {
    fn from(error: handler::ToolError) -> Self {
        match error {
            handler::ToolError::InvalidArguments(text) => Self::InvalidArguments(text),
            handler::ToolError::NotFound(text) => Self::NotFound(text),
            handler::ToolError::Denied(text) => Self::Denied(text),
            handler::ToolError::Unavailable(text) => Self::Unavailable(text),
            handler::ToolError::Failed(text) => Self::Failed(text),
        }
    }
}

fn read_output(output: handler::Output, limits: ToolLimits) -> Result<Output, CallError> {
    match output {
        handler::Output::Structured(json) if json.len() > limits.result_bytes => {
            Err(CallError::Fault(Fault::TooMuchData))
        }
        // Checked without building a tree: the text goes to the client as it is.
        handler::Output::Structured(json) => {
            let object = json.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
            if object { Ok(Output::Structured(json)) } else { Err(CallError::Fault(Fault::InvalidOutput)) }
        }
        handler::Output::Content(blocks) => {
            let blocks: Vec<_> = blocks.into_iter().map(content_block).collect();
            let bytes: usize = blocks.iter().map(|block| block.to_string().len()).sum();
            if bytes > limits.result_bytes {
                Err(CallError::Fault(Fault::TooMuchData))
            } else {
                Ok(Output::Content(blocks))
            }
        }
    }
}

fn content_block(block: handler::ContentBlock) -> serde_json::Value {
    use serde_json::json;
    match block {
        handler::ContentBlock::Text(text) => json!({ "type": "text", "text": text }),
        handler::ContentBlock::Image(media) => {
            json!({ "type": "image", "data": media.data, "mimeType": media.mime_type })
        }
        handler::ContentBlock::Audio(media) => {
            json!({ "type": "audio", "data": media.data, "mimeType": media.mime_type })
        }
        handler::ContentBlock::EmbeddedResource(resource) => {
            let mut inner = json!({ "uri": resource.uri, "text": resource.text });
            if let (Some(fields), Some(mime_type)) = (inner.as_object_mut(), resource.mime_type) {
                fields.insert("mimeType".to_owned(), mime_type.into());
            }
            json!({ "type": "resource", "resource": inner })
        }
    }
}
