//! Realistic logs around a message, the same for the same seed.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a corpus that does not parse fails its test")]

use tools_diagnostics::StepLog;

/// The texts that the rules were written for.
pub(crate) const KNOWN: &str = include_str!("../../corpus/failure-texts.tsv");

/// Texts that were written or collected before any rule was tried on them.
pub(crate) const UNSEEN: [(&str, &str); 8] = [
    ("held out", include_str!("../../corpus/held-out.tsv")),
    ("blind", include_str!("../../corpus/blind.tsv")),
    ("field", include_str!("../../corpus/field.tsv")),
    ("field 2", include_str!("../../corpus/field-2.tsv")),
    ("field 3", include_str!("../../corpus/field-3.tsv")),
    ("field 4", include_str!("../../corpus/field-4.tsv")),
    ("field 5", include_str!("../../corpus/field-5.tsv")),
    ("field 6", include_str!("../../corpus/field-6.tsv")),
];

/// A row of a corpus.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) action: String,
    pub(crate) text: String,
    /// Other actions that are as right.
    pub(crate) also: Vec<String>,
}

/// Reads a corpus: id, category, action, text, and perhaps a source and other right actions. `\n` and `\t` in a text
/// stand for themselves.
pub(crate) fn rows(table: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in table.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let mut fields = line.split('\t').map(ToOwned::to_owned);
        let mut next = || fields.next().expect("a row has four columns");
        let (id, category, action, text) = (next(), next(), next(), next());
        let also = fields.nth(1).unwrap_or_default().split('|').map(ToOwned::to_owned).collect();
        rows.push(Row { id, category, action, text: text.replace("\\n", "\n").replace("\\t", "\t"), also });
    }
    rows
}

/// A small generator of numbers; quality does not matter, repeatability does.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).expect("small")).expect("small")
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// What a text goes through before it is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    None,
    Case,
    Wrap,
    Tofu,
    Versions,
}

pub(crate) fn mutate(text: &str, mutation: Mutation, dice: &mut Dice) -> String {
    match mutation {
        Mutation::None => text.to_owned(),
        Mutation::Case => match dice.roll(3) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text
                .chars()
                .map(|c| if dice.roll(2) == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
                .collect(),
        },
        Mutation::Wrap => text.lines().map(|line| wrap(line, 80)).collect::<Vec<_>>().join("\n"),
        Mutation::Tofu => text
            .replace("Terraform", "OpenTofu")
            .replace("terraform", "tofu")
            .replace("tofu_remote_state", "terraform_remote_state"),
        Mutation::Versions => {
            let digits: Vec<char> = text.chars().collect();
            let is = |at: usize, wanted: fn(&char) -> bool| digits.get(at).is_some_and(wanted);
            let near_dot = |at: usize| {
                let before = is(at.wrapping_sub(1), |c| *c == '.') && is(at.wrapping_sub(2), char::is_ascii_digit);
                before || (is(at + 1, |c| *c == '.') && is(at + 2, char::is_ascii_digit))
            };
            let change = |(at, c): (usize, &char)| {
                if c.is_ascii_digit() && near_dot(at) && !text.contains("127.0.0.1") {
                    char::from(b'0' + u8::try_from(dice.roll(10)).expect("small"))
                } else {
                    *c
                }
            };
            digits.iter().enumerate().map(change).collect()
        }
    }
}

/// Breaks at spaces, and within words that are too long.
fn wrap(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        for c in word.chars() {
            if column == width {
                out.push('\n');
                column = 0;
            }
            out.push(c);
            column += 1;
        }
    }
    out
}

const INIT: &str = "Initializing the backend...\n\nSuccessfully configured the backend \"s3\"! Terraform will automatically\nuse this backend unless the backend configuration changes.\nInitializing provider plugins...\n- Finding hashicorp/aws versions matching \">= 4.0.0\"...\n- Installing hashicorp/aws v5.40.0...\n- Installed hashicorp/aws v5.40.0 (signed by HashiCorp)\n\nTerraform has been successfully initialized!";
const PLAN: &str = "Acquiring state lock. This may take a few moments...\ndata.aws_caller_identity.current: Reading...\ndata.aws_caller_identity.current: Read complete after 0s [id=123456789012]\naws_vpc.this: Refreshing state... [id=vpc-0a1b2c]\n\nTerraform used the selected providers to generate the following execution\nplan. Resource actions are indicated with the following symbols:\n  + create\n\nTerraform will perform the following actions:\n\n  # aws_cloudwatch_metric_alarm.errors will be created\n  + resource \"aws_cloudwatch_metric_alarm\" \"errors\" {\n      + alarm_description = \"@DECOY@\"\n      + alarm_name        = \"errors\"\n    }\n\nPlan: 1 to add, 0 to change, 0 to destroy.";
const SETUP: &str = "Current runner version: '2.317.0'\nRunner Image\n  Image: ubuntu-22.04\n  Version: 20240721.1.0\nGITHUB_TOKEN Permissions\n  Contents: read\n  IdToken: write\n  Metadata: read\nSecret source: Actions\nPrepare workflow directory\nPrepare all required actions\nGetting action download info\nDownload action repository 'actions/checkout@v4' (SHA:692973e3d937129bcbf40652eb9f2f61becf3332)\nComplete job name: plan";
const POST: &str = "Post job cleanup.\n[command]/usr/bin/git version\ngit version 2.45.2\nCleaning up orphan processes";

