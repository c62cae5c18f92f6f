//! `job-summaries`: the Markdown that jobs wrote to `$GITHUB_STEP_SUMMARY`.

use super::bindings::atmos::mcp::job_summaries::{Host, JobSummary, JobSummaryPage};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::run_logs::on_text;
use super::state::{CallState, page};
use super::text;
use super::wire;
use crate::authz::Permission;
use crate::logs;
use crate::store::StoreError;
use crate::store::job_summaries::{self, SizeRow, SummaryRow};
use crate::store::jobs;

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Bytes of one summary that are given.
const MAX_MARKDOWN: usize = 25_000;

/// Bytes of a summary that are read: ingest takes no longer ones.
const MAX_STORED: usize = 1 << 20;

/// Bytes of Markdown of one page: an agent reads it all.
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
    let cursors = state.cursor_context("job_summaries.list", format!("{run_id} {job_name:?}"));
    let page = page(&cursors, request)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let mut sizes = job_summaries::list_sizes(reader, scope, run_id, job_name, &page).await?;
    if sizes.is_empty() && !jobs::has_run(reader, scope, run_id).await? {
        return Ok(None);
    }
    let mut last = page.cut(&mut sizes, |row| &row.id);
    let fitting = fitting(&sizes);
    if fitting < sizes.len() {
        sizes.truncate(fitting);
        last = sizes.last().map(|row| row.id.clone());
    }
    let next_cursor = last.map(|last| cursors.encode(&last));
    let rows = job_summaries::read_summaries(reader, scope, &sizes).await?;
    let stored = rows.iter().map(|row| length(row.bytes)).sum();
    let read = || rows.into_iter().map(JobSummary::try_from).collect::<Result<Vec<_>, _>>();
    let items = on_text(stored, read).await??;
    state.charge_rows(items.len())?;
    state.charge_bytes(items.iter().map(|summary| summary.markdown.len()).sum())?;
    Ok(Some(JobSummaryPage { items, next_cursor }))
}

/// How many of these summaries come on one page, before any is read: cleaned and cut, they are at most this long.
fn fitting(sizes: &[SizeRow]) -> usize {
    let mut bytes = 0;
    let fits = |row: &&SizeRow| {
        bytes += length(row.bytes).min(MAX_MARKDOWN);
        bytes <= MAX_PAGE
    };
    sizes.iter().take_while(fits).count()
}

fn length(bytes: i64) -> usize {
    usize::try_from(bytes).unwrap_or_default()
}

impl TryFrom<SummaryRow> for JobSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        let inconsistent = |_| StoreError::Inconsistent {
            table: "job_summaries",
            id: row.id.clone(),
            what: "a text that cannot be decompressed",
        };
        // Cut after cleaning: what is not shown takes no room.
        let whole = text::clean(&logs::unpack(&row.markdown, MAX_STORED).map_err(inconsistent)?);
        let markdown = start_of(&whole);
        Ok(Self {
            job_name: text::clean_line(&row.job_name),
            truncated: markdown.len() < whole.len(),
            markdown: markdown.to_owned(),
            bytes: wire::count(row.bytes),
            created_at: wire::time(row.created_at),
        })
    }
}

/// The start of a text that is too long, without its last and broken line, unless that is long.
fn start_of(text: &str) -> &str {
    if text.len() <= MAX_MARKDOWN {
        return text;
    }
    let cut = (0..=MAX_MARKDOWN).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    let end = cut.rfind('\n').filter(|end| cut.len() - end <= LAST_LINE);
    end.and_then(|end| cut.get(..=end)).unwrap_or(cut)
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
    fn colours_take_no_room_in_a_summary() {
        let red = |lines: usize| summary(&"\u{1b}[31m\u{1b}[1mred\u{1b}[0m\u{200b} line\n".repeat(lines));
        let whole = red(2_700);
        assert!(usize::try_from(whole.bytes).unwrap() > 2 * MAX_MARKDOWN);
        assert_eq!((whole.markdown, whole.truncated), ("red line\n".repeat(2_700), false));
        let cut = red(10_000);
        assert_eq!((cut.markdown, cut.truncated), ("red line\n".repeat(MAX_MARKDOWN / 9), true));
    }

    #[test]
    fn a_page_has_what_cannot_be_too_long_together() {
        let fits = |sizes: &[i64]| {
            let row = |bytes: &i64| SizeRow { id: String::new(), bytes: *bytes };
            fitting(&sizes.iter().map(row).collect::<Vec<_>>())
        };
        assert_eq!(fits(&[]), 0);
        assert_eq!(fits(&[1 << 20; 100]), 2);
        assert_eq!(fits(&[30_000, 20_000, 5_000, 1]), 3);
        assert_eq!(fits(&[100; 100]), 100);
    }

    #[test]
    fn what_a_reader_would_not_see_is_taken_out_of_markdown() {
        assert_eq!(summary("ok \u{202e}gnp.exe\u{200b}\u{1b}[31m").markdown, "ok gnp.exe");
    }
}
