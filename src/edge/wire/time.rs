//! Times on the wire: RFC 3339, UTC, milliseconds. Written by hand because each event and each answer has one.

use serde::{Serialize, Serializer};

use crate::words::Time;

const DAY: u64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z, the last moment that the form can hold.
const LAST: u64 = 253_402_300_799_999;

/// A moment as clients see it.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Time);

impl Moment {
    /// The 24 characters.
    #[must_use]
    pub fn text(self) -> [u8; 24] {
        let millis = self.0.0.min(LAST);
        let (year, month, day) = civil(millis / DAY);
        let rest = millis % DAY;
        let mut out = *b"0000-00-00T00:00:00.000Z";
        digits(&mut out[0..4], year);
        digits(&mut out[5..7], month);
        digits(&mut out[8..10], day);
        digits(&mut out[11..13], rest / 3_600_000);
        digits(&mut out[14..16], rest / 60_000 % 60);
        digits(&mut out[17..19], rest / 1_000 % 60);
        digits(&mut out[20..23], rest % 1_000);
        out
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

/// Reads an RFC 3339 time with any offset; `None` for anything else and for times before 1970.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let stamp: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(stamp.as_millisecond()).ok().map(Time)
}

fn digits(into: &mut [u8], mut number: u64) {
    for place in into.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// Year, month and day of a day since 1970 (H. Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}
