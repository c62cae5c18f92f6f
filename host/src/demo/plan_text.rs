//! What Terraform prints of resources: as it reads them, plans them and changes them. Lines have colours.

use super::fill::Names;
use super::resources::{Changeset, Resource, of};

/// How many further resources a huge component has.
const HUGE: usize = 5_200;

/// How a resource changes.
#[derive(Debug, Clone, Copy)]
enum Action {
    Create,
    Update,
    Destroy,
}

/// Reading data, then refreshing every resource, or half of them if it goes no further.
pub(super) fn refresh(names: &Names, is_whole: bool, is_huge: bool) -> Vec<String> {
    let account = names.get("account");
    let mut lines = vec![
        "data.aws_caller_identity.current: Reading...".to_owned(),
        "data.aws_partition.current: Reading...".to_owned(),
        "data.aws_partition.current: Read complete after 0s [id=aws]".to_owned(),
        format!("data.aws_caller_identity.current: Read complete after 0s [id={account}]"),
    ];
    let resources = of(names.get("component"));
    let count = if is_whole { resources.len() } else { resources.len().div_ceil(2) };
    let refreshed =
        |resource: &Resource| format!("{}: Refreshing state... [id={}]", resource.address, id(names, *resource));
    lines.extend(resources.iter().take(count).map(refreshed));
    if is_huge {
        lines.extend((1..=HUGE).map(|number| {
            format!(
                "module.assignments.aws_ssoadmin_account_assignment.this[\"{number:04}\"]: Refreshing state... \
                 [id=group-{number:06}]"
            )
        }));
    }
    lines
}

/// The id of a resource: the same in every run of the instance.
fn id(names: &Names, resource: Resource) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in [names.get("stack"), names.get("component"), resource.address].concat().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{}{:017x}", resource.id, hash >> 4)
}

/// The changes that a plan shows, and its last line.
pub(super) fn planned(names: &Names, changes: &Changeset) -> Vec<String> {
    let mut lines = Vec::new();
    for (action, resources) in
        [(Action::Create, &changes.created), (Action::Update, &changes.updated), (Action::Destroy, &changes.destroyed)]
    {
        for resource in resources {
            block(names, action, *resource, &mut lines);
        }
    }
    lines.push(format!("\u{1b}[1mPlan:\u{1b}[0m {}.", changes.plan()));
    lines
}

/// One resource of a plan.
fn block(names: &Names, action: Action, resource: Resource, lines: &mut Vec<String>) {
    let (verb, sign) = match action {
        Action::Create => ("will be created", "\u{1b}[32m+\u{1b}[0m\u{1b}[0m"),
        Action::Update => ("will be updated in-place", "\u{1b}[33m~\u{1b}[0m\u{1b}[0m"),
        Action::Destroy => ("will be destroyed", "\u{1b}[31m-\u{1b}[0m\u{1b}[0m"),
    };
    let (kind, name) = resource.kind_and_name();
    lines.push(format!("\u{1b}[1m  # {}\u{1b}[0m {verb}", resource.address));
    lines.push(format!("  {sign} resource \"{kind}\" \"{name}\" {{"));
    match action {
        Action::Create => created(names, lines),
        Action::Update => updated(&id(names, resource), lines),
        Action::Destroy => {
            let id = id(names, resource);
            lines.push(format!("      \u{1b}[31m-\u{1b}[0m\u{1b}[0m id       = \"{id}\" -> null"));
            lines.push("        # (9 unchanged attributes hidden)".to_owned());
        }
    }
    lines.push("    }".to_owned());
    lines.push(String::new());
}

fn created(names: &Names, lines: &mut Vec<String>) {
    let add = "      \u{1b}[32m+\u{1b}[0m\u{1b}[0m";
    let tag = "          \u{1b}[32m+\u{1b}[0m\u{1b}[0m";
    for attribute in ["arn     ", "id      "] {
        lines.push(format!("{add} {attribute} = (known after apply)"));
    }
    lines.push(format!("{add} region   = \"{}\"", names.get("region")));
    for map in ["tags    ", "tags_all"] {
        lines.push(format!("{add} {map} = {{"));
        lines.push(format!("{tag} \"Component\" = \"{}\"", names.get("component")));
        lines.push(format!("{tag} \"ManagedBy\" = \"terraform\""));
        lines.push(format!("{tag} \"Stack\"     = \"{}\"", names.get("stack")));
        lines.push("        }".to_owned());
    }
}

fn updated(id: &str, lines: &mut Vec<String>) {
    let change = "\u{1b}[33m~\u{1b}[0m\u{1b}[0m";
    lines.push(format!("        id       = \"{id}\""));
    lines.push(format!("      {change} tags     = {{"));
    lines.push(format!("          {change} \"Version\"   = \"1.4.0\" -> \"1.5.0\""));
    lines.push("            # (4 unchanged elements hidden)".to_owned());
    lines.push("        }".to_owned());
    lines.push("        # (11 unchanged attributes hidden)".to_owned());
}

/// An apply at work. One that breaks off does so at its last resource.
pub(super) fn applying(names: &Names, changes: &Changeset, is_whole: bool) -> Vec<String> {
    let each = |resources: &[Resource], doing: &'static str, done: &'static str| {
        resources.iter().map(move |resource| (*resource, doing, done)).collect::<Vec<_>>()
    };
    let work = [
        each(&changes.destroyed, "Destroying", "Destruction"),
        each(&changes.updated, "Modifying", "Modifications"),
        each(&changes.created, "Creating", "Creation"),
    ]
    .concat();
    let mut lines = Vec::new();
    let finished = if is_whole { work.len() } else { work.len().saturating_sub(1) };
    for (index, (resource, doing, done)) in work.into_iter().enumerate() {
        let address = format!("\u{1b}[0m\u{1b}[1m{}:", resource.address);
        lines.push(format!("{address} {doing}...\u{1b}[0m"));
        lines.push(format!("{address} Still {}... [00m10s elapsed]\u{1b}[0m", doing.to_ascii_lowercase()));
        if index < finished {
            lines.push(format!("{address} {done} complete after 12s [id={}]\u{1b}[0m", id(names, resource)));
        }
    }
    if is_whole {
        lines.push(String::new());
        lines.push(format!("\u{1b}[0m\u{1b}[1m\u{1b}[32mApply complete! Resources: {}.\u{1b}[0m", changes.done()));
    }
    lines
}
