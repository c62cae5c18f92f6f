//! `list_entitlements`, `list_egress_ips`, and the operator's commands behind the first.

use anyhow::{Context as _, Result};
use atmos_mcp::cli::Cli;
use atmos_mcp::config::Config;
use clap::Parser as _;
use serde_json::json;
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// `key=value source` of every entitlement.
async fn entitlements(agent: &Agent) -> Result<Vec<String>> {
    let rows = all_rows(agent, "list_entitlements", json!({})).await?;
    let show = |row| format!("{}={} {}", text(row, "/key"), text(row, "/value"), text(row, "/source"));
    Ok(rows.iter().map(show).collect())
}

/// A configuration for the operator's commands, with these lines at its end.
fn configuration(app: &TestApp, more: &str) -> Result<String> {
    let config = &app.app().config;
    let file = config.data.join("operator.toml");
    let lines = format!(
        "listen = \"127.0.0.1:0\"\npublic_url = \"{}\"\ndata = \"{}\"\n[database]\nurl = \"{}\"\n\
         [tools]\ndir = \"target/tools\"\n{more}",
        config.public_url.issuer(),
        config.data.display(),
        config.database.url,
    );
    std::fs::write(&file, lines)?;
    Ok(file.display().to_string())
}

/// Runs `atmos-mcp workspace entitlement …` for Acme.
async fn operate(app: &TestApp, arguments: &str) -> Result<()> {
    let config = configuration(app, "")?;
    let head = ["atmos-mcp", "workspace", "entitlement"];
    let tail = ["--config", &config, "--workspace", "acme"];
    let arguments = head.into_iter().chain(arguments.split(' ')).chain(tail);
    Cli::try_parse_from(arguments)?.run(|_| None).await
}

on_both_engines! {
    async fn list_entitlements(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_entitlements", json!({})).await?;
        assert!(rows.iter().all(|row| fields(row) == ["key", "source", "value"]), "{rows:?}");
        let keys: Vec<&str> = rows.iter().map(|row| text(row, "/key")).collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        assert!(keys.contains(&"audit_log") && keys.contains(&"mcp_requests_per_day"), "{keys:?}");
        let shown = entitlements(&agent).await?;
        let own = app.db_text(
            "SELECT o.key || '=' || o.value || ' override' FROM entitlement_overrides o \
             JOIN workspaces w ON w.id = o.workspace_id WHERE w.slug = 'acme' AND o.key NOT LIKE 'mcp_requests_%'",
        );
        let own = own.await?;
        assert!(!own.is_empty());
        assert!(own.iter().all(|row| shown.contains(row)), "{own:?} {shown:?}");
        let overridden = shown.iter().filter(|row| row.ends_with(" override") && !row.starts_with("mcp_requests_"));
        assert_eq!(overridden.count(), own.len());
        assert_eq!(all_rows(&agent, "list_entitlements", json!({ "limit": 2 })).await?, rows);
    }

    async fn list_entitlements_shows_the_rates_that_are_enforced(engine: Engine) {
        let app = Fixture::new(engine).limits(700, 7_000).start().await?;
        app.db_execute("UPDATE workspaces SET rate_minute = 900, rate_day = NULL WHERE slug = 'acme'").await?;
        let shown = entitlements(&app.agent("mia").await?).await?;
        for expected in ["mcp_requests_per_minute=900 override", "mcp_requests_per_day=7000 plan"] {
            assert!(shown.contains(&expected.to_owned()), "{expected}: {shown:?}");
        }
    }

    async fn list_entitlements_refuses_what_it_does_not_know(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (json!({ "cursor": "audit_log" }), FOREIGN_CURSOR),
            (json!({ "limit": 0 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 0)"),
            (
                json!({ "workspace": "rival" }),
                "Invalid arguments: unknown field `workspace`, expected `limit` or `cursor`",
            ),
        ];
        refuses(&agent, "list_entitlements", &cases).await?;
    }

    async fn an_operator_changes_what_a_workspace_may_use(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        operate(&app, "set --key max_members --value 40").await?;
        operate(&app, "set --key mcp_requests_per_day --value 70000").await?;
        let shown = entitlements(&agent).await?;
        for expected in ["max_members=40 override", "mcp_requests_per_day=70000 override"] {
            assert!(shown.contains(&expected.to_owned()), "{expected}: {shown:?}");
        }
        operate(&app, "unset --key max_members").await?;
        operate(&app, "unset --key mcp_requests_per_day").await?;
        let shown = entitlements(&agent).await?;
        for expected in ["max_members=unlimited plan", "mcp_requests_per_day=50000 plan"] {
            assert!(shown.contains(&expected.to_owned()), "{expected}: {shown:?}");
        }
        let audit = app.db_text(
            "SELECT actor_type || ' ' || action || ' ' || target_id || ' ' || outcome FROM audit_log \
             WHERE category = 'entitlement'",
        );
        let mut audit = audit.await?;
        audit.sort_unstable();
        assert_eq!(
            audit,
            [
                "operator override_removed max_members ok",
                "operator override_removed mcp_requests_per_day ok",
                "operator override_set max_members ok",
                "operator override_set mcp_requests_per_day ok",
            ]
        );
    }

    async fn an_operator_is_told_which_entitlements_there_are(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        app.db_execute("DELETE FROM entitlement_overrides").await?;
        for (arguments, problem) in [
            ("set --key speed --value 1", "--value 1: `speed` is no entitlement; there are audit_log, "),
            ("set --key sts --value 7", "--value 7: sts is true or false"),
            ("unset --key max_instances", "--key max_instances: it is not set for acme"),
        ] {
            let error = operate(&app, arguments).await.err().context("it was done")?.to_string();
            assert!(error.starts_with(problem), "{error}");
        }
    }

    async fn list_egress_ips(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_egress_ips", json!({})).await?;
        let expected = json!([
            { "cidr": "192.0.2.0/28", "purpose": "Requests to GitHub" },
            { "cidr": "198.51.100.64/32", "purpose": "Requests to GitHub from the standby site" },
            { "cidr": "2001:db8:50::/48", "purpose": "Requests to GitHub over IPv6" },
        ]);
        assert_eq!(json!(rows), expected);
        for limit in [1, 2, 3] {
            assert_eq!(all_rows(&agent, "list_egress_ips", json!({ "limit": limit })).await?, rows, "limit {limit}");
        }
        refuses(&agent, "list_egress_ips", &[(json!({ "cursor": "192.0.2.0/28" }), FOREIGN_CURSOR)]).await?;
    }

    async fn list_egress_ips_says_who_can_name_them(engine: Engine) {
        let app = Fixture::new(engine).without_egress().start().await?;
        let reply = app.agent("mia").await?.call("list_egress_ips", json!({})).await?;
        let hint = "none is configured; whoever runs this server can list them under [egress] in its configuration";
        assert_eq!(reply.structured()?, &json!({ "items": [], "nextCursor": null, "hint": hint }));
    }

    async fn a_wrong_egress_range_stops_the_start(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let file = configuration(&app, "[egress]\nips = [{ cidr = \"192.0.2.0/24\" }, { cidr = \"192.0.2.1/24\" }]\n")?;
        let error = Config::load(std::path::Path::new(&file), |_| None).err().context("it was accepted")?;
        let expected = "egress.ips: entry 2, `192.0.2.1/24`, has bits set behind its prefix: write the first address \
             of the range";
        assert_eq!(error.to_string(), expected);
    }
}
