//! Refusals in words that no product owns.

rules! {
    permission_denied FixCredentials Medium ROLE
        ["access ?denied|access is denied|permissiondenied|lacks? (the )?(required |necessary )?permission|missing (required )?permission|requires? (one of )?the .{0,40} permission|not allowed to access"]
        not ["database|mysql|psql|postgres", "/usr/|/home/|/var/|/etc/|/tmp/|eacces"]
        like "Error: error putting S3 policy: Access Denied";
    credentials_invalid FixCredentials Medium ROLE
        ["malformed (storage )?account key|illegal base64 data|authentication error|login failed|log-?in failed|failed to (log ?in|authenticate)|could not authenticate|auth(entication|orization)? (has )?failed|auth failed|unable to authenticate|invalid (api )?(key|token|credentials?)|bad credentials|not logged in|api key"]
        not ["timeout|timed out|deadline", "50[0234]([^0-9]|$)", "proxy"]
        like "Login failed with Error: Double check if the 'auth-type' is correct.";
}