/// Builds the log of a failed step, or of its whole job, around a message.
pub(crate) fn log(text: &str, decoys: &[Row], seed: u64) -> StepLog {
    let mut dice = Dice::new(seed);
    let style = dice.roll(6);
    let decoy = |dice: &mut Dice| dice.pick(decoys).text.replace(['\n', '"'], " ");
    let mut out: Vec<String> = Vec::new();
    if style >= 2 {
        out.extend(SETUP.lines().map(ToOwned::to_owned));
        step(&mut out, "echo preparing", &mut dice, decoys);
        out.push(decoy(&mut dice));
    }
    step(&mut out, "atmos terraform plan vpc -s plat-ue1-dev --upload-status", &mut dice, decoys);
    out.extend(INIT.lines().map(ToOwned::to_owned));
    if dice.roll(2) == 0 {
        out.push(format!("attempt 1 of 3 failed: {}, retrying in 10s", decoy(&mut dice)));
    }
    if dice.roll(2) == 0 {
        out.extend(PLAN.replace("@DECOY@", &decoy(&mut dice)).lines().map(ToOwned::to_owned));
    }
    warning(&mut out, &decoy(&mut dice), &mut dice);
    out.push(String::new());
    message(&mut out, text, style);
    out.push("Releasing state lock. This may take a few moments...".into());
    if dice.roll(2) == 0 {
        out.push(format!("##[warning]{}", decoy(&mut dice)));
    }
    out.push("##[error]Process completed with exit code 1.".into());
    if style >= 2 {
        step(&mut out, "echo reporting", &mut dice, decoys);
        out.push(decoy(&mut dice));
        out.extend(POST.lines().map(ToOwned::to_owned));
    }
    let stamped = out.iter().enumerate().map(|(at, line)| {
        format!("2026-08-21T10:{:02}:{:02}.{:07}Z {line}\n", at / 60 % 60, at % 60, at * 7919 % 10_000_000)
    });
    let text = format!("\u{feff}{}", stamped.collect::<String>());
    StepLog { job: "plan".into(), step: (style < 2).then(|| "Plan".into()), conclusion: Some("failure".into()), text }
}

fn step(out: &mut Vec<String>, command: &str, dice: &mut Dice, decoys: &[Row]) {
    out.push(format!("##[group]Run {command}"));
    out.push(format!("\u{1b}[36;1m{command}\u{1b}[0m"));
    out.push(format!("\u{1b}[36;1m# {}\u{1b}[0m", dice.pick(decoys).text.replace('\n', " ")));
    out.push("shell: /usr/bin/bash -e {0}".into());
    out.push("env:".into());
    out.push("  AWS_REGION: us-east-1".into());
    out.push("##[endgroup]".into());
}

fn warning(out: &mut Vec<String>, decoy: &str, dice: &mut Dice) {
    match dice.roll(3) {
        0 => {
            out.push("\u{1b}[33m╷\u{1b}[0m\u{1b}[0m".into());
            out.push("\u{1b}[33m│\u{1b}[0m \u{1b}[0m\u{1b}[1m\u{1b}[33mWarning: \u{1b}[0m\u{1b}[0m\u{1b}[1mDeprecated\u{1b}[0m".into());
            out.push("\u{1b}[33m│\u{1b}[0m \u{1b}[0m".into());
            out.push(format!("\u{1b}[33m│\u{1b}[0m \u{1b}[0m{decoy}"));
            out.push("\u{1b}[33m╵\u{1b}[0m\u{1b}[0m".into());
        }
        1 => out.push(format!("##[warning]{decoy}")),
        _ => out.push(format!("time=\"2026-08-21\" level=warning msg=\"{decoy}\"")),
    }
}

fn message(out: &mut Vec<String>, text: &str, style: usize) {
    let boxed = text.trim_start().starts_with("Error:") && style.is_multiple_of(3);
    let text = if boxed { text.replace('…', "\n\n") } else { text.to_owned() };
    if !boxed {
        out.extend(text.lines().map(ToOwned::to_owned));
        return;
    }
    out.push("\u{1b}[31m╷\u{1b}[0m\u{1b}[0m".into());
    for line in text.lines().flat_map(|line| wrap(line, 76).lines().map(ToOwned::to_owned).collect::<Vec<_>>()) {
        out.push(format!("\u{1b}[31m│\u{1b}[0m \u{1b}[0m{line}"));
    }
    out.push("\u{1b}[31m╵\u{1b}[0m\u{1b}[0m".into());
}
