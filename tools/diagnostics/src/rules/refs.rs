//! Branches, tags and shas of the run itself; those of a module are in `exceptions`.

rules! {
    dispatch_ref FixRef High REF
        ["no ref found for|no commit found for (sha|ref)|ref (does not|doesn't) exist|reference does not exist|invalid ref([^e]|$)|'?ref'? (is )?not found"]
        like "Error: No ref found for: feature/gone";
    checkout_ref FixRef High REF
        ["couldn't find remote ref|could not find remote ref|reference is not a tree|a branch or tag with the name|not our ref|remote branch .*not found|could not find remote branch|ref .*could not be found|unable to find (a )?(branch|ref|commit)|the ref '.*' (is not|does not|could not)"]
        like "fatal: couldn't find remote ref refs/heads/x";
    checkout_ref FixRef High REF
        ["did not match any file\\(s\\) known to git|unknown revision or path|bad revision|ambiguous argument|not a valid (object name|ref|commit)|bad object|fatal: invalid reference|invalid upstream|no merge base|unable to read tree|not a commit|needed a single revision|invalid object name|direct fetching of that commit failed|did not contain [0-9a-f]+|unadvertised object"]
        like "error: pathspec 'release/1' did not match any file(s) known to git";
    checkout_ref FixRef Medium REF
        ["reference not found|object not found|couldn't find (remote )?ref|error resolving ref|commit .*(not found|does not exist)|failed to resolve (the )?(base|head|ref)|could not (find|resolve) (the )?(base|head|merge)"]
        not ["chart|helm", "statuscode", "googleapi", "image"]
        like "Error: failed to describe affected: reference not found";
}
