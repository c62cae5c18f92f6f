//! AWS: identities, permissions and expired sessions.

rules! {
    oidc_assume_role FixCredentials High ROLE
        ["assumerolewithwebidentity"]
        not ["verification key"]
        like "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity";
    oidc_assume_role FixCredentials Medium ROLE
        ["couldn't retrieve verification key|could not retrieve verification key|verification key from your identity provider"]
        like "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
    oidc_assume_role FixCredentials High ROLE
        ["could not assume role with|no openidconnect provider found|openidconnect provider.*(not found|does not exist)|incorrect token audience|invalididentitytoken|cannot assume iam role|unable to assume (iam )?role|cannot load assume role|failed to assume role|could not assume role|request arn is invalid|sts:tagsession|web identity token .*(invalid|not valid)|idp(communicationerror|rejectedclaim)"]
        like "Error: Could not assume role with OIDC: Request ARN is invalid";
    state_access_denied FixCredentials High ROLE
        ["state lock|loading state|refreshing state|existing workspaces|configuring [a-z0-9 '-]*backend|state file|inspecting states|statefile|\\.tfstate|to save state|upload(ing)? state|download(ing)? state|migrat(e|ing) state|querying cloud storage|initializing (the )?backend|remote state|read(ing)? state|dynamodb:(putitem|getitem|deleteitem)", "access ?denied|not authorized|forbidden|statuscode: 403|error 403|status=403|authorizationpermissionmismatch|authorizationfailed|does not have storage\\.|permission denied|unauthorizedoperation|keybasedauthenticationnotpermitted"]
        not ["terraform_remote_state", "assume role with|assumerolewith", "expired ?token", "publickey"]
        like "Error loading state: AccessDenied: User: arn:aws:sts::1:assumed-role/plan/gha is not authorized to perform: s3:GetObject";
    credentials_expired FixCredentials High ROLE
        ["expiredtoken|session token not found or invalid|token included in the request is expired|provided token has expired|requestexpired|tokens? (has|have|is|are|was) expired|session (has|is|token) expired|sso session.*expired|expired sso|credentials? (has|have|are|is|were) expired|expired credentials|token (has )?expired|ssoproviderinvalidtoken|refreshtoken.*expired"]
        not ["certificate has expired", "lease", "join token"]
        like "ExpiredToken: The security token included in the request is expired";
    credentials_invalid FixCredentials High ROLE
        ["invalidclienttokenid|unrecognizedclient|security token included in the request is invalid|signaturedoesnotmatch|invalidaccesskeyid|access key id .*does not exist|validate the provided access credentials|authfailure|invalidsignatureexception|incompletesignature|missingauthenticationtoken|invalid security token|signature .* does not match|static credentials are empty|credentials were invalid|invalidtoken: "]
        like "InvalidClientTokenId: The security token included in the request is invalid.";
    credentials_missing FixCredentials High ROLE
        ["credentials could not be loaded|could not load credentials|nocredentialproviders|no valid providers in chain|no ec2 imds role found|failed to refresh cached credentials|no valid credential sources|unable to locate credentials|nocredentialserror|failed to get shared config profile|profile .*not found in the shared|shared config profile|config profile .*(could not be found|not found)|failed to retrieve credentials|no credentials (loaded|found|provided|configured)|credentials? (were|was)? ?not (found|set|provided|configured)|missing credentials|partial credentials|unable to load (aws )?(sdk )?(config|credentials)|you must specify an access key|no aws credentials|aws_access_key_id.*(not set|required|missing)"]
        like "Error: No valid credential sources found";
    permission_denied FixCredentials High ROLE
        ["is not authorized to perform|not authorized to perform|unauthorizedoperation|explicit deny|no identity-based policy allows|no (resource|permissions|session)[a-z -]*(policy|boundary) allows|encoded authorization failure|accessdeniedexception|access ?denied: |api error access ?denied|\\(access ?denied\\)|<code>accessdenied|unauthorizedaccess|kms.{0,40}access ?denied|you do not have (sufficient|the required) (permission|privilege)|insufficient (permission|privilege|access)s?|insufficientpermissions"]
        like "UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: x";
    credentials_missing FixCredentials Medium ROLE
        ["(role-to-assume|aws-access-key|credentials)", "input required|not supplied|must be (set|provided|specified)|is (empty|not set|required)"]
        like "Error: Input required and not supplied: role-to-assume";
}
