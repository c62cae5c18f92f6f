//! What a run is for, by the settings of its instance.
//!
//! GitHub says of a drift detection no more than that somebody dispatched it. Results are judged by the same settings
//! ([`crate::store::ci`]), so that it does not matter which of the two is first.

use serde_json::Value;

use super::Target;
use super::runs::Subject;
use crate::store::ci::verdict::{detects_drift, remediates};
use crate::store::{StoreError, Tx, sql};

/// A run without a result beside its instance.
#[derive(sqlx::FromRow)]
struct Row {
    command: String,
    trigger_kind: String,
    component: Option<String>,
    stack: Option<String>,
    workflow_file: String,
    git_ref: Option<String>,
    settings: String,
    status: String,
    default_branch: Option<String>,
}

impl Row {
    /// Command and trigger, where the settings know better than GitHub's event and the name of the workflow.
    fn purpose(&self) -> Option<(&str, &str)> {
        let pro: Value = serde_json::from_str(&self.settings).ok()?;
        let (file, git_ref) = (self.workflow_file.as_str(), self.git_ref.as_deref().unwrap_or_default());
        // A file that serves both is told by its name.
        let detects = self.command == "plan" && detects_drift(&pro, file, git_ref, self.default_branch.as_deref());
        if detects {
            return (self.trigger_kind == "manual").then_some(("plan", "drift_detection"));
        }
        let is_news = self.command != "remediate" && remediates(&pro, file, &self.status);
        is_news.then_some(("remediate", self.trigger_kind.as_str()))
    }
}

/// Corrects command and trigger of a run that has an instance and no result yet; gives what is known of it now, if
/// that has changed.
pub(crate) async fn decide(tx: &mut Tx, target: &Target, run_id: &str) -> Result<Option<Subject>, StoreError> {
    let row: Option<Row> = tx
        .fetch_optional(
            sql("SELECT r.command, r.trigger_kind, r.component, r.stack, r.workflow_file, r.ref AS git_ref, \
                 i.settings, i.status, p.default_branch FROM workflow_runs r \
                 JOIN instances i ON i.id = r.instance_id AND i.workspace_id = r.workspace_id \
                 JOIN repositories p ON p.id = r.repository_id \
                 WHERE r.workspace_id = $1 AND r.id = $2 AND r.result IS NULL AND r.plan_exit_code IS NULL \
                 AND r.workflow_file IS NOT NULL AND i.settings IS NOT NULL")
            .bind(target.scope.workspace_id())
            .bind(run_id),
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some((command, trigger)) = row.purpose() else { return Ok(None) };
    tx.execute(
        sql("UPDATE workflow_runs SET command = $3, trigger_kind = $4 WHERE workspace_id = $1 AND id = $2")
            .bind(target.scope.workspace_id())
            .bind(run_id)
            .bind(command)
            .bind(trigger),
    )
    .await?;
    let (command, trigger_kind) = (command.to_owned(), trigger.to_owned());
    Ok(Some(Subject { command, trigger_kind, component: row.component, stack: row.stack }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn purpose(command: &str, trigger: &str, file: &str, git_ref: Option<&str>) -> Option<(String, String)> {
        let workflows = |file: &str| json!({ "workflows": { file: {} } });
        let pro = json!({
            "drift_detection": { "detect": workflows("look.yaml"), "remediate": workflows("mend.yaml") },
        });
        let row = Row {
            command: command.to_owned(),
            trigger_kind: trigger.to_owned(),
            component: None,
            stack: None,
            workflow_file: file.to_owned(),
            git_ref: git_ref.map(ToOwned::to_owned),
            settings: pro.to_string(),
            status: "drifted".to_owned(),
            default_branch: Some("main".to_owned()),
        };
        row.purpose().map(|(command, trigger)| (command.to_owned(), trigger.to_owned()))
    }

    #[test]
    fn what_was_dispatched_is_what_the_settings_say() {
        let main = Some("refs/heads/main");
        for (command, trigger, file, git_ref, expected) in [
            ("plan", "manual", "look.yaml", main, Some(("plan", "drift_detection"))),
            ("plan", "manual", "look.yaml", Some("refs/heads/feature"), None),
            ("plan", "manual", "look.yaml", None, None),
            ("plan", "push", "look.yaml", main, None),
            ("plan", "manual", "other.yaml", main, None),
            ("plan", "manual", "mend.yaml", main, Some(("remediate", "manual"))),
            ("apply", "push", "mend.yaml", main, Some(("remediate", "push"))),
            ("remediate", "manual", "mend.yaml", main, None),
        ] {
            let expected = expected.map(|(command, trigger)| (command.to_owned(), trigger.to_owned()));
            assert_eq!(purpose(command, trigger, file, git_ref), expected, "{command} {trigger} {file} {git_ref:?}");
        }
    }
}
