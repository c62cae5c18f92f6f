//! What the demo promises to those who look at it, and to the tests of the tools.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::catalog_data::ACME;
use super::dice::{DAY, Dice};
use super::events::events;
use super::failures::{categories, table};
use super::incidents::plant;
use super::seed::datasets;
use super::sites::{Stage, roll_lives, roll_sites};
use super::{changes, script};
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::demo_seed::{Dataset, Run};

/// 2026-08-21T10:00:00Z
const NOW: Timestamp = Timestamp::from_micros(1_787_306_400_000_000);

const CANARY: &str = "canary-rival";

static DATASETS: LazyLock<[Dataset; 2]> = LazyLock::new(|| datasets(1, NOW));

fn acme() -> &'static Dataset {
    let [acme, _] = &*DATASETS;
    acme
}

fn unpack(bytes: &[u8]) -> String {
    String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap()
}

/// The text of each log, by the run that it is of.
fn logs(dataset: &Dataset) -> BTreeMap<&str, String> {
    let run_of: BTreeMap<&str, &str> = dataset.jobs.iter().map(|job| (job.id.as_str(), job.run_id.as_str())).collect();
    dataset.logs.iter().map(|log| (run_of[log.job_id.as_str()], unpack(&log.content))).collect()
}

fn has_job(dataset: &Dataset, run: &Run) -> bool {
    dataset.jobs.iter().any(|job| job.run_id == run.id)
}

#[test]
fn the_same_seed_and_time_give_the_same_rows() {
    let text = |seed| datasets(seed, NOW).map(|dataset| format!("{dataset:?}"));
    let first = text(1);
    assert!(first == text(1));
    assert!(first != text(2));
}

#[test]
fn every_failure_of_the_table_happens() {
    for seed in 1..4 {
        let entropy = Entropy::seeded(seed);
        let dice = Dice(&entropy);
        let installations = ACME.installations.iter();
        let sites: Vec<_> = installations.flat_map(|spec| roll_sites(&dice, spec, "ghi_1", NOW)).collect();
        let lives = roll_lives(&ACME, &dice, &sites, NOW);
        let stage = Stage { spec: &ACME, dice: &dice, now: NOW, sites: &sites, lives: &lives };
        let mut changes = changes::roll(&stage);
        let troubles = plant(&stage, &mut changes);
        let happened = lives.iter().flat_map(|life| events(&dice, life, &changes, &troubles));
        let happened: BTreeSet<&str> = happened.filter_map(|event| event.failure()).map(|why| why.id).collect();
        let missing: Vec<_> = categories().into_iter().filter(|(id, _)| !happened.contains(id)).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
    }
}

#[test]
fn what_is_told_is_there() {
    let acme = acme();
    for change in script::ACME_CHANGES {
        for (stack, component, _) in change.parts {
            let has_run = acme
                .runs
                .iter()
                .any(|run| (run.stack, run.component) == (*stack, *component) && run.pull_request_number.is_some());
            assert!(has_run, "{stack} {component}");
        }
        let has_row = acme.pull_requests.iter().any(|row| row.title.ends_with(change.title));
        assert!(has_row, "{}", change.title);
    }
}

#[test]
fn runs_are_whole_and_in_order() {
    for dataset in &*DATASETS {
        let mut numbers = BTreeSet::new();
        for run in &dataset.runs {
            let times = [Some(run.created_at), run.started_at, run.finished_at, Some(NOW)];
            assert!(times.into_iter().flatten().is_sorted(), "{run:?}");
            let is_over = run.status == "completed";
            assert_eq!((run.finished_at.is_some(), run.conclusion.is_some()), (is_over, is_over), "{run:?}");
            assert_eq!(run.dispatch_error.is_none(), run.github_run_id.is_some(), "{run:?}");
            assert!(run.github_run_id.is_none_or(|number| numbers.insert(number)), "{run:?}");
            assert_eq!(run.sha.len(), 40);
            assert!(run.trigger != "pull_request" || run.pull_request_number.is_some(), "{run:?}");
        }
        assert!(dataset.runs.is_sorted_by_key(|run| run.created_at));
        let known: BTreeSet<&str> = dataset.commits.iter().map(|commit| commit.sha.as_str()).collect();
        let of_changes = dataset.runs.iter().filter(|run| run.pull_request_number.is_some());
        assert!(of_changes.filter(|run| !known.contains(run.sha.as_str())).count() == 0);
    }
}

