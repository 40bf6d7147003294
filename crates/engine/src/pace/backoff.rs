//! How long to wait: what a platform asks for in any of the forms in use, and our own growing pause where it asks for
//! nothing. Pure.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Nobody means more than this; it keeps a nonsense header from overflowing a clock.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const FIRST: Duration = Duration::from_millis(500);
const CEILING: Duration = Duration::from_secs(30);

/// What `Retry-After` asks for: whole or fractional seconds, an HTTP date, or an ISO 8601 date-time.
///
/// A date is measured from the answer's own `Date`, so a wrong clock on this computer does not count.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let seconds = seconds.clamp(0.0, LONGEST.as_secs_f64());
        return if seconds.is_finite() { Some(Duration::from_secs_f64(seconds)) } else { None };
    }
    let at = date(text)?;
    let now = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default().min(LONGEST))
}

fn date(text: &str) -> Option<Timestamp> {
    let zoned = rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    zoned.or_else(|| text.parse().ok()).or_else(|| {
        // A date-time without an offset is taken as UTC, the only zone that servers share.
        text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// The pause before attempt `attempt + 1` (counting from 0): doubling, at most half a minute, half of it by chance so that
/// many clients do not come back together. `chance` lies in 0..1.
pub fn backoff(attempt: u32, chance: f64) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(attempt)).min(CEILING);
    full / 2 + (full / 2).mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn asked(value: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers, "2026-01-05T08:00:00Z".parse().unwrap())
    }

    #[test]
    fn every_form_of_retry_after_is_understood() {
        for (value, seconds) in [
            ("30", Some(30.0)),
            (" 30 ", Some(30.0)),
            ("2.128", Some(2.128)),
            ("0", Some(0.0)),
            ("-5", Some(0.0)),
            ("Mon, 05 Jan 2026 08:02:00 GMT", Some(120.0)),
            ("2026-01-05T08:00:45Z", Some(45.0)),
            ("2026-01-05T09:00:45+01:00", Some(45.0)),
            ("2026-01-05T08:00:45", Some(45.0)),
            ("2026-01-05T07:00:00Z", Some(0.0)),
            ("999999999999999999999", Some(604_800.0)),
            ("9999-12-30T00:00:00Z", Some(604_800.0)),
            ("NaN", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked(value, None), seconds.map(Duration::from_secs_f64), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn a_date_is_measured_from_the_servers_own_clock() {
        assert_eq!(asked("2026-03-01T00:00:10Z", Some("Sun, 01 Mar 2026 00:00:00 GMT")), Some(Duration::from_secs(10)));
    }

    proptest! {
        #[test]
        fn a_pause_grows_but_never_beyond_its_bounds(attempt in 0_u32..200, chance in 0.0_f64..1.0) {
            let pause = backoff(attempt, chance);
            prop_assert!(pause >= FIRST / 2 && pause <= CEILING);
            prop_assert!(backoff(attempt + 1, 0.0) >= backoff(attempt, 0.0));
        }

        #[test]
        fn no_header_text_breaks_the_reading(text in "[ -~]{0,40}") {
            if let Some(wait) = asked(&text, None) {
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
