//! Prints how often the classifier is right: `cargo run -p tools-diagnostics --example confusion`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

#[path = "../tests/corpus/logs.rs"]
mod logs;
#[path = "../tests/corpus/score.rs"]
mod score;

use logs::{KNOWN, Mutation, UNSEEN, rows};
use score::{Score, alone, score};

fn report(name: &str, score: &Score, verbose: bool) {
    let (right, total) = (score.right(), score.total);
    println!("{name}: {right}/{total} right, {} dangerous", score.dangerous().len());
    for miss in score.dangerous() {
        println!(
            "  DANGEROUS {} {} got {} ({:?}) BY {:?}",
            miss.id, miss.expected, miss.got, miss.confidence, miss.why
        );
    }
    if verbose {
        let mut seen: Vec<&str> = Vec::new();
        for miss in &score.misses {
            if seen.contains(&miss.id.as_str()) {
                continue;
            }
            seen.push(&miss.id);
            let text: String = miss.text.chars().take(150).collect();
            println!(
                "  {} {} got {} ({:?}): {text:?} BY {:?}",
                miss.id, miss.expected, miss.got, miss.confidence, miss.why
            );
        }
    }
}

fn matrix(score: &Score) {
    for ((expected, got), count) in &score.cells {
        let mark = if expected == got { ' ' } else { '*' };
        println!("{mark} {expected:28} -> {got:28} {count}");
    }
}

fn main() {
    let known = rows(KNOWN);
    for (name, table) in [("known", KNOWN)].into_iter().chain(UNSEEN) {
        let set = rows(table);
        report(&format!("{name}, alone"), &alone(&set), true);
        for mutation in [Mutation::None, Mutation::Case, Mutation::Wrap, Mutation::Tofu, Mutation::Versions] {
            report(&format!("{name}, in logs, {mutation:?}"), &score(&set, &known, mutation, 12), true);
        }
    }
    println!("\ncategory expected -> given, known rows in logs");
    matrix(&score(&known, &known, Mutation::None, 12));
}
