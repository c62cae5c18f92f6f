//! What passes by itself: networks, overload, runners that went away, cancelled work.

rules! {
    stale_plan Rerun High NONE
        ["saved plan is stale|plan (file )?is stale|plan file can no longer be applied|saved plan does not match|plan .*is (stale|no longer valid)"]
        like "Error: Saved plan is stale. The given plan file can no longer be applied because the state was changed by another operation";
    runner_lost Rerun High RUNNER
        ["lost communication with|received a shutdown signal|runner encountered an error|runner .*(disconnect|went offline|shutting down|has been removed|was deleted|is shutting)|error type: disconnect|runner (process )?(was )?terminated|spot (instance )?interruption|runner service is stopped|connection to the (runner|server) (was )?lost|(pod|runner) .*(was )?evicted|node .*preempt"]
        like "The self-hosted runner: x lost communication with the server.";
    oom Rerun Medium NONE
        ["exit code 137|signal: killed|killed\\(exit|oomkilled|oom[- ]kill|\\bkilled\\b[a-z]|[0-9]killed|killed: 9|signal 9|sigkill|exit status 137|code: 137"]
        like "Terraform plan fails with error 'KILLED(exit code 137)'";
    timeout Rerun High NONE
        ["exceeded the maximum execution time|has timed out after [0-9]+ ?(minutes|hours)|job .*timed out|maximum (job )?(run|execution) ?time|exceeded (the )?timeout of|step .*timed out|exit code 124"]
        like "The job running on runner Hosted Agent has exceeded the maximum execution time of 360 minutes.";
    cancelled_by_concurrency Rerun High NONE
        ["higher priority waiting request|concurrency group|canceling since"]
        like "Canceling since a higher priority waiting request for sandbox-deploy-static exists";
    github_server_error Rerun High NONE
        ["github actions has encountered an internal error|internal error when running your job|an internal error occurred|we're having (a really bad|trouble)|unicorn!|the service is (temporarily )?unavailable|failed to (download|get) action|failed to download archive|action download has failed|could not download .*codeload|our services aren't available|cache service .*(unavailable|failed)|failed to create (the )?job|server error .*try again|received http 5[0-9][0-9] from github"]
        like "GitHub Actions has encountered an internal error when running your job.";
    capacity Rerun High NONE
        ["insufficientinstancecapacity|insufficient ?capacity|insufficient[a-z]*capacity|do(es)? not have (sufficient|enough) (capacity|resources|[a-z0-9.]+ capacity)|allocation ?failed|zonalallocation|resource_pool_exhausted|resource pool exhausted|stockout|capacity (is )?(not available|unavailable|exceeded)|capacity error|no capacity|overconstrained|out of capacity|not enough resources available"]
        like "InsufficientInstanceCapacity: We currently do not have sufficient t3.large capacity in the Availability Zone you requested";
    cloud_conflict Rerun Medium RESOURCE
        ["conflicting conditional operation|operationaborted|operation .*(is )?(currently |already )?in progress|update is in progress|concurrentmodification|concurrent (modification|update)|resourceconflict|another operation .*in progress|operationinprogress|anotheroperationinprogress|retryable ?error|being (modified|updated) by another|please (try|retry)( the (request|operation))? again|try again later|optimistic lock|has been modified; please apply|etag mismatch|conditional check failed|priorrequestnotcomplete|transactionconflict|resource is (being|not) (ready|updated)"]
        not ["another operation \\(install", "reached your|limit of", "40[013] |not authorized|access ?denied"]
        like "OperationAborted: A conflicting conditional operation is currently in progress against this resource. Please try again.";
    network_transient Rerun High HOST
        ["tls handshake timeout|client\\.timeout exceeded|awaiting headers|request failed after [0-9]+ attempts|connection reset|connection timed out|connection (was )?(closed|aborted|lost)|broken pipe|unexpected eof|early eof|archive: eof|closed response body|not a valid zip|rpc failed|index-pack|remote end hung up|http2: (client|server|stream)|stream error|server misbehaving|temporary failure in name|eai_again|etimedout|econnreset|econnaborted|socket hang ?up|network is unreachable|no route to host|operation timed out|request timed out|read: connection|i/o timeout|tcp .*timeout|connection refused|goaway|error: 5[0-9][0-9]|ssl_error_syscall|gnutls|curl: \\((6|7|16|18|28|35|52|55|56|92)\\)|failed to connect to|unable to connect|fetch failed|network error|networkerror|incompleteread|read timed out|transport connection|failed to fetch .*(archive|http)|hash sum mismatch|unable to fetch some archives|connection failed|unable to access.*could not connect"]
        not ["40[13] |not authorized|access ?denied", "helm_release|waiting for"]
        like "net/http: TLS handshake timeout";
    network_transient Rerun High HOST
        ["(github\\.com|github\\.net|githubusercontent|codeload|registry\\.terraform\\.(io|org)|opentofu\\.org|releases\\.hashicorp|ghcr\\.io|docker\\.io|pypi|npmjs|get\\.helm\\.sh|mirrors\\.|archive\\.ubuntu|packages\\.microsoft|azure\\.com|microsoftonline|management\\.azure|googleapis\\.com|amazonaws\\.com)", "no such host|could not resolve|name or service not known|enotfound|timed? ?out|timeout|deadline exceeded|eof"]
        not ["s3[a-z0-9.-]*amazonaws\\.com.*no such host|eks\\.amazonaws|rds\\.amazonaws"]
        like "fatal: unable to access 'https://github.com/acme/infra/': Could not resolve host: github.com";
    network_transient Rerun High HOST
        ["discovery document|available provider packages|list of available versions|installing (provider|hashicorp)|retrieve authentication checksums|cryptographic signature|provider registry|query provider", "timeout|timed out|deadline|50[0234]|eof|connection|could not connect|cannot assign|attempts|try again|unavailable"]
        like "failed to retrieve authentication checksums for provider: the request failed after 2 attempts";
    cloud_server_error Rerun Medium HOST
        ["50[234] (bad gateway|service|gateway)|(statuscode|status ?code|status|http|error|code|errored|error:|errcode|http ?status)[:= ('a-z]*50[0234]([^0-9]|$)|service ?unavailable|internal ?server ?error|bad gateway|gateway time-?out|internalerror|internalfailure|serverexception|internal error|backend ?error|temporarily unavailable|servicelinkedrole.*being|server is (currently )?unable|etcdserver: |leader changed|too busy|overloaded|apiserver (not ready|is shutting)"]
        not ["panic|plugin"]
        like "Error: updating ECS Service: https response error StatusCode: 500, ServerException: Service Unavailable.";
    cluster_unreachable Rerun Medium HOST
        ["kubernetes cluster unreachable|cluster unreachable|unable to connect to the server|couldn't get current server api group|unable to retrieve the complete list of server apis"]
        not ["no such host"]
        like "Error: Kubernetes cluster unreachable";
    cancelled Rerun Medium NONE
        ["operation was cancell?ed|(job|run|workflow) was cancell?ed|cancell?ed by|interrupt received|execution (halted|cancell?ed)|sigterm|exit code (130|143)|signal: (interrupt|terminated)|the run was canceled"]
        like "The operation was canceled.";
}
