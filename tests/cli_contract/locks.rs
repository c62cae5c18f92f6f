//! `POST` and `DELETE /api/v1/locks`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::harness::{Engine, text};

use super::{Ci, refused, succeeded};

const KEY: &str = "org/repo/ci-dev/vpc";

on_both_engines! {
    async fn a_lock_holds_until_it_is_given_back(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let lock = json!({ "key": KEY, "ttl": 30, "lockMessage": "Locked by Atmos" });
        let taken = ci.post("/locks", &ci.token, &lock).await?;
        let taken = succeeded(&taken)?;
        assert_eq!(text(taken, "/lockMessage"), "Locked by Atmos");
        assert_eq!((text(taken, "/createdAt"), text(taken, "/expiresAt")), ("2026-08-21T10:00:00Z", "2026-08-21T10:00:30Z"));
        assert_eq!(refused(&ci.post("/locks", &ci.token, &lock).await?, 409, "Conflict")?, "Stack is already locked");
        let unlock = json!({ "key": KEY });
        let given_back = ci.send(Method::DELETE, "/locks", &ci.token, &unlock).await?;
        assert_eq!(succeeded(&given_back)?, &json!({}));
        let again = ci.send(Method::DELETE, "/locks", &ci.token, &unlock).await?;
        assert_eq!(refused(&again, 404, "NotFound")?, "Stack not found or not locked");
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
        let audit = ci.app.db_text("SELECT action || ' ' || outcome FROM audit_log WHERE category = 'lock' ORDER BY action");
        assert_eq!(audit.await?, ["created ok", "created ok", "deleted ok"]);
    }

    async fn a_lock_that_has_expired_is_nobodys(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let lock = json!({ "key": KEY, "ttl": 30 });
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
        ci.app.advance(Duration::from_secs(29));
        refused(&ci.post("/locks", &ci.token, &lock).await?, 409, "Conflict")?;
        ci.app.advance(Duration::from_secs(1));
        let unlock = ci.send(Method::DELETE, "/locks", &ci.token, &json!({ "key": KEY })).await?;
        refused(&unlock, 404, "NotFound")?;
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
        ci.app.advance(Duration::from_secs(30));
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
    }

    async fn times_are_in_whole_seconds_whatever_the_clock_says(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.app.advance(Duration::from_micros(1_234_567));
        let taken = ci.post("/locks", &ci.token, &json!({ "key": KEY, "ttl": 30 })).await?;
        assert_eq!(text(succeeded(&taken)?, "/expiresAt"), "2026-08-21T10:00:31Z");
    }

    async fn a_message_may_have_its_old_name_and_is_cut(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (field, message, kept) in [
            ("message", "Locked by hand".to_owned(), "Locked by hand".to_owned()),
            ("lockMessage", "é".repeat(1_001), "é".repeat(1_000)),
        ] {
            let mut lock = json!({ "key": KEY, "ttl": 30 });
            lock[field] = json!(message);
            let taken = ci.post("/locks", &ci.token, &lock).await?;
            assert_eq!(text(succeeded(&taken)?, "/lockMessage"), kept, "{field}");
            assert_eq!(ci.app.db_text("SELECT message FROM locks WHERE key LIKE 'org/repo/%'").await?, [kept]);
            succeeded(&ci.send(Method::DELETE, "/locks", &ci.token, &json!({ "key": KEY })).await?)?;
        }
    }

    async fn a_lock_that_could_not_be_audited_is_not_taken(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let lock = json!({ "key": KEY, "ttl": 30 });
        ci.app.db_execute("ALTER TABLE audit_log RENAME TO audit_log_gone").await?;
        refused(&ci.post("/locks", &ci.token, &lock).await?, 503, "Unavailable")?;
        ci.app.db_execute("ALTER TABLE audit_log_gone RENAME TO audit_log").await?;
        // The CLI tries again.
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
    }

    async fn each_workspace_has_its_own_locks(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let rival = ci.app.db_text("SELECT slug FROM workspaces WHERE slug <> 'acme' ORDER BY slug").await?;
        let rival = ci.app.workspace_token(rival.first().map_or("", String::as_str)).await?;
        let lock = json!({ "key": KEY, "ttl": 30 });
        succeeded(&ci.post("/locks", &ci.token, &lock).await?)?;
        let unlock = ci.send(Method::DELETE, "/locks", &rival, &json!({ "key": KEY })).await?;
        refused(&unlock, 404, "NotFound")?;
        succeeded(&ci.post("/locks", &rival, &lock).await?)?;
    }

    async fn a_malformed_lock_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (body, message) in [
            (json!({}), "`key` is missing"),
            (json!({ "key": KEY, "ttl": 0 }), "`ttl` must be the seconds of the lock, 1 or more"),
            (json!({ "key": KEY, "ttl": "30" }), "`ttl` must be an integer"),
        ] {
            assert_eq!(refused(&ci.post("/locks", &ci.token, &body).await?, 400, "ValidationError")?, message);
        }
    }
}
