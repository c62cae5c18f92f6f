//! Which jobs and steps.

use sdk::capability::jobs::{Job, Step};
use sdk::capability::workflow_runs::RunConclusion;
use sdk::tool::{ToolError, ToolResult};

use super::share::{TailLines, total_bytes};

/// Less than this of a log is not worth showing.
const LEAST_BYTES: u32 = 1_000;

/// Jobs that are shown at most.
const MAX_JOBS: u32 = 20;

/// Names that a hint or a refusal lists at most.
const MAX_NAMES: usize = 10;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub failed_only: bool,
    pub job_name: Option<&'a str>,
    pub step_name: Option<&'a str>,
}

/// The logs to read.
#[derive(Debug)]
pub struct Selection {
    pub parts: Vec<Part>,
    pub hint: Option<String>,
}

/// A job's log, or a step's part of it.
#[derive(Debug, Clone)]
pub struct Part {
    pub job_id: String,
    pub job_name: String,
    pub step_name: Option<String>,
    job_conclusion: Option<RunConclusion>,
    step_conclusion: Option<RunConclusion>,
    pub(super) github_url: Option<String>,
}

/// A job, and the step of it that is meant; without one, the whole job.
#[derive(Debug, Clone, Copy)]
struct Place<'j> {
    job: &'j Job,
    step: Option<&'j Step>,
}

/// There is no such run.
pub fn no_run(id: &str) -> ToolError {
    ToolError::NotFound(format!(
        "no run {id} in this workspace; list_workflow_runs with `component`, `stack` or `conclusion` finds its id"
    ))
}

/// Chooses among the jobs of an attempt.
pub fn select(jobs: &[Job], wanted: &Wanted<'_>, tail_lines: Option<TailLines>) -> ToolResult<Selection> {
    let named = named(jobs, wanted)?;
    let mut chosen = if wanted.failed_only { failed(&named) } else { named.clone() };
    let most = (total_bytes(tail_lines) / LEAST_BYTES).min(MAX_JOBS);
    let others = chosen.split_off(chosen.len().min(usize::try_from(most).unwrap_or(usize::MAX)));
    let hint = if chosen.is_empty() { Some(nothing(&named, wanted)) } else { more(&others) };
    Ok(Selection { parts: chosen.into_iter().map(Part::new).collect(), hint })
}

impl Part {
    fn new(Place { job, step }: Place<'_>) -> Self {
        Self {
            job_id: job.id.clone(),
            job_name: job.name.clone(),
            step_name: step.map(|step| step.name.clone()),
            job_conclusion: job.conclusion,
            step_conclusion: step.and_then(|step| step.conclusion),
            github_url: job.github_url.clone(),
        }
    }

    /// How the step ended, or the job, where the lines are not known to be the step's.
    pub(super) const fn conclusion(&self, of_step: bool) -> Option<RunConclusion> {
        if of_step { self.step_conclusion } else { self.job_conclusion }
    }
}

impl Place<'_> {
    /// How the step ended, or the whole job.
    fn conclusion(self) -> Option<RunConclusion> {
        self.step.map_or(self.job.conclusion, |step| step.conclusion)
    }

    /// Of a whole job, the step that failed, if it is known.
    fn at_failed_step(self) -> Self {
        let Self { job, step } = self;
        Self { job, step: step.or_else(|| failed_step(&job.steps)) }
    }
}

/// The jobs of that name, at the step of that name, which they then have.
fn named<'j>(jobs: &'j [Job], wanted: &Wanted<'_>) -> ToolResult<Vec<Place<'j>>> {
    let mut found: Vec<&Job> = jobs.iter().collect();
    if let Some(name) = wanted.job_name {
        found.retain(|job| job.name == name);
        if found.is_empty() {
            let names = names(jobs.iter().map(|job| job.name.as_str()));
            return Err(ToolError::InvalidArguments(format!("`jobName`: no job `{name}` (the run's jobs: {names})")));
        }
    }
    let Some(name) = wanted.step_name else {
        return Ok(found.into_iter().map(|job| Place { job, step: None }).collect());
    };
    let at_step = |&job: &&'j Job| Some(Place { job, step: Some(step_named(&job.steps, name)?) });
    let places: Vec<Place<'j>> = found.iter().filter_map(at_step).collect();
    if places.is_empty() {
        let names = names(found.iter().flat_map(|job| &job.steps).map(|step| step.name.as_str()));
        return Err(ToolError::InvalidArguments(format!("`stepName`: no step `{name}` (the steps: {names})")));
    }
    Ok(places)
}

