//! Measures a long log: `cargo run --release -p tools-diagnostics --example speed`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use actions_log::excerpt;
use tools_diagnostics::{RunFacts, StepLog, explain};

fn main() {
    let noise = "2026-08-21T10:00:00.1234567Z aws_security_group_rule.ingress[\"10.0.0.0/16\"]: Refreshing state... [id=sgrule-3656]\n2026-08-21T10:00:00.2234567Z   + description = \"rule 17 of the plan, failed or denied\"\n2026-08-21T10:00:01.1234567Z module.vpc.aws_subnet.this[3]: Still creating... [10s elapsed]\n";
    let mut text = noise.repeat(10 * 1024 * 1024 / noise.len() / 2);
    text.push_str("2026-08-21T10:00:02Z Error: creating IAM Role: api error AccessDenied: not authorized to perform: iam:CreateRole\n");
    text.push_str(&noise.repeat(10 * 1024 * 1024 / noise.len() / 2));
    text.push_str("2026-08-21T10:00:03Z ##[error]Process completed with exit code 1.\n");
    let facts = RunFacts { conclusion: Some("failure".into()), ..RunFacts::default() };
    let run = |text: &str| explain(&facts, &[StepLog { text: text.into(), ..StepLog::default() }]);
    let start = Instant::now();
    run("Error: x");
    println!("first call, rules compiled: {:?}", start.elapsed());
    let start = Instant::now();
    let verdict = run("Error: flux");
    println!("one line: {:?} {}", start.elapsed(), verdict.category);
    let start = Instant::now();
    let piece = excerpt(&text, 256 * 1024);
    println!("excerpt of {} MB: {:?}, {} kB", text.len() / 1024 / 1024, start.elapsed(), piece.len() / 1024);
    for _ in 0..2 {
        let start = Instant::now();
        let verdict = run(&piece);
        println!("excerpt: {:?} {}", start.elapsed(), verdict.category);
        let start = Instant::now();
        let verdict = run(&text);
        println!("whole log: {:?} {}", start.elapsed(), verdict.category);
    }
}
