//! What each category means, in one sentence.

/// Every category with its meaning, in alphabetical order.
pub fn categories() -> &'static [(&'static str, &'static str)] {
    CATEGORIES
}

/// Returns the meaning of a category.
pub(crate) fn says(category: &str) -> &'static str {
    let found = CATEGORIES.iter().find(|(name, _)| *name == category);
    found.map_or("No known cause fits.", |(_, says)| says)
}

const CATEGORIES: &[(&str, &str)] = &[
    ("api_disabled", "The cloud API or service is not enabled for this project, subscription or account."),
    ("approval_missing", "Somebody has to approve before this can go on."),
    ("approval_rejected", "A reviewer or a protection rule refused the deployment; a rerun needs their consent."),
    (
        "artifact_missing",
        "A plan or artifact that the job expects is not there: it was not produced, has another name, or has expired.",
    ),
    ("atmos_auth", "Atmos could not authenticate with the configured identity or provider."),
    ("atmos_cli_config", "The Atmos configuration or command line is incomplete or wrong."),
    ("atmos_component_missing", "Atmos does not find the component in the stack, or may not provision it."),
    ("atmos_import", "A stack manifest imports a file that does not exist or that imports in a circle."),
    ("atmos_stack_config", "A stack manifest or its templates are invalid."),
    ("atmos_vendor", "Vendoring failed: the source or version does not exist."),
    ("atmos_yaml", "A YAML file does not parse."),
    (
        "backend_init",
        "The state backend is misconfigured, not initialized, or its bucket or lock table does not exist.",
    ),
    ("billing", "GitHub or the cloud refuses to work because of billing."),
    ("cancelled", "The run was cancelled before it finished."),
    ("cancelled_by_concurrency", "A newer run of the same concurrency group replaced this one."),
    ("capacity", "The cloud had no free capacity for the requested machine at that moment."),
    ("certificate", "A TLS certificate or signature could not be verified."),
    ("checkout_ref", "The ref to check out, or to compare with, does not exist in the repository."),
    ("checkout_submodule", "A submodule is declared without its address."),
    ("clock_skew", "The clock of the runner and that of the service differ too much."),
    ("cloud_conflict", "The cloud was busy with another change of the same resource."),
    ("cloud_server_error", "The service answered with a server error."),
    ("cluster_auth", "The Kubernetes cluster refused the identity of the run."),
    ("cluster_unreachable", "The Kubernetes cluster or another endpoint could not be reached."),
    ("credentials_expired", "The credentials expired before or during the run."),
    ("credentials_invalid", "The credentials exist but are wrong."),
    ("credentials_missing", "No credentials were found."),
    ("disk_full", "The runner has no disk space left."),
    ("dispatch_held", "Atmos Pro holds the dispatch until somebody with write access allows it."),
    ("dispatch_inputs", "The workflow does not take the inputs that were sent, or misses one that it requires."),
    ("dispatch_no_result", "The run was dispatched but never reported a plan result."),
    ("dispatch_ref", "GitHub does not know the ref that the run was dispatched on."),
    ("dispatch_unknown", "The run could not be dispatched."),
    ("dispatch_workflow", "The workflow file is missing on the default branch or cannot be dispatched."),
    ("dispatch_workflow_disabled", "The workflow is disabled; somebody has to enable it."),
    ("environment_missing", "The GitHub environment does not exist."),
    ("environment_protection", "The environment's protection rules do not let this run deploy yet."),
    ("github_installation", "The GitHub App is suspended or no longer installed."),
    ("github_permission", "GitHub refused the token: it is missing, wrong, or may not do this."),
    ("github_server_error", "GitHub itself failed."),
    ("helm_chart_missing", "A Helm chart or its values are missing or wrong."),
    ("helm_timeout", "The release did not become ready; its pods and events say why."),
    ("input_prompt", "The command waits for an answer, which nobody gives in CI: a variable or flag is missing."),
    ("module_auth", "A private module or repository could not be read with the given credentials."),
    ("module_not_found", "The module source or version does not exist."),
    ("network_host", "A host name does not resolve: either the name is wrong or the name service failed."),
    ("network_transient", "The network or a registry failed for a moment."),
    ("no_failure", "The run succeeded; there is nothing to repair."),
    ("not_conclusive", "The run ended without a result of its own."),
    ("oidc_assume_role", "The cloud did not accept the workflow's OIDC identity, or the role may not be assumed."),
    ("oidc_permission_missing", "The workflow may not request an OIDC token (`permissions: id-token: write`)."),
    ("oom", "The process ran out of memory."),
    ("package_lock", "Another process held a lock on the runner."),
    ("parent_failed", "The run that this one depends on did not succeed."),
    (
        "parent_output_missing",
        "An output of another component is not there: that component was not applied, or does not export it.",
    ),
    ("parent_state_missing", "The state of another component does not exist: that component was not applied."),
    ("permission_denied", "The identity of the run may not do this."),
    ("plan_has_changes", "The plan found changes and ended with exit code 2; nothing failed."),
    ("plan_outdated", "The stored plan no longer matches; a new plan is needed."),
    ("pro_lock", "The component or stack is locked in Atmos Pro or by its metadata."),
    ("pro_upload_auth", "Atmos could not authenticate with Atmos Pro."),
    ("pro_upload_event", "The upload runs on a GitHub event that it does not support."),
    ("pro_upload_server", "Atmos Pro did not take the upload."),
    ("provider_crash", "A provider crashed or stopped answering."),
    ("provider_inconsistent", "A provider contradicted itself: a defect of the provider, or a change made elsewhere."),
    ("provider_not_found", "The registry has no such provider: the source address is wrong or missing."),
    ("provider_version", "Version constraints, the lock file and the installed versions do not fit together."),
    ("proxy", "The proxy refused or failed."),
    ("quota", "A limit of the account or service is reached."),
    ("rate_limited", "The service asked to slow down."),
    ("registry_auth", "The container registry refused the credentials."),
    ("resource_conflict", "The resource exists already, is in use, or is held by another."),
    ("resource_invalid", "The service refused the values of a resource."),
    ("resource_missing", "Something that the configuration refers to does not exist."),
    ("resource_policy", "A policy of the organization refuses the resource."),
    ("resource_timeout", "A resource did not reach its state in time; the service says why."),
    ("run_in_progress", "The run has not finished."),
    ("runner_label", "No runner has the labels that the workflow asks for."),
    ("runner_lost", "The runner disappeared during the job."),
    ("runner_unavailable", "No runner has picked up the job."),
    ("secret_access", "The secret store refused access."),
    ("secret_decrypt", "A secret could not be decrypted with this identity."),
    ("secret_missing", "A secret or token that the workflow needs is not set."),
    ("stale_plan", "The state changed after the plan was made; a new plan is needed."),
    ("state_access_denied", "The identity of the run may not read or write the state."),
    ("state_corrupt", "The state could not be read or saved; it may be incomplete."),
    ("state_digest_mismatch", "The state does not match its recorded checksum."),
    ("state_lock", "The state is locked by another operation."),
    ("summary_too_large", "The job summary is larger than GitHub takes."),
    ("terraform_config", "The configuration is invalid."),
    ("timeout", "The time limit was reached."),
    ("tool_missing", "A command or file that the step needs is not there."),
    ("unknown", "No known cause fits."),
    ("workflow_action_missing", "An action that the workflow uses does not exist, or may not be used."),
    ("workflow_invalid", "The workflow file is invalid."),
    ("workspace_missing", "The selected Terraform workspace does not exist."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::TABLES;

    #[test]
    fn every_category_has_a_meaning() {
        for rule in TABLES.iter().copied().flatten() {
            assert!(CATEGORIES.iter().any(|(name, _)| *name == rule.category), "{}", rule.category);
        }
        assert!(CATEGORIES.is_sorted());
    }
}
