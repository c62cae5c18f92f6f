//! How a call can fail.

/// What stopped a component. The class goes into the audit row and the log; the agent sees one generic
/// sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A panic or another trap.
    Trapped,
    /// The stack was used up.
    StackExhausted,
    /// The fuel was used up.
    OutOfFuel,
    /// More memory was asked for than allowed.
    OutOfMemory,
    /// The wall clock ran out.
    TimedOut,
    /// The result, or what was passed to a capability, was too large.
    TooMuchData,
    /// The structured output was no JSON object.
    InvalidOutput,
    /// The host itself failed.
    Host,
}

impl Fault {
    /// The name in audit rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::StackExhausted => "stack_exhausted",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::TimedOut => "timed_out",
            Self::TooMuchData => "too_much_data",
            Self::InvalidOutput => "invalid_output",
            Self::Host => "host",
        }
    }

    /// What the agent can do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::TimedOut => "The tool took too long. Narrow the filters or ask for a smaller page.",
            Self::TooMuchData => "The result was too large. Narrow the filters or ask for a smaller page.",
            Self::OutOfFuel | Self::OutOfMemory => {
                "The tool used up what one call may use. Narrow the filters or ask for a smaller page."
            }
            Self::Trapped | Self::StackExhausted | Self::InvalidOutput | Self::Host => {
                "The tool failed. Calling it again with the same arguments will most likely fail again."
            }
        }
    }
}

/// Why a call has no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The tool refused the arguments; the text says which and why.
    #[error("{0}")]
    InvalidArguments(String),
    /// The tool found nothing; the text says how to find the right key.
    #[error("{0}")]
    NotFound(String),
    /// A capability refused; the text names the permission.
    #[error("{0}")]
    Denied(String),
    /// Data could not be read now.
    #[error("{0}")]
    Unavailable(String),
    /// The tool could not do it.
    #[error("{0}")]
    Failed(String),
    /// All slots stayed busy.
    #[error("The server is busy. Try again in a few seconds.")]
    Overloaded,
    /// The sandbox stopped the component.
    #[error("{}", .0.advice())]
    Fault(Fault),
}

impl CallError {
    /// Outcome and detail for the audit row.
    pub fn audit(&self) -> (&'static str, Option<String>) {
        match self {
            Self::InvalidArguments(_) => ("tool_error", Some("invalid_arguments".to_owned())),
            Self::NotFound(_) => ("tool_error", Some("not_found".to_owned())),
            Self::Denied(_) => ("denied", Some("capability".to_owned())),
            Self::Unavailable(_) => ("tool_error", Some("unavailable".to_owned())),
            Self::Failed(_) => ("tool_error", Some("failed".to_owned())),
            Self::Overloaded => ("tool_error", Some("overloaded".to_owned())),
            Self::Fault(fault) => ("sandbox_fault", Some(fault.name().to_owned())),
        }
    }
}