/// The step of this name: of several, the first that failed, which is the one that the host reads.
fn step_named<'j>(steps: &'j [Step], name: &str) -> Option<&'j Step> {
    let is_named = |step: &&'j Step| step.name == name;
    let has_failed = |step: &&'j Step| step.conclusion.is_some_and(is_failure);
    steps.iter().filter(is_named).find(has_failed).or_else(|| steps.iter().find(is_named))
}

/// What failed, each at its step; if nothing did, what was cancelled: a job that takes too long ends so.
fn failed<'j>(places: &[Place<'j>]) -> Vec<Place<'j>> {
    let ended = |is_wanted: fn(RunConclusion) -> bool| -> Vec<Place<'j>> {
        let ended = places.iter().filter(|place| place.conclusion().is_some_and(is_wanted));
        ended.map(|place| place.at_failed_step()).collect()
    };
    let failed = ended(is_failure);
    if failed.is_empty() { ended(|conclusion| conclusion == RunConclusion::Cancelled) } else { failed }
}

fn failed_step(steps: &[Step]) -> Option<&Step> {
    let ended = |is_wanted: fn(RunConclusion) -> bool| steps.iter().find(|step| step.conclusion.is_some_and(is_wanted));
    ended(is_failure).or_else(|| ended(|conclusion| conclusion == RunConclusion::Cancelled))
}

fn is_failure(conclusion: RunConclusion) -> bool {
    matches!(conclusion, RunConclusion::Failure | RunConclusion::TimedOut | RunConclusion::StartupFailure)
}

