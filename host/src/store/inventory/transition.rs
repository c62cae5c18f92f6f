//! How an upload changes the state of an instance. Pure.

use crate::clock::Timestamp;

/// No result has arrived yet.
const UNKNOWN: &str = "unknown";
/// Switched off in the configuration.
const DISABLED: &str = "disabled";
/// No longer in the configuration.
pub(super) const ORPHANED: &str = "orphaned";

/// The switches of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    /// `settings.pro.enabled`.
    pub(crate) enabled: bool,
    /// `settings.pro.drift_detection.enabled`.
    pub(crate) drift_enabled: bool,
}

/// What an upload can change of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) status: String,
    pub(super) drift_status: String,
    pub(super) flags: Flags,
    /// Since when it is disabled, in microseconds.
    pub(super) disabled_at: Option<i64>,
}

/// The state after an upload that names the instance with these flags; `old` is none for a new one.
///
/// A disabled instance is `disabled` in both respects, one without drift detection in its drift status.
/// What comes back, from `disabled` or `orphaned`, is `unknown`: results from before it left say nothing
/// of it now. Otherwise the status stays, for an upload is not a result.
pub(super) fn transition(old: Option<&State>, flags: Flags, now: Timestamp) -> State {
    if !flags.enabled {
        let since = old.filter(|old| !old.flags.enabled).and_then(|old| old.disabled_at);
        return State {
            status: DISABLED.to_owned(),
            drift_status: DISABLED.to_owned(),
            flags,
            disabled_at: since.or(Some(now.micros())),
        };
    }
    let old = old.filter(|old| old.flags.enabled && ![DISABLED, ORPHANED].contains(&old.status.as_str()));
    let status = old.map_or(UNKNOWN, |old| old.status.as_str());
    let drift_status = match old {
        _ if !flags.drift_enabled => DISABLED,
        Some(old) if old.flags.drift_enabled => old.drift_status.as_str(),
        Some(_) | None => UNKNOWN,
    };
    State { status: status.to_owned(), drift_status: drift_status.to_owned(), flags, disabled_at: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000);
    const ON: Flags = Flags { enabled: true, drift_enabled: true };
    const NO_DRIFT: Flags = Flags { enabled: true, drift_enabled: false };
    const OFF: Flags = Flags { enabled: false, drift_enabled: true };

    fn state(status: &str, drift_status: &str, flags: Flags) -> State {
        let disabled_at = (!flags.enabled).then_some(7);
        State { status: status.to_owned(), drift_status: drift_status.to_owned(), flags, disabled_at }
    }

    #[test]
    fn a_new_instance_is_unknown_unless_it_is_switched_off() {
        assert_eq!(transition(None, ON, NOW), state("unknown", "unknown", ON));
        assert_eq!(transition(None, NO_DRIFT, NOW), state("unknown", "disabled", NO_DRIFT));
        let off = transition(None, OFF, NOW);
        assert_eq!(off, State { disabled_at: Some(1_000), ..state("disabled", "disabled", OFF) });
    }

    #[test]
    fn an_upload_that_changes_no_switch_keeps_the_status() {
        for known in
            [state("drifted", "error", ON), state("in_sync", "disabled", NO_DRIFT), state("disabled", "disabled", OFF)]
        {
            assert_eq!(transition(Some(&known), known.flags, NOW), known);
        }
    }

    #[test]
    fn switching_off_disables_and_switching_on_forgets() {
        let off = transition(Some(&state("drifted", "drifted", ON)), OFF, NOW);
        assert_eq!(off, State { disabled_at: Some(1_000), ..state("disabled", "disabled", OFF) });
        assert_eq!(transition(Some(&off), ON, NOW), state("unknown", "unknown", ON));
    }

    #[test]
    fn drift_detection_alone_leaves_the_status() {
        let without = transition(Some(&state("in_sync", "in_sync", ON)), NO_DRIFT, NOW);
        assert_eq!(without, state("in_sync", "disabled", NO_DRIFT));
        assert_eq!(transition(Some(&without), ON, NOW), state("in_sync", "unknown", ON));
    }

    #[test]
    fn an_orphan_that_is_named_again_is_unknown() {
        let orphan = state("orphaned", "orphaned", ON);
        assert_eq!(transition(Some(&orphan), ON, NOW), state("unknown", "unknown", ON));
        let off = state("orphaned", "orphaned", OFF);
        assert_eq!(transition(Some(&off), OFF, NOW), state("disabled", "disabled", OFF));
    }
}
