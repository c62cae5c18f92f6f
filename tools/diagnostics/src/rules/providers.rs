//! Providers, modules and versions: what the configuration asks for does not exist or does not fit.

rules! {
    provider_version FixCode High FILE
        ["inconsistent dependency lock file|selections recorded in the lock file"]
        like "Error: Inconsistent dependency lock file. provider registry.opentofu.org/hashicorp/helm: required by this configuration but no version is selected";
    provider_version FixCode High PROVIDER
        ["does not match configured version constraint|no available releases match|no versions? (match|satisf)|inconsistent dependency lock file|no version is selected|unsupported terraform core|does not support terraform version|init -upgrade|(doesn't|does not) match any of the checksums|checksums? (previously )?recorded in|dependency lock file (does|has|is|contains)|update the dependency lock file|required_version|incompatible provider version|incompatible api version|does not have a package (available )?for your|not available for your (current )?platform|provider .*incompatible|version constraint|invalid provider version|there is no package for|resource instance .*schema version|newer (provider|version) .*(state|required)|unsupported opentofu core"]
        not ["statuscode", "cpu|node", "chart|helm"]
        like "Error: Failed to query available provider packages: no available releases match the given constraints >= 4.0.0, ~> 3.74";
    provider_not_found FixCode High PROVIDER
        ["does not have a provider named|no provider .*in (the )?registry|could not find (a )?provider|provider registry .*(does not have|has no)|invalid provider (source|registry)|provider '.*' (was )?not found|no such provider|failed to find a provider|provider .*not available in"]
        like "provider registry registry.terraform.io does not have a provider named registry.terraform.io/hashicorp/azure";
    module_not_found FixCode High MODULE
        ["module|source code|subdir", "no source url was returned|bad response code: 404|not supported for scheme|module not found|unreadable module|no such file or directory|subdir .*not found|not found in|couldn't be found|cannot be (found|resolved)|unable to evaluate directory|invalid (module )?source|module version requirements|unresolvable module|no module|does not have a module named|not found\\.|404 not found|error: 404|could not be found"]
        not ["cannot find module '", "node_modules", "module\\.[a-z0-9_.\\[\\]'-]+,on", "statuscode|api error", "kubernetes"]
        like "Could not download module \"eks-jx\" (main.tf:1) source code from \"https://x\": bad response code: 404.";
    module_not_found FixCode High MODULE
        ["download not supported for scheme|unreadable module directory|error opening archive|unsupported (scheme|archive)|detector|relative paths require a module"]
        like "download not supported for scheme 'git'";
}
