//! Compiling and linking the checked tools.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::Semaphore;
use wasmtime::component::{Component, Linker};

use super::check::{CheckedTool, check_all};
use super::error::{LoadError, ToolError};
use super::tool::Tool;
use crate::authz::{Policy, Wasi};
use crate::capability::{CallState, Capability, ToolPre};
use crate::runtime::{ComponentTool, Engine};

/// The tools of this server, by name.
pub struct Catalog {
    tools: BTreeMap<String, Tool>,
}

/// How to load.
pub struct LoadOptions<'a> {
    /// Folders with `catalog.json` and the components.
    pub dirs: &'a [PathBuf],
    /// What each tool needs and may touch.
    pub policy: &'a Policy,
    /// Compiles and runs the components.
    pub engine: &'a Engine,
    /// Whether a progress bar shows when compiling takes long.
    pub progress: bool,
}

impl Catalog {
    /// Loads all tools, or says of each one that cannot be loaded why.
    pub fn load(options: &LoadOptions<'_>) -> Result<Self, LoadError> {
        let (checked, mut refused) = check_all(options.dirs, options.policy)?;
        let slots = Arc::new(Semaphore::new(usize::try_from(options.engine.slots()).unwrap_or(1)));
        let mut tools = BTreeMap::new();
        for (name, compiled) in compile_all(&checked, options.engine, &slots, options.progress) {
            match compiled {
                Ok(tool) => drop(tools.insert(name, tool)),
                Err(error) => refused.push((name, error)),
            }
        }
        if refused.is_empty() { Ok(Self { tools }) } else { Err(LoadError::Tools(refused)) }
    }

    /// The tool of this name.
    pub fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// All tools, in alphabetical order.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.values()
    }

    /// Takes a tool out.
    pub fn remove(&mut self, name: &str) -> Option<Tool> {
        self.tools.remove(name)
    }

    /// Puts a tool in, in place of one of the same name.
    pub fn insert(&mut self, tool: Tool) {
        self.tools.insert(tool.name.clone(), tool);
    }
}

type Compiled = (String, Result<Tool, ToolError>);

/// Compiles on all cores; each component is a job of its own.
fn compile_all(checked: &[CheckedTool], engine: &Engine, slots: &Arc<Semaphore>, progress: bool) -> Vec<Compiled> {
    let bar = progress_bar(checked.len(), progress);
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(checked.len().max(1));
    let worker = || {
        let mut done: Vec<Compiled> = Vec::new();
        while let Some(tool) = checked.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((tool.name().to_owned(), compile(tool, engine, slots)));
            bar.inc(1);
        }
        done
    };
    let compiled = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        // A worker cannot panic: `compile` catches what the compiler does.
        handles.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect()
    });
    bar.finish_and_clear();
    compiled
}

/// A bar that shows only when loading takes more than a moment: the first start compiles, later ones do not.
fn progress_bar(tools: usize, show: bool) -> ProgressBar {
    if !show {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(tools).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("loading tools {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Compiles and links one component.
///
/// Security: its linker has the interfaces that the row grants and nothing else.
fn compile(tool: &CheckedTool, engine: &Engine, slots: &Arc<Semaphore>) -> Result<Tool, ToolError> {
    let error = |error: wasmtime::Error| ToolError::Compile(format!("{error:#}"));
    // The gate refuses what is known to make the compiler panic; should another input do so, it is still
    // one refused tool and not the end of the host.
    let component = catch_unwind(AssertUnwindSafe(|| Component::new(engine.wasmtime(), &tool.bytes)))
        .map_err(|_| ToolError::Compile("the compiler panicked".to_owned()))?
        .map_err(error)?;
    let mut linker: Linker<CallState> = Linker::new(engine.wasmtime());
    for interface in &tool.row.imports {
        let capability = Capability::find(interface).ok_or_else(|| ToolError::UnknownGrant(interface.clone()))?;
        capability.link(&mut linker).map_err(error)?;
    }
    if tool.row.wasi == Some(Wasi::Empty) {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(error)?;
    }
    let pre = linker.instantiate_pre(&component).and_then(ToolPre::new).map_err(error)?;
    Ok(Tool::new(tool, Box::new(ComponentTool::new(engine.clone(), pre, Arc::clone(slots)))))
}
