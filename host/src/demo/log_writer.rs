//! Lines with the times that the runner puts before them.

use std::time::Duration;

use crate::clock::Timestamp;

/// How far the first and the last line of a step stay from its ends, so that they are its own.
const MARGIN: Duration = Duration::from_millis(40);

/// A log in the making.
#[derive(Default)]
pub(super) struct LogWriter {
    text: String,
    lines: i64,
    /// The minute that `prefix` is of, since the Unix epoch.
    minute: i64,
    /// `2026-08-21T10:00:`
    prefix: String,
    noise: u64,
}

impl LogWriter {
    /// Writes lines with times from `from` to `to`, which rise.
    pub(super) fn section(&mut self, from: Timestamp, to: Timestamp, lines: &[String]) {
        let start = from.plus(MARGIN).micros();
        let time = (to.micros() - start).saturating_sub(40_000).max(1);
        let count = i64::try_from(lines.len()).unwrap_or(i64::MAX).max(1);
        let mut last = start;
        for (index, line) in (0..count).zip(lines) {
            // Close to an even pace, and never back.
            let pace = start + time / count * index;
            last = (last + 1).max(pace + self.noise(time / count / 2));
            self.line(last, line);
        }
    }

    fn line(&mut self, micros: i64, line: &str) {
        let seconds = micros.div_euclid(1_000_000);
        let minute = seconds.div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.prefix = Timestamp::from_micros(minute * 60_000_000).to_string();
            self.prefix.truncate("2026-08-21T10:00:".len());
        }
        let digit = self.noise(10);
        let (second, fraction) = (seconds.rem_euclid(60), micros.rem_euclid(1_000_000));
        let rest = format!("{second:02}.{fraction:06}{digit}Z ");
        self.text.extend([self.prefix.as_str(), rest.as_str(), line, "\n"]);
        self.lines += 1;
    }

    /// A number from 0 up to and without `end`; quality does not matter here, speed does.
    fn noise(&mut self, end: i64) -> i64 {
        self.noise = self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.noise >> 33).unwrap_or(0).checked_rem(end).unwrap_or(0)
    }

    /// The text, and how many lines it has.
    pub(super) fn finish(self) -> (String, i64) {
        (self.text, self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_and_stay_within_their_step() {
        let from = Timestamp::parse_rfc3339("2026-08-21T10:00:58Z").unwrap();
        let to = from.plus(Duration::from_secs(4));
        let lines: Vec<String> = (0..500).map(|line| format!("line {line}")).collect();
        let mut writer = LogWriter::default();
        writer.section(from, to, &lines);
        writer.section(to, to.plus(Duration::from_secs(1)), &["end".to_owned()]);
        let (text, count) = writer.finish();
        assert_eq!(count, 501);
        let times: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert!(times.iter().all(|time| time.len() == "2026-08-21T10:00:00.1234567Z".len()), "{times:?}");
        assert!(times.is_sorted());
        assert!(times[0] > "2026-08-21T10:00:58.04" && times[499] < "2026-08-21T10:01:02", "{times:?}");
        assert!(times[500] > "2026-08-21T10:01:02.04");
        assert!(text.lines().last().unwrap().ends_with("Z end"));
    }
}
