//! `list_instances`, `get_instance`.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, text};

on_both_engines! {
    async fn list_instances(engine: Engine) {
        let agent = Fixture::new(engine).start().await?.agent("dana").await?;
        let reply = agent.call("list_instances", json!({ "statusFilter": ["drifted", "error"], "limit": 5 })).await?;
        let items = reply.structured()?["items"].as_array().context("items")?.clone();
        assert_eq!(items.len(), 5);
        for item in &items {
            assert!(["drifted", "error"].contains(&text(item, "/status")), "{item}");
        }
    }

    async fn list_instances_pages_visit_each_row_once(engine: Engine) {
        let agent = Fixture::new(engine).start().await?.agent("mia").await?;
        let mut seen = BTreeSet::new();
        let mut cursor = Value::Null;
        loop {
            let mut arguments = json!({ "limit": 100 });
            if !cursor.is_null() {
                arguments["cursor"] = cursor;
            }
            let reply = agent.call("list_instances", arguments).await?;
            let page = reply.structured()?;
            for item in page["items"].as_array().context("items")? {
                assert!(seen.insert(text(item, "/id").to_owned()), "{item} came twice");
            }
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert!(seen.len() > 200, "{}", seen.len());
    }
}
