//! Ratios, medians and percentiles.

use schemars::JsonSchema;
use serde::Serialize;

/// Times in hours.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    pub median: Option<f64>,
    /// Nine of ten took at most this long.
    pub p90: Option<f64>,
    pub mean: Option<f64>,
}

/// `part / whole`, to four decimals; null for a whole of 0.
pub fn ratio(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| round(f64::from(part) / f64::from(whole), 10_000.0))
}

/// Median, 90th percentile (nearest rank) and mean of times in seconds, in hours to two decimals.
pub fn hours(seconds: impl IntoIterator<Item = u32>) -> Hours {
    let mut seconds: Vec<u32> = seconds.into_iter().collect();
    seconds.sort_unstable();
    let count = u32::try_from(seconds.len()).unwrap_or(u32::MAX);
    let total: f64 = seconds.iter().copied().map(f64::from).sum();
    Hours {
        median: median(&seconds).map(in_hours),
        p90: nearest_rank(&seconds, 90).map(in_hours),
        mean: (count > 0).then(|| in_hours(total / f64::from(count))),
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(sorted: &[u32]) -> Option<f64> {
    let upper = f64::from(*sorted.get(sorted.len() / 2)?);
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = f64::from(*sorted.get(sorted.len() / 2 - 1)?);
    Some(f64::midpoint(lower, upper))
}

/// The smallest value that at least `percent` of 100 are not above.
fn nearest_rank(sorted: &[u32], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied().map(f64::from)
}

fn in_hours(seconds: f64) -> f64 {
    round(seconds / 3_600.0, 100.0)
}

/// Rounds to `1 / steps`.
pub fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_times() {
        let odd = hours([7_200, 3_600, 36_000]);
        assert_eq!(odd, Hours { median: Some(2.0), p90: Some(10.0), mean: Some(4.33) });
        let even = hours([3_600, 7_200]);
        assert_eq!(even, Hours { median: Some(1.5), p90: Some(2.0), mean: Some(1.5) });
        let ten = hours((1..=10).map(|hour| hour * 3_600));
        assert_eq!(ten, Hours { median: Some(5.5), p90: Some(9.0), mean: Some(5.5) });
        assert_eq!(hours([]), Hours { median: None, p90: None, mean: None });
    }

    #[test]
    fn a_ratio_of_nothing_is_null() {
        assert_eq!(ratio(0, 0), None);
        assert_eq!(ratio(1, 3), Some(0.3333));
        assert_eq!(ratio(0, 3), Some(0.0));
    }
}