/// What to do if nothing is left: the run has no jobs, or none of `named` failed.
fn nothing(named: &[Place<'_>], wanted: &Wanted<'_>) -> String {
    if named.is_empty() {
        return "the run has no jobs, so it was never dispatched or has not started; explain_workflow_failure says more"
            .to_owned();
    }
    let what = match (wanted.step_name, wanted.job_name) {
        (Some(step), _) => format!("no step `{step}`"),
        (None, Some(job)) => format!("no job `{job}`"),
        (None, None) => "no job".to_owned(),
    };
    if named.iter().any(|place| place.conclusion().is_none()) {
        format!("{what} has failed yet; pass `failedOnly: false` for the logs of jobs that are over")
    } else {
        format!("{what} failed; pass `failedOnly: false` for the logs of what did not fail")
    }
}

fn more(others: &[Place<'_>]) -> Option<String> {
    let names = names(others.iter().map(|place| place.job.name.as_str()));
    (!others.is_empty()).then(|| format!("{} more jobs are not shown: {names}; name one with `jobName`", others.len()))
}

/// The different names, in their order, at most ten.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut is_all = true;
    for name in names {
        if known.len() == MAX_NAMES {
            is_all &= known.contains(&name);
        } else if !known.contains(&name) {
            known.push(name);
        }
    }
    let listed = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (known.is_empty(), is_all) {
        (true, _) => "none".to_owned(),
        (false, true) => listed,
        (false, false) => format!("{listed}, …"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use sdk::capability::workflow_runs::RunStatus;

    fn step(name: &str, conclusion: RunConclusion) -> Step {
        Step {
            number: 1,
            name: name.to_owned(),
            status: RunStatus::Completed,
            conclusion: Some(conclusion),
            duration_seconds: None,
        }
    }

    pub(in crate::run_logs) fn job(name: &str, conclusion: Option<RunConclusion>) -> Job {
        let last = conclusion.unwrap_or(RunConclusion::Neutral);
        Job {
            id: format!("job_{name}"),
            name: name.to_owned(),
            status: RunStatus::Completed,
            conclusion,
            run_attempt: 1,
            started_at: None,
            completed_at: None,
            duration_seconds: None,
            github_url: None,
            steps: vec![step("Set up job", RunConclusion::Success), step("Plan", last), step("Report", last)],
        }
    }

    pub(in crate::run_logs) const NOTHING: Wanted<'static> =
        Wanted { failed_only: true, job_name: None, step_name: None };

    /// The chosen parts as `job/step`, and the hint.
    fn chosen(jobs: &[Job], wanted: Wanted<'_>) -> (Vec<String>, Option<String>) {
        let Selection { parts, hint } = select(jobs, &wanted, None).unwrap();
        let shown = |part: &Part| format!("{}/{}", part.job_name, part.step_name.as_deref().unwrap_or("-"));
        (parts.iter().map(shown).collect(), hint)
    }

    #[test]
    fn by_default_the_failed_steps_are_chosen() {
        use RunConclusion::{Cancelled, Failure, Success, TimedOut};
        let jobs =
            [job("a", Some(Success)), job("b", Some(Failure)), job("c", Some(TimedOut)), job("d", Some(Cancelled))];
        assert_eq!(chosen(&jobs, NOTHING), (vec!["b/Plan".to_owned(), "c/Plan".to_owned()], None));
        assert_eq!(chosen(&jobs[3..], NOTHING).0, ["d/Plan"]);
        let all = Wanted { failed_only: false, ..NOTHING };
        assert_eq!(chosen(&jobs, all).0, ["a/-", "b/-", "c/-", "d/-"]);
    }

    #[test]
    fn names_choose_among_what_failed_or_among_all() {
        let jobs = [job("a", Some(RunConclusion::Success)), job("b", Some(RunConclusion::Failure))];
        let (a, report) = (Wanted { job_name: Some("a"), ..NOTHING }, Wanted { step_name: Some("Report"), ..NOTHING });
        assert_eq!(chosen(&jobs, Wanted { failed_only: false, ..a }).0, ["a/-"]);
        assert_eq!(chosen(&jobs, Wanted { job_name: Some("b"), ..NOTHING }).0, ["b/Plan"]);
        assert_eq!(chosen(&jobs, report).0, ["b/Report"]);
        assert_eq!(chosen(&jobs, Wanted { failed_only: false, ..report }).0, ["a/Report", "b/Report"]);
        for (wanted, what) in
            [(a, "no job `a`"), (Wanted { step_name: Some("Set up job"), ..NOTHING }, "no step `Set up job`")]
        {
            let (shown, hint) = chosen(&jobs, wanted);
            assert!(shown.is_empty(), "{shown:?}");
            assert_eq!(
                hint,
                Some(format!("{what} failed; pass `failedOnly: false` for the logs of what did not fail"))
            );
        }
    }

    #[test]
    fn a_step_has_its_own_conclusion() {
        let jobs = [job("b", Some(RunConclusion::Failure))];
        let set_up = Wanted { failed_only: false, step_name: Some("Set up job"), ..NOTHING };
        let part = select(&jobs, &set_up, None).unwrap().parts.remove(0);
        assert_eq!(part.conclusion(true), Some(RunConclusion::Success));
        assert_eq!(part.conclusion(false), Some(RunConclusion::Failure));
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_there_are() {
        let jobs = [job("a", None), job("b", None), job("b", None)];
        let refused = |wanted: Wanted<'_>| match select(&jobs, &wanted, None) {
            Err(ToolError::InvalidArguments(message)) => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            refused(Wanted { job_name: Some("x"), ..NOTHING }),
            "`jobName`: no job `x` (the run's jobs: `a`, `b`)"
        );
        assert_eq!(
            refused(Wanted { step_name: Some("x"), ..NOTHING }),
            "`stepName`: no step `x` (the steps: `Set up job`, `Plan`, `Report`)"
        );
    }

    #[test]
    fn a_hint_says_what_is_not_shown() {
        let hint = |jobs: &[Job]| chosen(jobs, NOTHING).1.unwrap();
        assert!(hint(&[]).contains("never dispatched"));
        assert!(hint(&[job("a", Some(RunConclusion::Success))]).starts_with("no job failed;"));
        assert!(hint(&[job("a", None)]).starts_with("no job has failed yet;"));
        let many: Vec<Job> = (0..30).map(|at| job(&format!("j{at}"), Some(RunConclusion::Failure))).collect();
        let (shown, hint) = chosen(&many, NOTHING);
        assert_eq!(shown.len(), 10);
        let names: Vec<String> = (10..20).map(|at| format!("`j{at}`")).collect();
        let expected = format!("20 more jobs are not shown: {}, …; name one with `jobName`", names.join(", "));
        assert_eq!(hint, Some(expected));
    }
}
