//! Opening hours: weekdays, holidays, nights, and the two days a year on which the clock jumps.

use super::super::Hours;
use super::good;
use crate::words::Time;

fn hours(open: &str, closed: &str) -> Hours {
    let text = format!("[hours.h]\nzone = \"Europe/Berlin\"\nopen = [{open}]\nclosed = [{closed}]\n");
    good(&text).hours["h"].clone()
}

fn at(text: &str) -> Time {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Time(u64::try_from(stamp.as_millisecond()).unwrap())
}

#[test]
fn open_from_the_first_minute_and_closed_from_the_last() {
    let hours = hours("\"mon-fri 09:00-17:30\"", "");
    for (moment, open) in [
        ("2026-06-01T08:59:59+02:00", false),
        ("2026-06-01T09:00:00+02:00", true),
        ("2026-06-01T17:29:59.999+02:00", true),
        ("2026-06-01T17:30:00+02:00", false),
        ("2026-06-06T12:00:00+02:00", false),
    ] {
        assert_eq!(hours.is_open(at(moment)), open, "{moment}");
    }
}

#[test]
fn the_next_opening_skips_weekends_and_holidays() {
    let hours = hours("\"mon-fri 09:00-17:30\"", "2026-12-25, \"2026-12-28\"");
    assert_eq!(hours.next_open(at("2026-12-24T20:00:00+01:00")), Some(at("2026-12-29T09:00:00+01:00")));
    let now = at("2026-12-29T10:00:00+01:00");
    assert_eq!(hours.next_open(now), Some(now));
}

#[test]
fn a_night_goes_over_midnight_and_a_week_goes_around() {
    let night = hours("\"sun 22:00-02:00\"", "");
    assert!(night.is_open(at("2026-06-08T01:59:00+02:00")), "Monday morning");
    assert!(!night.is_open(at("2026-06-08T02:00:00+02:00")));
    let weekend = hours("\"sat-mon 00:00-24:00\"", "");
    assert!(weekend.is_open(at("2026-06-08T23:59:00+02:00")));
    assert!(!weekend.is_open(at("2026-06-09T00:00:00+02:00")));
}

#[test]
fn the_clock_jumps() {
    // On 2026-03-29 the hour from 02:00 to 03:00 does not exist; on 2026-10-25 it comes twice.
    let skipped = hours("\"sun 02:00-03:00\"", "");
    assert_eq!(skipped.next_open(at("2026-03-28T12:00:00Z")), Some(at("2026-04-05T02:00:00+02:00")));
    assert!(skipped.is_open(at("2026-10-25T02:30:00+02:00")));
    assert!(skipped.is_open(at("2026-10-25T02:30:00+01:00")));
    assert!(!skipped.is_open(at("2026-10-25T03:00:00+01:00")));
}

#[test]
fn never_open_is_never() {
    let never = hours("", "");
    assert!(!never.is_open(at("2026-06-01T12:00:00Z")));
    assert_eq!(never.next_open(at("2026-06-01T12:00:00Z")), None);
    assert_eq!(never.next_open(Time(u64::MAX)), None, "the end of time is no panic");
}
