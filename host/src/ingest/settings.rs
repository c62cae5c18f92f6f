//! The `settings.pro` block of an instance: opaque to the CLI, read here. Pure.

use serde_json::{Map, Value};

use crate::store::inventory::Flags;

/// What is read from an instance's `settings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProSettings {
    /// `enabled` is on and `drift_detection.enabled` off unless the block says otherwise.
    pub(super) flags: Flags,
    /// The block, JSON; none if there is none or it is not a map.
    pub(super) json: Option<String>,
    /// What is wrong with the workflows of drift detection.
    pub(super) problems: Vec<String>,
}

impl ProSettings {
    /// Reads `settings`. A missing or malformed block counts as empty, because the CLI sends what it finds.
    pub(super) fn parse(settings: &Value) -> Self {
        let Some(pro) = settings.get("pro").and_then(Value::as_object) else {
            let flags = Flags { enabled: true, drift_enabled: false };
            return Self { flags, json: None, problems: Vec::new() };
        };
        let drift = pro.get("drift_detection").and_then(Value::as_object);
        let flags = Flags {
            enabled: flag(pro.get("enabled"), true),
            drift_enabled: flag(drift.and_then(|drift| drift.get("enabled")), false),
        };
        let json = serde_json::to_string(pro).ok();
        let checked = drift.filter(|_| flags.enabled && flags.drift_enabled);
        Self { flags, json, problems: checked.map(workflow_problems).unwrap_or_default() }
    }
}

/// A switch. Quoted in YAML it comes as text.
fn flag(value: Option<&Value>, default: bool) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.parse().unwrap_or(default),
        Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => default,
    }
}

/// Problems of the `detect` and `remediate` blocks that are there.
///
/// A block that is absent is no problem: the CLI's own example body enables drift detection without any
/// workflow, and such an instance can still get its results from workflows that are started by hand. A
/// block that is there but names nothing that could run is a mistake which its author wants to hear of.
fn workflow_problems(drift: &Map<String, Value>) -> Vec<String> {
    let problem = |key: &str| {
        let block = drift.get(key).filter(|block| !block.is_null())?;
        workflow_problem(block).map(|problem| format!("drift_detection.{key}{problem}"))
    };
    ["detect", "remediate"].into_iter().filter_map(problem).collect()
}

fn workflow_problem(block: &Value) -> Option<String> {
    let Some(block) = block.as_object() else {
        return Some(" must be a map with `workflows`".to_owned());
    };
    match block.get("workflows").and_then(Value::as_object) {
        Some(workflows) if !workflows.is_empty() => workflows
            .iter()
            .find(|(_, workflow)| !is_workflow(workflow))
            .map(|(file, _)| format!(".workflows.{file} must be a map, and its `inputs` too")),
        Some(_) | None => Some(".workflows must name at least one workflow file".to_owned()),
    }
}

fn is_workflow(workflow: &Value) -> bool {
    let is_map = |value: &Value| value.is_object() || value.is_null();
    is_map(workflow) && workflow.get("inputs").is_none_or(is_map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flags(settings: Value) -> (bool, bool) {
        let Flags { enabled, drift_enabled } = ProSettings::parse(&settings).flags;
        (enabled, drift_enabled)
    }

    #[test]
    fn enabled_defaults_to_on_and_drift_detection_to_off() {
        for settings in
            [json!(null), json!({}), json!({ "pro": null }), json!({ "pro": "yes" }), json!([1]), json!({ "pro": {} })]
        {
            assert_eq!(flags(settings.clone()), (true, false), "{settings}");
        }
        assert_eq!(flags(json!({ "pro": { "enabled": false } })), (false, false));
        assert_eq!(flags(json!({ "pro": { "enabled": "false", "drift_detection": true } })), (false, false));
        assert_eq!(flags(json!({ "pro": { "drift_detection": { "enabled": true } } })), (true, true));
    }

    #[test]
    fn the_block_is_kept_as_it_came_if_it_is_a_map() {
        let settings = json!({ "pro": { "enabled": true, "pull_request": { "opened": {} } }, "other": 1 });
        let parsed = ProSettings::parse(&settings);
        assert_eq!(serde_json::from_str::<Value>(&parsed.json.unwrap()).unwrap(), settings["pro"]);
        assert_eq!(ProSettings::parse(&json!({ "pro": [] })).json, None);
    }

    fn problems(enabled: bool, detect: Value) -> Vec<String> {
        ProSettings::parse(&json!({ "pro": { "drift_detection": { "enabled": enabled, "detect": detect } } })).problems
    }

    #[test]
    fn only_a_malformed_workflow_block_is_a_problem() {
        assert!(problems(true, json!(null)).is_empty());
        assert!(problems(true, json!({ "workflows": { "plan.yaml": null } })).is_empty());
        assert!(problems(true, json!({ "workflows": { "plan.yaml": { "inputs": { "stack": "dev" } } } })).is_empty());
        assert!(problems(false, json!("plan.yaml")).is_empty());
        assert_eq!(problems(true, json!("plan.yaml")), ["drift_detection.detect must be a map with `workflows`"]);
        for empty in [json!({}), json!({ "workflows": {} }), json!({ "workflows": ["plan.yaml"] })] {
            assert_eq!(
                problems(true, empty),
                ["drift_detection.detect.workflows must name at least one workflow file"]
            );
        }
        assert_eq!(
            problems(true, json!({ "workflows": { "plan.yaml": { "inputs": 1 } } })),
            ["drift_detection.detect.workflows.plan.yaml must be a map, and its `inputs` too"]
        );
    }
}
