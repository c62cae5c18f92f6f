//! The classifier against its corpora: `failure-texts` (known), and `held-out`, `blind`, `field`, `field-2`, `field-3`, `field-4` (written or collected
//! before any rule was tried on them). `cargo run --example confusion` prints what is wrong and why.

mod logs;
mod score;

use logs::{Mutation, Row, rows};
use score::{Score, alone, score};

const ALL: [Mutation; 5] = [Mutation::None, Mutation::Case, Mutation::Wrap, Mutation::Tofu, Mutation::Versions];

fn known() -> Vec<Row> {
    rows(include_str!("../../corpus/failure-texts.tsv"))
}

fn unseen() -> Vec<Row> {
    let mut unseen = rows(include_str!("../../corpus/held-out.tsv"));
    unseen.extend(rows(include_str!("../../corpus/field.tsv")));
    unseen.extend(rows(include_str!("../../corpus/field-2.tsv")));
    unseen.extend(rows(include_str!("../../corpus/field-3.tsv")));
    unseen.extend(rows(include_str!("../../corpus/field-4.tsv")));
    unseen.extend(rows(include_str!("../../corpus/blind.tsv")));
    unseen
}

fn missed(score: &Score) -> Vec<String> {
    let tell = |miss: &score::Miss| {
        format!("{} {} got {} by {:?}: {:?}", miss.id, miss.expected, miss.got, miss.why, miss.text)
    };
    score.misses.iter().map(tell).collect()
}

#[test]
fn every_known_text_gives_its_action_alone_and_in_full_logs() {
    let known = known();
    assert_eq!(missed(&alone(&known)), [""; 0]);
    for mutation in ALL {
        assert_eq!(missed(&score(&known, &known, mutation, 2)), [""; 0], "{mutation:?}");
    }
}

#[test]
fn unseen_texts_are_mostly_right_and_never_dangerously_wrong() {
    let (known, unseen) = (known(), unseen());
    for mutation in ALL {
        let score = score(&unseen, &known, mutation, 1);
        assert!(score.right() * 100 >= score.total * 95, "{mutation:?}: {:#?}", missed(&score));
        assert!(score.dangerous().is_empty(), "{mutation:?}: {:#?}", score.dangerous());
    }
}
