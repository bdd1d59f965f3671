//! Whether the contact center is open. Pure: the time zones are compiled in. Never asks a clock.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use super::Hours;
use crate::words::Time;

/// Days ahead that are searched for the next opening: a closed year is never ending.
const SEARCH_DAYS: u32 = 400;

impl Hours {
    /// Whether it is open at `now`.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.local(now).is_some_and(|local| self.opens_at(&local))
    }

    /// The first moment at or after `now` at which it is open; `None` if there is none for more than a year.
    #[must_use]
    pub fn next_open(&self, now: Time) -> Option<Time> {
        let local = self.local(now)?;
        if self.opens_at(&local) {
            return Some(now);
        }
        let mut date = local.date();
        for _ in 0..SEARCH_DAYS {
            if let Some(at) = self.first_opening(date, now) {
                return Some(at);
            }
            date = date.checked_add(1.day()).ok()?;
        }
        None
    }

    /// The first opening of this day that is not before `now`.
    fn first_opening(&self, date: Date, now: Time) -> Option<Time> {
        let weekday = number(date.weekday());
        let starts = self.open.iter().filter(|(day, _, _)| *day == weekday);
        let times = starts.filter_map(|(_, from, _)| self.moment(date, *from));
        // A start that the clock skips in spring is moved behind the gap; if its range ended there, it is not open then.
        times.filter(|at| *at >= now && self.is_open(*at)).min()
    }

    fn moment(&self, date: Date, minute: u16) -> Option<Time> {
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let local = date.at(hour, minute, 0, 0).to_zoned(self.time_zone()).ok()?;
        u64::try_from(local.timestamp().as_millisecond()).ok().map(Time)
    }

    fn local(&self, now: Time) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(i64::try_from(now.0).ok()?).ok()?;
        Some(at.to_zoned(self.time_zone()))
    }

    fn opens_at(&self, local: &Zoned) -> bool {
        let date = local.date().to_string();
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let weekday = number(local.weekday());
        let mut ranges = self.open.iter();
        !self.closed.contains(&date)
            && ranges.any(|(day, from, to)| *day == weekday && (*from..*to).contains(&minute))
    }

    /// A zone that this release does not know can only come from a newer one; UTC is then nearer than closing the doors.
    fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }
}

/// Whether this release knows the time zone.
pub(super) fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The date in its only written form, `2026-12-25`.
pub(super) fn read_date(text: &str) -> Option<String> {
    let date: Date = text.parse().ok()?;
    (date.to_string() == text).then(|| text.to_owned())
}

fn number(weekday: Weekday) -> u8 {
    weekday.to_monday_one_offset().unsigned_abs()
}
