//! `POST /api/v1/job-summaries`.

use anyhow::Result;
use reqwest::Client;
use tests::harness::{Engine, Reply};

use super::{Ci, refused, succeeded};

impl Ci {
    /// Posts a summary as `curl --data-binary` does.
    pub(super) async fn summary(&self, token: &str, query: &str, markdown: &str) -> Result<Reply> {
        let request = Client::new()
            .post(self.app.url(&format!("/api/v1/job-summaries{query}")))
            .bearer_auth(token)
            .header("content-type", "text/markdown")
            .body(markdown.to_owned());
        Reply::read(request).await
    }

    /// `job bytes run status` of the summaries, sorted.
    async fn summaries(&self) -> Result<Vec<String>> {
        let rows = self.app.db_text(
            "SELECT s.job_name || ' ' || CAST(s.bytes AS TEXT) || ' ' || CAST(w.github_run_id AS TEXT) || ' ' || w.status \
             FROM job_summaries s JOIN workflow_runs w ON w.id = s.run_id WHERE w.github_run_id = 9001 ORDER BY s.job_name",
        );
        rows.await
    }
}

on_both_engines! {
    async fn a_job_posts_its_summary(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        let reply = ci.summary(&session, "?jobName=vpc-dev", "## No Changes").await?;
        assert_eq!(succeeded(&reply)?["bytes"], 13);
        succeeded(&ci.summary(&session, "?jobName=eks%2Fcluster+dev", "## Plan").await?)?;
        succeeded(&ci.summary(&session, "?jobName=vpc-dev", "## Plan Failed").await?)?;
        assert_eq!(ci.summaries().await?, ["eks/cluster dev 7 9001 in_progress", "vpc-dev 14 9001 in_progress"]);
    }

    async fn a_result_of_the_same_run_joins_its_summary(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        succeeded(&ci.summary(&session, "?jobName=plan", "## No Changes").await?)?;
        let plan = serde_json::json!({ "command": "plan", "exit_code": 0 });
        succeeded(&ci.result(&session, "vpc", &plan).await?)?;
        assert_eq!(ci.summaries().await?, ["plan 13 9001 completed"]);
        assert_eq!(ci.runs().await?, ["vpc plan drift_detection completed success 0 9001"]);
    }

    async fn a_late_summary_does_not_replace_that_of_a_later_attempt(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let first = ci.session(&[]).await?;
        let second = ci.session(&[("run_attempt", serde_json::json!("2"))]).await?;
        for (session, markdown, late) in
            [(&first, "first", false), (&second, "second try", false), (&first, "first again", true), (&second, "2nd", false)]
        {
            let reply = ci.summary(session, "?jobName=plan", markdown).await?;
            assert_eq!(succeeded(&reply)?["late"], late, "{markdown}");
        }
        assert_eq!(ci.summaries().await?, ["plan 3 9001 in_progress"]);
    }

    async fn a_summary_needs_a_session_and_a_job(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let message = "this endpoint needs the session of a workflow: exchange an OIDC token and do not set ATMOS_PRO_TOKEN";
        let reply = ci.summary(&ci.token, "?jobName=plan", "## Plan").await?;
        assert_eq!(refused(&reply, 403, "Forbidden")?, message);
        let session = ci.session(&[]).await?;
        let reply = ci.summary(&session, "", "## Plan").await?;
        assert_eq!(refused(&reply, 400, "ValidationError")?, "`jobName` is missing");
        let reply = ci.summary(&session, "?jobName=plan", &"x".repeat((1 << 20) + 1)).await?;
        assert_eq!(
            refused(&reply, 413, "PayloadTooLarge")?,
            "the summary is larger than 1 MiB, which is GitHub's limit too"
        );
        succeeded(&ci.summary(&session, "?jobName=plan", &"x".repeat(1 << 20)).await?)?;
    }
}
