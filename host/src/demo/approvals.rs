//! Who lets a deployment go on. Those to `prod` need it.

use std::time::Duration;

use serde_json::json;

use super::dice::{Dice, MINUTE};
use super::events::{Event, Outcome};
use super::failures::Place;
use super::sites::{Life, Stage};
use crate::authz::Role;
use crate::clock::Timestamp;

/// An approval, asked for or given.
pub(super) struct Approval {
    /// `pending`, `approved` or `rejected`.
    pub(super) state: &'static str,
    pub(super) environment: String,
    /// Logins of those who may decide, or did; JSON list.
    pub(super) reviewers: String,
    pub(super) decided_at: Option<Timestamp>,
}

/// The approval of a run, if it needed one.
pub(super) fn decide(stage: &Stage<'_>, life: &Life<'_>, event: &Event<'_>) -> Option<Approval> {
    let is_rejected = event.failure().is_some_and(|failure| failure.id == "D007");
    let is_waiting = matches!(event.outcome, Outcome::Waiting);
    // What fails before its job begins is never asked for.
    let began = event.failure().is_none_or(|failure| failure.reached(Place::Checkout));
    let is_asked = event.command != "plan" && (is_rejected || is_waiting || (life.stage() == "prod" && began));
    if !is_asked {
        return None;
    }
    let dice = stage.dice;
    let deciders = stage.spec.members.iter().filter(|member| member.2 != Role::Member);
    let deciders: Vec<&'static str> = deciders.map(|member| member.0).collect();
    let decider = dice.pick(&deciders).copied().unwrap_or_default();
    let (decision, reviewers) = match (is_waiting, is_rejected) {
        (true, _) => ("pending", json!(deciders)),
        (false, true) => ("rejected", json!([decider])),
        (false, false) => ("approved", json!([decider])),
    };
    Some(Approval {
        state: decision,
        environment: environment(stage, life),
        reviewers: reviewers.to_string(),
        decided_at: (!is_waiting).then(|| event.at.plus(waiting_time(dice))),
    })
}

/// The GitHub environment of an instance's deployments.
pub(super) fn environment(stage: &Stage<'_>, life: &Life<'_>) -> String {
    format!("{}{}", stage.spec.mark, life.stage())
}

/// Less than it takes until somebody tries again.
fn waiting_time(dice: &Dice<'_>) -> Duration {
    dice.between(MINUTE * 2, MINUTE * 45)
}
