//! GitHub, git, registries, clusters, secret stores and Atmos Pro: tokens and permissions.

rules! {
    oidc_permission_missing FixCredentials High NONE
        ["id-token|actions_id_token_request|idtoken permission|id token permission|unable to get actions_id|could not fetch an oidc token|failed to (get|fetch|request) (an )?(oidc|id)[ -]?token|error message: unable to get"]
        not ["timeout|timed out", "50[234]"]
        like "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?";
    pro_upload_auth FixCredentials High NONE
        ["missing oidc token environment|workspace id environment variable is required|does not have access to (the )?repository|failed to exchange oidc token|oidc token exchange|failed to get (github )?oidc token|not running in github actions or"]
        not ["timeout|timed out|deadline", "50[234]"]
        like "not running in GitHub Actions or missing OIDC token environment variables";
    pro_upload_auth FixCredentials High NONE
        ["atmos[ -]?pro|upload (stacks|instances|affected|status)|failed to upload|atmos_pro|atmos-pro\\.com", "40[13]([^0-9]|$)|unauthorized|forbidden|invalid token|missing token|token (is )?(not set|required|invalid|expired|missing)|invalid or expired"]
        not ["upload state|save state|state:"]
        like "Error: failed to upload stacks: Atmos Pro API response error: status 401 Unauthorized";
    atmos_auth FixCredentials High COMPONENT
        ["atmos auth|auth profile|auth identit|identity provider .*(not|fail)|failed to authenticate (identity|provider)|no (default )?(auth )?identit(y|ies)|identity .*not (found|configured)|authenticat(e|ing) (with|via) (identity|provider)|no authentication (method|provider)"]
        not ["proxy"]
        like "Error: authentication failed: failed to authenticate identity 'plat-dev/terraform'";
    github_permission FixCredentials High REPO
        ["resource not accessible by|bad credentials|permission to [a-z0-9_./-]+ denied to|requested url returned error: 403|write access to repository not granted|must have (admin|push) (rights|access)|saml (enforcement|sso)|protected by organization saml|gh_token environment|github_token.*(not|must|required|missing)|requires authentication|token lacks|input required and not supplied: (token|github-?token|app-?id|private-?key)|parameter token or opts\\.auth is required|github token is (missing|required)|refusing to allow a"]
        not ["rate limit"]
        like "Unhandled error: HttpError: Resource not accessible by integration";
    module_auth FixCredentials High MODULE
        ["could not read (username|password)|permission denied \\(publickey|publickey\\)|host key verification failed|invalid username or (password|token)|authentication failed for|terminal prompts disabled|support for password authentication was removed|no such identity: |error in libcrypto|error: repository not found|remote: repository not found|agent refused operation|load key .*invalid format|requested url returned error: 401"]
        like "fatal: could not read Username for 'https://github.com': terminal prompts disabled";
    // Git says this after any failure; the line above it knows why.
    module_auth FixCredentials Low MODULE
        ["could not read from remote repository|make sure you have the correct access rights"]
        like "fatal: Could not read from remote repository.";
    module_auth FixCredentials High MODULE
        ["module|source code|registry|provider|download", "401 unauthorized|bad response code: 40[13]|error: 40[13]|403 forbidden|40[13]( \\(|\\.|$)|forbidden \\(|repository not found|authentication required"]
        not ["closed response|archive: eof", "docker|containerd|ecr|imagepull|kubernetes", "statuscode: ?403|api error", "googleapi|azure|autorest"]
        like "Could not download module \"x\" source code from \"https://acme/x.zip\": bad response code: 401";
    credentials_missing FixCredentials High HOST
        ["required token could not be found|terraform login|invalid or missing (api )?token|no token .*(found|configured)|token for [a-z0-9.]+ (was )?not found|organization .*not found.*token|check your token|user is not authorized|entitlements: unauthorized"]
        like "Error: Required token could not be found. Run the following command to generate a token: terraform login";
    registry_auth FixCredentials High IMAGE
        ["pull access denied|requested access to the resource is denied|unauthorized: (authentication required|incorrect username|access to)|no basic auth credentials|failed to authorize: |error saving credentials|get.{0,80}/v2/.{0,80}(denied|unauthorized)|your authorization token has expired|imagepullbackoff.{0,40}unauthorized|login to .*failed|docker login.*failed"]
        like "Error response from daemon: pull access denied for acme/runner, repository does not exist or may require 'docker login'";
    cluster_auth FixCredentials High CLUSTER
        ["asked for the client to provide credentials|must be logged in to the server|error: unauthorized([^a-z]|$)|getting credentials: |exec plugin|exec: executable .*fail|is forbidden: user|cannot (get|list|create|patch|update|watch|delete) resource '|rbac|system:anonymous|x509: certificate (has expired|signed).*client|failed to get token for cluster|aws-iam-authenticator|token .*cluster .*(expired|invalid)"]
        like "error: You must be logged in to the server (Unauthorized)";
    cluster_auth FixCredentials High CLUSTER
        ["kubernetes|helm|kubectl|cluster|eks|gke|aks", "unauthorized|forbidden"]
        not ["timeout|timed out", "statuscode|api error|googleapi|atmos pro"]
        like "Error: Kubernetes cluster unreachable: Unauthorized";
    secret_decrypt FixCredentials High SECRET
        ["sops|(^|[^a-z])age: |kms:|decrypt", "failed to (get|decrypt)|error (getting|decrypting)|cannot decrypt|could not decrypt|no (identity|key) (matched|could)|0 successful groups|access ?denied"]
        like "Failed to get the data key required to decrypt the SOPS file.";
    secret_access FixCredentials High SECRET
        ["vault", "permission denied|invalid token|missing client token|code: 40[03]|error making api request"]
        not ["code: 5[0-9][0-9]", "key ?vault.{0,40}not found"]
        like "Error: error reading from Vault: Error making API request. Code: 403. Errors: * permission denied";
    secret_missing FixCredentials Medium SECRET
        ["secret(s)? [a-z0-9_'.-]+ (is )?(not set|empty|missing|required)|required secret|secret [a-z0-9_'-]+ is required, but not provided|(token|password|secret|api_?key|pat)[a-z0-9_' -]* (environment variable |env var )?(is )?(not set|not provided|not defined|must be set|unset|missing)"]
        like "Error: secret DEPLOY_KEY is required, but not provided while calling.";
}