#[test]
fn statuses_follow_from_each_other() {
    for dataset in &*DATASETS {
        let mut now: BTreeMap<&str, (&str, Timestamp)> = BTreeMap::new();
        for change in &dataset.status_changes {
            let before = now.insert(&change.instance_id, (change.to, change.at));
            assert_eq!(change.from, before.map(|(status, _)| status), "{change:?}");
            assert!(before.is_none_or(|(_, at)| at <= change.at), "{change:?}");
        }
        for instance in &dataset.instances {
            assert_eq!(now[instance.id.as_str()].0, instance.status, "{instance:?}");
        }
    }
}

#[test]
fn recent_runs_have_jobs_and_failed_ones_have_logs() {
    let acme = acme();
    let logs = logs(acme);
    for run in acme.runs.iter().filter(|run| run.status == "completed" && run.dispatch_error.is_none()) {
        let is_failed = !matches!(run.conclusion, Some("success" | "action_required"));
        if is_failed || NOW.minus(DAY * 14) <= run.created_at {
            assert!(has_job(acme, run), "{run:?}");
        }
        assert!(!is_failed || logs.contains_key(run.id.as_str()), "{run:?}");
    }
    assert!(acme.runs.iter().filter(|run| run.dispatch_error.is_some()).all(|run| !has_job(acme, run)));
    assert!(acme.jobs.iter().all(|job| job.status == "waiting" || job.steps.contains("\"number\":1")));
    assert!((100..=250).contains(&logs.len()), "{} logs", logs.len());
    assert!((2_000..=4_000).contains(&acme.runs.len()), "{} runs", acme.runs.len());
    assert!(acme.logs.iter().any(|log| log.lines > 5_000));
    assert!(acme.summaries.len() > 100);
}

#[test]
fn logs_read_as_github_serves_them() {
    let acme = acme();
    for (run_id, text) in logs(acme) {
        let run = acme.runs.iter().find(|run| run.id == run_id).unwrap();
        let times: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert!(times.is_sorted(), "{run:?}");
        let within = |time: &str| {
            let at = Timestamp::parse_rfc3339(time).unwrap();
            run.started_at.unwrap() <= at && at <= run.finished_at.unwrap()
        };
        assert!(within(times[0]) && within(times[times.len() - 1]), "{run:?}");
        assert!(text.contains("Z Current runner version: '") && !text.contains("^["), "{run:?}");
        let unfilled = ["{component}", "{stack}", "{repo}", "{sha}", "{role}", "{uuid}", "{job}"];
        assert!(unfilled.iter().all(|name| !text.contains(name)), "{run:?}");
    }
}

#[test]
fn the_vpc_of_production_could_not_be_applied_for_want_of_a_role() {
    let acme = acme();
    let is_it = |run: &&Run| (run.stack, run.component) == ("plat-use2-prod", "vpc");
    let newest = acme.runs.iter().rev().find(is_it).unwrap();
    assert_eq!((newest.command, newest.conclusion), ("apply", Some("failure")), "{newest:?}");
    let log = &logs(acme)[newest.id.as_str()];
    assert!(log.contains("##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRole"));
    assert!(log.contains(":role/acme-plat-gbl-prod-gha-apply"));
}

