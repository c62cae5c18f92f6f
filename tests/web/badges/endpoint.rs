//! How badges are served, and what is served in their place.

use reqwest::Client;
use tests::harness::Engine;

use super::subject::{Parameter, Picture, Subject, badge_url};

const HEALTH: Parameter<'static> = ("type", "instance_health");

on_both_engines! {
    async fn a_badge_may_be_kept_for_a_minute(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let url = subject.url(&[("type", "drift_status"), ("repo", &subject.repo)])?;
        let picture = Picture::open(&url).await?;
        assert_eq!(picture.header("cache-control"), "public, max-age=60");
        assert_eq!(picture.header("x-content-type-options"), "nosniff");
        assert_eq!(picture.header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'");
        let etag = picture.header("etag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 20, "{etag}");
        assert_eq!(Picture::open(&url).await?.header("etag"), etag);

        let head = Picture::read(Client::new().head(&url)).await?;
        assert_eq!((head.status, head.header("etag"), head.svg.as_str()), (200, etag.as_str(), ""));
        assert_eq!(head.header("content-length"), picture.svg.len().to_string());

        for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let reply = Picture::read(Client::new().get(&url).header("if-none-match", &known)).await?;
            assert_eq!((reply.status, reply.svg.as_str(), reply.header("etag")), (304, "", etag.as_str()), "{known}");
            assert_eq!(reply.header("cache-control"), "public, max-age=60");
        }
        let changed = Picture::read(Client::new().get(&url).header("if-none-match", "\"x\"")).await?;
        assert_eq!((changed.status, changed.svg), (200, picture.svg));
        assert_eq!(Picture::read(Client::new().post(&url)).await?.status, 405);
    }

    async fn what_may_not_be_shown_is_the_same_picture_whatever_the_reason(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (head, last) = subject.token.split_at(subject.token.len() - 1);
        let forged = format!("{head}{}", if last == "A" { "Q" } else { "A" });
        let (good, forged) = (("token", subject.token.as_str()), ("token", forged.as_str()));
        let drift = ("type", "drift_status");
        let unknown = Picture::open(&badge_url(&subject.app, &[drift])?).await?;
        assert_eq!(unknown.says(), "drift: unknown");
        let cases = [
            vec![("token", "")],
            vec![("token", "nonsense")],
            vec![forged, ("repo", subject.repo.as_str())],
            vec![forged, ("repo", "nobody/nothing")],
            vec![good, ("repo", "nobody/nothing")],
            vec![good, ("repo", "canary-rival/canary-rival-infrastructure")],
            vec![good, ("stack", "no-such-stack")],
            vec![good, ("component", "no-such-component")],
            vec![good, ("stack", "no-such-stack"), ("component", "no-such-component")],
        ];
        for mut case in cases {
            case.push(drift);
            let picture = Picture::open(&badge_url(&subject.app, &case)?).await?;
            assert_eq!(picture.svg, unknown.svg, "{case:?}");
            for header in ["etag", "cache-control"] {
                assert_eq!(picture.header(header), unknown.header(header), "{case:?}");
            }
        }
        let workflow = [("type", "workflow_status"), ("stack", "no-such-stack")];
        assert_eq!(subject.says(&workflow).await?, "workflow: unknown");
        assert_eq!(subject.says(&[("type", "everything")]).await?, "badge: unknown");
        assert_eq!(subject.says(&[]).await?, "badge: unknown");
        assert_ne!(subject.says(&[HEALTH]).await?, "instances: unknown");
    }

    async fn a_suspended_workspace_shows_nothing(engine: Engine) {
        let subject = Subject::start(engine).await?;
        subject.app.db_execute("UPDATE workspaces SET status = 'suspended' WHERE slug = 'acme'").await?;
        for kind in ["drift_status", "deployment_status", "workflow_status", "instance_health"] {
            assert!(subject.says(&[("type", kind)]).await?.ends_with(": unknown"), "{kind}");
        }
    }

    async fn a_database_that_fails_breaks_no_picture(engine: Engine) {
        let subject = Subject::start(engine).await?;
        subject.app.db_execute("ALTER TABLE badge_tokens RENAME TO gone").await?;
        let picture = Picture::open(&subject.url(&[("type", "drift_status")])?).await?;
        assert_eq!((picture.says(), picture.header("cache-control")), ("drift: unknown", "public, max-age=5"));
    }

    async fn a_label_is_shown_as_text(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let script = "<script>alert(1)</script>";
        let picture = Picture::open(&subject.url(&[HEALTH, ("label", script)])?).await?;
        assert!(!picture.svg.contains("<script"), "{}", picture.svg);
        assert!(picture.says().starts_with("&lt;script&gt;alert(1)&lt;/script&gt;: "), "{}", picture.says());
        let long = "x".repeat(65);
        let said = subject.says(&[HEALTH, ("label", &long)]).await?;
        assert!(said.starts_with(&format!("{}…: ", "x".repeat(63))), "{said}");
    }

    async fn a_style_changes_the_looks_alone(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let flat = Picture::open(&subject.url(&[HEALTH])?).await?;
        let unknown_style = Picture::open(&subject.url(&[HEALTH, ("style", "3d")])?).await?;
        assert_eq!(unknown_style.svg, flat.svg);
        for style in ["flat-square", "for-the-badge"] {
            let picture = Picture::open(&subject.url(&[HEALTH, ("style", style)])?).await?;
            assert_ne!(picture.svg, flat.svg, "{style}");
            assert_eq!(picture.says(), flat.says(), "{style}");
        }
    }
}
