//! Rate limits, tokens, and what is said when GitHub refuses.

use std::time::Duration;

use anyhow::bail;
use atmos_mcp::clock::Clock;
use atmos_mcp::config::GithubConfig;
use atmos_mcp::ingest::backfill::Outcome;
use atmos_mcp::upstream::{GithubApp, JobLog};
use serde_json::json;
use tests::harness::{Engine, FakeGithubApp, INSTALLATION, NOW};

use super::{failure, github_app, open, pull, run, start, start_with_instances, sync};

/// Words of secrets: of installation tokens, of the App's own, of keys, and of signed addresses.
const SECRETS: [&str; 4] = ["ghs_", "eyJ", "PRIVATE KEY-", "sig="];

fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in: {text}");
    }
}

on_both_engines! {
    async fn a_sync_leaves_the_last_tenth_of_the_limit_to_others(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().runs.insert("acme/synced".to_owned(), vec![run(7_001, &json!({ "conclusion": "skipped" }))]);
        let reset = NOW.plus(Duration::from_mins(30));
        // Repositories, runs and pull requests; then 500 of 5,000 are left.
        github.world().budget = Some((503, reset.seconds()));
        let mut backfill = open(&app).await?;
        assert_eq!(backfill.run().await?, Outcome::Paused { until: reset });
        let asked = github.world().requests.len();
        assert_eq!(backfill.run().await?, Outcome::Paused { until: reset });
        assert_eq!(github.world().requests.len(), asked);

        app.advance(Duration::from_mins(31));
        github.world().budget = None;
        assert_eq!(backfill.run().await?, Outcome::Done);
        assert_eq!((backfill.summary().repositories, backfill.summary().runs), (1, 1));
        assert_eq!(github.requests("runs?created"), 1);
    }

    async fn an_answer_that_tells_nothing_of_the_limit_changes_nothing(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().logs.insert(9_001, Some("a log\n".to_owned()));
        let reset = NOW.plus(Duration::from_mins(30));
        github.world().budget = Some((501, reset.seconds()));
        let mut backfill = open(&app).await?;
        assert_eq!(backfill.run().await?, Outcome::Paused { until: reset });
        github.world().budget = None;
        github_app(&app)?.job_log(INSTALLATION, "acme", "synced", 9_001, 1_000).await?;
        assert_eq!(backfill.run().await?, Outcome::Paused { until: reset });
    }

    async fn a_refused_request_says_when_to_go_on(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().pulls.insert("acme/synced".to_owned(), vec![pull(12, &json!({}))]);
        github.world().failures.push(("/pulls?", 429));
        let mut backfill = open(&app).await?;
        let until = NOW.plus(Duration::from_secs(30));
        assert_eq!(backfill.run().await?, Outcome::Paused { until });
        app.advance(Duration::from_secs(30));
        assert_eq!(backfill.run().await?, Outcome::Done);
        assert_eq!(backfill.summary().pull_requests, 1);
    }

    async fn a_token_is_used_until_it_nearly_ends(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        sync(&app).await?;
        app.advance(Duration::from_mins(54));
        sync(&app).await?;
        assert_eq!(github.world().tokens_given, 1);
        app.advance(Duration::from_mins(2));
        sync(&app).await?;
        assert_eq!(github.world().tokens_given, 2);
        // Whatever happens to an installation can end its tokens early.
        github.world().tokens.clear();
        app.advance(Duration::from_mins(2));
        sync(&app).await?;
        assert_eq!(github.world().tokens_given, 3);
    }

    async fn those_whose_token_is_refused_at_once_share_the_next_one(engine: Engine) {
        let (app, github) = start(engine).await?;
        github.world().logs.insert(9_001, Some("a log\n".to_owned()));
        let log = || async {
            let log = github_app(&app)?.job_log(INSTALLATION, "acme", "synced", 9_001, 1_000).await?;
            anyhow::Ok(log)
        };
        log().await?;
        github.world().tokens.clear();
        let (first, second, third) = tokio::join!(log(), log(), log());
        assert_eq!(first?, second?);
        third?;
        assert_eq!(github.world().tokens_given, 2);
    }

    async fn an_installation_does_not_wait_for_the_token_of_another(engine: Engine) {
        let (app, github) = start(engine).await?;
        github.world().logs.insert(9_001, Some("a log\n".to_owned()));
        github.world().silence = Some("/app/installations/1/");
        let log = |installation| github_app(&app).map(|app| app.job_log(installation, "acme", "synced", 9_001, 1_000));
        let (stranger, ours) = (log(1)?, log(INSTALLATION)?);
        tokio::select! {
            biased;
            stranger = stranger => bail!("GitHub did not answer, and still: {stranger:?}"),
            ours = ours => assert!(matches!(ours?, JobLog::Text { .. })),
        }
    }

    async fn what_github_refuses_is_said_without_secrets(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().failures.push(("/commits?", 403));
        let text = failure(&app).await?;
        assert!(text.starts_with("GitHub does not let the App read its list of commits"), "{text}");
        let stranger = github_app(&app)?.job_log(1, "acme", "synced", 9_001, 1_000).await;
        let stranger = stranger.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(stranger.starts_with("GitHub knows no installation 1 of this App"), "{stranger}");

        github.world().tokens.clear();
        github.world().is_suspended = true;
        let suspended = failure(&app).await?;
        assert_eq!(suspended, format!("the installation {INSTALLATION} is suspended on GitHub"));
        github.world().is_key_deleted = true;
        let refused = failure(&app).await?;
        assert!(refused.starts_with("GitHub does not accept the App's private key"), "{refused}");

        let stored = app.db_text("SELECT COALESCE(metadata, '') || COALESCE(detail, '') FROM audit_log").await?;
        for text in [text, stranger, suspended, refused, stored.concat(), format!("{:?}", app.app().config)] {
            assert_no_secret(&text);
        }
    }

    async fn a_key_that_is_none_is_said_to_be_none(engine: Engine) {
        let (app, github) = start(engine).await?;
        let refusal = |config: &GithubConfig| {
            let made = GithubApp::new(config, &app.app().http, Clock::manual(NOW));
            made.err().map(|error| error.to_string()).unwrap_or_default()
        };
        let config: GithubConfig = serde_json::from_value(github.config())?;
        assert_eq!(refusal(&config), "");
        let text = refusal(&GithubConfig { private_key: Some("-----BEGIN RSA".to_owned()), ..config.clone() });
        assert!(text.starts_with("github.private_key_file: ") && text.contains("no RSA private key"), "{text}");
        let text = refusal(&GithubConfig { private_key_file: Some("no/such/file.pem".into()), ..config.clone() });
        assert_eq!(text, "github.private_key_file: no/such/file.pem cannot be read");
        // From the environment, with the ends of lines escaped.
        let pem = std::fs::read_to_string(FakeGithubApp::key_file())?.replace('\n', "\\n");
        let from_environment = GithubConfig { private_key: Some(pem), private_key_file: None, ..config.clone() };
        assert_eq!(refusal(&from_environment), "");
        let without = GithubConfig { app_id: None, private_key_file: None, ..config };
        assert!(GithubApp::new(&without, &app.app().http, Clock::manual(NOW))?.is_none());
    }
}
