//! Messages that borrow the words of another cause: they stand above all other tables.

rules! {
    // What terraform refuses to parse may quote any word of the configuration.
    terraform_config FixCode High FILE
        ["error: (unsupported argument|unsupported block type|missing required argument|invalid block definition|argument or block definition required|invalid (expression|character))", "on [a-z0-9_./-]+\\.(tf|tofu|tfvars|hcl)(\\.json)? line [0-9]+"]
        not ["terraform_remote_state|outputs"]
        like "Error: Unsupported argument on main.tf line 42, in resource \"x\" \"y\": access_denied_action = \"AccessDenied\" An argument named \"access_denied_action\" is not expected here.";
    // The signature is refused, but it is the clock that is wrong.
    clock_skew Investigate High NONE
        ["requesttimetooskewed|request time and the current time is too large|signature (not yet current|expired): .*(is now|is still) (earlier|later)|clock (skew|is not synchron|drift)"]
        like "RequestTimeTooSkewed: The difference between the request time and the current time is too large.";
    // A 403 or a "quota" that is a matter of speed passes; one that is a matter of size does not.
    rate_limited Rerun High HOST
        ["rate ?limit ?exceeded|exceeded available rate limit|rate limit of [0-9]+ (still )?exceeded|api rate limit .{0,40}exceeded|rate exceeded|too ?many ?requests|throttling|request ?limit ?exceeded|per ?minute|secondary rate limit|slow ?down|pull rate limit|exceeded a secondary|http ?429|statuscode: ?429|error 429|operationnotallowed.{0,20}write operations|request rate is large"]
        not ["policysize", "is not authorized to perform", "access ?denied"]
        like "googleapi: Error 403: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute', rateLimitExceeded";
    api_disabled Investigate High PROJECT
        ["has not been used in project|service_disabled|missingsubscriptionregistration|subscription is not registered to use|api is not enabled|accessnotconfigured|optinrequired|pendingverification|request .*is being validated|account .*(not (yet )?(been )?(verified|activated|validated)|verification)|not subscribed to this service"]
        like "googleapi: Error 403: Compute Engine API has not been used in project 1 before or it is disabled.";
    billing Investigate High NONE
        ["spending limit|recent account payments|billing account .*(disabled|not found|closed)|billing (to be |is not |must be )?(enabled|disabled)|billinghard|account is (suspended|locked due to a billing)"]
        like "The job was not started because recent account payments have failed or your spending limit needs to be increased.";
    quota FixCode High FILE
        ["cannot exceed quota for (policy|aclsize|rolepolic|managedpolic|tags)|policysize: [0-9]|limitexceeded.*policysize|maximum policy size|policy size .*exceed"]
        like "LimitExceeded: Cannot exceed quota for PolicySize: 6144";
    quota Investigate High NONE
        ["quota ?exceeded|quota '?[a-z0-9_.-]+'? ?exceeded|exceed(ed|s|ing)?( the| your| approved)?( total| regional| current)*[a-z ]*quota|limitexceeded|limit exceeded for|current vcpu limit|has (been )?reached (its|the) (limit|maximum)|maximum number of [a-z]+ has been reached|cannot exceed quota|service quota|exceeding (approved|quota)|quotaexceeded|too many (buckets|roles|vpcs)"]
        not ["time limit|timelimit", "api rate|rate limit|throttl|requestlimit", "memory limit"]
        like "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows";
    // The lock table is missing: waiting for it does not help.
    backend_init FixCode High FILE
        ["state lock|dynamodb", "resourcenotfoundexception|requested resource not found|cannot do operations on a non-existent table"]
        like "Error: Error acquiring the state lock: ResourceNotFoundException: Requested resource not found";
    // A ref of a module, not of the run.
    module_not_found FixCode High MODULE
        ["module", "could not download module|failed to download module|source code from|error downloading|/modules/", "pathspec|could not find remote branch|remote branch|remote ref|unknown revision|not a tree|not our ref|reference not found"]
        like "Could not download module \"vpc\" source code from \"git::https://x?ref=v9\": error downloading: git exited with 1: error: pathspec 'v9' did not match any file(s) known to git";
    atmos_vendor FixCode Medium MODULE
        ["vendor", "pathspec|remote branch|bad response code: 404|failed to (pull|vendor|download)"]
        not ["timeout|timed out", "401|403|authentication|permission", "vendor/[a-z]"]
        like "Error: failed to vendor components: error downloading 'https://github.com/acme/x': bad response code: 404";
    // What GitHub refuses to start may name any permission or input.
    workflow_invalid FixCode High WORKFLOW
        ["deadlock (was detected )?for concurrency"]
        like "Canceling since a deadlock was detected for concurrency group: 'prod' between a top level workflow and 'apply'";
    workflow_action_missing FixCode High ACTION
        ["unable to resolve action"]
        not ["timeout|timed out", "50[0234]"]
        like "Unable to resolve action. Repository not found: acme/setup-thing";
    workflow_invalid FixCode High WORKFLOW
        ["invalid workflow file|workflow is not valid|error in your yaml syntax"]
        like "The workflow is not valid. .github/workflows/x.yml (Line: 24, Col: 13): The key 'id-token' is not allowed";
    // The runner lacks a program, whatever wanted it.
    tool_missing FixCode High TOOL
        ["command not found|executable file not found|must be available and on the path|no such command"]
        not ["\\baz\\b|exec:'az'", "getting credentials"]
        like "error downloading 'https://github.com/x?ref=v4.5.0': git must be available and on the PATH.";
    // Nobody serves a cluster on the runner itself.
    cluster_unreachable Investigate High HOST
        ["//localhost|127\\.0\\.0\\.1:[0-9]|\\[::1\\]:[0-9]|localhost:[0-9]", "connection refused|i/o timeout|cluster unreachable|was refused|context deadline|failed to connect|cannot assign"]
        not ["lookup[a-z0-9.-]+on(127|\\[::1\\])"]
        like "Error: Kubernetes cluster unreachable: Get \"http://localhost:80/version\": dial tcp 127.0.0.1:80: connect: connection refused";
    cluster_unreachable Investigate Medium NONE
        ["invalid configuration: no configuration has been provided|current-context is not set|no kubeconfig|kubeconfig.{0,80}no such file|stat [a-z0-9/._-]*kube/config: no such file"]
        like "Error: Kubernetes cluster unreachable: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";
    // The plan was made by somebody else's binary.
    provider_version FixCode High FILE
        ["(state snapshot|state data|plan file) was created (by|with) [a-z0-9. ]*(terraform|v[0-9])"]
        like "Error: state snapshot was created by Terraform v1.9.0, which is newer than current v1.5.7";
    // The network broke below whatever was being done.
    network_transient Rerun Medium HOST
        ["client\\.timeout exceeded|httpclient\\.timeout|tls handshake timeout|reset by peer|i/o timeout|unexpected eof|forcibly closed|connection timed out|server misbehaving"]
        not ["imds|169\\.254", "credential|assume|unauthorized|forbidden", "access ?denied|not authorized|expired ?token|invalid ?token|aadsts", "localhost|127\\.0\\.0\\.1:[0-9]|\\[::1\\]:", "no releases|constraint", "statelock|lockinfo", "clusterunreachable"]
        like "Error: unable to build kubernetes objects: Get \"https://a.eks.amazonaws.com/api\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)";
    // Authentication that failed for want of a network.
    network_transient Rerun Medium HOST
        ["(sts|oidc|token|login|oauth2|accounts|metadata|imds)", "i/o timeout|tls handshake timeout|no route to host|connection reset|connection timed out|temporary failure in name resolution|server misbehaving|etimedout|econnreset|eai_again|socket hang up"]
        not ["ec2imds|imds|169\\.254\\.169\\.254", "no valid credential|nocredential|could not (be )?load", "not authorized|access ?denied|expired ?token|invalid ?token|aadsts"]
        like "dial tcp: lookup sts.eu-west-1.amazonaws.com on 10.0.0.2:53: server misbehaving";
    cloud_server_error Rerun Medium HOST
        ["(oidc|id token|token)", "(status|code|http)[a-z: ']*50[0234]([^0-9]|$)|50[234] (bad gateway|service unavailable|gateway time)"]
        not ["access ?denied|not authorized|id-token"]
        like "Error: Failed to get ID Token: Error message: Error Code : 503 Service Unavailable";
}
