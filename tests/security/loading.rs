//! What the server refuses to load, and the sentence that tells its author why.
//!
//! Nothing here reaches the database, so one engine is enough.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Engine, ExtraTools, Fixture};

use super::sandbox::wasi_probe_is_built;

async fn refusal(extra: &ExtraTools) -> Result<String> {
    Fixture::new(Engine::Sqlite).extra(extra).refusal().await
}

/// The refusal of `echo` after its index entry was changed.
async fn refusal_after(change: impl FnOnce(&mut Value) + Send) -> Result<String> {
    let extra = ExtraTools::new(&["echo"])?;
    extra.edit("echo", change)?;
    refusal(&extra).await
}

/// The refusal of `echo` with this in place of its component.
async fn refusal_of(bytes: &[u8]) -> Result<String> {
    let extra = ExtraTools::new(&["echo"])?;
    extra.repackage("echo", bytes)?;
    refusal(&extra).await
}

/// The refusal of `echo` with this policy row.
async fn refusal_with(row: &str) -> Result<String> {
    refusal(&ExtraTools::with_policy(&["echo"], &format!("[echo]\n{row}\n"))?).await
}

#[tokio::test]
async fn an_import_that_the_row_does_not_grant() -> Result<()> {
    let text = refusal(&ExtraTools::new(&["ungranted_import"])?).await?;
    let expected = "tool `ungranted_import`: imports `instances` (list-instances), which its policy row does not \
                    grant: add it to `imports`, or do without it";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn an_interface_whose_permission_the_row_does_not_cover() -> Result<()> {
    let text = refusal(&ExtraTools::new(&["undercovered"])?).await?;
    let expected = "tool `undercovered`: imports `repos`, which needs `membership`, but its policy row asks for \
                    `none` alone";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn wasi_without_a_word_in_the_row() -> Result<()> {
    if wasi_probe_is_built()? {
        let extra = ExtraTools::with_policy(&["wasi_probe"], "[wasi_probe]\npermission = \"none\"\n")?;
        let text = refusal(&extra).await?;
        let advice = "`, but no WASI is linked: build for wasm32-unknown-unknown, or set wasi = \"empty\" in its \
                      policy row";
        assert!(text.starts_with("tool `wasi_probe`: imports `wasi:") && text.ends_with(advice), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_component_that_was_changed_after_packaging() -> Result<()> {
    let extra = ExtraTools::new(&["echo"])?;
    let mut bytes = std::fs::read(extra.component("echo"))?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    std::fs::write(extra.component("echo"), bytes)?;
    let text = refusal(&extra).await?;
    assert!(text.starts_with("tool `echo`: its component has the digest "), "{text}");
    assert!(text.ends_with(": it was changed after packaging"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_tool_without_a_policy_row() -> Result<()> {
    let text = refusal(&ExtraTools::with_policy(&["echo"], "")?).await?;
    let expected = "tool `echo`: no policy row: add [echo] with `permission` and `imports` to \
                    tools/policy.toml (a third-party tool: to `tools.extra_policy`)";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn a_policy_row_without_a_tool() -> Result<()> {
    let text = refusal(&ExtraTools::with_policy(&[], "[nothing]\npermission = \"none\"\n")?).await?;
    let expected = "the policy has a row for `nothing`, but there is no such tool: build it, or remove the row";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn a_row_for_a_tool_of_the_catalog() -> Result<()> {
    let text = refusal(&ExtraTools::with_policy(&[], "[list_repos]\npermission = \"none\"\n")?).await?;
    let expected = "tool `list_repos` already has a policy row; a tool has one row in one file";
    assert!(text.ends_with(expected), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_second_tool_of_the_same_name() -> Result<()> {
    let extra = ExtraTools::with_policy(&["echo"], "")?;
    extra.edit("echo", |entry| entry["name"] = json!("list_repos"))?;
    assert_eq!(refusal(&extra).await?, "tool `list_repos`: another tool has the same name");
    Ok(())
}

#[tokio::test]
async fn a_name_that_clients_refuse() -> Result<()> {
    let extra = ExtraTools::with_policy(&["echo"], "[Echo]\npermission = \"none\"\n")?;
    extra.edit("echo", |entry| entry["name"] = json!("Echo"))?;
    let expected = "tool `Echo`: the name must start with a lower-case letter and have at most 40 lower-case letters, \
                    digits and underscores";
    assert_eq!(refusal(&extra).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_tool_that_does_not_say_what_it_is_for() -> Result<()> {
    let text = refusal_after(|entry| entry["description"] = json!("")).await?;
    assert_eq!(text, "tool `echo`: the description must have 1 to 600 characters (it has 0)");
    Ok(())
}

#[tokio::test]
async fn an_input_schema_that_lets_unknown_arguments_pass() -> Result<()> {
    let text = refusal_after(|entry| entry["inputSchema"]["additionalProperties"] = json!(true)).await?;
    let expected = "tool `echo`: its input schema cannot be used: the root must have \"additionalProperties\": false, \
                    so that a misspelt argument is an error";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn an_output_schema_that_not_all_clients_understand() -> Result<()> {
    let text = refusal_after(|entry| entry["outputSchema"]["properties"]["message"] = json!({ "$ref": "#/x" })).await?;
    let expected = "tool `echo`: its output schema cannot be used: \"$ref\" is not understood by all clients";
    assert_eq!(text, expected);
    Ok(())
}

#[tokio::test]
async fn a_component_outside_of_its_folder() -> Result<()> {
    let text = refusal_after(|entry| entry["file"] = json!("../echo.wasm")).await?;
    assert!(text.starts_with("tool `echo`: its component ") && text.contains(" cannot be read"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_row_that_grants_what_there_is_not() -> Result<()> {
    let text = refusal_with("permission = \"membership\"\nimports = [\"filesystem\"]").await?;
    assert_eq!(text, "tool `echo`: its policy row grants `filesystem`, which is no interface of this host");
    Ok(())
}

#[tokio::test]
async fn a_row_that_asks_for_an_unknown_permission() -> Result<()> {
    let text = refusal_with("permission = \"ws:nothing:read\"").await?;
    let expected = "tool `echo`: permission `ws:nothing:read` is not \"none\", \"membership\" or a permission key";
    assert!(text.ends_with(expected), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_core_module_in_place_of_a_component() -> Result<()> {
    let expected = "tool `echo`: the file is not a WebAssembly component; package it with `just build-tools`";
    assert_eq!(refusal_of(b"\0asm\x01\0\0\0").await?, expected);
    Ok(())
}

/// Compiled code is trusted by the engine, so it must never come from a tool's author. It is an ELF file.
#[tokio::test]
async fn compiled_code_in_place_of_a_component() -> Result<()> {
    let expected = "tool `echo`: the file is not a WebAssembly component; package it with `just build-tools`";
    assert_eq!(refusal_of(b"\x7fELF\x02\x01\x01\0wasmtime").await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_component_that_is_cut_short() -> Result<()> {
    let bytes = std::fs::read(ExtraTools::new(&["echo"])?.component("echo"))?;
    let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
    let text = refusal_of(half).await?;
    assert!(text.starts_with("tool `echo`: the component is not valid for this host: "), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_component_that_is_too_large() -> Result<()> {
    let expected = "tool `echo`: the file has 4194305 bytes; a component may have 4194304 (build with opt-level \"s\", \
                    lto and strip)";
    assert_eq!(refusal_of(&vec![0; (4 << 20) + 1]).await?, expected);
    Ok(())
}

#[tokio::test]
async fn every_refused_tool_is_named_at_once() -> Result<()> {
    let text = refusal(&ExtraTools::new(&["undercovered", "ungranted_import"])?).await?;
    let tools: Vec<&str> = text.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(tools, ["tool `undercovered`", "tool `ungranted_import`"]);
    Ok(())
}
