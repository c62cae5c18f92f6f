//! The bindings of the whole world, generated once for all tools.
//!
//! A WIT record is the JSON that a tool returns: the table below gives each record and enum its JSON form.
//! Field names become camelCase, enum values `snake_case`; WIT doc comments become schema descriptions.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::use_self,
    clippy::as_conversions,
    clippy::str_to_string,
    unused_qualifications,
    reason = "generated code"
)]

wit_bindgen::generate!({
    world: "tool",
    path: "../../wit",
    pub_export_macro: true,
    default_bindings_module: "sdk::bindings",
    additional_type_attributes: {
        "atmos:mcp/repos@0.1.0/repo-status": [#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)] #[serde(rename_all = "snake_case")]],
        "atmos:mcp/repos@0.1.0/repo": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/repos@0.1.0/repo-page": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/repos@0.1.0/installation": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/repos@0.1.0/repo-details": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/instance-status": [#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)] #[serde(rename_all = "snake_case")]],
        "atmos:mcp/instances@0.1.0/status-counts": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "snake_case")]],
        "atmos:mcp/instances@0.1.0/instance": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/instance-page": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/run-summary": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/status-change": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/instance-lock": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/instances@0.1.0/instance-details": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/workspace-info@0.1.0/workspace-status": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "snake_case")]],
        "atmos:mcp/workspace-info@0.1.0/workspace": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "camelCase")]],
        "atmos:mcp/caller@0.1.0/role": [#[derive(serde::Serialize, schemars::JsonSchema)] #[serde(rename_all = "snake_case")]],
    },
});
