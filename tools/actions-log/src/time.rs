//! Times in logs, as seconds since 1970.

/// Reads `2021-03-01T12:00:00…` or `2021-03-01 12:00:00…`, taken as UTC; what follows the seconds is not looked at.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (date, time) = (text.get(..10)?, text.get(11..19)?);
    let mut date = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = time.split(':').map(str::parse::<i64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=9999).contains(&year);
    valid.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days since 1970 in the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds("2026-08-21T10:00:00.1234567Z"), Some(1_787_306_400));
        assert_eq!(seconds(" 2024-02-29 12:00:00.123 +0000 UTC"), Some(1_709_208_000));
        assert_eq!(seconds("yesterday"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9:TZ.+é -]{0,30}") {
            seconds(&text);
        }
    }
}
