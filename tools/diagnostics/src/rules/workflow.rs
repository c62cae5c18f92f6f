//! GitHub: dispatches, workflow files, environments, runners, billing.

rules! {
    environment_protection Approve High ENVIRONMENT
        ["is not allowed to deploy to|due to environment protection rules|environment protection rule|waiting for (review|approval)|requires? (review|approval)|pending approval|awaiting approval|required reviewers|needs approval|waiting to be approved|manual approval"]
        not ["deployment was rejected", "pull request|review required"]
        like "Branch \"main\" is not allowed to deploy to dev due to environment protection rules.";
    approval_missing Approve High NONE
        ["'status':'waiting'.{0,80}pending_deployments|pull request must be approved|must be approved (by|according)|needs a policy override|policy_soft_failed|waiting for (an )?override|soft.?mandatory .{0,40}(failed|override)|requires? approval (by|from|before)|run (is )?(paused|waiting) (for|on) (confirmation|approval)|apply requires approval"]
        not ["hard.?mandatory", "rejected|denied"]
        like "Apply Failed: Pull request must be approved by at least one person other than the author before running apply.";
    approval_rejected Investigate Medium ENVIRONMENT
        ["deployment was rejected|review (was )?rejected|approval (was )?(rejected|denied)"]
        like "The deployment was rejected or didn't satisfy other protection rules.";
    dispatch_held Approve High NONE
        ["dispatch held|dispatch paused|would trigger [0-9]+ instance"]
        like "Dispatch held: this PR would trigger 247 instance dispatches (threshold: 50). A user with write/admin access on the repo can approve.";
    environment_missing FixCode High ENVIRONMENT
        ["environment '?[a-z0-9_./ -]+'? ?(could not be found|was not found|not found|does not exist|doesn't exist|is not (defined|configured))|environment .*not found|does not have an environment|invalid environment|no environment named"]
        not ["environment variable", "requestid|statuscode"]
        like "Error: Environment 'dev-core-iam' could not be found.";
    dispatch_inputs FixCode High INPUT
        ["unexpected inputs provided|required input|input '?[a-z0-9_-]+'? ?(is )?(not (provided|supplied|set)|required)|input required and not supplied|inputs? (is|are) not defined|invalid input|not in the (list of )?(allowed|options)|provided value '.*' for input|too many inputs|you may only define up to|is required, but not provided while calling|unexpected input\\(s\\)|parameter .*was not supplied|missing required (input|parameter)"]
        not ["statuscode|api error"]
        like "Unexpected inputs provided: [\"distinct_id\"]";
    dispatch_workflow FixCode High WORKFLOW
        ["does not have '?workflow_dispatch|no 'workflow_dispatch' (event )?trigger|no '?on\\.workflow_dispatch|workflow .*(was not found|not found|does not exist|could not be found|couldn't be found)|(could not|unable to) find (any )?workflows?|missing workflow_dispatch"]
        like "HTTP 422: Workflow does not have 'workflow_dispatch' trigger";
    dispatch_workflow FixCode Medium WORKFLOW
        ["404", "/actions/workflows/[a-z0-9_.-]+\\.ya?ml"]
        like "HTTP 404: Not Found (https://api.github.com/repos/acme/infra/actions/workflows/deploy.yml)";
    dispatch_workflow_disabled Investigate High WORKFLOW
        ["on a disabled workflow|workflow (is|was|has been) disabled|disabled_(manually|inactivity|fork)|actions (is|are|has been) (currently )?disabled"]
        like "Cannot trigger a 'workflow_dispatch' on a disabled workflow";
    dispatch_no_result Investigate High NONE
        ["missing_plan_result"]
        like "dispatchError: \"missing_plan_result\"";
    workflow_action_missing FixCode High ACTION
        ["unable to resolve action|can't find 'action\\.yml|could not find action|an action could not be found at the uri|action .*(could not be found|not found)|deprecated version of|automatically failed because it uses|missing download info for|is not allowed (to be used )?in|actions? .*not allowed"]
        not ["action .*api error", "not authorized"]
        like "Unable to resolve action `acme/x@v9`, unable to find version `v9`";
    checkout_submodule FixCode High MODULE
        ["no url found for submodule|no submodule mapping found|\\.gitmodules"]
        like "fatal: No url found for submodule path 'abc' in .gitmodules";
    workflow_invalid FixCode High WORKFLOW
        ["unrecognized named-value|unrecognized function|unexpected value '|a sequence was not expected|a mapping was not expected|is not valid: \\.github|failed to queue workflow run|error parsing called workflow|template is not valid|\\.ya?ml \\(line: [0-9]+|(workflow|job) .*is requesting '|is not a valid event name|depends on unknown job|secrets are not available|nested job|unable to process file command|invalid format '"]
        like "Unrecognized named-value: 'secret'. Located at position 1 within expression: secret.X";
    runner_label FixCode High LABEL
        ["image label with the label|no runner matching|runs-on .*(invalid|not|unknown)|label .*(is not valid|does not exist|not found)|no runners? (found|available) with|deprecated .*(runner|image)|runner image .*(retired|removed|deprecated)|is not a valid runner|this is a scheduled .{1,20} brownout|could not find any (self-hosted )?runner"]
        not ["online to process|namespace|label selector"]
        like "An image label with the label menuintegrationdev does not exist.";
    runner_unavailable Investigate High LABEL
        ["waiting for a runner|no enabled runners online|runners? (is|are) (offline|not online|busy)|no runners? (is |are )?(online|available)|for a runner to (come|pick)|was not acquired by runner|not picked up by|queued for more than|waiting for .*runner"]
        like "Waiting for a runner to pick up this job...";
    summary_too_large Investigate High NONE
        ["github_step_summary|step summary", "aborted|1024k|too large|exceed"]
        like "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got 1200k.";
    artifact_missing Investigate Medium NONE
        ["artifact(s)? (not found|.*could not be found|.*has expired)|unable to find any artifacts|unable to download artifact|no artifacts? found|(approved |stored |saved )?plan (file )?(was )?not found|no (stored |saved |approved )?plan(file)? (was )?found|no files were found with the provided path|artifact storage quota|failed to load '[^']*' as a plan file|plan ?file .*(not found|does not exist|no such file)|no such file.*\\.(tf)?plan|(tf)?plan[a-z0-9._-]*: no such file"]
        like "Error: Unable to find any artifacts for the associated workflow";
    tool_missing FixCode High TOOL
        ["command not found|executable file not found in|exit code 127|no such command|is not recognized as (an internal|the name)|not found in \\$?path|unable to find (tool|version|node)|could not find a version|no matching distribution|error: cannot find module '|modulenotfounderror|exec format error|permission denied.*exit code 126"]
        not ["publickey"]
        like "line 2: atmos: command not found";
}
