//! Atmos: stacks, components, imports, its own configuration, and what it sends to Atmos Pro.

rules! {
    pro_upload_event FixCode High NONE
        ["supported ci event|upload requires|unsupported (ci )?event|not supported event"]
        like "upload requires a supported CI event";
    pro_upload_server Rerun High NONE
        ["upload failed after all retries|upload .*failed after|failed to upload .*(50[0234]|timeout|deadline|connection)"]
        not ["40[013]|unauthorized|forbidden", "state", "artifact"]
        like "upload failed after all retries";
    plan_outdated Rerun High COMPONENT
        ["<strong>plan</strong> outdated|plan (is )?outdated|planfile (differs|(has )?changed|is outdated)|plans? (differ|do not match|has changed)|plan verification failed|stored plan .*(differ|drift|not)"]
        like "Terraform <strong>Plan</strong> outdated";
    atmos_component_missing FixCode High COMPONENT
        ["could not find config for|could not find the component|invalid (terraform|helmfile|packer|helm|ansible) component|points to the (terraform|helmfile|packer|helm) component|component '?[a-z0-9_./-]*'? ?(was |is )?(not found|not defined|does not exist|doesn't exist)|abstract component|metadata\\.type: abstract|is abstract|component .*could not be found|no (such )?component|unknown component|component is (not|required)|component path|does not exist in '[^']*components|cannot be provisioned since"]
        not ["provisioned yet|terraform output|not provisioned", "locked"]
        like "Could not find the component `vpc` in the stack `plat-ue1-prod`. Check that all the context variables are correctly defined";
    atmos_import FixCode High FILE
        ["no matches found for the import|failed to (find|resolve|process) import|invalid (stack )?import|import path|import .*(not found|does not exist|no match)|no files match|circular (import|dependency|reference|component)"]
        not ["python|node|npm", "terraform import|import block|importing"]
        like "No matches found for the import 'globals/tenant1-globals-does-not-exist'";
    atmos_yaml FixCode High FILE
        ["invalid yaml file|yaml: (line [0-9]+|unmarshal|mapping|control|unknown|found)|did not find expected|mapping values are not allowed|cannot unmarshal|could not find expected ':'|error converting yaml|yaml syntax|found character that cannot start|yaml parse|invalid yaml|malformed yaml|duplicate key"]
        not ["helm|manifest[s]?:|kubernetes", "invalid workflow file|workflow is not valid"]
        like "Invalid YAML file 'catalog/x.yaml' yaml: line 13: did not find expected key";
    atmos_stack_config FixCode High FILE
        ["invalid stack|inherits'? section|invalid 'components|section in the file|stack is required|stack manifest|stack name pattern|map has no entry for key|executing '[^']*' at|template: [a-z0-9_./-]+:[0-9]+|no (matching )?stacks? (found|matched|match)|stack '?[a-z0-9_./-]+'? ?(was |is )?(not found|does not exist|doesn't exist)|(could not|unable to) find (any )?stack|could not find (the )?stack|unknown stack|invalid '?(vars|settings|env|metadata|overrides|locals|backend|providers|terraform|components|import|workflows)'? ?section|duplicate stack|are duplicated|is defined in more than one|wrong type for|failed to process (stack|locals|templates?|yaml func)|invalid yaml function|yaml function|undefined function|function '[a-z_.]+' not defined|unknown function|invalid template|template error|context variables|name_template|name_pattern"]
        not ["requestid", "helm|chart", "atmos_stacks_name_pattern|stacks\\.name_pattern"]
        like "Error: invalid stack manifest: failed to process stack locals: stack is required";
    atmos_cli_config FixCode High FILE
        ["stacks\\.name_pattern|atmos_stacks_name_pattern|atmos_[a-z_]+' ?env|atmos\\.yaml|cli config file|cli configuration|stacks\\.(base_path|included_paths)|components\\.terraform\\.base_path|atmos_base_path|atmos_cli_config_path|unknown (atmos )?(command|flag|subcommand|shorthand)|invalid (atmos )?(command|flag|subcommand)|required flag|accepts [0-9]+ arg|flag provided but not defined|usage: terraform|too many command line arguments|did you mean to use -chdir|invalid command-?line|unrecognized (arguments|option)|unknown option|custom command|workflow (file|manifest) .*(not|does)|version constraint.*atmos|atmos version .*(not|does)"]
        not ["requestid"]
        like "must be provided in 'stacks.name_pattern' config or 'ATMOS_STACKS_NAME_PATTERN' ENV variable";
}
