//! Azure and Google: identities, permissions and expired sessions.

rules! {
    oidc_assume_role FixCredentials High IDENTITY
        ["no matching federated identity|aadsts70021|aadsts700016|aadsts700212|aadsts700024|aadsts500011|aadsts90002|federated (token|identity|credential).*(fail|not|no )|failed to generate google cloud federated token|workload_?identity.*(denied|invalid|not|failed)|unauthorized_client|rejected by the attribute condition|attribute condition|audience in id token|unable to acquire impersonated|iam\\.serviceaccounts\\.get(access|openid)token|impersonate: |invalid_target"]
        not ["internal_failure"]
        like "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:o/r:pull_request'";
    credentials_expired FixCredentials High IDENTITY
        ["aadsts7000222|aadsts70043|aadsts700082|aadsts50173|aadsts700084|client secret.*expired|secret keys .*expired|invalid_rapt|reauth related|expiredauthenticationtoken|access token (has )?expired|refresh token.*(expired|revoked)|token has been expired or revoked"]
        like "AADSTS7000222: The provided client secret keys for app 'x' are expired.";
    credentials_invalid FixCredentials High IDENTITY
        ["aadsts[0-9]{4,}|invalid client secret|invalid_client|invalid_grant|invalidauthenticationtoken|invalid jwt|invalid_token|authentication_failed|authenticationfailed:? server failed|request had invalid authentication credentials|invalid authentication credentials|api key not valid"]
        like "AADSTS7000215: Invalid client secret provided.";
    state_access_denied FixCredentials High IDENTITY
        ["authorizationpermissionmismatch|storage\\.objects\\.[a-z]+|storage\\.buckets\\.get|listkeys/action.*not have|keybasedauthenticationnotpermitted"]
        like "googleapi: Error 403: ci@acme.iam.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket.";
    permission_denied FixCredentials High IDENTITY
        ["authorizationfailed|linkedauthorizationfailed|does not have authorization to perform|does not have permission|required '[a-z0-9_./-]+' permission|permission '?[a-z0-9_./-]+'? (is )?denied|iam_permission_denied|permission_denied|caller does not have permission|insufficient authentication scopes|access_token_scope_insufficient|does not have [a-z0-9_.]+ access|authorization_requestdenied|insufficient privileges"]
        like "Status=403 Code=\"AuthorizationFailed\" Message=\"The client 'a' does not have authorization to perform action 'x'\"";
    credentials_missing FixCredentials High IDENTITY
        ["could not find default credentials|active account selected|application default credentials|azurecli authorizer|az login|please run 'az|using auth-type:|not all values are present|unable to build authorizer|could not configure azure|gcloud auth (login|application)|must specify exactly one of .?workload_identity_provider|no subscription found|building account: |could not acquire access token|obtain(ing)? access token|no configured authentication|oauth2: cannot fetch token|defaultazurecredential|arm_client_(id|secret).*(not set|required)|client.?id.*must be (specified|configured|set)|unable to list provider registration status|could not get (credentials|token) from"]
        not ["timeout|timed out|503|502"]
        like "google: could not find default credentials. See https://cloud.google.com/docs/authentication";
}
