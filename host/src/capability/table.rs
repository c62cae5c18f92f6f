//! The one table of capabilities: interface, required permission, and how it is linked.

use wasmtime::component::{HasSelf, Linker};

use super::bindings::atmos::mcp;
use super::state::CallState;
use crate::authz::{Permission, Requirement};

/// The WIT package of all capabilities.
pub const PACKAGE: &str = "atmos:mcp";

/// The version of the WIT package.
pub const VERSION: &str = "0.1.0";

/// One interface = one unit of authority = one required permission.
#[derive(Debug, Clone, Copy)]
pub struct Capability {
    /// Interface name, without package and version.
    pub interface: &'static str,
    /// What a caller needs to reach any of its functions.
    pub requirement: Requirement,
    link: fn(&mut Linker<CallState>) -> wasmtime::Result<()>,
}

const MEMBERSHIP: Requirement = Requirement::Permission(Permission::WorkspaceRead);

const AUDITOR: Requirement = Requirement::Permission(Permission::AuditLogRead);

/// Every capability, in alphabetical order.
pub const CAPABILITIES: &[Capability] = &[
    Capability {
        interface: "analytics",
        requirement: MEMBERSHIP,
        link: |linker| mcp::analytics::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "audit-log",
        requirement: AUDITOR,
        link: |linker| mcp::audit_log::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "badge-tokens",
        requirement: MEMBERSHIP,
        link: |linker| mcp::badge_tokens::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "badge-types",
        requirement: Requirement::AnyCaller,
        link: |linker| mcp::badge_types::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "caller",
        requirement: Requirement::AnyCaller,
        link: |linker| mcp::caller::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "clock",
        requirement: Requirement::AnyCaller,
        link: |linker| mcp::clock::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "commits",
        requirement: MEMBERSHIP,
        link: |linker| mcp::commits::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "components",
        requirement: MEMBERSHIP,
        link: |linker| mcp::components::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "connections",
        requirement: MEMBERSHIP,
        link: |linker| mcp::connections::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "deployments",
        requirement: MEMBERSHIP,
        link: |linker| mcp::deployments::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "egress",
        requirement: Requirement::AnyCaller,
        link: |linker| mcp::egress::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "entitlements",
        requirement: MEMBERSHIP,
        link: |linker| mcp::entitlements::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "health-signals",
        requirement: MEMBERSHIP,
        link: |linker| mcp::health_signals::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "instances",
        requirement: MEMBERSHIP,
        link: |linker| mcp::instances::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "job-summaries",
        requirement: MEMBERSHIP,
        link: |linker| mcp::job_summaries::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "jobs",
        requirement: MEMBERSHIP,
        link: |linker| mcp::jobs::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "permission-catalog",
        requirement: Requirement::AnyCaller,
        link: |linker| mcp::permission_catalog::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "permission-denials",
        requirement: AUDITOR,
        link: |linker| mcp::permission_denials::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "pull-requests",
        requirement: MEMBERSHIP,
        link: |linker| mcp::pull_requests::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "repos",
        requirement: MEMBERSHIP,
        link: |linker| mcp::repos::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "run-logs",
        requirement: MEMBERSHIP,
        link: |linker| mcp::run_logs::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "setup-signals",
        requirement: Requirement::Permission(Permission::WorkspaceUpdateSettings),
        link: |linker| mcp::setup_signals::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "stacks",
        requirement: MEMBERSHIP,
        link: |linker| mcp::stacks::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "workflow-runs",
        requirement: MEMBERSHIP,
        link: |linker| mcp::workflow_runs::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
    Capability {
        interface: "workspace-info",
        requirement: MEMBERSHIP,
        link: |linker| mcp::workspace_info::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
    },
];

impl Capability {
    /// The capability of an interface.
    pub fn find(interface: &str) -> Option<&'static Self> {
        CAPABILITIES.iter().find(|capability| capability.interface == interface)
    }

    /// Adds the interface to a linker.
    pub fn link(&self, linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
        (self.link)(linker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The interfaces that the WIT world imports, with the permission that their doc comment names.
    fn interfaces_in_wit() -> Vec<(String, String)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        let world = files.iter().find(|file| file.contains("world tool")).unwrap();
        let imports = world.lines().filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
        let mut found: Vec<_> = imports
            .map(|name| {
                let text = files.iter().find(|text| text.contains(&format!("\ninterface {name} {{"))).unwrap();
                let docs = text.split(&format!("\ninterface {name} {{")).next().unwrap();
                let sentence = docs.rsplit("Required permission: ").next().unwrap();
                let permission: String = sentence.chars().take_while(|c| !matches!(c, '.' | ';')).collect();
                (name.to_owned(), permission.trim_matches('`').to_owned())
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn table_wit_and_documented_permissions_agree() {
        let table: Vec<_> = CAPABILITIES
            .iter()
            .map(|capability| {
                let permission = capability.requirement.permission();
                (capability.interface.to_owned(), permission.map_or("none", Permission::key).to_owned())
            })
            .collect();
        assert_eq!(interfaces_in_wit(), table);
    }

    #[test]
    fn every_capability_function_is_a_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            if text.contains("interface handler") {
                continue;
            }
            for line in text.lines().filter(|line| line.contains(": func(")) {
                let name = line.trim();
                let read = ["list-", "get-", "count-", "tail-", "summarize-", "now"];
                assert!(read.iter().any(|verb| name.starts_with(verb)), "{name} is not a read");
            }
        }
    }
}