#[test]
fn there_is_work_for_people() {
    let acme = acme();
    let waiting: Vec<&Run> = acme.runs.iter().filter(|run| run.status == "waiting").collect();
    assert!(waiting.len() >= 3);
    for run in waiting {
        let approval = run.approval.as_ref().unwrap();
        assert_eq!((run.command, approval.state, approval.decided_at), ("apply", "pending", None));
        assert_eq!((approval.environment.as_str(), approval.reviewers.as_str()), ("prod", r#"["dana","amir"]"#));
    }
    let states: BTreeSet<&str> = acme.runs.iter().filter_map(|run| run.approval.as_ref()).map(|it| it.state).collect();
    assert_eq!(states, BTreeSet::from(["approved", "pending", "rejected"]));
    let requests: BTreeSet<&str> = acme.pull_requests.iter().map(|row| row.state).collect();
    assert_eq!((acme.pull_requests.len() >= 60, requests), (true, BTreeSet::from(["closed", "merged", "open"])));
    assert!(acme.pull_requests.iter().any(|row| row.draft));
    let authors: BTreeSet<&str> = acme.pull_requests.iter().map(|row| row.author).collect();
    assert_eq!(authors, BTreeSet::from(["amir", "dana", "mia", "renovate[bot]"]));
    let failed = |id: &str| acme.runs.iter().any(|run| run.id == id && run.conclusion == Some("failure"));
    let parents: Vec<&str> = acme.runs.iter().filter_map(|run| run.parent_run_id.as_deref()).collect();
    assert!(parents.len() >= 6 && parents.into_iter().all(failed));
    for conclusion in ["cancelled", "timed_out", "startup_failure", "action_required"] {
        assert!(acme.runs.iter().any(|run| run.conclusion == Some(conclusion)), "{conclusion}");
    }
    assert!(acme.runs.iter().any(|run| run.status == "in_progress" && run.command == "apply"));
    let is_dev = |text: &str| text.contains("\"stack\":\"plat-use2-dev\"");
    assert!(acme.audit.iter().filter(|row| is_dev(&row.metadata)).count() > 20);
}

#[test]
fn nothing_of_the_rival_is_in_acme() {
    let acme = acme();
    assert!(!format!("{acme:?}").contains(CANARY));
    assert!(logs(acme).values().all(|text| !text.contains(CANARY)));
    assert!(acme.summaries.iter().all(|summary| !unpack(&summary.markdown).contains(CANARY)));
}

#[test]
fn every_word_of_the_rival_bears_the_canary() {
    let [_, rival] = &*DATASETS;
    let mut words: Vec<String> = Vec::new();
    for run in &rival.runs {
        words.extend([run.component, run.stack, run.actor, &run.branch, &run.git_ref].map(ToOwned::to_owned));
        words.extend([run.workflow_name, run.workflow_file].map(ToOwned::to_owned));
        words.extend(run.github_url.clone());
        let approval = run.approval.as_ref();
        words.extend(approval.into_iter().flat_map(|it| [it.environment.clone(), it.reviewers.clone()]));
    }
    for row in &rival.pull_requests {
        words.extend([row.author, row.base_ref, &row.title, &row.head_ref, &row.url].map(ToOwned::to_owned));
    }
    for row in &rival.commits {
        words.extend([row.author, &row.message, &row.url].map(ToOwned::to_owned));
    }
    for job in &rival.jobs {
        let steps: serde_json::Value = serde_json::from_str(&job.steps).unwrap();
        words.extend(steps.as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap().to_owned()));
        words.push(job.name.clone());
    }
    words.extend(logs(rival).into_values());
    words.extend(rival.summaries.iter().map(|summary| unpack(&summary.markdown)));
    words.extend(rival.audit.iter().map(|row| row.metadata.clone()));
    words.extend(rival.affected.iter().flat_map(|row| [row.stack.to_owned(), row.component.to_owned()]));
    words.extend(rival.overrides.iter().map(|row| row.value.to_owned()));
    let bare: Vec<&String> = words.iter().filter(|word| !word.contains(CANARY)).collect();
    assert!(bare.is_empty(), "{bare:?}");
    let counts = [
        rival.pull_requests.len(),
        rival.jobs.len(),
        rival.logs.len(),
        rival.summaries.len(),
        rival.audit.len(),
        rival.badge_tokens.len(),
        rival.schedules.len(),
    ];
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert_eq!(rival.instances.len(), 12);
    assert!(table().iter().filter(|failure| failure.is_common).count() > 5);
}
