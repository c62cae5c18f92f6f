//! The state's backend: its bucket, its configuration, what it holds.

rules! {
    state_digest_mismatch Investigate High FILE
        ["does not have the expected content|digest value stored|state data in s3|calculated checksum .*not match|checksum .*stored in"]
        like "Error refreshing state: state data in S3 does not have the expected content.";
    state_corrupt Investigate High FILE
        ["state file (could not|couldn't) be (read|parsed)|unsupported state file format|state file .*corrupt|errored\\.tfstate|failed to (save|persist|write) state|failed to decode current (backend|state)|state snapshot .*not support|lineage|failed to read state"]
        not ["statuscode", "no such file"]
        like "Error: Failed to save state. The state has been saved to errored.tfstate";
    workspace_missing Investigate High WORKSPACE
        ["currently selected workspace|failed to select workspace|workspace '?[a-z0-9_.-]+'? ?(does not|doesn't) exist"]
        not ["existing workspaces"]
        like "The currently selected workspace (production) does not exist.";
    backend_init FixCode High FILE
        ["nosuchbucket|s3 bucket '?[a-z0-9_.-]*'? ?does not exist|specified bucket does not exist|bucket doesn't exist|storage: bucket|containernotfound|specified container does not exist|storageaccountnotfound|listobjectsinput\\.bucket|missingregion|invalid aws region|the region .*(is not|invalid)|permanentredirect|bucketregionerror|authorizationheadermalformed|incorrect region|requested bucket from '"]
        like "Failed to get existing workspaces: NoSuchBucket: The specified bucket does not exist";
    backend_init FixCode High FILE
        ["backend (re)?initialization required|backend configuration changed|backend (type )?changed|backend configuration block|unsupported backend|invalid backend|backend type|backend config(uration)? (is |has )?(invalid|missing|incomplete)|initial configuration of the requested backend|unset the backend|(re)?configur(e|ing) the backend|run 'terraform init|terraform init -(reconfigure|migrate)|plugin is not installed|required plugins are not installed|module not installed|modules? (is|are) not (yet )?installed|provider (is|are) not installed"]
        not ["statuscode: ?[45]", "error configuring .*backend .*(credential|timeout)"]
        like "Backend reinitialization required. Please run \"terraform init\". Reason: Backend configuration changed";
    backend_init FixCode Medium FILE
        ["backend|existing workspaces|loading state", "not found|404|does not exist|invalid|missing required|required field|no such"]
        not ["no such host", "oauth|token|credential", "statuscode: ?(403|5)"]
        like "Error: Failed to get existing workspaces: containers.Client: 404 Not Found, The specified resource does not exist";
}
