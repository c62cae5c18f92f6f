//! What each line of a log is: an error, a warning, an echo of the script, or just output.

use std::sync::LazyLock;

use actions_log::pieces;
use aho_corasick::AhoCorasick;

use super::clean::{is_box, readable};

/// A cleaned line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Counted from 1 in the given text.
    pub(crate) number: usize,
    /// Without markers and box drawing.
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Whether terraform drew a box around it.
    pub(crate) boxed: bool,
    /// Whether it is the first or last line of such a box.
    pub(crate) corner: bool,
    /// Whether the runner marked it with `##[error]`.
    pub(crate) marked: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Blank,
    /// Starts an error: `Error:`, `##[error]`, `fatal:`…
    Error,
    /// Starts a warning; the lines below it may belong to it.
    Warning,
    /// Says nothing about the cause: script echo, debug output, planned values, a retry.
    Noise,
    /// `##[group]Run …`: a step begins.
    StepStart,
    /// Other structure: box corners, group ends, post-job messages.
    Edge,
}

/// Bytes of a line that say what it is.
const OPENING: usize = 200;

/// Cleans a text, or what matters of it, and tells its lines apart.
pub(crate) fn lines(text: &str, budget: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = pieces(text, budget).into_iter().map(|(number, raw)| line(number, raw)).collect();
    silence_scripts(&mut lines);
    silence_keys(&mut lines);
    lines
}

fn line(number: usize, raw: &str) -> Line {
    let clean = readable(raw);
    let bare = clean.trim_start();
    let boxed = bare.starts_with(is_box);
    let inner = if boxed { bare.trim_start_matches(is_box) } else { clean.as_str() };
    let corner = bare.starts_with(['\u{2575}', '\u{2577}']);
    let (kind, text) = kind(inner, boxed);
    let marked =
        kind == Kind::Error && inner.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("##[error]"));
    Line { number, text: text.trim_end().to_owned(), kind, boxed, corner, marked }
}

fn kind(text: &str, boxed: bool) -> (Kind, &str) {
    let bare = text.trim_start();
    if bare.is_empty() {
        return (if boxed { Kind::Edge } else { Kind::Blank }, bare);
    }
    if let Some(marked) = bare.strip_prefix("##[") {
        return marker(bare, marked);
    }
    if let Some(command) = bare.strip_prefix("::") {
        return workflow_command(bare, command);
    }
    if bare.starts_with("[command]") || is_trace(bare) || is_planned(bare) {
        return (Kind::Noise, text);
    }
    let lower = bare.get(..bare.floor_char_boundary(OPENING)).unwrap_or_default().to_ascii_lowercase();
    if goes_on(&lower) {
        return (Kind::Noise, text);
    }
    (by_opening(&lower), text)
}

fn marker<'a>(whole: &'a str, marked: &'a str) -> (Kind, &'a str) {
    let (name, message) = marked.split_once(']').unwrap_or((marked, ""));
    match name.to_ascii_lowercase().as_str() {
        "error" => (Kind::Error, message),
        "warning" => (Kind::Warning, message),
        "group" if message.starts_with("Run ") => (Kind::StepStart, message),
        "group" | "endgroup" => (Kind::Edge, whole),
        _ => (Kind::Noise, message),
    }
}

/// `::error file=main.tf,line=3::message`
fn workflow_command<'a>(whole: &'a str, command: &'a str) -> (Kind, &'a str) {
    let Some((name, message)) = command.split_once("::") else { return (Kind::Plain, whole) };
    match name.split_whitespace().next() {
        Some("error") => (Kind::Error, message),
        Some("warning") => (Kind::Warning, message),
        _ => (Kind::Noise, whole),
    }
}

/// `+ terraform plan`, as `set -x` prints it.
fn is_trace(bare: &str) -> bool {
    bare.starts_with("+ ") || bare.starts_with("++ ")
}

/// A value of the plan, which may contain any words.
fn is_planned(bare: &str) -> bool {
    let signed = ["~ ", "- ", "-/+ ", "<= ", "+/- "].iter().any(|sign| bare.starts_with(sign));
    signed
        && (bare.contains(" = ") || bare.contains(" -> ") || bare.contains("resource \"") || bare.contains("data \""))
}

/// What a log says of something that goes on.
static GOES_ON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "retrying",
        "will retry",
        "retry in ",
        "will be retried",
        "non-fatal",
        "(ignored)",
        "ignoring error",
        ": read complete after",
        ": creation complete after",
        ": modifications complete",
        ": destruction complete",
    ];
    // No more than a dozen short words: building them cannot fail.
    AhoCorasick::new(words).ok()
});

fn goes_on(lower: &str) -> bool {
    GOES_ON.as_ref().is_some_and(|words| words.is_match(lower)) || is_attempt(lower) || is_progress(lower)
}

/// `aws_vpc.this: Refreshing state... [id=vpc-1]`
fn is_progress(lower: &str) -> bool {
    let verbs = ["refreshing state", "reading", "creating", "modifying", "destroying", "still "];
    let doing = lower.split_once(": ").filter(|(_, rest)| verbs.iter().any(|verb| rest.starts_with(verb)));
    doing.is_some_and(|(_, rest)| rest.contains("..."))
}

