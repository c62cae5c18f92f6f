//! Which badges there are, and what they can be asked for. The endpoint and the capability `badge-types` both go by
//! this file.

/// Characters of a label at most.
pub(crate) const MAX_LABEL: usize = 64;

/// What a badge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    DriftStatus,
    DeploymentStatus,
    WorkflowStatus,
    InstanceHealth,
}

impl Kind {
    /// All of them, in the order of the documentation.
    pub(crate) const ALL: [Self; 4] =
        [Self::DriftStatus, Self::DeploymentStatus, Self::WorkflowStatus, Self::InstanceHealth];

    /// The value of `type`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DriftStatus => "drift_status",
            Self::DeploymentStatus => "deployment_status",
            Self::WorkflowStatus => "workflow_status",
            Self::InstanceHealth => "instance_health",
        }
    }

    /// The kind of a value of `type`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What people call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::DriftStatus => "Drift status",
            Self::DeploymentStatus => "Deployment status",
            Self::WorkflowStatus => "Workflow status",
            Self::InstanceHealth => "Instance health",
        }
    }

    /// What it says, in a sentence.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::DriftStatus => {
                "The most urgent status of the instances; a pulsing dot while a drift detection is under way."
            }
            Self::DeploymentStatus => "How the latest apply or remediation went.",
            Self::WorkflowStatus => "How the latest workflow run of any command went.",
            Self::InstanceHealth => "How many of the enabled instances are in sync.",
        }
    }

    /// The left half, unless the URL has another.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::DriftStatus => "drift",
            Self::DeploymentStatus => "deployment",
            Self::WorkflowStatus => "workflow",
            Self::InstanceHealth => "instances",
        }
    }

    /// What a URL of this kind can hold.
    pub(crate) fn parameters(self) -> Vec<Parameter> {
        let free = |name, description| Parameter { name, is_required: false, values: Vec::new(), description };
        vec![
            Parameter {
                name: "type",
                is_required: true,
                values: vec![self.name()],
                description: "What the badge shows.",
            },
            Parameter {
                name: "token",
                is_required: true,
                values: Vec::new(),
                description: "A badge token; it says which repository is shown.",
            },
            free("repo", "owner/name, for the reader; if it is not the token's repository, the badge is unknown."),
            free("stack", "Exact stack name."),
            free("component", "Exact component name."),
            free("label", "The left half, at most 64 characters."),
            Parameter {
                name: "style",
                is_required: false,
                values: Style::ALL.map(Style::name).to_vec(),
                description: "How the badge looks; flat if absent.",
            },
        ]
    }
}

/// How a badge looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Style {
    #[default]
    Flat,
    FlatSquare,
    ForTheBadge,
}

impl Style {
    /// All of them, in the order of the documentation.
    pub(crate) const ALL: [Self; 3] = [Self::Flat, Self::FlatSquare, Self::ForTheBadge];

    /// The value of `style`: the words that other badge services use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::FlatSquare => "flat-square",
            Self::ForTheBadge => "for-the-badge",
        }
    }

    /// The style of a value of `style`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.name() == name)
    }
}

/// A parameter of a badge's URL.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
    /// The values it can have; empty for free text.
    pub(crate) values: Vec<&'static str>,
    pub(crate) description: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
        }
        for style in Style::ALL {
            assert_eq!(Style::parse(style.name()), Some(style));
        }
        assert_eq!((Kind::parse("Drift_Status"), Style::parse("")), (None, None));
    }
}
