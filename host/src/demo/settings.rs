//! What somebody has set: schedules, badge tokens, entitlements that differ from the plan.

use super::dice::{DAY, HOUR};
use super::sites::{Site, Stage};
use crate::store::demo_seed::{BadgeToken, Override, Schedule};

/// The detections of a week begin this long before the present, and are spread over some hours.
const DETECTED: u32 = 44;

/// The weekly drift detection of the workspace, and a paused one for each repository that is suspended.
pub(super) fn schedules(stage: &Stage<'_>) -> Vec<Schedule> {
    let created_at = stage.now.minus(DAY * 180);
    let at = stage.now.minus(HOUR * DETECTED);
    // 1970-01-01 was a Thursday; cron counts from Sunday.
    let (hour, weekday) = (at.seconds() / 3_600 % 24, (at.day() + 4) % 7);
    let schedule = |repository: Option<&Site>| Schedule {
        id: stage.dice.id("sched", created_at),
        repository_id: repository.map(|site| site.id.clone()),
        cron: format!("0 {hour} * * {weekday}"),
        enabled: repository.is_none(),
        created_at,
        updated_at: repository.map_or(created_at, |site| site.end),
    };
    let suspended = stage.sites.iter().filter(|site| site.installation.status == "suspended");
    std::iter::once(schedule(None)).chain(suspended.map(|site| schedule(Some(site)))).collect()
}

/// Tokens of badges. A new one revokes the one before.
pub(super) fn badge_tokens(stage: &Stage<'_>) -> Vec<BadgeToken> {
    let mut tokens = Vec::new();
    for site in stage.sites {
        let count = site.spec.badge_tokens;
        for generation in 1..=count {
            let created_at = stage.now.minus(DAY * 30 * (count - generation + 1));
            let revoked_at = (generation < count).then(|| created_at.plus(DAY * 30));
            let used_until = revoked_at.unwrap_or(site.end);
            tokens.push(BadgeToken {
                id: stage.dice.id("badge", created_at),
                repository_id: site.id.clone(),
                generation,
                created_at,
                last_used_at: stage.dice.chance(70).then(|| used_until.minus(HOUR * 2)),
                revoked_at,
            });
        }
    }
    tokens
}

/// The workspace's own entitlements.
pub(super) fn overrides(stage: &Stage<'_>) -> Vec<Override> {
    let created_at = stage.now.minus(DAY * 90);
    let entitlement = |&(key, value): &(&'static str, &'static str)| Override { key, value, created_at };
    stage.spec.overrides.iter().map(entitlement).collect()
}