/// `attempt 1 of 3 failed`, but not the last one: `attempt 3 of 3`.
fn is_attempt(lower: &str) -> bool {
    let Some((_, after)) = lower.split_once("attempt ") else { return false };
    let mut words = after.split(|c: char| c.is_whitespace() || matches!(c, '/' | ':' | ')' | ','));
    let done = words.next().and_then(|word| word.parse::<u32>().ok());
    let all = words.find(|word| *word != "of").and_then(|word| word.parse::<u32>().ok());
    matches!((done, all), (Some(done), Some(all)) if done < all)
}

const ERRORS: [&str; 15] = [
    "error: ",
    "error:",
    "fatal: ",
    "fatal error",
    "panic: ",
    "fata[",
    "fata ",
    "erro[",
    "erro ",
    "[error]",
    "[fatal]",
    "[err]",
    "npm err!",
    "level=error",
    "level=fatal",
];
const WARNINGS: [&str; 4] = ["warning: ", "warning:", "warn: ", "hint: "];
const NOISE: [&str; 17] = [
    "[debug]",
    "[trace]",
    "[info]",
    "[warn]",
    "[warning]",
    "debu ",
    "debug ",
    "debug:",
    "trace ",
    "trace:",
    "info ",
    "info:",
    "warn ",
    "warn[",
    "npm warn",
    "level=warn",
    "level=info",
];
const EDGES: [&str; 6] = [
    "post job cleanup",
    "cleaning up orphan processes",
    "releasing state lock",
    "complete job name",
    "evaluate and set job outputs",
    "job defined at:",
];

fn by_opening(lower: &str) -> Kind {
    let opens = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let logged = lower.split_once(" level=").filter(|(before, _)| before.starts_with("time="));
    if let Some((_, level)) = logged {
        let fails = level.starts_with("err") || level.starts_with("fat");
        return if fails { Kind::Error } else { Kind::Noise };
    }
    if opens(&ERRORS) {
        Kind::Error
    } else if opens(&WARNINGS) {
        Kind::Warning
    } else if opens(&NOISE) {
        Kind::Noise
    } else if opens(&EDGES) {
        Kind::Edge
    } else {
        Kind::Plain
    }
}

/// The runner echoes each script and its environment within `##[group]Run` … `##[endgroup]`.
fn silence_scripts(lines: &mut [Line]) {
    let mut open: Option<usize> = Some(0);
    for at in 0..lines.len() {
        let Some(line) = lines.get(at) else { break };
        let ends = line.text.trim_start() == "##[endgroup]" && line.kind == Kind::Edge;
        let starts = line.kind == Kind::StepStart || line.text.trim_start().starts_with("##[group]");
        if ends && let Some(start) = open.take() {
            silence(lines, start, at);
        } else if starts {
            open = (line.kind == Kind::StepStart).then_some(at + 1);
        } else if line.marked {
            open = None;
        }
    }
}

/// An excerpt may begin within an echo: then only what looks like one is silenced.
fn silence(lines: &mut [Line], start: usize, end: usize) {
    let echo = lines.get(start..end).unwrap_or_default();
    let is_script =
        |line: &Line| ["shell: ", "env:", "with:"].iter().any(|word| line.text.trim_start().starts_with(word));
    if start == 0 && !echo.iter().any(is_script) {
        return;
    }
    for line in lines.get_mut(start..end).unwrap_or_default() {
        line.kind = Kind::Noise;
    }
}

/// Security: the body of a private key must not be quoted as evidence.
fn silence_keys(lines: &mut [Line]) {
    let mut within = false;
    for line in lines {
        let starts = line.text.contains("-----BEGIN ") && line.text.contains("PRIVATE KEY");
        let ends = line.text.contains("-----END ");
        if within || starts {
            "[private key]".clone_into(&mut line.text);
            line.kind = Kind::Noise;
        }
        within = (within || starts) && !ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        lines(text, usize::MAX).iter().map(|line| line.kind).collect()
    }

    #[test]
    fn errors_warnings_and_noise_are_told_apart() {
        assert_eq!(kinds("##[error]x\nError: y\n::error file=a.tf,line=3::z"), [Kind::Error; 3]);
        assert_eq!(kinds("##[warning]x\nWarning: y"), [Kind::Warning; 2]);
        assert_eq!(
            kinds("+ echo denied\n  ~ name = \"denied\" -> null\nattempt 1/3 failed\n##[debug]x"),
            [Kind::Noise; 4]
        );
        assert_eq!(kinds("attempt 3/3 failed\n- minimum field size of 1"), [Kind::Plain; 2]);
    }

    #[test]
    fn the_echo_of_a_script_is_noise() {
        let log = "##[group]Run atmos\necho 'Access Denied'\nshell: bash\n##[endgroup]\nout";
        assert_eq!(kinds(log), [Kind::StepStart, Kind::Noise, Kind::Noise, Kind::Edge, Kind::Plain]);
    }

    #[test]
    fn the_body_of_a_private_key_is_gone() {
        let log = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----\nafter";
        let texts: Vec<String> = lines(log, usize::MAX).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["[private key]", "[private key]", "[private key]", "after"]);
    }
}
