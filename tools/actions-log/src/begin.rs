//! Where the runner begins a step.

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// `##[group]Run …`: a step of the workflow file.
    Run,
    /// What an action or the runner does after the steps of the workflow file.
    Cleanup,
}

/// Reads the lines of a log in order and tells those that begin a step.
#[derive(Debug, Default)]
pub(crate) struct Begins {
    /// Whether a group is open: what looks like a beginning in it is output.
    in_group: bool,
}

impl Begins {
    /// What the next line begins; `text` has no timestamp.
    pub(crate) fn next(&mut self, text: &str) -> Option<Begin> {
        if let Some(title) = text.strip_prefix("##[group]") {
            let nested = std::mem::replace(&mut self.in_group, true);
            return (!nested && title.starts_with("Run ")).then_some(Begin::Run);
        }
        if text.starts_with("##[endgroup]") || text.starts_with("##[error]") {
            // A step that fails within a group never closes it.
            self.in_group = false;
            return None;
        }
        let cleans_up = text.starts_with("Post job cleanup.") || text.starts_with("Cleaning up orphan processes");
        (cleans_up && !self.in_group).then_some(Begin::Cleanup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_the_runner_begin_steps_and_others_do_not() {
        let log = [
            ("Current runner version: '2.317.0'", None),
            ("##[group]Runner Image", None),
            ("##[endgroup]", None),
            ("##[group]Run atmos terraform plan", Some(Begin::Run)),
            ("##[group]Run within a group", None),
            ("##[endgroup]", None),
            ("##[group]Refreshing", None),
            ("Post job cleanup.", None),
            ("##[error]Process completed with exit code 1.", None),
            ("##[group]Run actions/upload-artifact@v4", Some(Begin::Run)),
            ("##[endgroup]", None),
            ("Post job cleanup.", Some(Begin::Cleanup)),
            ("Cleaning up orphan processes", Some(Begin::Cleanup)),
        ];
        let mut begins = Begins::default();
        for (text, expected) in log {
            assert_eq!(begins.next(text), expected, "{text}");
        }
    }
}
