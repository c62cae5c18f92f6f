//! Pull requests whose events come in any order, within one second, or without some of their fields.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Engine, TestApp};

use super::{Github, event, start, with};

/// Pull request 12 of a repository; `state` is the event's word and what it changes.
async fn tell(github: &Github, repository: &str, (action, state): (&str, Value)) -> Result<()> {
    let pull_request = json!({
        "number": 12, "title": "Add vpc", "user": { "login": "mia" }, "state": "open", "draft": false,
        "merged": false, "html_url": "https://github.com/acme/new/pull/12",
        "head": { "ref": "vpc", "sha": "aaa" }, "base": { "ref": "main" }, "created_at": "2026-08-21T08:00:00Z",
        "updated_at": "2026-08-21T08:00:00Z", "merged_at": null, "closed_at": null,
    });
    let mut event = event(repository, action, "pull_request", with(pull_request, &state));
    event["before"] = state["before"].clone();
    github.apply("pull_request", &event).await
}

/// `state author head updated title`, and how many repositories have it so.
async fn rows(app: &TestApp) -> Result<Vec<String>> {
    app.db_text(
        "SELECT q.state || ' ' || q.author || ' ' || q.head_sha || ' ' || CAST(q.github_updated_at AS TEXT) || ' ' \
         || q.title || ' x' || CAST(COUNT(*) AS TEXT) FROM pull_requests q \
         JOIN repositories p ON p.id = q.repository_id WHERE p.name LIKE 'order-%' \
         GROUP BY q.state, q.author, q.head_sha, q.github_updated_at, q.title",
    )
    .await
}

/// Delivers these events in every order, the first of it once more at the end, each order to a repository of its own.
async fn in_every_order(app: &TestApp, events: &[(&str, Value)]) -> Result<Vec<String>> {
    let github = Github::new(app);
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in events {
        let longer = |order: &Vec<usize>| {
            let rest: Vec<usize> = (0..events.len()).filter(|next| !order.contains(next)).collect();
            rest.into_iter().map(|next| [order.as_slice(), &[next]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    let names: Vec<String> = (0..orders.len()).map(|number| format!("order-{number}")).collect();
    github.add_repositories(&names).await?;
    for (name, order) in names.iter().zip(&orders) {
        for event in order.iter().chain(order.first()).filter_map(|index| events.get(*index)) {
            tell(&github, name, event.clone()).await?;
        }
    }
    rows(app).await
}

on_both_engines! {
    async fn new_commits_of_the_same_second_are_kept(engine: Engine) {
        let app = start(engine).await?;
        let moved = |before: &str, after: &str| {
            ("synchronize", json!({ "before": before, "head": { "ref": "vpc", "sha": after } }))
        };
        let events = [("opened", json!({})), ("labeled", json!({})), moved("aaa", "bbb"), moved("bbb", "abc")];
        let rows = in_every_order(&app, &events).await?;
        assert_eq!(rows, ["open mia abc 1787299200000000 Add vpc x24"]);
    }

    async fn what_is_closed_and_reopened_within_a_second_is_open(engine: Engine) {
        let app = start(engine).await?;
        let events = [
            ("edited", json!({ "title": "Add a vpc" })),
            ("closed", json!({ "state": "closed", "closed_at": "2026-08-21T08:00:00Z", "title": "Add a vpc" })),
            ("reopened", json!({ "title": "Add a vpc" })),
        ];
        let rows = in_every_order(&app, &events).await?;
        assert_eq!(rows, ["open mia aaa 1787299200000000 Add a vpc x6"]);
    }

    async fn what_an_event_leaves_out_stays(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["order-0".to_owned()]).await?;
        tell(&github, "order-0", ("opened", json!({}))).await?;
        let bare = json!({ "user": null, "title": null, "head": null, "base": null, "created_at": null,
            "updated_at": "2026-08-21T08:01:00Z" });
        tell(&github, "order-0", ("labeled", bare)).await?;
        assert_eq!(rows(&app).await?, ["open mia aaa 1787299260000000 Add vpc x1"]);
    }

    async fn an_event_without_times_shuts_no_other_out(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["order-0".to_owned()]).await?;
        let timeless = json!({ "created_at": null, "updated_at": null });
        tell(&github, "order-0", ("opened", timeless)).await?;
        let closed = json!({ "state": "closed", "closed_at": "2026-08-21T08:30:00Z", "updated_at": "2026-08-21T08:30:00Z" });
        tell(&github, "order-0", ("closed", closed)).await?;
        assert_eq!(rows(&app).await?, ["closed mia aaa 1787301000000000 Add vpc x1"]);
        let created = app.db_text("SELECT CAST(q.created_at AS TEXT) FROM pull_requests q \
             JOIN repositories p ON p.id = q.repository_id WHERE p.name = 'order-0'");
        assert_eq!(created.await?, ["1787299200000000"]);
    }
}
