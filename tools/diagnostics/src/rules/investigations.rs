//! What neither a rerun nor a known repair settles: somebody has to look.

rules! {
    provider_crash Investigate High PROVIDER
        ["plugin did not respond|plugin crashed|grpcprovider|panic: |plugin process exited|failed to (load|instantiate|read|obtain) (plugin|provider|schema)|could not load plugin|unrecognized remote plugin|stack trace from|rpc error: code = unavailable|nil pointer dereference|terraform crashed|segmentation fault|sigsegv|goroutine [0-9]+ \\[|request cancelled.{0,60}plugin|core dumped"]
        not ["signal: killed|out of memory|exit code 137", "evaluating", "no such file or directory"]
        like "Error: Plugin did not respond. The plugin encountered an error, and failed to respond to the plugin6.(*GRPCProvider).ConfigureProvider call";
    oom Investigate High NONE
        ["out of memory|cannot allocate memory|heap limit|heap out of memory|runtime: out of|fork: .*memory|enomem"]
        not ["oomkilled", "exit code 137"]
        like "fatal error: out of memory";
    disk_full Investigate High NONE
        ["no space left on device|disk quota|disk (is )?full|enospc|not enough (disk )?space"]
        like "No space left on device : '/home/runner/runners/_diag/pages/1.log'";
    provider_inconsistent Investigate High RESOURCE
        ["inconsistent (result|final plan)|provider produced|unexpected new value|was present, but now absent|this is a bug in the provider|provider returned invalid|cannot import non-existent|resource already managed|unexpected state|unexpected unknown|unable to decode|error: internal|operation failed"]
        not ["statuscode: ?5", "conflict"]
        like "Error: Provider produced inconsistent result after apply";
    helm_timeout Investigate High RESOURCE
        ["timed out waiting for the condition|helm.*(context deadline exceeded|timed out)|client rate limiter wait|(upgrade|install|release|rollback)[a-z ]* failed|another operation \\(|progress deadline|crashloopbackoff|back-?off restarting|imagepullbackoff|errimagepull|pods? .*not ready|not ready within|resource not ready|exceeded its progress|pending-(install|upgrade|rollback)|has no deployed releases|insufficient (cpu|memory)|failedscheduling|unschedulable"]
        not ["unreachable|connection refused|no such host|tls handshake"]
        like "Error: UPGRADE FAILED: timed out waiting for the condition";
    resource_timeout Investigate High RESOURCE
        ["waiting for state to become|waiting for [a-z0-9 ()_.:/,'-]+(create|creation|update|delete|deletion|deploy|stable|active|ready|available|become)|timeout while waiting|stabiliz|unexpected state '|steady state|wait until|failed to become|last error: "]
        not ["api error (throttl|accessdenied|expired)", "enough resources|resource_?pool|capacity|stockout", "unauthorized|access ?denied|not authorized"]
        like "Error: waiting for RDS Cluster (main) create: timeout while waiting for state to become 'available'";
    resource_timeout Investigate Low RESOURCE
        ["context deadline exceeded|timed out"]
        not ["timeout-minutes|timeoutseconds"]
        like "context deadline exceeded";
    certificate Investigate High HOST
        ["x509: |certificate (signed|has expired|is not|verif|verify)|unable to get local issuer|self-?signed certificate|failed to verify certificate|cert_has_expired|ssl certificate problem|tls: (failed|bad|unknown|first record)|certificate_verify_failed|openpgp: |signature .*(unknown|expired|invalid|mismatch)"]
        like "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    billing Investigate High NONE
        ["payment(s)? (have |has )?failed|payment required|included minutes|run out of minutes|exceeded your .*minutes"]
        like "You have exceeded your included minutes.";
    github_server_error Investigate Medium NONE
        ["startup failure|this run likely failed"]
        like "This run likely failed because of a workflow file issue.";
    network_host Investigate Low HOST
        ["no such host|could not resolve host|name or service not known|getaddrinfo enotfound|nxdomain"]
        like "dial tcp: lookup tools.corp.example on 10.0.0.2:53: no such host";
    proxy Investigate Medium HOST
        ["proxyconnect|proxy authentication|407 proxy|http: proxy|tunneling socket"]
        like "proxyconnect tcp: dial tcp: lookup proxy.corp: no such host";
}
