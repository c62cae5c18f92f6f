//! The classifier against its corpora. `cargo run --example confusion` prints what is wrong and why.

mod logs;
mod score;

use logs::{KNOWN, Mutation, Row, UNSEEN, rows};
use score::{Score, alone, score};

const ALL: [Mutation; 5] = [Mutation::None, Mutation::Case, Mutation::Wrap, Mutation::Tofu, Mutation::Versions];

fn known() -> Vec<Row> {
    rows(KNOWN)
}

fn unseen() -> Vec<Row> {
    UNSEEN.iter().flat_map(|(_, table)| rows(table)).collect()
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
