//! Terraform and `OpenTofu` configuration that is refused before any cloud is asked.

rules! {
    terraform_config FixCode High FILE
        ["provider configuration not present|error decoding timeout|timeout key \\(|is not expected here|are not expected here|missing required argument|no definition was found|undeclared (resource|input|variable|module|local|provider)|has not been declared|invalid provider configuration|requires explicit configuration|no declaration found for|does not have an attribute named|unsupported attribute|unsupported argument|unsupported block type|invalid reference|invalid resource type|invalid data source|(does not|doesn't) support resource type"]
        like "Error: Unsupported argument. An argument named \"dspm\" is not expected here.";
    terraform_config FixCode High FILE
        ["no value for (required )?(variable|input)|value for undeclared variable|invalid value for (input )?variable|validation rule at|invalid (for_each|count) argument|cannot be determined until apply|derived from resource attributes|error: cycle|instance cannot be destroyed|prevent_destroy|duplicate (resource|variable|module|output|provider|local|required|data|argument|attribute|moved|import)[a-z ]*(configuration|definition|declaration|call|value|provider|block|key|name|argument)?|was already declared|moved (resource|object) still exists|ambiguous move|error: invalid (module |block |default |output |local |variable |attribute |resource )?(address|instance key|definition|legacy|name|index|expression|operand|template|multi-line|character|escape|number literal|block|object key|function argument|template interpolation)"]
        not ["statuscode|api error|googleapi|requestid"]
        like "Error: No value for required variable";
    terraform_config FixCode High FILE
        ["unclosed configuration block|unclosed |missing newline after|argument or block definition required|missing item separator|missing attribute (value|separator)|unterminated|unbalanced|invalid expression|extra characters after|unexpected (token|closing|end of file|\\}|attribute|block)|error in function call|call to function|call to unknown function|function call .*fail|inconsistent (conditional|list|map)|incorrect attribute value type|inappropriate value for|incorrect (value|type)|unsuitable value|(a (string|number|bool|list|map|set|object|tuple) is|string|number|bool) required|attempt to (get|index)|variables not allowed|function not available|output refers to sensitive|sensitive (value|variable)s? .*(not|cannot)|invalid use of|condition (expression )?(failed|is false)|(pre|post)condition failed|check block assertion|invalid quoted|missing resource instance key|missing key/value|too (many|few) function|error parsing|parse error|failed to parse|syntax error|could not parse"]
        not ["statuscode|api error|googleapi|requestid", "syntax error near", "az(ure)?cli"]
        like "Error: Unclosed configuration block";
    terraform_config FixCode High FILE
        ["terraform fmt|fmt -check|-check.*needs formatting|files? (is|are|need)[a-z ]*format|tflint|issue\\(s\\) found|checkov|failed checks: [1-9]|check: ckv|tfsec|failures: [1-9]|exceptions: [1-9]|fail - [a-z0-9_./-]+ - |conftest|policy violation|sentinel|opa (policy|validation)|validation (errors|failed) .*(policy|schema|opa)|json ?schema|hard-mandatory"]
        not ["failures: 0", "requestid"]
        like "Error: the component 'vpc' failed OPA policy validation: mapPublicIp must be false";
    input_prompt FixCode Medium FILE
        ["enter a value:|input=false|no input|interactive input|not a tty|inappropriate ioctl|stdin is not|cannot prompt|prompt .*non-?interactive"]
        like "var.region Enter a value: Error: error asking for user input";
    terraform_config FixCode Medium FILE
        ["error: (invalid|unsupported|missing|duplicate|undeclared|incorrect|extra|unknown|extraneous|unexpected|inconsistent|conflicting|reserved|ambiguous|unresolved|error in|failed to (parse|read (file|variables|module)|evaluate))", "on[^,]+line[0-9]+|\\.(tf|tofu|hcl|tfvars)(\\.json)?[:,]"]
        not ["statuscode|api error|googleapi|requestid|http response|connection|timeout|status ?code"]
        like "Error: Invalid moved block on moved.tf line 3, in moved: something new here";
}
