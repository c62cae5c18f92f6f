//! Values of another component that are not there yet.

rules! {
    parent_output_missing FixParentRun High PARENT
        ["terraform_remote_state|tfe_outputs|terragrunt\\.hcl", "does not have an attribute|does not have attribute|no attributes|unsupported attribute|yet to be (created|applied)|invalid index|is null|missing (map )?(element|resource)|object with [0-9]+ attribute"]
        like "Resource 'data.terraform_remote_state.spi' does not have attribute 'outputs.project_subnet_id'";
    parent_output_missing FixParentRun High PARENT
        ["remote_state|remote-state|module\\.[a-z0-9_-]+\\.outputs", "outputs (is|are) (object with|null|empty)|does not have an attribute named|outputs is tuple|unsupported attribute"]
        like "on main.tf line 3: module.vpc.outputs is object with no attributes This object does not have an attribute named \"vpc_id\". module.vpc.outputs.vpc_id";
    parent_state_missing FixParentRun High PARENT
        ["unable to find remote state|no stored state was found|no terraform state (was )?found|state (file )?(for component|of component) .*(not|does)|remote state .*(does not exist|not found)|has not been provisioned|is not provisioned|not (yet )?provisioned"]
        like "Error: Unable to find remote state with data.terraform_remote_state.x, No stored state was found";
    parent_output_missing FixParentRun High PARENT
        ["!terraform\\.(output|state)|!store|atmos\\.component|terraform output for|terraform state for|output .*of (the )?component|outputs? (of|for) component|remote-state", "fail|not found|no (such )?output|does not exist|missing|null|empty|no outputs|error"]
        not ["nosuchbucket|bucket does not exist", "access ?denied|not authorized", "must be|requires|syntax|number of (args|arguments|param)", "timeout", "invalid (stack|component)|could not find"]
        like "Error: failed to get terraform output for component vpc in stack dev, output vpc_id: no outputs found";
    parent_output_missing FixParentRun High PARENT
        ["detected no outputs|terraform output not found|no export named|no outputs defined|outputs? are empty|(target |dependent |parent )?module has not been applied|mock_outputs|dependency\\.[a-z0-9_-]+\\.outputs|attribute named 'outputs'"]
        like "x is a dependency of y but detected no outputs. Either the target module has not been applied yet, or the module has no outputs.";
    parent_failed FixParentRun High PARENT
        ["(upstream|parent|dependency|dependent|prerequisite) (run|component|stack|workflow|deployment|job|instance)s? ('?[a-z0-9_./-]+'? )?(has |have )?(failed|did not succeed|was not successful|not applied|is not applied)|blocked by (a |the )?(failed|failing)|waiting (for|on) parent|one of its dependencies.*finished with an error|dependency .*finished with an error"]
        not ["helm|chart|subchart"]
        like "Run was not started: parent run failed";
}
