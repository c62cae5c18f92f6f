//! `job-summaries`: the Markdown that jobs wrote to `$GITHUB_STEP_SUMMARY`.

use super::bindings::atmos::mcp::job_summaries::{Host, JobSummary, JobSummaryPage};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire;
use crate::authz::Permission;
use crate::logs;
use crate::store::StoreError;
use crate::store::job_summaries::{self, SummaryRow};
use crate::store::jobs;

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Bytes of one summary that are given.
const MAX_MARKDOWN: usize = 25_000;

/// Bytes of Markdown of one page, if it has more than one summary: an agent reads it all.
const MAX_PAGE: usize = 50_000;

/// Bytes at the end of a cut summary in which a line feed is looked for.
const LAST_LINE: usize = 2_000;

impl Host for CallState {
    async fn list_job_summaries(
        &mut self,
        run_id: String,
        job_name: Option<String>,
        request: PageRequest,
    ) -> wasmtime::Result<Result<Option<JobSummaryPage>, CapabilityError>> {
        Ok(list_job_summaries(self, &run_id, job_name.as_deref(), &request).await)
    }
}

async fn list_job_summaries(
    state: &mut CallState,
    run_id: &str,
    job_name: Option<&str>,
    request: &PageRequest,
) -> Result<Option<JobSummaryPage>, CapabilityError> {
    state.enter(PERMISSION)?;
    let cursors = state.cursor_context("job-summaries.list", format!("{run_id} {job_name:?}"));
    let page = page(&cursors, request)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let mut rows = job_summaries::list_summaries(reader, scope, run_id, job_name, &page).await?;
    if rows.is_empty() && !jobs::has_run(reader, scope, run_id).await? {
        return Ok(None);
    }
    let mut last = page.cut(&mut rows, |row| &row.id);
    let (mut items, mut bytes, mut shown) = (Vec::with_capacity(rows.len()), 0, None);
    for row in rows {
        let id = row.id.clone();
        let summary = JobSummary::try_from(row)?;
        if !items.is_empty() && bytes + summary.markdown.len() > MAX_PAGE {
            last = shown;
            break;
        }
        bytes += summary.markdown.len();
        items.push(summary);
        shown = Some(id);
    }
    let next_cursor = last.map(|last| cursors.encode(&last));
    state.charge_rows(items.len())?;
    state.charge_bytes(bytes)?;
    Ok(Some(JobSummaryPage { items, next_cursor }))
}

impl TryFrom<SummaryRow> for JobSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        let inconsistent = |_| StoreError::Inconsistent {
            table: "job_summaries",
            id: row.id.clone(),
            what: "a text that cannot be decompressed",
        };
        let read = logs::unpack(&row.markdown, MAX_MARKDOWN).map_err(inconsistent)?;
        let truncated = usize::try_from(row.bytes).is_ok_and(|bytes| bytes > read.len());
        Ok(Self {
            job_name: text::clean_line(&row.job_name),
            markdown: text::clean(if truncated { whole_lines(&read) } else { &read }),
            bytes: wire::count(row.bytes),
            truncated,
            created_at: wire::time(row.created_at),
        })
    }
}

/// A text that was cut, without its last and broken line, unless that is long.
fn whole_lines(text: &str) -> &str {
    let end = text.rfind('\n').filter(|end| text.len() - end <= LAST_LINE);
    end.and_then(|end| text.get(..=end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(markdown: &str) -> JobSummary {
        let row = SummaryRow {
            id: "sum_1".to_owned(),
            job_name: "plan".to_owned(),
            markdown: zstd::encode_all(markdown.as_bytes(), 3).unwrap(),
            bytes: i64::try_from(markdown.len()).unwrap(),
            created_at: 0,
        };
        JobSummary::try_from(row).unwrap()
    }

    #[test]
    fn a_summary_is_cut_between_lines() {
        let short = summary("## Plan ✅\n");
        assert_eq!((short.markdown.as_str(), short.bytes, short.truncated), ("## Plan ✅\n", 12, false));
        let long = summary(&"| vpc | plat-use2-prod | ✅ |\n".repeat(2_000));
        assert!(long.truncated && long.markdown.len() <= MAX_MARKDOWN && long.markdown.ends_with("|\n"));
        assert!(long.markdown.len() > MAX_MARKDOWN - 40, "{}", long.markdown.len());
        let one_line = summary(&"é".repeat(20_000));
        assert_eq!((one_line.markdown.len(), one_line.bytes, one_line.truncated), (MAX_MARKDOWN, 40_000, true));
        let exact = summary(&"x".repeat(MAX_MARKDOWN));
        assert!(!exact.truncated && exact.markdown.len() == MAX_MARKDOWN);
    }

    #[test]
    fn what_a_reader_would_not_see_is_taken_out_of_markdown() {
        assert_eq!(summary("ok \u{202e}gnp.exe\u{200b}\u{1b}[31m").markdown, "ok gnp.exe");
    }
}
