//! What a cloud, a chart or a manifest refuses because the values are wrong.

rules! {
    resource_conflict Investigate High RESOURCE
        ["already ?exists|alreadyowned|already owned by|already in use|already associated|duplicate(d)? (entry|request|name)|duplicatesecuritygroup|needs to be imported|resourceinuse|in use by|conflict(s)? with an? existing|invalidgroup\\.duplicate|invalidpermission\\.duplicate|nameinuse|bucketalreadyexists|cannot re-use a name|exists and cannot be imported|invalid ownership metadata|soft.?deleted|has dependencies|dependencyviolation|dependentobject|cannot be deleted (while|because|since|due)|deleteconflict|bucketnotempty|is not empty|currently has|scheduled for deletion|scopelocked|deletion[_ ]protection|cannot delete .*(in use|protect|because)"]
        not ["file exists|directory .*already exists|workspace .*already exists", "currently in progress|update is in progress|try again"]
        like "EntityAlreadyExists: Role with name aft-execute-pipeline-execution-role already exists.";
    resource_policy FixCode Medium RESOURCE
        ["requestdisallowedbypolicy|disallowed by policy|constraint constraints/|violates? (org|organization|constraint)|denied the request|admission webhook|blocked by (scp|policy)|not compliant"]
        like "RequestDisallowedByPolicy: Resource 'x' was disallowed by policy.";
    resource_invalid FixCode High RESOURCE
        ["invalidamiid|cannot be longer than|expected length of|[0-9]+ characters or (less|fewer)|(invalid[a-z]+(id|group|vpc|subnet|snapshot|volume|allocation|keypair|route|gateway|networkinterface|address)?)\\.(notfound|malformed|range|conflict|unsupported)|invalidparameter(value|combination|exception)?|malformed[a-z]*|validationerror|validationexception|invalidrequest|invalidinput|invalidargument|invalid_argument|invalid value for field|invalid parameter|paramvalidation|failed to satisfy constraint|is not a valid|isn't valid|badrequest|bad request|invalid (cidr|ami|arn|port|instance type|principal|engine|version|runtime|region|zone|configuration|character)|must be (between|one of|unique|at least|less|greater)|unsupported(operation|argument)?(:|exception)|not supported (in|for|by|with)|skunotavailable|the image id|expected [a-z0-9_.'\\[\\] -]+ to (be|match|have)|unknownoperation|missingparameter|nosuchhostedzone|clientexception|invalidchangebatch|dbsubnetgroupnotfound|cidr.*(conflict|overlap|invalid|not valid)|overlaps? with|invalid [a-z ]*(identifier|id|name|arn) specified|already has a variable|unknown field|no matches for kind|ensure crds are installed|unable to build kubernetes objects|error validating|spec\\.[a-z.]+: (invalid|required|forbidden|unsupported)|field is immutable|is invalid: "]
        not ["statuscode: ?(403|5[0-9][0-9])|error 403", "throttl|rate exceeded", "token|credential", "does not have (permission|authorization)", "internalservererror"]
        like "Error launching source instance: InvalidAMIID.NotFound: The image id '[ami-invalid]' does not exist";
    helm_chart_missing FixCode High MODULE
        ["chart|helm", "not found|no such|missing in charts|no chart (name|version)|failed to download|looks like '.*' is not a valid|could not find|execution error at|values don't meet|error calling|yaml|nil pointer evaluating|parse error|missing required value"]
        not ["timeout|timed out|deadline", "unreachable", "localhost", "50[234]|reset by peer|eof", "secret"]
        like "Error: chart \"ingress-nginx\" version \"9.9.9\" not found in https://kubernetes.github.io/ingress-nginx repository";
    resource_missing FixCode Medium RESOURCE
        ["(nosuch[a-z]+|resourcenotfound[a-z]*|resourcegroupnotfound|[a-z]*notfound(exception|fault)|[a-z]+notfound|nosuchentity)|reason: 'notfound'|error 404|statuscode: ?404|status=404|\\(404 not found|cannot be found|couldn't find resource|could not find resource|no matching .*found|your query returned no results|empty result|does not exist|is missing"]
        not ["no such host", "file or directory", "workflow", "command not found", "terraform_remote_state", "environment"]
        like "Error: no matching EC2 VPC found";
}
