//! Last resorts: what a status code or a word says when no special row knew better.

rules! {
    permission_denied FixCredentials High ROLE
        ["(statuscode|status ?code|status|http|error|code|httperror|response code)[:= (']*40[13]([^0-9]|$)|40[13] (forbidden|unauthorized)|\\(40[13]\\)"]
        like "Error: unexpected status 403 (403 Forbidden)";
    rate_limited Rerun Medium HOST
        ["(statuscode|status ?code|status|http|error|code)[:= (']*429([^0-9]|$)|429 too"]
        like "unexpected response: status code 429";
    resource_conflict Investigate Medium RESOURCE
        ["(statuscode|status ?code|status|http|error|code)[:= (']*409([^0-9]|$)|409 conflict"]
        like "Error: unexpected status 409 (409 Conflict)";
    resource_invalid FixCode Medium RESOURCE
        ["(statuscode|status ?code|status|http|error|code)[:= (']*4(00|22)([^0-9]|$)|422 unprocessable"]
        like "Error: operation error Foo: Bar, https response error StatusCode: 400, api error SomethingOdd: no";
    resource_missing FixCode Low RESOURCE
        ["(statuscode|status ?code|status|http|error|code)[:= (']*4(04|10)([^0-9]|$)|404 not found"]
        like "Error: unexpected status 404 (404 Not Found)";
    // Terraform names the resource (`with …`) of an error that a provider reports; without it, it is its own.
    terraform_config FixCode Medium FILE
        ["error: ", "on[^,]+line[0-9]+[:,(]|source code not available"]
        not ["with(module\\.|data\\.|[a-z0-9]+_[a-z0-9_]+\\.|provider\\[)", "status|api error|googleapi|requestid|http|timeout|timed out|deadline|connection", "in resource|in data"]
        like "Error: Insufficient features blocks on <empty> line 0: (source code not available)";
    permission_denied FixCredentials Low ROLE
        ["unauthorized|forbidden|permission denied|not authorized|authentication (is )?required|credential"]
        like "Error: Forbidden";
    terraform_config FixCode Low FILE
        ["error: ", "invalid|unsupported|malformed|is required|must be|must not|not valid|missing required|unknown (flag|argument|option|key|field)|unrecognized|not supported|not allowed"]
        not ["timeout|timed out|deadline|connection", "50[0234]", "token|credential|permission"]
        like "Error: the hour of the backup window is not valid";
    tool_missing FixCode Low TOOL
        ["no such file or directory|cannot find module|enoent|file not found|syntax error"]
        like "cat: missing.txt: No such file or directory";
}
