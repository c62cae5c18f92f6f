//! `get_instance` without Wasm: the same capability, the same JSON.

use std::pin::Pin;
use std::time::Instant;

use atmos_mcp::authz::{Caller, ToolLimits};
use atmos_mcp::capability::instances_api::{
    Host, InstanceDetails, InstanceLock, InstanceStatus, RunSummary, StatusChange,
};
use atmos_mcp::capability::{CallContext, CallState};
use atmos_mcp::runtime::{CallError, CallReport, Output, Run};
use serde::Deserialize;
use serde_json::{Value, json};

/// The tool, as part of the host.
pub(crate) struct GetInstance;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Args {
    id: String,
}

impl Run for GetInstance {
    fn run<'a>(
        &'a self,
        context: CallContext,
        caller: Caller,
        arguments: &'a str,
        limits: ToolLimits,
    ) -> Pin<Box<dyn Future<Output = CallReport> + Send + 'a>> {
        Box::pin(async move {
            let started = Instant::now();
            let mut state = CallState::new(context, caller, limits);
            let result = call(&mut state, arguments).await;
            let budget = state.budget();
            CallReport {
                result,
                fuel: 0,
                host_calls: budget.host_calls,
                rows: budget.rows,
                duration: started.elapsed(),
            }
        })
    }
}

async fn call(state: &mut CallState, arguments: &str) -> Result<Output, CallError> {
    let args: Args = serde_json::from_str(arguments).map_err(|error| CallError::InvalidArguments(error.to_string()))?;
    match Host::get_instance(state, args.id).await {
        Ok(Ok(Some(details))) => Ok(Output::Structured(write(&details))),
        Ok(Ok(None)) => Err(CallError::NotFound("no such instance".to_owned())),
        Ok(Err(_)) | Err(_) => Err(CallError::Unavailable("the store failed".to_owned())),
    }
}

fn write(details: &InstanceDetails) -> String {
    json!({
        "id": details.id,
        "component": details.component,
        "stack": details.stack,
        "repo": details.repo,
        "componentType": details.component_type,
        "status": status(details.status),
        "driftStatus": status(details.drift_status),
        "driftEnabled": details.drift_enabled,
        "enabled": details.enabled,
        "lastRunAt": details.last_run_at,
        "lastDriftRunAt": details.last_drift_run_at,
        "dashboardUrl": details.dashboard_url,
        "lastRun": details.last_run.as_ref().map(run),
        "lastDriftRun": details.last_drift_run.as_ref().map(run),
        "statusChanges": details.status_changes.iter().map(change).collect::<Vec<_>>(),
        "lock": details.lock.as_ref().map(lock),
    })
    .to_string()
}

fn run(run: &RunSummary) -> Value {
    json!({
        "id": run.id, "command": run.command, "status": run.status, "conclusion": run.conclusion,
        "planExitCode": run.plan_exit_code, "finishedAt": run.finished_at,
    })
}

fn change(change: &StatusChange) -> Value {
    json!({ "from": change.from.map(status), "to": status(change.to), "at": change.at, "runId": change.run_id })
}

fn lock(lock: &InstanceLock) -> Value {
    json!({ "key": lock.key, "message": lock.message, "createdAt": lock.created_at, "expiresAt": lock.expires_at })
}

const fn status(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Unknown => "unknown",
        InstanceStatus::InSync => "in_sync",
        InstanceStatus::Drifted => "drifted",
        InstanceStatus::Remediating => "remediating",
        InstanceStatus::Remediated => "remediated",
        InstanceStatus::Error => "error",
        InstanceStatus::Disabled => "disabled",
        InstanceStatus::Orphaned => "orphaned",
    }
}
