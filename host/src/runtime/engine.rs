//! The wasmtime engine, configured for the smallest attack surface that Rust tools run on.

use std::num::NonZeroUsize;
use std::path::Path;

use wasmtime::{Cache, CacheConfig, Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy};

/// Elements of a table at most; a Rust tool has some hundred.
pub const MAX_TABLE_ELEMENTS: usize = 20_000;

/// Bytes of linear memory that a policy row can allow.
pub const MAX_MEMORY: usize = 64 << 20;

/// Bytes that a pool slot keeps resident after a call, so that the next one does not fault them in.
const KEEP_RESIDENT: usize = 1 << 20;

/// The engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the Wasm engine could not be started: {0}")]
pub struct EngineError(String);

/// The engine that all components of a process share.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    slots: u32,
}

impl Engine {
    /// Makes the engine. `slots` calls run at once; compiled code is kept in `cache`.
    ///
    /// Security: compiled code is trusted native code, so `cache` must be a folder that only the host can
    /// write.
    pub fn new(slots: u32, cache: &Path) -> Result<Self, EngineError> {
        let error = |error: wasmtime::Error| EngineError(format!("{error:#}"));
        let mut config = Config::new();
        restrict(&mut config);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots)));
        let mut cache_config = CacheConfig::new();
        cache_config.with_directory(cache);
        config.cache(Some(Cache::new(cache_config).map_err(error)?));
        Ok(Self { inner: wasmtime::Engine::new(&config).map_err(error)?, slots })
    }

    /// The wasmtime engine.
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// Calls that can run at once.
    pub const fn slots(&self) -> u32 {
        self.slots
    }
}

/// Security: proposals that no Rust tool needs are off, CPU is metered, and Cranelift alone compiles.
/// The parse gate has the same list (`gate.rs`).
fn restrict(config: &mut Config) {
    config
        .wasm_component_model(true)
        .consume_fuel(true)
        .wasm_threads(false)
        .wasm_shared_everything_threads(false)
        .shared_memory(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .wasm_stack_switching(false)
        .concurrency_support(false)
        // The same input gives the same output on every machine.
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(256 << 10)
        // Host functions run on the same fiber and need the rest.
        .async_stack_size(1 << 20)
        .wasm_backtrace_max_frames(NonZeroUsize::new(16))
        .memory_init_cow(true)
        // Never Winch: it has had sandbox escapes.
        .strategy(Strategy::Cranelift);
}

/// A pool with room for `slots` calls. A Rust component has one memory, up to two tables and three core
/// instances (its own and two shims of wit-component).
fn pool(slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(8))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(4))
        .total_stacks(slots)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_memories_per_component(1)
        .max_tables_per_component(4)
        .max_tables_per_module(4)
        .max_core_instances_per_component(8)
        .max_core_instance_size(1 << 20)
        .max_component_instance_size(2 << 20)
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        // Without it, keeping pages resident costs more than it saves (`docs/performance.md`); falls back
        // by itself on kernels before 6.7.
        .pagemap_scan(Enabled::Auto);
    pool
}
