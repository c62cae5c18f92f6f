//! Numbers in sentences.

/// `1 run`, `2 runs`.
pub(crate) fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A count that stops at `most`: `1000 or more`.
pub(crate) fn capped(count: u32, most: u32, one: &str, many: &str) -> String {
    if count >= most { format!("{most} or more {many}") } else { counted(count, one, many) }
}

/// `part` of `whole` in percent, rounded down; 0 of nothing.
pub(crate) fn percent(part: u32, whole: u32) -> u32 {
    let percent = u64::from(part) * 100;
    u32::try_from(percent.checked_div(u64::from(whole)).unwrap_or(0)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "run", "runs"), "1 run");
        assert_eq!(counted(0, "run", "runs"), "0 runs");
        assert_eq!(capped(999, 1_000, "run", "runs"), "999 runs");
        assert_eq!(capped(1_000, 1_000, "run", "runs"), "1000 or more runs");
        assert_eq!((percent(1, 3), percent(0, 0), percent(u32::MAX, u32::MAX)), (33, 0, 100));
    }
}
